"""Cases of NEXT_ALERT."""

from datetime import datetime, timedelta

from case import Case
from cases._alerts import BEFORE, DAY, alert, mdm, setting

WEEK = timedelta(days=7)
LONG_AGO = datetime(2025, 1, 1)


def row(key, state, facility="local4", severity=4, code="RANGE", at=DAY, cleared=None):
    return (key, state, facility, severity, code, "DIAGNOSE", None, "P1", 1, at, at, cleared, f"message {key}")


CASES = [
    Case("an open one that monitoring was not told of", (DAY, 10), given=[alert(901)], rows=[row(901, "RAISED")]),
    Case("the end of one that it was told of", (DAY, 10), given=[alert(901, BEFORE, DAY)],
         rows=[row(901, "CLEARED", cleared=DAY)]),
    Case("one that ended before it was told", (DAY, 10), given=[alert(901, None, DAY)],
         rows=[row(901, "EVENT", cleared=DAY)]),
    Case("not an open one that it was told of", (DAY, 10), 11, given=[alert(901, BEFORE)], rows=[]),
    Case("not one whose end it was told of", (DAY, 10), 11, given=[alert(901, BEFORE, DAY, DAY)], rows=[]),
    Case("no alerts", (DAY, 10), 11, rows=[]),
    Case("the oldest first, whatever they are, and no more than asked for", (DAY, 3),
         given=[alert(904), alert(902, BEFORE, DAY), alert(903, None, DAY), alert(901)],
         rows=[row(901, "RAISED"), row(902, "CLEARED", cleared=DAY), row(903, "EVENT", cleared=DAY)]),
    Case("one at most", (DAY, 1), given=[alert(902), alert(901, BEFORE, DAY)], rows=[row(901, "CLEARED", cleared=DAY)]),
    # What is not sent any more
    Case("not one that ended NOTIFY_DAYS ago and was never told", (DAY, 10), 11,
         given=[alert(901, None, DAY - WEEK - timedelta(seconds=1), at=LONG_AGO)], rows=[]),
    Case("one that ended a second later", (DAY, 10), given=[alert(901, None, DAY - WEEK, at=LONG_AGO)],
         rows=[row(901, "EVENT", at=LONG_AGO, cleared=DAY - WEEK)]),
    Case("as many days as are set", (DAY, 10), 11,
         given=[setting("NOTIFY_DAYS", 2), alert(901, None, DAY - timedelta(days=3))], rows=[]),
    Case("an open one, however old", (DAY, 10), given=[alert(901, at=LONG_AGO)], rows=[row(901, "RAISED", at=LONG_AGO)]),
    Case("the end of one that it was told of, however old", (DAY, 10), given=[alert(901, LONG_AGO, LONG_AGO)],
         rows=[row(901, "CLEARED", cleared=LONG_AGO)]),
    Case("without a moment counted from now", (None, None), 11, given=[alert(901, None, LONG_AGO)], rows=[]),
    Case("one that was raised and cleared in one run, about a slot of long ago", (DAY, 10),
         given=[alert(901, None, DAY), mdm(f"UPDATE MDM_ALERT_HISTORY SET MEASURED_TIME = '{LONG_AGO}'")],
         rows=[(901, "EVENT", "local4", 4, "RANGE", "DIAGNOSE", None, "P1", 1, DAY, LONG_AGO, DAY, "message 901")]),
    Case("without the setting seven days", (DAY, 10),
         given=[mdm("DELETE FROM MDM_CONFIG WHERE NAME = 'NOTIFY_DAYS'"),
                alert(901, None, DAY - WEEK - timedelta(seconds=1)), alert(902, None, DAY - WEEK)],
         rows=[row(902, "EVENT", cleared=DAY - WEEK)]),
    # How it goes out
    Case("facility of its kind, severity of its own", (DAY, 10), given=[alert(901, code="SECURITY", severity=1)],
         rows=[row(901, "RAISED", "local5", 1, "SECURITY")]),
    Case("a kind that the station changed", (DAY, 10),
         given=[mdm("UPDATE ALERT_KIND SET FACILITY = 'local7' WHERE ALERT_CODE = 'RANGE'"), alert(901)],
         rows=[row(901, "RAISED", "local7")]),
    Case("a kind that there is no row of", (DAY, 10), given=[alert(901, code="linkDown")],
         rows=[row(901, "RAISED", code="linkDown")]),
    Case("none at most", (DAY, 0), 1004),
    Case("too many", (DAY, 10001), 1004),
]
