"""Folders of files at other systems: by directory, FTP, FTPS or SFTP, behind one interface.

`fetch_new` and `deliver_all` are what batches call; see docs/transfer.md for what is safe when.
"""

from __future__ import annotations

from kenshin.transfer.coming import NotYet
from kenshin.transfer.link import Entry, FileRefused, Patience, TransferError
from kenshin.transfer.place import Place
from kenshin.transfer.run import deliver_all, fetch_new, open_place

__all__ = [
    "Entry",
    "FileRefused",
    "NotYet",
    "Patience",
    "Place",
    "TransferError",
    "deliver_all",
    "fetch_new",
    "open_place",
]
