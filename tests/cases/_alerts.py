"""Alerts that were raised, have ended, and that monitoring was told of or not."""

from __future__ import annotations

from datetime import datetime, timedelta

from case import Call

DAY = datetime(2026, 3, 10, 12)
BEFORE = DAY - timedelta(days=1)


def mdm(statement: str) -> Call:
    return ("mdm", statement)


def _text(value: object) -> str:
    return "NULL" if value is None else f"'{value}'"


def alert(
    key: int, notified: datetime | None = None, cleared: datetime | None = None, told: datetime | None = None,
    code: str = "RANGE", at: datetime = DAY, severity: int = 4,
) -> Call:
    """One of point P1, found at `at`; told is when monitoring was told of its end."""
    values = ", ".join(_text(value) for value in (at, code, at, notified, cleared, told))
    return mdm("INSERT INTO MDM_ALERT_HISTORY (ALERT_ID, SEVERITY, SOURCE, LD_ID, SUB_NUMBER, MESSAGE, GENERATED_TIME,"
               " ALERT_CODE, MEASURED_TIME, NOTIFIED_AT, CLEARED_AT, CLEAR_NOTIFIED_AT)"
               f" VALUES ({key}, {severity}, 'DIAGNOSE', 'P1', 1, 'message {key}', {values})")


def setting(name: str, value: object) -> Call:
    return mdm(f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'")
