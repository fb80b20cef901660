"""The rows that several cases start from: a few meters, their slots, prices, and alerts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from case import Call

# Electricity meters (item 1 energy in 0.01 kWh, item 2 current in 0.1 A) and a gas meter of
# head-end 1, and an electricity meter of head-end 2. Keys start high: fixtures use low ones.
METERS = [(901, 1, "P1", 101), (902, 1, "P2", 101), (903, 1, "G1", 102), (904, 2, "P4", 101)]


def meter(
    key: int, heid: int, point: str, kind: int = 101, capacity: str = "0", cluster: str | None = None
) -> list[Call]:
    """One meter in service, polled and provisioned."""
    of = "NULL" if cluster is None else f"'{cluster}'"
    return [
        ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, TYPE_ID, POLL_CONFIG)"
                f" VALUES ({key}, 'HE{heid}', 'S-{key}', 11, 1)"),
        ("mdm", f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT) VALUES ({key}, 'C')"),
        ("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, CLUSTER_ID, TYPE_ID, CONTRACT_CAPACITY)"
                f" VALUES ('{point}', {key}, {of}, {kind}, {capacity})"),
    ]


STATION: list[Call] = [call for row in METERS for call in meter(*row)]


def _text(value: object) -> str:
    return "NULL" if value is None else f"'{value}'"


def usage(
    point: str, at: datetime | str, reading: object, value: object, status: int = 0, sub: int = 1,
    repoll: tuple[object, object, object] = (None, None, None),
) -> list[Call]:
    """A slot as it was delivered, in both histories."""
    quality = "M" if status == 0 else "N"
    rows: list[Call] = [
        ("vps", "INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS,"
                " REPOLL_READING, REPOLL_USAGE, REPOLLED_AT)"
                f" VALUES ('{point}', {sub}, '{at}', {_text(reading)}, {_text(value)}, {status},"
                f" {', '.join(map(_text, repoll))})"),
        *slot(point, at, value, sub=sub, quality=quality),
    ]
    if status:
        rows.append(("vps", "INSERT INTO USAGE_GAP (LD_ID, SUB_NUMBER, MEASURED_TIME, REPOLLED_AT)"
                            f" VALUES ('{point}', {sub}, '{at}', {_text(repoll[2])})"))
    return rows


def slot(
    point: str, at: datetime | str, value: object, source: str = "N", quote: object = None, co2: object = None,
    sub: int = 1, quality: str = "M",
) -> list[Call]:
    """A slot of the final series alone."""
    return [
        ("vps", "INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY, REVISION,"
                " QUOTE, CO2, SOURCE)"
                f" VALUES ('{point}', {sub}, '{at}', {_text(value)}, '{quality}', 0,"
                f" {_text(quote)}, {_text(co2)}, '{source}')"),
    ]


def prices(
    name: str, start: str = "2025-01-01", end: str | None = None, base: object = None, co2: object = None,
    tiers: Iterable[object] = (),
) -> list[Call]:
    """A correction set: tiers are price 1, limit 1, price 2, limit 2, price 3, as far as they go."""
    price1, limit1, price2, limit2, price3 = [*tiers, None, None, None, None, None][:5]
    values = [name, start, end, 1, co2, base, limit1, price1, limit2, price2, price3]
    return [
        ("vps", "INSERT INTO CORRECTION_PARAM (PARAM_ID, FROM_DATE, TO_DATE, CORRECTION_FACTOR, CO2_FACTOR,"
                " BASE_CHARGE_PER_10A, TIER1_LIMIT, TIER1_PRICE, TIER2_LIMIT, TIER2_PRICE, TIER3_PRICE)"
                f" VALUES ({', '.join(map(_text, values))})"),
    ]


def time_of_use(name: str, day: str, start: str, price: str, since: str = "2025-01-01") -> Call:
    return ("vps", "INSERT INTO TOU_PRICE (PARAM_ID, FROM_DATE, DAY_TYPE, START_TIME, PRICE)"
                   f" VALUES ('{name}', '{since}', '{day}', '{start}', {price})")


def cluster(name: str, param: str | None) -> Call:
    return ("vps", f"INSERT INTO VPS_CLUSTER (CLUSTER_ID, PARAM_ID) VALUES ('{name}', {_text(param)})")


def log_taken(heid: int, at: datetime | str, state: str = "DONE") -> Call:
    """A snapshot that is closed."""
    name = f"HE{heid}.csv" if state == "DONE" else ""
    return ("mdm", "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
                   f" VALUES ({heid}, '{at}', 'ONTIME', '{name}', '{state}')")


def head_ends(*enabled: int) -> Call:
    return ("mdm", f"UPDATE HECONF SET ENABLED = CASE WHEN HEID IN ({', '.join(map(str, enabled))}) THEN 1 ELSE 0 END")


def month_closed(start: str, end: str) -> Call:
    return ("vps", "INSERT INTO MONTH_CLOSED (MONTH_START, MONTH_END, CLOSED_AT, POINTS, MISSING_SLOTS)"
                   f" VALUES ('{start}', '{end}', '{end}', 0, 0)")
