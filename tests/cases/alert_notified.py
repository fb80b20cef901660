"""Cases of ALERT_NOTIFIED."""

from case import Case
from cases._alerts import BEFORE, DAY, alert

TOLD = ("mdm:SELECT a.ALERT_ID, a.NOTIFIED_AT, a.CLEAR_NOTIFIED_AT FROM MDM_ALERT_HISTORY a ORDER BY a.ALERT_ID")
PENDING = ("mdm:SELECT COUNT(*) FROM MDM_ALERT_HISTORY a WHERE a.NOTIFIED_AT IS NULL OR"
           " (a.CLEARED_AT IS NOT NULL AND a.CLEAR_NOTIFIED_AT IS NULL)")

CASES = [
    Case("that it was raised", (901, "RAISED", DAY), given=[alert(901), alert(902)],
         then={TOLD: [(901, DAY, None), (902, None, None)]}),
    Case("that it ended", (901, "CLEARED", DAY), given=[alert(901, BEFORE, DAY), alert(902, BEFORE, DAY)],
         then={TOLD: [(901, BEFORE, DAY), (902, BEFORE, None)]}),
    Case("both at once", (901, "EVENT", DAY), given=[alert(901, None, DAY)], then={TOLD: [(901, DAY, DAY)]}),
    Case("it ended while it was told: the end is to be told", (901, "RAISED", DAY), given=[alert(901, None, DAY)],
         then={TOLD: [(901, DAY, None)]}),
    Case("without a moment now", (901, "EVENT", None), given=[alert(901, None, DAY)], then={PENDING: [(0,)]}),
    Case("a repeat: raised", (901, "RAISED", DAY), 10, given=[alert(901, BEFORE)], then={TOLD: [(901, BEFORE, None)]}),
    Case("a repeat: ended", (901, "CLEARED", DAY), 10, given=[alert(901, BEFORE, BEFORE, BEFORE)],
         then={TOLD: [(901, BEFORE, BEFORE)]}),
    Case("a repeat: both", (901, "EVENT", DAY), 10, given=[alert(901, BEFORE, BEFORE, BEFORE)],
         then={TOLD: [(901, BEFORE, BEFORE)]}),
    Case("of two at once, one told it as raised, then the other as over: its end is still to be told",
         (901, "EVENT", DAY), 10, given=[alert(901, BEFORE, DAY)], then={TOLD: [(901, BEFORE, None)]}),
    Case("and the other way round", (901, "RAISED", DAY), given=[alert(901, BEFORE, BEFORE, BEFORE)],
         then={TOLD: [(901, BEFORE, None)]}),
    Case("an alert that is not there any more", (999, "RAISED", DAY), 11, given=[alert(901)],
         then={TOLD: [(901, None, None)]}),
    Case("the end of one that is open", (901, "CLEARED", DAY), 3002, given=[alert(901, BEFORE)],
         then={TOLD: [(901, BEFORE, None)]}),
    Case("an open one as an event", (901, "EVENT", DAY), 3002, given=[alert(901)], then={TOLD: [(901, None, None)]}),
    Case("no alert", (None, "RAISED", DAY), 1001),
    Case("no state", (901, None, DAY), 1001),
    Case("another state", (901, "raised", DAY), 1003, given=[alert(901)]),
]
