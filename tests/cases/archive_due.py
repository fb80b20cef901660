"""Cases of ARCHIVE_DUE."""

from datetime import date, datetime, timedelta

from case import Case
from cases._archive import APRIL, ARCHIVES, AT, BEGUN, CLOSED, JUNE, MARCH, MAY, NOTED, OLD, QUOTES, USAGE, USAGE_CLOSED, closed, revision
from cases._station import month_closed, slot, usage

JULY = date(2020, 7, 1)
FEW_DAYS = [("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '10' WHERE NAME IN ('USAGE_DAYS', 'REPOLL_DEADLINE_DAYS')")]
MAY_SLOT = ("QUOTE_HISTORY", MAY, JUNE, "DUE")
JUNE_SLOT = ("QUOTE_HISTORY", JUNE, JULY, "DUE")

CASES = [
    Case("months past their retention", (AT,), given=[ARCHIVES, *CLOSED, *QUOTES], rows=[MAY_SLOT, JUNE_SLOT]),
    Case("revisions, of their own months", (AT,), given=[ARCHIVES, *CLOSED, revision(OLD)], rows=[("USAGE_REVISION", JUNE, JULY, "DUE")]),
    Case("readings, after their days", (AT,), given=[ARCHIVES, *USAGE_CLOSED, *USAGE], rows=[("USAGE_HISTORY", MARCH, APRIL, "DUE")]),
    Case("while re-polling may still ask for a reading", (AT,), 11,
         given=[ARCHIVES, *USAGE_CLOSED, *USAGE, ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '107' WHERE NAME = 'USAGE_DAYS'")], rows=[]),
    Case("a month that ends within the days that are kept", (datetime(2025, 5, 29), ), 11, given=[ARCHIVES, *USAGE_CLOSED, *USAGE], rows=[]),
    Case("a month of days that are past by a day", (datetime(2025, 5, 31), ), given=[ARCHIVES, *USAGE_CLOSED, *USAGE],
         rows=[("USAGE_HISTORY", MARCH, APRIL, "DUE")]),
    Case("one that was begun is still due", (AT,), given=BEGUN, rows=[MAY_SLOT, JUNE_SLOT]),
    Case("one that is archived is not", (AT,), given=[*BEGUN, NOTED], rows=[MAY_SLOT]),
    Case("the month behind it is not closed", (AT,), given=[ARCHIVES, *closed("2020-06-01", "2020-07-01"), *slot("P1", OLD, "1")],
         rows=[("QUOTE_HISTORY", JUNE, JULY, "WAITS")]),
    Case("the month is not closed", (AT,), given=[ARCHIVES, *slot("P1", OLD, "1"), *slot("P1", "2020-07-01 00:00:00", "1")],
         rows=[("QUOTE_HISTORY", date(2020, 6, 15), JULY, "WAITS")]),
    # Readings that are kept for less than a month
    Case("no closing would help: the month behind it is not over", (AT,), 11,
         given=[ARCHIVES, *USAGE_CLOSED, *FEW_DAYS, *usage("P1", "2025-06-01 00:30:00", 1, 1)], rows=[]),
    Case("nor that behind a closed one", (datetime(2025, 6, 25),), 11,
         given=[ARCHIVES, *closed("2025-05-01", "2025-06-01"), *FEW_DAYS, *usage("P1", "2025-05-10 00:00:00", 1, 1)], rows=[]),
    Case("closing it and the one behind it would help", (AT,),
         given=[ARCHIVES, *USAGE_CLOSED, *FEW_DAYS, *usage("P1", "2025-06-01 00:00:00", 1, 1)],
         rows=[("USAGE_HISTORY", date(2025, 5, 31), date(2025, 7, 5), "WAITS")]),
    Case("closing the one behind it would help", (datetime(2025, 7, 1),),
         given=[ARCHIVES, *closed("2025-05-01", "2025-06-01"), *FEW_DAYS, *usage("P1", "2025-05-10 00:00:00", 1, 1)],
         rows=[("USAGE_HISTORY", date(2025, 5, 1), date(2025, 6, 1), "WAITS")]),
    Case("one that is due by another closing day", (datetime(2025, 6, 25),),
         given=[ARCHIVES, *closed("2025-05-01", "2025-06-01", "2025-06-20"), *FEW_DAYS, *usage("P1", "2025-05-10 00:00:00", 1, 1)],
         rows=[("USAGE_HISTORY", date(2025, 5, 1), date(2025, 6, 1), "DUE")]),
    Case("after a change of the closing day", (AT,), given=[ARCHIVES, month_closed("2020-05-01", "2020-05-20"),
         month_closed("2020-05-20", "2020-06-20"), month_closed("2020-06-20", "2020-07-20"), *slot("P1", OLD, "1")],
         rows=[("QUOTE_HISTORY", date(2020, 5, 20), date(2020, 6, 20), "DUE")]),
    Case("nothing is past its retention", (datetime(2025, 6, 15),), 11, given=[ARCHIVES, *CLOSED, *slot("P1", OLD, "1")], rows=[]),
    Case("now is the default", (None,), given=[ARCHIVES, *CLOSED, *slot("P1", OLD, "1")], rows=[JUNE_SLOT]),
    Case("histories are not archived", (AT,), 4002, given=[*CLOSED, *QUOTES], rows=[]),
    Case("a moment two days ahead", (datetime.now() + timedelta(days=2),), 1004, given=[ARCHIVES, *QUOTES], rows=[]),
    Case("before 1900", (datetime(1899, 12, 31),), 1004, given=[ARCHIVES], rows=[]),
]
