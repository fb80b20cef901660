"""A queue of reboots: what the rules that work it off start from."""

from __future__ import annotations

from datetime import datetime, timedelta

from case import Call

LONG_AGO = datetime(2026, 4, 1)


def minutes_ago(minutes: int) -> datetime:
    return datetime.now().replace(microsecond=0) - timedelta(minutes=minutes)


DEVICES: list[Call] = [
    *(("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID)"
              f" VALUES ({key}, '{co}', 'S{key}', {mac}, 11)")
      for key, co, mac in ((900, "HE3", "'AABBCC000900'"), (901, "co-9", "'AABBCC000901'"), (902, "HE1", "NULL"))),
    *(("mdm", f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, IP_ADDRESS) VALUES ({key}, '10.0.0.{key - 900}')")
      for key in (900, 901, 902)),
]  # fmt: skip


def job(
    request: str, key: int, requested: datetime = LONG_AGO, state: str = "WAITING", attempts: int = 0,
    started: datetime | None = None,
) -> Call:
    at = "NULL" if started is None else f"'{started}'"
    return ("mdm", "INSERT INTO REBOOT_RESERVATION (RESERVATION_ID, TABLE_KEY, REQUESTED_AT, STATE, ATTEMPTS, STARTED_AT)"
                   f" VALUES ('{request}', {key}, '{requested}', '{state}', {attempts}, {at})")


def setting(name: str, value: int) -> Call:
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'")


QUEUE = (
    "mdm:SELECT r.RESERVATION_ID, r.TABLE_KEY, r.STATE, r.ATTEMPTS, r.MESSAGE,"
    " CASE WHEN r.FINISHED_AT IS NULL THEN 0 ELSE 1 END"
    " FROM REBOOT_RESERVATION r ORDER BY r.RESERVATION_ID, r.TABLE_KEY"
)
ALERTS = (
    "mdm:SELECT a.SEVERITY, a.ALERT_CODE, a.SOURCE, a.DEVICE, a.MESSAGE,"
    " CASE WHEN a.CLEARED_AT IS NULL THEN 0 ELSE 1 END"
    " FROM MDM_ALERT_HISTORY a ORDER BY a.ALERT_ID"
)
