"""What the rules cost beside the bare engine: `python -m bench`."""

import sys
from pathlib import Path

# The servers that the tests start serve here too.
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
