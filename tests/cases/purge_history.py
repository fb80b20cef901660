"""Cases of PURGE_HISTORY."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from case import Case
from cases import _archive as archive
from cases._api import HASH, control
from cases._station import head_ends, log_taken, slot, usage

# Counted back from here: 60 days are 16 May 2025, 24 months 1 July 2023, 60 months 1 July 2020.
AT = datetime(2025, 7, 15, 10, 0)
DAYS, MONTHS24, MONTHS60 = "2025-05-16", "2023-07-01", "2020-07-01"


def config(name, value):
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'")


def times(database, table, column, order=""):
    return f"{database}:SELECT {column} FROM {table} ORDER BY {order or column}"


def before(day):
    return f"{datetime.fromisoformat(day) - timedelta(seconds=1)}"


def log(heid, at, usage_class="ONTIME"):
    return ("mdm", "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
                   f" VALUES ({heid}, '{at}', '{usage_class}', 'HE{heid}', 'DONE')")


def cycle(at):
    return ("mdm", f"INSERT INTO CYCLE_LOG (CYCLE_TIME, FINISHED_AT) VALUES ('{at}', '{AT}')")


def alert(number, at, cleared):
    return ("mdm", "INSERT INTO MDM_ALERT_HISTORY (ALERT_ID, GENERATED_TIME, SEVERITY, ALERT_CODE, CLEARED_AT)"
                   f" VALUES ({number}, '{at}', 4, 'RANGE', {repr(cleared) if cleared else 'NULL'})")


def reboot(number, state, asked, finished):
    return ("mdm", "INSERT INTO REBOOT_RESERVATION (RESERVATION_ID, TABLE_KEY, REQUESTED_AT, STATE, FINISHED_AT)"
                   f" VALUES ('r', {number}, '{asked}', '{state}', {repr(finished) if finished else 'NULL'})")


def answer(key, at):
    return ("mdm", "INSERT INTO API_ANSWER (CLIENT, IDEMPOTENCY_KEY, REQUEST_HASH, STATUS, ANSWER, ANSWERED_AT)"
                   f" VALUES ('care', '{key}', '{HASH}', 200, '{{}}', '{at}')")


def event(number, received, end):
    return ("vps", "INSERT INTO ADR_EVENT_HISTORY (ADR_EVENT_ID, DRAS_EVENT_ID, RECEIVED_TIME, START_AT, END_AT)"
                   f" VALUES ({number}, 'e{number}', '{received}', '{received}', '{end}')")


def action(number, event_id, directed, end):
    return ("vps", "INSERT INTO ADR_ACTION_HISTORY (ADR_ACTION_ID, DIRECTED_TIME, ADR_EVENT_ID, POLICY_ID, LD_ID,"
                   " START_AT, END_AT)"
                   f" VALUES ({number}, '{directed}', {event_id}, {number}, 'P1', '{directed}', '{end}')")


def revision(at, number=0):
    return ("vps", "INSERT INTO USAGE_REVISION (LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, RECORDED_AT)"
                   f" VALUES ('P1', 1, '{at}', {number}, '{AT}')")


def total(month):
    return ("vps", "INSERT INTO MONTH_TOTAL (LD_ID, SUB_NUMBER, MONTH_START, SLOTS, MISSING_SLOTS, CLOSED_AT)"
                   f" VALUES ('P1', 1, '{month}', 1, 0, '{AT}')")


def sums(month):
    return ("vps", "INSERT INTO MONTH_USAGE (LD_ID, SUB_NUMBER, MONTH_START, UP_TO, USED)"
                   f" VALUES ('P1', 1, '{month}', '{AT}', 1)")


def reject(at):
    return ("vps", "INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, REASON, RECORDED_AT)"
                   f" VALUES ('f', 2, 'x', '{at}')")


def imported(name, at):
    return ("vps", "INSERT INTO IMPORT_LOG (FILE_NAME, CHECKSUM, CLASS, ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED,"
                   f" FINISHED_AT) VALUES ('{name}', 1, 'PAST', 0, 0, 0, 0, '{at}')")


def error(database, at):
    return (database, f"INSERT INTO RULE_ERROR (OCCURRED_AT, ROUTINE) VALUES ('{at}', 'PROBE')")


OLD = datetime(2025, 5, 15, 23, 0)
# Four old slots, two of them gaps, and one of the first day that is kept.
USAGE = [
    *usage("P1", "2025-05-16 00:30:00", 10, 1),
    *usage("P2", "2025-05-16 00:00:00", None, None, 1),
    *usage("P1", "2025-05-16 00:00:00", 9, 1),
    *usage("P1", "2025-05-15 23:30:00", None, None, 1),
    *usage("P1", "2025-05-15 23:00:00", 7, 1),
]
HISTORY = "vps:SELECT LD_ID, MEASURED_TIME FROM USAGE_HISTORY ORDER BY LD_ID, MEASURED_TIME"
GAPS = "vps:SELECT LD_ID, MEASURED_TIME FROM USAGE_GAP ORDER BY LD_ID, MEASURED_TIME"
QUOTES = "vps:SELECT COUNT(*) FROM QUOTE_HISTORY"
KEPT = ("P1", datetime(2025, 5, 16, 0, 30))
SHORT = [config("USAGE_DAYS", 1), config("QUOTE_MONTHS", 1), config("ALERT_MONTHS", 1), config("ADR_MONTHS", 1)]
YOUNG = datetime.now().replace(microsecond=0) - timedelta(hours=1)

CASES = [
    Case("readings and their gaps", (AT, 1000), given=USAGE, rows=[("USAGE_GAP", 2), ("USAGE_HISTORY", 4)],
         then={HISTORY: [KEPT], GAPS: [], QUOTES: [(5,)]}),
    Case("a gap that is kept", (AT, 1000), 11, given=usage("P1", "2025-05-16 00:30:00", None, None, 1), rows=[],
         then={HISTORY: [KEPT], GAPS: [KEPT]}),
    Case("other days", (AT, None), given=[*USAGE, config("USAGE_DAYS", 59)],
         rows=[("USAGE_GAP", 2), ("USAGE_HISTORY", 5)], then={HISTORY: []}),
    Case("nothing that re-polling may still ask for", (AT, None),
         given=[config("USAGE_DAYS", 10), *usage("P1", "2025-06-01 00:00:00", 1, 1), *usage("P1", "2025-06-01 00:30:00", None, None, 1)],
         rows=[("USAGE_HISTORY", 1)], then={HISTORY: [("P1", datetime(2025, 6, 1, 0, 30))], GAPS: [("P1", datetime(2025, 6, 1, 0, 30))]}),
    # Steps
    Case("one step takes the oldest first", (AT, 3), given=USAGE, rows=[("USAGE_GAP", 2), ("USAGE_HISTORY", 1)],
         then={HISTORY: [("P1", datetime(2025, 5, 15, 23, 30)), ("P1", datetime(2025, 5, 16)), KEPT, ("P2", datetime(2025, 5, 16))],
               GAPS: []}),
    Case("a step of one row", (AT, 1), given=USAGE, rows=[("USAGE_GAP", 1)],
         then={GAPS: [("P2", datetime(2025, 5, 16))]}),
    Case("the last step", (AT, 3), given=[*USAGE, ("PURGE_HISTORY", AT, 3)], rows=[("USAGE_HISTORY", 3)], then={HISTORY: [KEPT]}),
    Case("nothing is left", (AT, 3), 11, given=[*USAGE, ("PURGE_HISTORY", AT, None)], rows=[], then={HISTORY: [KEPT]}),
    Case("an empty station", (AT, None), 11, rows=[]),
    # The final series
    Case("the final series, its revisions and totals", (AT, None),
         given=[*slot("P1", "2020-07-01 00:00:00", "1"), *slot("P1", "2020-07-01 00:30:00", "1"),
                revision("2020-07-01 00:00:00"), revision("2020-07-01 00:00:00", 1), revision("2020-07-01 00:30:00"),
                total("2020-06-01"), total("2020-07-01")],
         rows=[("QUOTE_HISTORY", 1), ("USAGE_REVISION", 2), ("MONTH_TOTAL", 1)],
         then={times("vps", "QUOTE_HISTORY", "MEASURED_TIME"): [(datetime(2020, 7, 1, 0, 30),)],
               times("vps", "USAGE_REVISION", "MEASURED_TIME"): [(datetime(2020, 7, 1, 0, 30),)],
               times("vps", "MONTH_TOTAL", "MONTH_START"): [(date(2020, 7, 1),)]}),
    Case("by another closing day", (AT, None),
         given=[*slot("P1", "2020-06-20 00:00:00", "1"), *slot("P1", "2020-06-20 00:30:00", "1"), config("CLOSING_DAY", 20)],
         rows=[("QUOTE_HISTORY", 1)], then={times("vps", "QUOTE_HISTORY", "MEASURED_TIME"): [(datetime(2020, 6, 20, 0, 30),)]}),
    Case("one month", (AT, None), given=[*slot("P1", "2025-06-01 00:00:00", "1"), *slot("P1", "2025-06-01 00:30:00", "1"),
                                         config("QUOTE_MONTHS", 1)], rows=[("QUOTE_HISTORY", 1)],
         then={times("vps", "QUOTE_HISTORY", "MEASURED_TIME"): [(datetime(2025, 6, 1, 0, 30),)]}),
    Case("twenty years, from the last of a leap February", (datetime(2024, 2, 29, 23, 59, 59), None),
         given=[*slot("P1", "2004-02-01 00:00:00", "1"), *slot("P1", "2004-02-01 00:30:00", "1"), config("QUOTE_MONTHS", 240)],
         rows=[("QUOTE_HISTORY", 1)], then={times("vps", "QUOTE_HISTORY", "MEASURED_TIME"): [(datetime(2004, 2, 1, 0, 30),)]}),
    Case("a value that was corrected", (AT, None), 11,
         given=[*slot("P1", "2025-06-01 00:00:00", "1"), ("CORRECT_QUOTE", "P1", 1, datetime(2025, 6, 1), Decimal("2"))], rows=[],
         then={"vps:SELECT COUNT(*) FROM USAGE_REVISION": [(1,)]}),
    Case("the sums of months that ended before the usage that is kept", (AT, None),
         given=[sums("2025-04-01"), sums("2025-05-01"), sums("2025-07-01")], rows=[("MONTH_USAGE", 1)],
         then={times("vps", "MONTH_USAGE", "MONTH_START"): [(date(2025, 5, 1),), (date(2025, 7, 1),)]}),
    # The archive
    Case("nothing is archived yet", (AT, None), 11, given=[archive.ARCHIVES, *archive.CLOSED, *archive.QUOTES, *USAGE, archive.revision(archive.OLD),
         ("vps", "DELETE FROM USAGE_GAP WHERE SUB_NUMBER = 1")], rows=[], then={QUOTES: [(12,)]}),
    Case("the archive is begun, not verified", (AT, None), 11, given=archive.BEGUN, rows=[], then={QUOTES: [(7,)]}),
    Case("an archived month, and no row beside it", (AT, None), given=[*archive.BEGUN, archive.NOTED], rows=[("QUOTE_HISTORY", 4)],
         then={"vps:SELECT LD_ID, MEASURED_TIME FROM QUOTE_HISTORY ORDER BY LD_ID, MEASURED_TIME":
               [("P1", datetime(2020, 6, 1)), ("P1", datetime(2020, 7, 1, 0, 30)), ("P3", datetime(2020, 7, 1, 0, 30))],
               "vps:SELECT COUNT(REMOVED_AT) FROM ARCHIVE_LOG": [(1,)]}),
    Case("a step of it", (AT, 3), given=[*archive.BEGUN, archive.NOTED], rows=[("QUOTE_HISTORY", 3)],
         then={QUOTES: [(4,)], "vps:SELECT COUNT(REMOVED_AT) FROM ARCHIVE_LOG": [(0,)]}),
    Case("the step behind it", (AT, 3), given=[*archive.BEGUN, archive.NOTED, ("PURGE_HISTORY", AT, 3)], rows=[("QUOTE_HISTORY", 1)],
         then={QUOTES: [(3,)], "vps:SELECT COUNT(REMOVED_AT) FROM ARCHIVE_LOG": [(1,)]}),
    Case("a row that came into a month that was removed", (AT, None), 11,
         given=[*archive.BEGUN, archive.NOTED, ("PURGE_HISTORY", AT, None), *slot("P9", archive.OLD, "1")], rows=[]),
    Case("one that is archived, and no longer past its retention", (AT, None), 11,
         given=[*archive.BEGUN, archive.NOTED, config("QUOTE_MONTHS", 61)], rows=[], then={QUOTES: [(7,)]}),
    Case("totals and files of bills stay while a bill of their months does, the rest goes on as ever", (AT, None),
         given=[*archive.BEGUN, total("2020-04-01"), total("2020-05-01"), total("2020-06-01"), reject(before(DAYS)),
                imported("old", "2020-04-30 23:59:59"), imported("new", "2020-05-01 00:00:00")],
         rows=[("IMPORT_LOG", 1), ("IMPORT_REJECT", 1), ("MONTH_TOTAL", 1)],
         then={times("vps", "MONTH_TOTAL", "MONTH_START"): [(date(2020, 5, 1),), (date(2020, 6, 1),)],
               times("vps", "IMPORT_LOG", "FILE_NAME"): [("new",)]}),
    Case("and while a bill is of a month that is not closed", (AT, None), 11,
         given=[archive.ARCHIVES, *slot("P1", "2020-06-15 00:30:00", "1"), imported("new", "2020-06-15 00:00:00")], rows=[]),
    Case("they leave behind the bills", (AT, None),
         given=[*archive.BEGUN, archive.NOTED, ("vps", "DELETE FROM QUOTE_HISTORY WHERE MEASURED_TIME = '2020-06-01 00:00:00'"),
                total("2020-06-01"), imported("old", "2020-06-30 23:59:59"), ("PURGE_HISTORY", AT, 4)],
         rows=[("IMPORT_LOG", 1), ("MONTH_TOTAL", 1)]),
    Case("where there are no bills", (AT, None), given=[archive.ARCHIVES, total("2020-06-01"), imported("old", "2020-06-30 23:59:59")],
         rows=[("IMPORT_LOG", 1), ("MONTH_TOTAL", 1)]),
    Case("readings of an archived month", (AT, None), given=[archive.ARCHIVES, *archive.USAGE_CLOSED, *archive.USAGE,
         *usage("P1", "2025-04-10 00:00:00", 5, 1), ("vps", "DELETE FROM USAGE_GAP WHERE SUB_NUMBER = 1"),
         ("BEGIN_ARCHIVE", "USAGE_HISTORY", archive.MARCH, AT),
         ("NOTE_ARCHIVED", "USAGE_HISTORY", archive.MARCH, 2, 1, "READING=100.5000;USAGE_VALUE=1.5000;STATUS=1;REPOLL_READING=102.0000;"
          "REPOLL_USAGE=1.5000;REPOLLS=0", "f", archive.SHA)],
         rows=[("USAGE_HISTORY", 2)], then={HISTORY: [("P1", datetime(2025, 4, 10))]}),
    Case("revisions of an archived month", (AT, None), given=[archive.ARCHIVES, *archive.CLOSED, archive.revision(archive.OLD),
         archive.revision("2020-05-31 00:00:00"), ("BEGIN_ARCHIVE", "USAGE_REVISION", archive.JUNE, AT),
         ("NOTE_ARCHIVED", "USAGE_REVISION", archive.JUNE, 1, 1, "USAGE_VALUE=0.0000;QUOTE=0.0000", "f", archive.SHA)],
         rows=[("USAGE_REVISION", 1)], then={times("vps", "USAGE_REVISION", "MEASURED_TIME"): [(datetime(2020, 5, 31),)]}),
    # Events
    Case("saving events and their actions", (AT, None),
         given=[event(901, before(MONTHS24), before(MONTHS24)), action(901, 901, before(MONTHS24), before(MONTHS24)),
                event(902, MONTHS24, MONTHS24), action(902, 902, MONTHS24, MONTHS24)],
         rows=[("ADR_ACTION_HISTORY", 1), ("ADR_EVENT_HISTORY", 1)],
         then={times("vps", "ADR_EVENT_HISTORY", "ADR_EVENT_ID"): [(902,)],
               times("vps", "ADR_ACTION_HISTORY", "ADR_ACTION_ID"): [(902,)]}),
    Case("an event stays while an action of it does", (AT, None),
         given=[event(901, before(MONTHS24), before(MONTHS24)), action(901, 901, before(MONTHS24), before(MONTHS24)),
                action(902, 901, MONTHS24, MONTHS24)], rows=[("ADR_ACTION_HISTORY", 1)],
         then={times("vps", "ADR_EVENT_HISTORY", "ADR_EVENT_ID"): [(901,)]}),
    Case("events announced long before", (AT, None), 11,
         given=[event(901, before(MONTHS24), MONTHS24), action(901, 901, before(MONTHS24), MONTHS24)], rows=[]),
    Case("other months of events", (AT, None), given=[config("ADR_MONTHS", 23), event(902, MONTHS24, MONTHS24)],
         rows=[("ADR_EVENT_HISTORY", 1)]),
    # The HTTP-API
    Case("controls that are finished", (AT, None),
         given=[control(901, "DONE", finished=before(MONTHS24)), control(902, "REFUSED", finished=before(MONTHS24)),
                control(903, "DONE", finished=MONTHS24), control(904)],
         rows=[("CONTROL_HISTORY", 2)], then={times("mdm", "CONTROL_HISTORY", "CONTROL_ID"): [(903,), (904,)]}),
    Case("other months of controls", (AT, None),
         given=[config("CONTROL_MONTHS", 23), control(901, "DONE", finished=MONTHS24), control(902)],
         rows=[("CONTROL_HISTORY", 1)], then={times("mdm", "CONTROL_HISTORY", "CONTROL_ID"): [(902,)]}),
    Case("answers", (AT, None), given=[answer("old", "2025-07-07 23:59:59"), answer("new", "2025-07-08 00:00:00")],
         rows=[("API_ANSWER", 1)], then={times("mdm", "API_ANSWER", "IDEMPOTENCY_KEY"): [("new",)]}),
    Case("other days of answers", (AT, None), given=[config("ANSWER_DAYS", 6), answer("new", "2025-07-08 00:00:00")],
         rows=[("API_ANSWER", 1)], then={times("mdm", "API_ANSWER", "IDEMPOTENCY_KEY"): []}),
    # Logs
    Case("alerts that were cleared", (AT, None),
         given=[alert(901, before(MONTHS24), before(MONTHS24)), alert(902, before(MONTHS24), None),
                alert(903, before(MONTHS24), MONTHS24), alert(904, MONTHS24, MONTHS24)],
         rows=[("MDM_ALERT_HISTORY", 1)],
         then={times("mdm", "MDM_ALERT_HISTORY", "ALERT_ID"): [(902,), (903,), (904,)]}),
    Case("reboots that are finished", (AT, None),
         given=[reboot(901, "DONE", before(MONTHS24), before(MONTHS24)), reboot(902, "FAILED", before(MONTHS24), before(MONTHS24)),
                reboot(903, "WAITING", before(MONTHS24), None), reboot(904, "RUNNING", before(MONTHS24), None),
                reboot(905, "DONE", before(MONTHS24), MONTHS24), reboot(906, "DONE", MONTHS24, MONTHS24)],
         rows=[("REBOOT_RESERVATION", 2)],
         then={times("mdm", "REBOOT_RESERVATION", "TABLE_KEY"): [(903,), (904,), (905,), (906,)]}),
    Case("collection logs, but for the newest snapshot of each head-end", (AT, None),
         given=[log(1, "2023-06-29 00:00:00"), log(1, "2023-06-30 00:00:00", "PAST"), log(1, before(MONTHS24)[:16] + ":00"),
                log(1, MONTHS24), log(2, "2022-01-01 00:00:00"), log(2, "2022-01-01 00:30:00"), log(2, "2022-01-01 00:00:00", "PAST"),
                log(2, "2022-01-01 00:30:00", "PAST")],
         rows=[("COLLECTION_LOG", 5)],
         then={"mdm:SELECT HEID, SNAPSHOT_TIME, CLASS FROM COLLECTION_LOG ORDER BY HEID, CLASS":
               [(1, datetime(2023, 7, 1), "ONTIME"), (2, datetime(2022, 1, 1, 0, 30), "ONTIME"),
                (2, datetime(2022, 1, 1, 0, 30), "PAST")]}),
    Case("a step of collection logs", (AT, 2),
         given=[log(1, "2022-01-01 00:00:00"), log(1, MONTHS24), log(2, "2022-01-01 00:00:00"), log(2, "2022-01-01 00:30:00"),
                log(2, MONTHS24), cycle("2022-01-01 00:00:00"), cycle("2022-01-01 00:30:00")],
         rows=[("COLLECTION_LOG", 2)],
         then={"mdm:SELECT HEID, SNAPSHOT_TIME FROM COLLECTION_LOG ORDER BY HEID, SNAPSHOT_TIME":
               [(1, datetime(2023, 7, 1)), (2, datetime(2022, 1, 1, 0, 30)), (2, datetime(2023, 7, 1))],
               "mdm:SELECT COUNT(*) FROM CYCLE_LOG": [(2,)]}),
    Case("cycles", (AT, None), given=[cycle("2023-06-30 23:30:00"), cycle("2023-07-01 00:00:00")], rows=[("CYCLE_LOG", 1)],
         then={times("mdm", "CYCLE_LOG", "CYCLE_TIME"): [(datetime(2023, 7, 1),)]}),
    Case("the newest cycle", (AT, None), given=[cycle("2022-01-01 00:00:00"), cycle("2022-01-01 00:30:00")], rows=[("CYCLE_LOG", 1)],
         then={times("mdm", "CYCLE_LOG", "CYCLE_TIME"): [(datetime(2022, 1, 1, 0, 30),)]}),
    Case("files taken in", (AT, None), given=[imported("old", before(MONTHS60)), imported("new", MONTHS60)], rows=[("IMPORT_LOG", 1)],
         then={times("vps", "IMPORT_LOG", "FILE_NAME"): [("new",)]}),
    Case("refused lines", (AT, None), given=[reject(before(DAYS)), reject(DAYS)], rows=[("IMPORT_REJECT", 1)],
         then={times("vps", "IMPORT_REJECT", "RECORDED_AT"): [(datetime(2025, 5, 16),)]}),
    Case("failed rules", (AT, None), given=[error("vps", before(MONTHS24)), error("vps", MONTHS24)], rows=[("RULE_ERROR", 1)],
         then={times("vps", "RULE_ERROR", "OCCURRED_AT"): [(datetime(2023, 7, 1),)]}),
    Case("failed rules of MDM-DB", (AT, None), given=[error("mdm", before(MONTHS24)), error("mdm", MONTHS24)],
         then={times("mdm", "RULE_ERROR", "OCCURRED_AT"): [(datetime(2023, 7, 1),)]}),
    Case("other months of logs", (AT, None), given=[config("ALERT_MONTHS", 23), error("vps", MONTHS24)], rows=[("RULE_ERROR", 1)]),
    # Now
    Case("now is the default", (None, None), given=[*SHORT, *usage("P1", "2025-05-16 00:30:00", 1, 1), *usage("P1", YOUNG, 1, 1),
                                                     head_ends(1), log_taken(1, YOUNG), cycle(YOUNG), reject(YOUNG)],
         rows=[("USAGE_HISTORY", 1), ("QUOTE_HISTORY", 1)],
         then={"vps:SELECT COUNT(*) FROM USAGE_HISTORY": [(1,)], QUOTES: [(1,)]}),
    Case("as many rows as may be", (AT, 10000000), 11, rows=[]),
    # Arguments
    Case("a moment two days ahead", (datetime.now() + timedelta(days=2), None), 1004, given=USAGE, rows=[], then={QUOTES: [(5,)]}),
    Case("the end of time", (datetime(9999, 12, 31), None), 1004, given=USAGE, rows=[]),
    Case("before 1900", (datetime(1899, 12, 31), None), 1004, rows=[]),
    Case("1900", (datetime(1900, 1, 1), None), 11, given=[config("QUOTE_MONTHS", 240), *USAGE], rows=[]),
    Case("no row at all", (AT, 0), 1004, given=USAGE, rows=[], then={QUOTES: [(5,)]}),
    Case("no row at all by now", (None, 0), 1004, given=USAGE, rows=[]),
    Case("fewer than none", (AT, -1), 1004, given=USAGE, rows=[]),
    Case("too many rows", (AT, 10000001), 1004, given=USAGE, rows=[], then={QUOTES: [(5,)]}),
]
