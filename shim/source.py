"""The templates and first rows of a release: this tree's, or those in an earlier one's archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from kenshin import __version__
from kenshin.paths import ROOT

FOLDERS = ("sql", "procedures", "views", "fixtures/tables")
CHECKSUMS = "checksums.json"
ARCHIVES = ROOT / "sql" / "releases"


class UnknownRelease(Exception):
    """No release of this name is in the tree; the message says which there are."""


@dataclass(frozen=True, eq=False)
class Source:
    """Every file that a release is rendered from, by its path below the root."""

    release: str
    files: Mapping[str, str] = field(repr=False)

    def paths(self, folder: str, suffix: str = ".sql") -> list[str]:
        """The files that lie in a folder, but not deeper, in the order of their names."""
        return sorted(
            path
            for path in self.files
            if path.rpartition("/")[0] == folder and path.endswith(suffix)
        )


@cache
def current() -> Source:
    """The release that this tree holds."""
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in FOLDERS
        for suffix in ("sql", "csv")
        for path in (ROOT / folder).rglob(f"*.{suffix}")
    }
    return Source(__version__, files)


@cache
def find(release: str) -> Source:
    """A release by its number. Raises UnknownRelease."""
    if release == __version__:
        return current()
    path = ARCHIVES / f"{release}.zip"
    if release not in earlier():
        known = ", ".join([*earlier(), __version__])
        raise UnknownRelease(f"release {release}: this program knows {known}")
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    return Source(release, files)


def earlier() -> list[str]:
    """The releases before this one whose archives are in the tree, oldest first."""
    names = [path.stem for path in ARCHIVES.glob("*.zip")]
    return sorted(set(names) - {__version__}, key=order)


def order(release: str) -> tuple[int, ...]:
    """What releases are put in order by: their number."""
    return tuple(int(part) for part in release.split("."))


def pack(source: Source, checksums: str, folder: Path = ARCHIVES) -> Path:
    """Write the archive of a release; the same files always give the same bytes.

    `checksums` says what they came to when they were rendered, so that they always will.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in sorted({**source.files, CHECKSUMS: checksums}.items()):
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    path = folder / f"{source.release}.zip"
    path.write_bytes(written.getvalue())
    return path
