"""Cases of MARK_SNAPSHOT_MISSING."""

from datetime import datetime

from case import Case
from cases._station import STATION, log_taken, month_closed, usage

T, U = datetime(2026, 1, 14, 10, 0), datetime(2026, 1, 14, 10, 30)
ROWS = ("vps:SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS FROM USAGE_HISTORY"
        " ORDER BY LD_ID, SUB_NUMBER, MEASURED_TIME")
QUOTES = "vps:SELECT LD_ID, SUB_NUMBER, USAGE_VALUE, QUALITY, REVISION, QUOTE, SOURCE FROM QUOTE_HISTORY ORDER BY LD_ID, SUB_NUMBER"
GAPS = "vps:SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, REPOLLED_AT FROM USAGE_GAP ORDER BY LD_ID, SUB_NUMBER"
LOGS = ("mdm:SELECT HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, CHECKSUM, ROWS_READ, ROWS_STORED, ROWS_MISSING, STATE"
        " FROM COLLECTION_LOG ORDER BY HEID, SNAPSHOT_TIME")
TARGETS = [("G1", 1), ("P1", 1), ("P1", 2), ("P2", 1), ("P2", 2)]
MARKED = (1, T, "ONTIME", "", None, 0, 0, 5, "MISSING")
COUNT = "vps:SELECT LD_ID, COUNT(*) FROM USAGE_HISTORY GROUP BY LD_ID ORDER BY LD_ID"

ALERTS = ("mdm:SELECT SEVERITY, SOURCE, DEVICE, MEASURED_TIME, MESSAGE, CLEARED_AT FROM MDM_ALERT_HISTORY"
          " WHERE ALERT_CODE = 'LOG_MISSING' ORDER BY ALERT_ID")


def alert(heid, at):
    return (3, "MARK_SNAPSHOT_MISSING", f"HE{heid}", at, f"no log of {at:%Y-%m-%d %H:%M} came", None)


CASES = [
    Case("every target of that head-end becomes missing", (1, T), given=STATION,
         then={ROWS: [(ld, sub, T, None, None, 1) for ld, sub in TARGETS],
               QUOTES: [(ld, sub, None, "N", 0, None, "N") for ld, sub in TARGETS],
               GAPS: [(ld, sub, T, None) for ld, sub in TARGETS], LOGS: [MARKED]}),
    Case("an alert says which snapshot", (1, T), given=STATION, then={ALERTS: [alert(1, T)]}),
    Case("one alert of a head-end is enough", (1, U), given=[*STATION, ("MARK_SNAPSHOT_MISSING", 1, T)], then={ALERTS: [alert(1, T)]}),
    Case("of each head-end its own", (2, U), given=[*STATION, ("MARK_SNAPSHOT_MISSING", 1, T)], then={ALERTS: [alert(1, T), alert(2, U)]}),
    Case("a new one behind the end of the last", (1, U),
         given=[*STATION, ("MARK_SNAPSHOT_MISSING", 1, T), ("mdm", f"UPDATE MDM_ALERT_HISTORY SET CLEARED_AT = '{T}'")],
         then={ALERTS: [(*alert(1, T)[:-1], T), alert(1, U)]}),
    Case("an alert too when its kind is gone", (1, T), given=[*STATION, ("mdm", "DELETE FROM ALERT_KIND WHERE ALERT_CODE = 'LOG_MISSING'")],
         then={"mdm:SELECT ALERT_CODE, DEVICE FROM MDM_ALERT_HISTORY": [("LOG_MISSING", "HE1")]}),
    Case("no alert of what came", (1, T), 10, given=[*STATION, log_taken(1, T)], then={ALERTS: []}),
    Case("the last slot of a closed month", (1, datetime(2026, 1, 1)), 3002,
         given=[*STATION, month_closed("2025-12-01", "2026-01-01")], then={ROWS: [], LOGS: []}),
    Case("the first slot behind it", (1, datetime(2026, 1, 1, 0, 30)),
         given=[*STATION, month_closed("2025-12-01", "2026-01-01")], then={COUNT: [("G1", 1), ("P1", 2), ("P2", 2)]}),
    Case("a head-end without devices", (3, T), given=STATION,
         then={ROWS: [], LOGS: [(3, T, "ONTIME", "", None, 0, 0, 0, "MISSING")]}),
    Case("a slot that stands stays", (1, T), given=[*STATION, *usage("P1", T, "11", "1")],
         then={COUNT: [("G1", 1), ("P1", 2), ("P2", 2)],
               "vps:SELECT READING, STATUS FROM USAGE_HISTORY WHERE LD_ID = 'P1' ORDER BY SUB_NUMBER": [("11", 0), (None, 1)]}),
    Case("not what may not be polled", (1, T), given=[*STATION, ("mdm", "UPDATE CONTROLLER SET POLL_CONFIG = 0 WHERE TABLE_KEY = 901")],
         then={COUNT: [("G1", 1), ("P2", 2)]}),
    Case("not what is not provisioned", (1, T),
         given=[*STATION, ("mdm", "UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'D' WHERE TABLE_KEY = 901")],
         then={COUNT: [("G1", 1), ("P2", 2)]}),
    Case("not what is not authenticated where it must be", (1, T),
         given=[*STATION, ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'ALA_LINKED'"),
                ("mdm", "UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'A' WHERE TABLE_KEY = 901")], then={COUNT: [("P1", 2)]}),
    Case("not what is shut out", (1, T),
         given=[*STATION, ("mdm", "UPDATE CONTROLLER_TRANSACTION SET ACTIVATION = 0 WHERE TABLE_KEY = 901")],
         then={COUNT: [("G1", 1), ("P2", 2)]}),
    Case("not what a reservation pauses", (1, T),
         given=[*STATION, ("mdm", "UPDATE CONTROLLER_TRANSACTION SET POLL_STOP_AT = '2026-01-14 10:00:00' WHERE TABLE_KEY = 901"),
                ("mdm", "UPDATE CONTROLLER_TRANSACTION SET POLL_STOP_AT = '2026-01-14 10:00:01' WHERE TABLE_KEY = 902"),
                ("mdm", "UPDATE CONTROLLER_TRANSACTION SET POLL_STOP_AT = '2026-01-14 10:00:00',"
                        " POLL_START_AT = '2026-01-14 10:00:00' WHERE TABLE_KEY = 903")],
         then={COUNT: [("G1", 1), ("P2", 2)]}),
    Case("not what is disposed, nor in stock", (1, T),
         given=[*STATION, ("mdm", "UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 901"),
                ("mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = NULL WHERE PD_TABLE_KEY = 902")], then={COUNT: [("G1", 1)]}),
    Case("a repeat", (1, T), 10, given=[*STATION, ("MARK_SNAPSHOT_MISSING", 1, T)], then={LOGS: [MARKED]}),
    Case("a snapshot whose log came", (1, T), 10, given=[*STATION, log_taken(1, T)], then={ROWS: []}),
    Case("another head-end's log is not this one's", (1, T), given=[*STATION, log_taken(2, T)],
         then={COUNT: [("G1", 1), ("P1", 2), ("P2", 2)]}),
    Case("an unknown head-end", (9, T), 1003, given=STATION, then={LOGS: []}),
    Case("a time off the grid", (1, datetime(2026, 1, 14, 10, 15)), 1004, given=STATION, then={LOGS: []}),
    Case("a time with seconds", (1, datetime(2026, 1, 14, 10, 0, 1)), 1004, given=STATION),
    Case("no head-end", (None, T), 1001, given=STATION),
    Case("no time", (1, None), 1001, given=STATION, then={LOGS: []}),
]
