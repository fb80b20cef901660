"""What simulating the bills of a snapshot costs beside a bare UPDATE of the same rows."""

from __future__ import annotations

import time
from datetime import datetime

from bench.floor import FLOORS
from bench.station import Measured, NotHere, Station, expect, load, medians
from kenshin.engines import Session

_TIERS = (
    "INSERT INTO CORRECTION_PARAM (PARAM_ID, FROM_DATE, CO2_FACTOR, BASE_CHARGE_PER_10A,"
    " TIER1_LIMIT, TIER1_PRICE, TIER2_LIMIT, TIER2_PRICE, TIER3_PRICE)"
    " VALUES ('GLOBAL', DATE '2020-01-01', 0.4, 280, 120, 19.88, 300, 26.48, 30.57)"
)


def measure(station: Station) -> list[Measured]:
    """Snapshots of the present day, one after the other, as cycles price them.

    The first one has the rule sum up the month so far, and makes room in the pages for both; it
    is not counted.
    """
    found = Measured("bill", None)
    slots = range(1 - min(station.runs + 1, station.world.filled), 1)
    if len(slots) < 2:
        raise NotHere("the history has no snapshots to price")
    for number, slot in enumerate(slots):
        station.say(f"run {number}")
        with station.session() as session:
            if number == 0:
                _tiers(session)
            before = load()
            began = time.perf_counter()
            result = station.call(session, "SIMULATE_BILL", *station.range(slot))
            spent = time.perf_counter() - began
            expect(result, "SIMULATE_BILL")
            bare = _update(session, station.world.at(slot))
            priced = "CASE WHEN SOURCE = 'S' THEN QUOTE END"
            station.check(session, slot, ("QUOTE_HISTORY", FLOORS["QUOTE_HISTORY"]), priced)
        if number:
            run = {"load": before, "simulate": spent, "update": bare}
            found.runs.append({**run, "ratio": spent / bare})
    found.value = medians(found.runs)["ratio"]
    return [found]


def _tiers(session: Session) -> None:
    session.execute("vps", "DELETE FROM CORRECTION_PARAM WHERE PARAM_ID = 'GLOBAL'")
    session.execute("vps", _TIERS)
    session.execute("mdm", "UPDATE PARAM_GROUP SET PRICED = 1 WHERE GROUP_ID = 4")


def _update(session: Session, at: datetime) -> float:
    """Seconds of the bare statement, which sets the same columns of as many rows."""
    began = time.perf_counter()
    session.execute(
        "vps",
        f"UPDATE {FLOORS['QUOTE_HISTORY']} SET REVISION = REVISION, QUOTE = USAGE_VALUE * 19.88,"
        " CO2 = USAGE_VALUE * 0.4, SOURCE = 'S', UPDATED_AT = LOCALTIMESTAMP"
        " WHERE MEASURED_TIME = ?",
        [at],
    )
    return time.perf_counter() - began
