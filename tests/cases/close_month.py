"""Cases of CLOSE_MONTH; a whole month of a station is closed in test_closing."""

from datetime import date, datetime
from decimal import Decimal

from case import Case
from cases._station import STATION, head_ends, log_taken, slot, usage

MONTH, NEXT = date(2025, 1, 1), date(2025, 2, 1)
DAY = date(2025, 1, 20)


def config(name, value):
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'")


def cycle(at):
    return ("mdm", f"INSERT INTO CYCLE_LOG (CYCLE_TIME, FINISHED_AT) VALUES ('{at}', '{at}')")


# January: P1 with an unknown slot, a gas meter that ran backwards, a point whose meter is gone;
# items that are no counters; and the first slot of February.
SLOTS = [
    *slot("P1", "2025-01-01 00:30:00", "1.5", "S", "45.1", "0.5"),
    *slot("P1", "2025-01-15 12:00:00", None, quality="N"),
    *slot("P1", "2025-02-01 00:00:00", "2.25", "B", "60", "1.25"),
    *slot("P1", "2025-02-01 00:30:00", "100", "S", "100", "100"),
    *slot("P1", "2025-01-10 00:00:00", "7", sub=2),
    *slot("G1", "2025-01-10 00:00:00", "-0.5"),
    *slot("GONE", "2025-01-31 23:30:00", "3"),
    *slot("GONE", "2025-01-31 23:30:00", "9", sub=2),
    *slot("P4", "2025-01-03 00:00:00", None, quality="N"),
]
OVER = [head_ends(1, 2), log_taken(1, "2025-02-01 00:00:00"), log_taken(2, "2025-02-03 12:30:00", "MISSING")]
GIVEN = [*STATION, *SLOTS, *OVER]
BEFORE = slot("P1", "2025-01-01 00:00:00", "8")
CLOSED = [*GIVEN, ("CLOSE_MONTH", DAY)]
# The station goes on: February and March are over too.
LATER = [log_taken(1, "2025-04-05 00:00:00"), log_taken(2, "2025-04-05 00:00:00")]

TOTALS = (
    "vps:SELECT LD_ID, SUB_NUMBER, MONTH_START, USAGE_SUM, QUOTE_SUM, CO2_SUM, SLOTS, MISSING_SLOTS"
    " FROM MONTH_TOTAL ORDER BY MONTH_START, LD_ID, SUB_NUMBER"
)
MONTHS = "vps:SELECT MONTH_START, MONTH_END, POINTS, MISSING_SLOTS FROM MONTH_CLOSED ORDER BY MONTH_START"
STAMPS = (
    "vps:SELECT COUNT(*) FROM MONTH_TOTAL t JOIN MONTH_CLOSED m ON m.MONTH_START = t.MONTH_START"
    " WHERE t.CLOSED_AT <= m.CLOSED_AT AND m.CLOSED_BY IS NOT NULL"
)
REPOLL = "vps:SELECT LD_ADDRESS, SUB_NUMBER, MEASURED_TIME FROM REPOLL_TARGET ORDER BY MEASURED_TIME"
JANUARY = [
    ("G1", 1, MONTH, Decimal("-0.5"), None, None, 1, 0),
    ("GONE", 1, MONTH, 3, None, None, 1, 0),
    ("P1", 1, MONTH, Decimal("3.75"), Decimal("105.1"), Decimal("1.75"), 3, 1),
    ("P4", 1, MONTH, None, None, None, 1, 1),
]
ROW = (MONTH, NEXT, 4, 2)
PASSED = [("vps", "DELETE FROM QUOTE_HISTORY WHERE MEASURED_TIME > '2025-02-01 00:00:00'"), *slot("P2", "2025-04-01 00:00:00", "4")]
NOTHING = {TOTALS: [], MONTHS: []}
GAPS = [
    *usage("P1", "2025-01-31 23:30:00", None, None, 1),
    *usage("P1", "2025-02-01 00:00:00", None, None, 1),
    *usage("P1", "2025-02-01 00:30:00", None, None, 1),
    *STATION,
    *OVER,
]

CASES = [
    Case("the totals of a month", (DAY,), given=GIVEN, rows=[ROW], then={TOTALS: JANUARY, MONTHS: [ROW], STAMPS: [(4,)]}),
    Case("by its first day", (MONTH,), given=GIVEN, rows=[ROW], then={TOTALS: JANUARY}),
    Case("by its last day", (date(2025, 1, 31),), given=GIVEN, rows=[ROW], then={TOTALS: JANUARY}),
    Case("the slots stay as they are", (DAY,), given=GIVEN,
         then={"vps:SELECT COUNT(*), SUM(USAGE_VALUE), SUM(QUOTE), SUM(REVISION) FROM QUOTE_HISTORY":
               [(9, Decimal("122.25"), Decimal("205.1"), 0)]}),
    Case("a month that begins on the tenth", (date(2025, 2, 9),), given=[*GIVEN, config("CLOSING_DAY", 10),
         log_taken(1, "2025-02-10 00:00:00"), log_taken(2, "2025-02-10 00:00:00"),
         ("vps", "DELETE FROM QUOTE_HISTORY WHERE MEASURED_TIME <= '2025-01-10 00:00:00'")],
         rows=[(date(2025, 1, 10), date(2025, 2, 10), 2, 1)],
         then={TOTALS: [("GONE", 1, date(2025, 1, 10), 3, None, None, 1, 0),
                        ("P1", 1, date(2025, 1, 10), Decimal("102.25"), 160, Decimal("101.25"), 3, 1)]}),
    # In order
    Case("the month before must be closed", (DAY,), 3002, given=[*GIVEN, *BEFORE], rows=[],
         message="an earlier month has slots and is not closed", then=NOTHING),
    Case("a slot belongs to the month in which it begins", (date(2024, 12, 31),), given=[*GIVEN, *BEFORE],
         rows=[(date(2024, 12, 1), MONTH, 1, 0)], then={TOTALS: [("P1", 1, date(2024, 12, 1), 8, None, None, 1, 0)]}),
    Case("after the month before", (DAY,), given=[*GIVEN, *BEFORE, ("CLOSE_MONTH", date(2024, 12, 1))], rows=[ROW],
         then={TOTALS: [("P1", 1, date(2024, 12, 1), 8, None, None, 1, 0), *JANUARY],
               MONTHS: [(date(2024, 12, 1), MONTH, 1, 0), ROW]}),
    Case("a month without slots between is passed over", (date(2025, 3, 1),),
         given=[*CLOSED, *LATER, ("vps", "DELETE FROM QUOTE_HISTORY WHERE MEASURED_TIME > '2025-02-01 00:00:00'"),
                *slot("P2", "2025-04-01 00:00:00", "4")],
         rows=[(date(2025, 3, 1), date(2025, 4, 1), 1, 0)]),
    Case("a slot of the month between", (date(2025, 3, 1),), 3002, given=[*CLOSED, *LATER, *slot("P2", "2025-04-01 00:00:00", "4")],
         rows=[], then={MONTHS: [ROW]}),
    # Repeats
    Case("a repeat", (DAY,), 10, given=CLOSED, rows=[ROW], then={TOTALS: JANUARY, MONTHS: [ROW]}),
    Case("a repeat after a correction", (MONTH,), 10,
         given=[*CLOSED, ("CORRECT_QUOTE", "P1", 1, datetime(2025, 1, 15, 12), Decimal("0.8"))],
         rows=[ROW], then={TOTALS: JANUARY}),
    Case("a month before the first closed one", (date(2024, 12, 5),), 10, given=[*CLOSED, *BEFORE], rows=[],
         then={TOTALS: JANUARY, MONTHS: [ROW]}),
    # Another closing day
    Case("a later closing day ends the month that began before", (date(2025, 2, 1),),
         given=[*CLOSED, *LATER, config("CLOSING_DAY", 20)], rows=[(NEXT, date(2025, 2, 20), 1, 0)],
         then={TOTALS: [*JANUARY, ("P1", 1, NEXT, 100, 100, 100, 1, 0)]}),
    Case("a closed day of the month that overlaps", (date(2025, 1, 25),), 10,
         given=[*CLOSED, *LATER, config("CLOSING_DAY", 20)], rows=[ROW], then={MONTHS: [ROW]}),
    Case("the month behind the one that overlaps", (date(2025, 2, 25),), 3002,
         given=[*CLOSED, *LATER, config("CLOSING_DAY", 20), *slot("P1", "2025-02-25 00:00:00", "1")], rows=[]),
    # Not over
    Case("a head-end that is not through", (DAY,), 3002,
         given=[*STATION, *SLOTS, head_ends(1, 2), log_taken(1, "2025-02-01 00:00:00"), log_taken(2, "2025-01-31 23:30:00")],
         rows=[], message="a head-end has not come to the end of the month", then=NOTHING),
    Case("a head-end that never delivered", (DAY,), 3002,
         given=[*STATION, *SLOTS, head_ends(1, 2), log_taken(1, "2025-02-01 00:00:00")], rows=[], then=NOTHING),
    Case("a log of past readings tells nothing", (DAY,), 3002,
         given=[*STATION, *SLOTS, head_ends(1), ("mdm", "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
                                                  " VALUES (1, '2025-02-02 00:00:00', 'PAST', 'x', 'DONE')")], rows=[], then=NOTHING),
    Case("a disabled head-end is not waited for", (DAY,),
         given=[*STATION, *SLOTS, head_ends(1), log_taken(1, "2025-02-01 00:00:00")], rows=[ROW]),
    Case("a cycle that is not finished", (DAY,), 3002, given=[*GIVEN, cycle("2025-01-31 23:30:00")], rows=[],
         message="the last cycle of the month is not finished", then=NOTHING),
    Case("its last cycle is finished", (DAY,), given=[*GIVEN, cycle("2025-01-31 23:30:00"), cycle("2025-02-01 00:00:00")], rows=[ROW]),
    Case("a month without slots", (date(2025, 3, 1),), 11, given=[*STATION, head_ends(1, 2), *LATER], rows=[], then=NOTHING),
    # Re-polling
    Case("its missing readings are no longer asked for but the last, which the next month needs", (DAY,), given=GAPS,
         then={REPOLL: [(2, 1, datetime(2025, 2, 1)), (2, 1, datetime(2025, 2, 1, 0, 30))]}),
    Case("they are while it is not closed", (date(2024, 12, 1),), 11, given=GAPS,
         then={REPOLL: [(2, 1, datetime(2025, 1, 31, 23, 30)), (2, 1, datetime(2025, 2, 1)), (2, 1, datetime(2025, 2, 1, 0, 30))]}),
    # Arguments
    # Without a month
    Case("the oldest month that is over", (None,), given=GIVEN, rows=[ROW], then={TOTALS: JANUARY, MONTHS: [ROW]}),
    Case("the month before comes first", (None,), given=[*GIVEN, *BEFORE], rows=[(date(2024, 12, 1), MONTH, 1, 0)]),
    Case("then the next", (None,), given=[*GIVEN, *BEFORE, ("CLOSE_MONTH", None)], rows=[ROW],
         then={MONTHS: [(date(2024, 12, 1), MONTH, 1, 0), ROW]}),
    Case("months without slots are passed over", (None,), given=[*CLOSED, *LATER, *PASSED],
         rows=[(date(2025, 3, 1), date(2025, 4, 1), 1, 0)]),
    Case("all months are closed", (None,), 11, rows=[],
         given=[*CLOSED, ("vps", "DELETE FROM QUOTE_HISTORY WHERE MEASURED_TIME > '2025-02-01 00:00:00'")], then={MONTHS: [ROW]}),
    Case("there is no slot", (None,), 11, given=[*STATION, *OVER], rows=[], then=NOTHING),
    Case("the oldest month is not over", (None,), 11, rows=[], given=[*STATION, *OVER, *slot("P1", f"{date.today()} 12:00:00", "1")],
         then=NOTHING),
    Case("the oldest month, whose last cycle is not finished", (None,), 3002, given=[*GIVEN, cycle("2025-01-31 23:30:00")], rows=[],
         message="the last cycle of the month is not finished", then=NOTHING),
    Case("by the closing day", (None,), given=[*GIVEN, config("CLOSING_DAY", 10)], rows=[(date(2024, 12, 10), date(2025, 1, 10), 3, 1)]),
    Case("a day ahead", (date(2199, 1, 1),), 1004, given=GIVEN, rows=[], then=NOTHING),
    Case("the last day of all", (date(9999, 12, 31),), 1004, rows=[]),
    Case("a day long ago", (date(1899, 12, 31),), 1004, rows=[]),
    Case("the first day that may be", (date(1900, 1, 1),), 11, given=OVER, rows=[]),
    Case("the first day of all", (date(1000, 1, 1),), 1004, rows=[]),
]
