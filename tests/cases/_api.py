"""What cases of the HTTP-API's own rules start from: keys, devices, controls."""

from __future__ import annotations

from datetime import datetime

from case import Call

# 64 hexadecimal digits each.
HASH, OTHER_HASH = "0123456789abcdef" * 4, "fedcba9876543210" * 4
KEY, OTHER_KEY = "00000000000a", "00000000000b"
PAST, SOON, LATER = datetime(2026, 1, 2), datetime(2099, 1, 1), datetime(2099, 1, 2)


def _text(value: object) -> str:
    return "NULL" if value is None else f"'{value}'"


def key(
    key_id: str = KEY, expires: datetime | None = None, networks: str | None = None, client: str = "care",
    role: str = "CUSTOMER", note: str | None = None,
) -> Call:
    """A key that was added."""
    return ("mdm", "INSERT INTO API_KEY (KEY_ID, CLIENT, KEY_HASH, ROLE_NAME, NETWORKS, CREATED_AT, CREATED_BY,"
                   " EXPIRES_AT, NOTE)"
                   f" VALUES ('{key_id}', '{client}', '{HASH}', '{role}', {_text(networks)}, '2026-01-01 00:00:00',"
                   f" 'dba', {_text(expires)}, {_text(note)})")


def device(
    number: int, serial: str | None = None, mac: str | None = None, pd_id: str | None = None, co_id: str = "HE1",
    deleted: int = 0,
) -> list[Call]:
    """A physical device, by its key."""
    return [
        ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, SERIAL, MAC, TYPE_ID, DELETED)"
                f" VALUES ({number}, {_text(pd_id)}, '{co_id}', {_text(serial)}, {_text(mac)}, 12, {deleted})"),
        ("mdm", f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, IP_ADDRESS, PORT, PROV_STAT) VALUES ({number}, '10.0.0.{number % 250}', 4059, 'C')"),
    ]


def point(
    number: int, of: int, ld_id: str | None, address: int = 2, deleted: int = 0, kind: int = 101,
) -> Call:
    """A logical device, by its key."""
    return ("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID, CONTRACT_CAPACITY,"
                   " RELAY_STATE, DELETED)"
                   f" VALUES ({number}, {_text(ld_id)}, {of}, {address}, {kind}, 40, 1, {deleted})")


def control(
    number: int, state: str = "OPEN", ld_id: str = "P1", kind: str = "RELAY", value: object = 0,
    finished: datetime | str | None = None, pd: int = 901, address: int = 2,
) -> Call:
    """A control that was begun, by its number."""
    return ("mdm", "INSERT INTO CONTROL_HISTORY (CONTROL_ID, KIND, LD_ID, PD_TABLE_KEY, LD_ADDRESS, HEID, \"VALUE\", STATE,"
                   " REQUESTED_AT, REQUESTED_BY, REQUEST_ID, FINISHED_AT)"
                   f" VALUES ({number}, '{kind}', '{ld_id}', {pd}, {address}, 1, {value}, '{state}', '2026-01-01 00:00:00',"
                   f" 'care', 'r-1', {_text(finished)})")


# A multimeter with two points and one that was removed, a meter without a point, a disposed one, and one
# whose concentrator is unknown.
DEVICES: list[Call] = [
    *device(901, "S1", "AABBCC000001", "pd-1"),
    *device(902, "S2", None, "pd-2", "HE2"),
    *device(903, "S3", "AABBCC000003", deleted=1),
    *device(904, "S4", co_id="co-x"),
    point(911, 901, "P1g", 3, kind=102),
    point(912, 901, "P1"),
    point(913, 901, "P1", 4, deleted=1),
    point(914, 904, "P4"),
    point(915, 903, None, deleted=1),
]
