"""The embedded Firebird of the firebird-embedded wheel, made to run from a folder of ours."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

from firebird.embedded.provider import FirebirdProvider

from kenshin.engines.base import EngineError

_SETTINGS = """\
# Written by kenshin. Several processes share one database file, so the engine is Classic.
ServerMode = Classic
Providers = Engine13, Remote
ExternalFileAccess = Restrict {exchange}
# Pages that each connection keeps; a cycle works on the newest days.
DefaultDbCachePages = 4096
TempCacheLimit = 256M
# Connections from one database file to another (HE-DB to MDM-DB, and to the scratch file) are kept.
ExtConnPoolSize = 8
ExtConnPoolLifeTime = 600
"""


@cache
def client_library() -> str:
    """Load what the wheel does not bring, and return the path of its client library."""
    provider = FirebirdProvider()
    try:
        # The engine plugin finds neither of the two by itself.
        ctypes.CDLL("libtommath.so.1", mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(provider.root / "libtomcrypt.so.1"), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise EngineError(f"{error}; install the package libtommath1") from error
    return str(provider.client_library)


def prepare(folder: Path, exchange: Path) -> None:
    """Make `folder` the root of the engine for this process: links to the wheel, settings of ours.

    The engine reads its root once, so a process serves one installation.
    """
    folder.mkdir(parents=True, exist_ok=True)
    exchange.mkdir(parents=True, exist_ok=True)
    for part in FirebirdProvider().root.iterdir():
        link = folder / part.name
        if part.name not in ("firebird.conf", "firebird.log") and not link.is_symlink():
            try:
                link.symlink_to(part)
            except FileExistsError:
                pass  # another process made it just now
    _write(folder / "firebird.conf", _SETTINGS.format(exchange=exchange.resolve()))
    (folder / "lock").mkdir(exist_ok=True)
    os.environ["FIREBIRD"] = str(folder)
    os.environ["FIREBIRD_LOCK"] = str(folder / "lock")


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
