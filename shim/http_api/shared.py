"""The folder of what worker processes share: their figures and rates, for as long as they run."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIGURES = "PROMETHEUS_MULTIPROC_DIR"  # the name is prometheus-client's
RATES = "KENSHIN_RATE_FILE"


@contextmanager
def folder() -> Iterator[Path]:
    """Make the folder, name it to whatever is started inside, and remove it afterwards.

    It is in the runtime directory of the service when systemd gives one, else among the
    temporary files. A process forked inside leaves it where it is.
    """
    owner = os.getpid()
    # Of several directories, which systemd separates by colons, the first.
    base = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or None
    path = Path(tempfile.mkdtemp(prefix="kenshin-serve-", dir=base))
    figures = path / "figures"
    figures.mkdir()
    os.environ[FIGURES] = str(figures)
    os.environ[RATES] = str(path / "rates")
    try:
        yield path
    finally:
        if os.getpid() == owner:
            shutil.rmtree(path, ignore_errors=True)
            del os.environ[FIGURES], os.environ[RATES]
