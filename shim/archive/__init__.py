"""Months of the histories as Parquet files: written and verified before rows go, and read again."""

from kenshin.archive.layout import HISTORIES, ArchiveError, Layout
from kenshin.archive.manifest import Manifest
from kenshin.archive.months import archive_month, lost, verify_all
from kenshin.archive.places import held
from kenshin.archive.read import history, revisions

__all__ = [
    "HISTORIES",
    "ArchiveError",
    "Layout",
    "Manifest",
    "archive_month",
    "held",
    "history",
    "lost",
    "revisions",
    "verify_all",
]
