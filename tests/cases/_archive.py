"""The rows that the cases of the archive start from: months that are closed, and slots in them."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

from case import Call
from cases._station import month_closed, slot, usage

# Counted back from here, 60 days are 16 May 2025 and 60 months 1 July 2020.
AT = datetime(2025, 7, 15, 10, 0)
MAY, JUNE = date(2020, 5, 1), date(2020, 6, 1)
OLD = "2020-06-15 00:30:00"
MARCH, APRIL = date(2025, 3, 1), date(2025, 4, 1)
ARCHIVES: Call = ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'ARCHIVE_HISTORY'")
SHA = "0123456789abcdef" * 4


def closed(*months: str) -> list[Call]:
    """Months that are closed, each given by its first day and the last one's end behind them."""
    return [month_closed(start, end) for start, end in pairwise(months)]


def revision(at: str, number: int = 0, point: str = "P1", sub: int = 1, value: object = "NULL") -> Call:
    return ("vps", "INSERT INTO USAGE_REVISION (LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, USAGE_VALUE, RECORDED_AT)"
                   f" VALUES ('{point}', {sub}, '{at}', {number}, {value}, '2020-08-01 00:00:00')")


# The first and the last slot of June 2020, one beside it on either side, of two points and two items.
QUOTES: list[Call] = [
    *slot("P1", "2020-06-01 00:00:00", "9"),
    *slot("P1", "2020-06-01 00:30:00", "1.5", "S", "40.25", "0.5"),
    *slot("P1", "2020-07-01 00:00:00", "-0.25", "S", "1"),
    *slot("P1", "2020-07-01 00:30:00", "9"),
    *slot("P1", "2020-06-01 00:30:00", "3", sub=2),
    *slot("P2", "2020-06-01 00:30:00", None, quality="N"),
    *slot("P3", "2020-07-01 00:30:00", "9"),
]
CLOSED: list[Call] = closed("2020-05-01", "2020-06-01", "2020-07-01", "2020-08-01")
BEGUN: list[Call] = [ARCHIVES, *CLOSED, *QUOTES, ("BEGIN_ARCHIVE", "QUOTE_HISTORY", JUNE, AT)]
SUMS = "USAGE_VALUE=4.2500;REVISION=0;QUOTE=41.2500;CO2=0.5000"
NOTED: Call = ("NOTE_ARCHIVED", "QUOTE_HISTORY", JUNE, 4, 2, SUMS, "2020-06-01.parquet", SHA)
# March 2025: two slots with readings, one of them missing.
USAGE: list[Call] = [
    *usage("P1", "2025-03-10 00:00:00", "100.5", "1.5"),
    *usage("P1", "2025-03-10 00:30:00", None, None, 1, repoll=("102", "1.5", "2025-03-11 00:00:00")),
]
USAGE_CLOSED: list[Call] = closed("2025-03-01", "2025-04-01", "2025-05-01")
