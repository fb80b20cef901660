"""What cases of the link to DHCP start from: PROV is linked, concentrators, changes that are open."""

from __future__ import annotations

from case import Call
from cases._api import _text

LINKED = ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'PROV_LINKED'")


def concentrator(number: int, serial: str, mac: str | None = None, deleted: int = 0) -> list[Call]:
    return [
        ("mdm", "INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, SERIAL, MAC, TYPE_ID, DELETED)"
                f" VALUES ({number}, 'co-{number}', 1, '{serial}', {_text(mac)}, 2, {deleted})"),
        ("mdm", f"INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY) VALUES ({number})"),
    ]


def change(number: int, mac: str) -> Call:
    """A change that is open."""
    return ("mdm", "INSERT INTO DHCP_CHANGE (CHANGE_ID, MAC, REQUESTED_AT, REQUESTED_BY)"
                   f" VALUES ({number}, '{mac}', '2026-01-01 00:00:00', NULL)")
