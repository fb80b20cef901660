"""Cases of RAISE_ALERT."""

from datetime import datetime, timedelta

from case import Case
from cases._alerts import mdm, setting

T, U = datetime(2026, 1, 14, 10), datetime(2026, 1, 14, 11)
ALL = ("mdm:SELECT a.GENERATED_TIME, a.SEVERITY, a.ALERT_CODE, a.SOURCE, a.DEVICE, a.LD_ID, a.SUB_NUMBER, a.MESSAGE,"
       " CASE WHEN a.CLEARED_AT IS NULL THEN 1 ELSE 0 END FROM MDM_ALERT_HISTORY a ORDER BY a.ALERT_ID")
ENDED = "mdm:SELECT a.SOURCE, a.DEVICE, a.LD_ID, a.SUB_NUMBER, a.CLEARED_AT FROM MDM_ALERT_HISTORY a ORDER BY a.ALERT_ID"
UNTOLD = "mdm:SELECT a.NOTIFIED_AT, a.CLEAR_NOTIFIED_AT, a.MEASURED_TIME FROM MDM_ALERT_HISTORY a"
NOW = ("mdm:SELECT CASE WHEN a.GENERATED_TIME > '2026-06-01 00:00:00' AND a.GENERATED_TIME < '2999-01-01 00:00:00' THEN 1"
       " ELSE 0 END FROM MDM_ALERT_HISTORY a ORDER BY a.ALERT_ID")


def say(state=None, time=T, code="LINK_DOWN", source="billing", severity=None, device=None, ld=None, sub=None, message="m"):
    return (time, code, source, severity, device, ld, sub, state, message)


def row(is_open, time=T, severity=4, code="LINK_DOWN", device=None, ld=None, sub=None, message="m", source="billing"):
    return (time, severity, code, source, device, ld, sub, message, is_open)


def call(*arguments, **named):
    return ("RAISE_ALERT", *say(*arguments, **named))


SUBJECTS = [
    ("a device", {"device": "AABBCC000001"}),
    ("a device's point", {"device": "AABBCC000001", "ld": "P1", "sub": 1}),
    ("a point's item", {"ld": "P1", "sub": 1}),
    ("a point", {"ld": "P1"}),
    ("an item of nothing", {"sub": 1}),
    ("nothing", {}),
]
ODD = "\u00e9\u6771\u4eac \U0001f50c ' \" \\ %"
HUGE = "x" * 512

CASES = [
    Case("an event has no end: it is over", say(), then={ALL: [row(0)], UNTOLD: [(None, None, None)]}),
    Case("asked for by its name", say("EVENT", device="AABBCC000001", ld="P1", sub=2, severity=1),
         then={ALL: [row(0, severity=1, device="AABBCC000001", ld="P1", sub=2)]}),
    Case("one that is raised is open", say("RAISED"), then={ALL: [row(1)], UNTOLD: [(None, None, None)]}),
    # Severity
    Case("the severity of its kind", say(code="SECURITY"), then={ALL: [row(0, severity=2, code="SECURITY")]}),
    Case("that which is given", say(code="SECURITY", severity=0), then={ALL: [row(0, severity=0, code="SECURITY")]}),
    Case("that which the station set", say(code="SECURITY"),
         given=[mdm("UPDATE ALERT_KIND SET SEVERITY = 7 WHERE ALERT_CODE = 'SECURITY'")],
         then={ALL: [row(0, severity=7, code="SECURITY")]}),
    Case("a kind whose row is gone", say(code="SECURITY"), given=[mdm("DELETE FROM ALERT_KIND")],
         then={ALL: [row(0, severity=4, code="SECURITY")]}),
    # Times
    Case("without a time now", say(time=None), then={NOW: [(1,)]}),
    Case("a clock of before 2000 is not believed", say(time=datetime(1999, 12, 31, 23, 59, 59)), then={NOW: [(1,)]}),
    Case("nor one that is days ahead", say(time=datetime(2999, 1, 1)), then={NOW: [(1,)]}),
    Case("one that is an hour ahead is", say(time=datetime.now().replace(microsecond=0) + timedelta(hours=1)),
         then={NOW: [(1,)]}),
    # Repeats
    Case("the exact same event again", say(), 10, given=[call()], then={ALL: [row(0)]}),
    Case("and with all that it may have", say(device="D", ld="P1", sub=1), 10,
         given=[call(device="D", ld="P1", sub=1)], then={ALL: [row(0, device="D", ld="P1", sub=1)]}),
    Case("without a text", say(message=None), 10, given=[call(message=None)], then={ALL: [row(0, message=None)]}),
    *(Case(f"an event with another {name} is another", say(**{name: other}), given=[call()],
           then={"mdm:SELECT COUNT(*) FROM MDM_ALERT_HISTORY": [(2,)]})
      for name, other in (("time", U), ("code", "LINK_UP"), ("source", "portal"), ("device", "D"), ("ld", "P1"),
                          ("sub", 1), ("message", "n"), ("message", None))),
    *(Case(f"of {what} one is open at most", say("RAISED", U, message="n", **subject), 10,
           given=[call("RAISED", **subject)], then={ALL: [row(1, **subject)]}) for what, subject in SUBJECTS),
    *(Case(f"raised again for {what} after its end", say("RAISED", U, **subject),
           given=[call("RAISED", **subject), call("CLEARED", **subject)],
           then={ALL: [row(0, **subject), row(1, U, **subject)]}) for what, subject in SUBJECTS),
    Case("another source has its own", say("RAISED", source="portal"), given=[call("RAISED")],
         then={ALL: [row(1), row(1, source="portal")]}),
    *(Case(f"the exact same for {what} handed over again behind its end", say("RAISED", **subject), 10,
           given=[call("RAISED", **subject), call("CLEARED", U, **subject)], then={ALL: [row(0, **subject)]})
      for what, subject in SUBJECTS),
    Case("then its end is one of nothing", say("CLEARED", U), 11,
         given=[call("RAISED"), call("CLEARED", U), call("RAISED")],
         then={ENDED: [("billing", None, None, None, U)]}),
    *(Case(f"with another {name} it is another that is open", say("RAISED", **{name: other}),
           given=[call("RAISED"), call("CLEARED", U)], then={"mdm:SELECT COUNT(*) FROM OPEN_ALERT": [(1,)]})
      for name, other in (("time", U), ("source", "portal"), ("device", "D"), ("message", "n"), ("message", None))),
    Case("an event is none that is open", say("RAISED", message="n"), given=[call()],
         then={ALL: [row(0), row(1, message="n")]}),
    Case("one that is open is no event", say(), given=[call("RAISED")], then={ALL: [row(1), row(0)]}),
    # Ends
    *(Case(f"it ends for {what} and nothing else", say("CLEARED", U, **subject),
           given=[call("RAISED", **each) for _, each in SUBJECTS] + [call("RAISED", source="portal", **subject)],
           then={ENDED: [("billing", *((each.get(name)) for name in ("device", "ld", "sub")), U if each is subject else None)
                         for _, each in SUBJECTS]
                 + [("portal", *(subject.get(name) for name in ("device", "ld", "sub")), None)]})
      for what, subject in SUBJECTS),
    Case("nothing is open", say("CLEARED"), 11, given=[call()], then={ALL: [row(0)]}),
    Case("it has ended already", say("CLEARED", U), 11, given=[call("RAISED"), call("CLEARED")],
         then={ENDED: [("billing", None, None, None, T)]}),
    Case("another code ends nothing", say("CLEARED", code="LINK_UP"), 11, given=[call("RAISED")], then={ALL: [row(1)]}),
    # What is refused, and what is not
    Case("any text", say(message=ODD, source=ODD), then={ALL: [row(0, message=ODD, source=ODD)]}),
    Case("the longest", say(message=HUGE, source=HUGE[:64], device=HUGE[:64], ld=HUGE[:32], code=HUGE[:32]),
         then={ALL: [row(0, message=HUGE, source=HUGE[:64], device=HUGE[:64], ld=HUGE[:32], code=HUGE[:32])]}),
    Case("no code", say(code=None), 1001),
    Case("no source", say(source=None), 1001),
    Case("a code of two words", say(code="LINK DOWN"), 1002),
    Case("a code that is too long", say(code="x" * 33), 1002),
    Case("an empty code", say(code=""), 1002),
    Case("an injection is no code", say(code="' OR 1=1 --"), 1002, then={ALL: []}),
    Case("a point badly formed", say(ld="P 1"), 1002),
    Case("a source that is too long", say(source="x" * 65), 1002),
    Case("a device that is too long", say(device="x" * 65), 1002),
    Case("a text that is too long", say(message="x" * 513), 1002),
    Case("another state", say("OPEN"), 1003),
    Case("a severity above the last", say(severity=8), 1004),
    Case("a severity below the first", say(severity=-1), 1004),
    Case("an item below the first", say(sub=-1), 1004),
    Case("an item above the last", say(sub=32768), 1004, given=[setting("NOTIFY_DAYS", 1)]),
]
