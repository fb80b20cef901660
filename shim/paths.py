"""Where the templates and fixtures of this installation lie."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

# In a source tree the folders stand beside shim/; in a wheel they are inside the package.
ROOT = _HERE if (_HERE / "sql").is_dir() else _HERE.parent
