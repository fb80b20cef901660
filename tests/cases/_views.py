"""Cases of the operators' views: given this, a view shows these rows, in the order of its first columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from case import Call
from cases._archive import BEGUN as SEALED
from cases._archive import JUNE, NOTED, SHA, SUMS
from cases._api import DEVICES, HASH, KEY, OTHER_KEY, PAST, SOON, control, key
from cases._dhcp import change, concentrator
from cases._station import STATION, head_ends, log_taken, slot, usage


@dataclass(frozen=True)
class View:
    """One case: a view by its name, perhaps only the rows that a condition selects."""

    name: str
    title: str
    given: Sequence[Call]
    rows: Sequence[Sequence[Any]]
    where: str = ""


S, T = datetime(2026, 1, 14, 9, 30), datetime(2026, 1, 14, 10, 0)
CYCLE = datetime(2026, 1, 14, 10, 30)
# A snapshot that was taken half an hour ago at least, and the one behind it.
NOW = datetime.now().replace(second=0, microsecond=0)
LAST = NOW - timedelta(minutes=NOW.minute % 30 + 60)
NEXT = LAST + timedelta(minutes=30)


def taken(
    heid: int, at: datetime, expected: int, missing: int, state: str = "DONE", finished: datetime = T
) -> Call:
    name = f"HE{heid}_{at:%Y%m%d%H%M}_ONTIME.csv" if state == "DONE" else ""
    return ("mdm", "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, ROWS_EXPECTED, ROWS_MISSING,"
                   " STATE, FINISHED_AT)"
                   f" VALUES ({heid}, '{at}', 'ONTIME', '{name}', {expected}, {missing}, '{state}', '{finished}')")


def past(heid: int, cycle: datetime, name: str, finished: datetime) -> Call:
    return ("mdm", "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE, FINISHED_AT)"
                   f" VALUES ({heid}, '{cycle}', 'PAST', '{name}', 'DONE', '{finished}')")


def setting(name: str, value: int) -> Call:
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'")


# Of head-end 1 a reading that was re-polled, one that was not, and a usage that only the
# re-polled one made known; of head-end 2 all were re-polled.
GAPS = [
    *usage("P1", T, None, None, 1, repoll=(10, 1, CYCLE)),
    *usage("P2", T, None, None, 1),
    *usage("G1", T, 5, None, 2, repoll=(None, 1, CYCLE)),
    *usage("P4", T, None, None, 1, repoll=(10, None, CYCLE)),
]
LATE = "HE1_202601140930_ONTIME.csv"
CLOSING = [
    head_ends(1),
    log_taken(1, "2025-02-01 00:00:00"),
    *STATION,
    *slot("P1", "2025-01-02 00:00:00", "1.5", "S", "40"),
    *slot("P1", "2025-02-01 00:00:00", None, quality="N"),
    *slot("P1", "2025-02-01 00:30:00", "7"),
    *slot("G1", "2025-01-02 00:00:00", "2"),
    ("CLOSE_MONTH", date(2025, 1, 1)),
]
JANUARY = (date(2025, 1, 1), date(2025, 2, 1))

BEGUN = datetime(2026, 1, 1)
MACS = ("AABBCC000001", "AABBCC000003", "112233445566", "112233445577", "AABBCC00000F")

VIEWS = [
    View("API_KEY_LIST", "keys that are good, and one that is not",
         [key(OTHER_KEY, PAST, client="portal", role="VPS"), key(expires=SOON, networks="10.0.0.0/8", note="counter 1"),
          key("00000000000c")],
         [(KEY, "care", "CUSTOMER", "10.0.0.0/8", BEGUN, "dba", SOON, "counter 1", "VALID"),
          (OTHER_KEY, "portal", "VPS", None, BEGUN, "dba", PAST, None, "EXPIRED"),
          ("00000000000c", "care", "CUSTOMER", None, BEGUN, "dba", None, None, "VALID")]),
    View("API_KEY_LIST", "a key that is ended now", [key(), ("EXPIRE_API_KEY", KEY, None)], [], "STATE = 'VALID'"),
    View("OPEN_CONTROL", "controls that nobody knows the outcome of",
         [*DEVICES, control(901, "DONE"), control(902, "REFUSED"), control(903),
          control(904, ld_id="P2", kind="CAPACITY", value="40.5", pd=999),
          ("mdm", f"UPDATE CONTROL_HISTORY SET IDEMPOTENCY_KEY = 'k-1', REQUEST_HASH = '{HASH}' WHERE CONTROL_ID = 903")],
         [(903, "RELAY", "P1", 901, 2, 1, "AABBCC000001", "10.0.0.151", 4059, 0, None, None, None, BEGUN, "care", "r-1",
           "k-1", HASH),
          (904, "CAPACITY", "P2", 999, 2, None, None, None, None, Decimal("40.5"), None, None, None, BEGUN, "care", "r-1",
           None, None)]),
    View("OPEN_CONTROL", "a device that has come to another head-end",
         [*DEVICES, control(903, pd=902)],
         [(903, "RELAY", "P1", 902, 2, 2, None, "10.0.0.152", 4059, 0, None, None, None, BEGUN, "care", "r-1", None, None)]),
    View("OPEN_CONTROL", "one that was finished", [control(903), ("FINISH_CONTROL", 903, "DONE", 0, None)], []),
    View("OPEN_DHCP_CHANGE", "what the server must know, and what it must not",
         [*DEVICES, *concentrator(901, "C1", "112233445566"), *concentrator(902, "C2", "112233445577", deleted=1),
          *(change(950 + n, mac) for n, mac in enumerate(MACS))],
         [(950 + n, mac, BEGUN, None, wanted) for n, (mac, wanted) in enumerate(zip(MACS, (1, 0, 1, 0, 0), strict=True))]),
    View("OPEN_DHCP_CHANGE", "one that was ended", [change(950, MACS[0]), ("FINISH_DHCP_CHANGE", 950)], []),

    View("HEAD_END_COMPLETENESS", "what came on time, by re-polling, and not at all",
         [*STATION, *GAPS, taken(1, S, 7, 0), taken(1, T, 7, 2), taken(2, T, 3, 3, "MISSING")],
         [(1, S, 7, 7, 0, 0, 100), (1, T, 7, 5, 1, 1, Decimal("85.71")), (2, T, 3, 0, 1, 2, Decimal("33.33"))]),
    View("HEAD_END_COMPLETENESS", "one snapshot", [*STATION, *GAPS, taken(1, S, 7, 0), taken(1, T, 7, 2)],
         [(1, S, 7, 7, 0, 0, 100)], "MEASURED_TIME < '2026-01-14 10:00:00'"),
    View("HEAD_END_COMPLETENESS", "readings that are purged", [*STATION, *GAPS, taken(1, S, 8, 5)],
         [(1, S, 8, 3, None, None, Decimal("37.5"))]),
    View("HEAD_END_COMPLETENESS", "a snapshot that was marked missing", [*STATION, ("MARK_SNAPSHOT_MISSING", 1, T)],
         [(1, T, 5, 0, 0, 5, 0)]),
    View("HEAD_END_COMPLETENESS", "a head-end without targets", [taken(1, S, 0, 0)], [(1, S, 0, 0, 0, 0, None)]),
    View("HEAD_END_COMPLETENESS", "a point whose meter is gone counts for nobody",
         [*STATION, *GAPS, taken(1, T, 7, 2), ("mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = NULL WHERE LD_ID = 'P1'")],
         [(1, T, 7, 5, 0, 2, Decimal("71.43"))]),
    View("HEAD_END_COMPLETENESS", "a meter that was disposed of counts for nobody",
         [*STATION, *GAPS, taken(1, T, 7, 2), ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1 WHERE LD_ID = 'P1'")],
         [(1, T, 7, 5, 0, 2, Decimal("71.43"))]),
    View("HEAD_END_COMPLETENESS", "a log of past readings is no snapshot", [past(1, T, "x", T)], []),

    View("LATE_LOG", "a log that never came", [head_ends(9), taken(1, S, 7, 7, "MISSING"), taken(1, T, 7, 0)],
         [(1, S, "MISSING", T, None)]),
    View("LATE_LOG", "a log that came late",
         [head_ends(9), taken(1, S, 7, 7, "MISSING"), past(1, CYCLE, LATE, datetime(2026, 1, 14, 10, 35))],
         [(1, S, "LATE", datetime(2026, 1, 14, 10, 35), 45)]),
    View("LATE_LOG", "another grace",
         [head_ends(9), setting("LOG_GRACE_MINUTES", 5), taken(1, S, 7, 7, "MISSING"),
          past(1, CYCLE, LATE, datetime(2026, 1, 14, 10, 35))],
         [(1, S, "LATE", datetime(2026, 1, 14, 10, 35), 60)]),
    View("LATE_LOG", "logs of other readings, snapshots and head-ends",
         [head_ends(9), taken(1, S, 7, 7, "MISSING"), past(1, CYCLE, "HE1_202601141000_PAST_1.csv", CYCLE),
          past(1, CYCLE, "HE1_202601141000_ONTIME.csv", CYCLE), past(2, CYCLE, LATE, CYCLE)],
         [(1, S, "MISSING", T, None)]),
    View("LATE_LOG", "all logs on time", [head_ends(9), taken(1, S, 7, 2), taken(2, S, 7, 2)], []),
    View("LATE_LOG", "the log awaited next", [head_ends(1), setting("LOG_GRACE_MINUTES", 1440), taken(1, LAST, 7, 0)],
         [(1, NEXT, "DUE", None, None)]),
    View("LATE_LOG", "the log of a head-end that is disabled", [head_ends(2), taken(1, LAST, 7, 0)], []),
    View("LATE_LOG", "a log of past readings moves nothing on",
         [head_ends(1), setting("LOG_GRACE_MINUTES", 1440), taken(1, LAST, 7, 0), past(1, NEXT, "x", NEXT)],
         [(1, NEXT, "DUE", None, None)]),
    View("LATE_LOG", "nothing is awaited yet", [head_ends(1), taken(1, NOW + timedelta(days=1), 7, 0)], []),

    View("MONTH_RESTATEMENT", "nothing changed", CLOSING,
         [("G1", 1, *JANUARY, 2, 2, None, None), ("P1", 1, *JANUARY, Decimal("1.5"), Decimal("1.5"), 40, 40)]),
    View("MONTH_RESTATEMENT", "a slot settled after the closing",
         [*CLOSING, ("CORRECT_QUOTE", "P1", 1, datetime(2025, 2, 1), Decimal("0.8")),
          ("CORRECT_QUOTE", "P1", 1, datetime(2025, 2, 1, 0, 30), Decimal("9"))],
         [("P1", 1, *JANUARY, Decimal("1.5"), Decimal("2.3"), 40, 40)], "CLOSED_USAGE <> PRESENT_USAGE"),
    View("MONTH_RESTATEMENT", "slots that are purged", [*CLOSING, ("vps", "DELETE FROM QUOTE_HISTORY WHERE LD_ID = 'G1'")],
         [("G1", 1, *JANUARY, 2, None, None, None)], "LD_ID = 'G1'"),

    View("ARCHIVED_MONTH", "begun, not verified", SEALED, []),
    View("ARCHIVED_MONTH", "verified", [*SEALED, NOTED, ("vps", "UPDATE ARCHIVE_LOG SET ARCHIVED_AT = '2026-01-14 10:00:00'")],
         [("QUOTE_HISTORY", JUNE, date(2020, 7, 1), 4, 2, SUMS, "2020-06-01.parquet", SHA, T, None)]),

    View("IMPORT_RESULT", "a file of bills and one of certificates",
         [("vps", "INSERT INTO IMPORT_LOG (FILE_NAME, CHECKSUM, CLASS, ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED,"
                  f" FINISHED_AT) VALUES ('{name}', 1, '{kind}', 9, 4, 3, 2, '{T}')")
          for name, kind in (("b.csv", "PAST"), ("c.csv", "CERT"))],
         [("b.csv", "PAST", T, 9, 4, 3, 2), ("c.csv", "CERT", T, 9, 4, 3, 2)]),
]
