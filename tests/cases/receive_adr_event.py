"""Cases of RECEIVE_ADR_EVENT."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from case import Case
from cases._station import cluster, meter

# A Wednesday of a coming year; 29 February 2064 is a Friday.
DAY = date(2063, 8, 15)
LEAP = date(2064, 2, 29)
WEEK = {name: 1 << n for n, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))}


def at(hour, day=DAY, minute=0, second=0):
    return datetime(day.year, day.month, day.day) + timedelta(hours=hour, minutes=minute, seconds=second)


BEGIN, END = at(18), at(20)


def event(name="e1", level=2, start=BEGIN, end=END, area=None, incentive=Decimal("50"), status="far"):
    return (name, level, start, end, area, incentive, status)


def later(day, start, end):
    return event(start=at(start, day), end=at(end, day))


def policy(number=900, point="P1", target=20, **columns):
    values = {"POLICY_ID": number, "LD_ID": point, "SUB_NUMBER": 1, "TARGET_CAPACITY": target, **columns}
    texts = ", ".join("NULL" if v is None else f"'{v}'" for v in values.values())
    return ("vps", f"INSERT INTO ADR_POLICY ({', '.join(values)}) VALUES ({texts})")


def hours(start, end, **columns):
    return policy(START_TIME=start, END_TIME=end, **columns)


POINT = meter(901, 1, "P1", capacity="40", cluster="C1")
OTHERS = [*meter(902, 1, "P2", capacity="30", cluster="C2"), *meter(903, 2, "P3", capacity="60")]
CLUSTERS = [cluster("C1", None), cluster("C2", None)]
EVENTS = ("vps:SELECT e.DRAS_EVENT_ID, e.LEVEL, e.START_AT, e.END_AT, e.CLUSTER_ID, e.INCENTIVE, e.STATUS"
          " FROM ADR_EVENT_HISTORY e ORDER BY e.ADR_EVENT_ID")
ACTIONS = ("vps:SELECT a.POLICY_ID, a.LD_ID, a.FROM_CAPACITY, a.TO_CAPACITY, a.START_AT, a.END_AT, a.STATE, a.MESSAGE"
           " FROM ADR_ACTION_HISTORY a ORDER BY a.POLICY_ID, a.START_AT")
PLANNED = "vps:SELECT a.POLICY_ID, a.START_AT, a.END_AT FROM ADR_ACTION_HISTORY a ORDER BY a.POLICY_ID, a.START_AT"
MET = "vps:SELECT a.POLICY_ID FROM ADR_ACTION_HISTORY a ORDER BY a.POLICY_ID"
NOTHING = {EVENTS: [], ACTIONS: []}
LINKED = ("vps:SELECT COUNT(*) FROM ADR_ACTION_HISTORY a JOIN ADR_EVENT_HISTORY e ON e.ADR_EVENT_ID = a.ADR_EVENT_ID"
          " WHERE e.DRAS_EVENT_ID = 'e1' AND a.DIRECTED_TIME >= e.RECEIVED_TIME")


BEGUN = datetime.now().replace(microsecond=0) - timedelta(days=3)
AHEAD = ("vps:SELECT COUNT(*), COUNT(CASE WHEN a.START_AT >= e.RECEIVED_TIME AND a.END_AT > e.RECEIVED_TIME THEN 1 END)"
         " FROM ADR_ACTION_HISTORY a JOIN ADR_EVENT_HISTORY e ON e.ADR_EVENT_ID = a.ADR_EVENT_ID")


def old(number, start, end, state="PLANNED", point="P1"):
    """An action of an earlier event."""
    return ("vps", "INSERT INTO ADR_ACTION_HISTORY (DIRECTED_TIME, ADR_EVENT_ID, POLICY_ID, LD_ID, START_AT, END_AT, STATE)"
                   f" VALUES ('2026-01-01', 800, {number}, '{point}', '{start}', '{end}', '{state}')")


EVENT = event()


def met(title, *given, arguments=EVENT):
    return Case(title, arguments, given=[*POINT, *given], then={MET: [(900,)]})


def passed_over(title, *given, arguments=EVENT):
    return Case(title, arguments, given=[*POINT, *given], rows=[], then={MET: []})


def plans(title, given, start, end, arguments=EVENT):
    return Case(title, arguments, given=[*POINT, given], then={PLANNED: [(900, start, end)]})


CASES = [
    Case("an event meets a policy", ("dras-7", 2, datetime(2063, 8, 15, 18), datetime(2063, 8, 15, 20), None, Decimal("50"), "far"),
         given=[*POINT, policy()],
         then={EVENTS: [("dras-7", 2, at(18), at(20), None, 50, "far")],
               ACTIONS: [(900, "P1", 40, 20, at(18), at(20), "PLANNED", None)]}),
    Case("an event without policies is stored", event(), rows=[],
         then={EVENTS: [("e1", 2, at(18), at(20), None, 50, "far")], ACTIONS: []}),
    Case("cluster, incentive and state may be missing", event(incentive=None, status=None), given=[*POINT, policy()],
         then={EVENTS: [("e1", 2, at(18), at(20), None, None, None)], MET: [(900,)]}),
    Case("many points at once", event(), given=[*POINT, *OTHERS, policy(900), policy(901, "P2", 25), policy(902, "P3", 59.9)],
         then={ACTIONS: [(900, "P1", 40, 20, at(18), at(20), "PLANNED", None),
                         (901, "P2", 30, 25, at(18), at(20), "PLANNED", None),
                         (902, "P3", 60, "59.9", at(18), at(20), "PLANNED", None)], LINKED: [(3,)]}),

    # The conditions of a policy.
    met("a level just high enough", policy(MIN_LEVEL=2)),
    passed_over("a level too low", policy(MIN_LEVEL=3)),
    met("an incentive just high enough", policy(MIN_INCENTIVE=50)),
    passed_over("an incentive too low", policy(MIN_INCENTIVE="50.0001")),
    met("no incentive is one of nothing", policy(MIN_INCENTIVE=0), arguments=event(incentive=None)),
    passed_over("no incentive is too little", policy(MIN_INCENTIVE="0.0001"), arguments=event(incentive=None)),
    met("level 0", policy(), arguments=event(level=0)),
    passed_over("a policy that is not active", policy(ACTIVE=0)),
    passed_over("a deleted policy", policy(DELETED=1)),
    passed_over("a target as high as the capacity", policy(target=40)),
    passed_over("a target above the capacity", policy(target=50)),
    passed_over("a point without a contract capacity", policy(target=0), ("mdm", "UPDATE LOGICAL_DEVICE SET CONTRACT_CAPACITY = 0")),
    passed_over("a point that is not there", policy(point="P9")),
    passed_over("a point that was removed", policy(), ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1")),
    met("an old meter of the point does not count twice", policy(),
        ("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID, CONTRACT_CAPACITY, DELETED)"
                " VALUES ('P1', 901, 2, 101, 60, 1)")),
    Case("only the cluster of the event", event(area="C1"),
         given=[*POINT, *OTHERS, *CLUSTERS, policy(), policy(901, "P2"), policy(902, "P3")],
         then={MET: [(900,)], EVENTS: [("e1", 2, at(18), at(20), "C1", 50, "far")]}),

    # Days.
    met("a Wednesday", policy(DAY_MASK=WEEK["Wed"])),
    passed_over("all days but Wednesday", policy(DAY_MASK=127 - WEEK["Wed"])),
    met("a Sunday", policy(DAY_MASK=WEEK["Sun"]), arguments=later(date(2063, 8, 19), 18, 20)),
    passed_over("a Sunday is neither Saturday nor Monday", policy(DAY_MASK=127 - WEEK["Sun"]),
                arguments=later(date(2063, 8, 19), 18, 20)),
    met("a Monday", policy(DAY_MASK=WEEK["Mon"]), arguments=later(date(2063, 8, 20), 18, 20)),
    met("a leap day", policy(DAY_MASK=WEEK["Fri"], FROM_DATE=LEAP, TO_DATE="2064-03-01"), arguments=later(LEAP, 18, 20)),
    passed_over("the day behind a leap day", policy(DAY_MASK=WEEK["Fri"], FROM_DATE=LEAP, TO_DATE="2064-03-01"),
                arguments=later(date(2064, 3, 1), 18, 20)),
    met("the first day of a policy", policy(FROM_DATE=DAY)),
    passed_over("the day before a policy", policy(FROM_DATE="2063-08-16")),
    passed_over("the day on which a policy has ended", policy(TO_DATE=DAY)),
    met("the last day of a policy", policy(TO_DATE="2063-08-16")),

    # Hours.
    plans("an event inside the window", hours("17:00:00", "21:00:00"), at(18), at(20)),
    plans("the window inside the event", hours("18:30:00", "19:15:30"), at(18, minute=30), at(19, minute=15, second=30)),
    plans("the window begins later", hours("19:00:00", "21:00:00"), at(19), at(20)),
    plans("the window ends earlier", hours("17:00:00", "19:00:00"), at(18), at(19)),
    plans("the window and the event are one", hours("18:00:00", "20:00:00"), at(18), at(20)),
    plans("a window of one second", hours("19:59:59", "20:00:00"), at(19, minute=59, second=59), at(20)),
    passed_over("the window ends as the event begins", hours("17:00:00", "18:00:00")),
    passed_over("the window begins as the event ends", hours("20:00:00", "21:00:00")),
    passed_over("an empty window", hours("19:00:00", "19:00:00")),
    plans("a window without a start", hours(None, "19:00:00"), at(18), at(19)),
    plans("a window without an end", hours("19:00:00", None), at(19), at(20)),

    # Over midnight.
    plans("a window over midnight, its evening", hours("19:00:00", "05:00:00"), at(19), at(20)),
    plans("a window over midnight, its morning", hours("22:00:00", "05:00:00"), at(4), at(5), later(DAY, 4, 6)),
    plans("a window over midnight, both", hours("22:00:00", "05:00:00"), at(22), at(29), later(DAY, 20, 30)),
    plans("a window until midnight", hours("19:00:00", "00:00:00"), at(23), at(24), later(DAY, 23, 25)),
    plans("the morning belongs to the evening before", hours("22:00:00", "05:00:00", DAY_MASK=WEEK["Tue"]),
          at(4), at(5), later(DAY, 4, 6)),
    passed_over("not to the day on which it falls", hours("22:00:00", "05:00:00", DAY_MASK=WEEK["Wed"]),
                arguments=later(DAY, 4, 6)),
    plans("nor does the last day cut it", hours("22:00:00", "05:00:00", TO_DATE=DAY), at(4), at(5), later(DAY, 4, 6)),
    passed_over("the first day has no evening before", hours("22:00:00", "05:00:00", FROM_DATE=DAY), arguments=later(DAY, 4, 6)),
    plans("an event over midnight meets the next morning", hours("03:00:00", "05:00:00", DAY_MASK=WEEK["Thu"]),
          at(27), at(28), later(DAY, 22, 28)),
    plans("an event over midnight in whole days", policy(), at(22), at(26), later(DAY, 22, 26)),
    plans("an event over midnight, one whole day", policy(DAY_MASK=WEEK["Thu"]), at(24), at(26), later(DAY, 22, 26)),
    plans("an event until midnight", policy(DAY_MASK=WEEK["Wed"]), at(22), at(24), later(DAY, 22, 24)),
    passed_over("an event until midnight is not of the next day", policy(DAY_MASK=WEEK["Thu"]), arguments=later(DAY, 22, 24)),
    plans("over a leap day", policy(), at(23, date(2064, 2, 28)), at(1, date(2064, 3, 1)),
          event(start=at(23, date(2064, 2, 28)), end=at(1, date(2064, 3, 1)))),

    # Several days.
    plans("of several windows the first", hours("19:00:00", "21:00:00"), at(19), at(21), later(DAY, 18, 90)),
    plans("the first that the event meets", hours("08:00:00", "10:00:00"), at(32), at(34), later(DAY, 18, 90)),
    plans("the first of its days", hours("19:00:00", "21:00:00", DAY_MASK=WEEK["Fri"]), at(67), at(69), later(DAY, 18, 90)),
    plans("seven days are the most", policy(), at(18), at(18 + 168), later(DAY, 18, 18 + 168)),
    plans("the last of seven days", hours("03:00:00", "05:00:00", FROM_DATE="2063-08-22"), at(171), at(173),
          later(DAY, 18, 18 + 168)),
    plans("whole days that follow each other", policy(DAY_MASK=WEEK["Wed"] + WEEK["Thu"] + WEEK["Sat"]), at(18), at(48),
          later(DAY, 18, 90)),
    plans("whole days by name", hours("00:00:00", None, TO_DATE="2063-08-17"), at(18), at(48), later(DAY, 18, 90)),
    plans("evenings do not follow each other", hours("18:00:00", None), at(18), at(24), later(DAY, 18, 90)),
    plans("days up to their own end do not either", hours(None, "23:59:59"), at(18), at(23, minute=59, second=59),
          later(DAY, 18, 90)),

    # One action of a point at a time.
    Case("of two policies that collide the lower target", event(), given=[*POINT, policy(900), policy(901, target=10)],
         then={PLANNED: [(901, at(18), at(20))]}),
    Case("of two alike the older", event(), given=[*POINT, policy(901), policy(900)], then={MET: [(900,)]}),
    Case("one behind the other both", event(),
         given=[*POINT, hours("17:00:00", "19:00:00"), hours("19:00:00", "21:00:00", number=901, target=10)],
         then={PLANNED: [(900, at(18), at(19)), (901, at(19), at(20))]}),
    Case("the third, where the second gave way", event(),
         given=[*POINT, hours("18:00:00", "19:00:00", target=10), hours("18:30:00", "19:30:00", number=901, target=15),
                hours("19:00:00", "20:00:00", number=902)],
         then={MET: [(900,), (902,)]}),
    Case("a point whose policy is met leaves others alone", event(),
         given=[*POINT, *OTHERS, policy(900), policy(901, target=10), policy(902, "P2", 25)], then={MET: [(901,), (902,)]}),
    *(Case(f"what is {state} stays", event(), given=[*POINT, policy(), old(1, at(19), at(21), state)], rows=[],
           then={MET: [(1,)]}) for state in ("PLANNED", "RESERVED")),
    Case("what failed does not hinder", event(), given=[*POINT, policy(), old(1, at(19), at(21), "FAILED")],
         then={MET: [(1,), (900,)]}),
    Case("what ends as the event begins does not", event(), given=[*POINT, policy(), old(1, at(16), at(18))],
         then={MET: [(1,), (900,)]}),
    Case("what begins as the event ends does not", event(), given=[*POINT, policy(), old(1, at(20), at(22))],
         then={MET: [(1,), (900,)]}),
    Case("what is planned of another point does not", event(), given=[*POINT, policy(), old(1, at(18), at(20), point="P2")],
         then={MET: [(1,), (900,)]}),
    Case("another event at the same time plans nothing", event("e2"),
         given=[*POINT, policy(), ("RECEIVE_ADR_EVENT", *event())], rows=[],
         then={MET: [(900,)], "vps:SELECT COUNT(*) FROM ADR_EVENT_HISTORY e": [(2,)]}),
    Case("the next day it plans again", event("e2", start=at(42), end=at(44)),
         given=[*POINT, policy(), ("RECEIVE_ADR_EVENT", *event())],
         then={PLANNED: [(900, at(18), at(20)), (900, at(42), at(44))]}),

    # Again.
    Case("a repeat", event(), 10, given=[*POINT, policy(), ("RECEIVE_ADR_EVENT", *event())],
         then={EVENTS: [("e1", 2, at(18), at(20), None, 50, "far")], MET: [(900,)]}),
    Case("a repeat of an event that met nothing", event(), 10, given=[*POINT, ("RECEIVE_ADR_EVENT", *event()), policy()], rows=[],
         then={MET: []}),
    Case("a repeat with nothing but what must be", event(incentive=None, status=None), 10,
         given=[("RECEIVE_ADR_EVENT", *event(incentive=None, status=None))]),
    Case("a repeat without its state", event(status=None), 10, given=[("RECEIVE_ADR_EVENT", *event())],
         then={EVENTS: [("e1", 2, at(18), at(20), None, 50, "far")]}),
    Case("a repeat when the event is over", event(start=datetime(2020, 1, 1, 18), end=datetime(2020, 1, 1, 20)), 10,
         given=[("vps", "INSERT INTO ADR_EVENT_HISTORY (DRAS_EVENT_ID, RECEIVED_TIME, LEVEL, START_AT, END_AT, INCENTIVE, STATUS)"
                        " VALUES ('e1', '2020-01-01', 2, '2020-01-01 18:00:00', '2020-01-01 20:00:00', 50, 'far')")]),
    Case("the server moves its state on", event(status="near"), given=[*POINT, policy(), ("RECEIVE_ADR_EVENT", *event())],
         then={EVENTS: [("e1", 2, at(18), at(20), None, 50, "near")], MET: [(900,)]}),
    *(Case(f"another {what}", event(**{what: value}), 3001, given=[*POINT, *CLUSTERS, policy(), ("RECEIVE_ADR_EVENT", *event())],
           rows=[], then={EVENTS: [("e1", 2, at(18), at(20), None, 50, "far")], MET: [(900,)]})
      for what, value in (("level", 3), ("start", at(17)), ("end", at(21)), ("area", "C1"), ("incentive", Decimal("51")))),
    Case("an incentive no more", event(incentive=None), 3001, given=[("RECEIVE_ADR_EVENT", *event())]),

    # Refused.
    *(Case(f"no {what}", event(**{what: None}), 1001, given=[*POINT, policy()], rows=[], then=NOTHING)
      for what in ("name", "level", "start", "end")),
    *(Case(f"a badly formed {what}", event(**{what: value}), 1002, given=[*POINT, policy()], rows=[], then=NOTHING)
      for what, value in (("name", "' OR 1=1 --"), ("name", ""), ("name", "x" * 65), ("area", "C 1"), ("area", ""),
                          ("status", "far off"), ("status", "x" * 17))),
    Case("the longest name and state", event("x" * 64, status="y" * 16),
         then={EVENTS: [("x" * 64, 2, at(18), at(20), None, 50, "y" * 16)]}),
    Case("an unknown cluster", event(area="C3"), 1003, given=[*POINT, *CLUSTERS, policy()], rows=[], then=NOTHING),
    Case("a negative level", event(level=-1), 1004, then=NOTHING),
    Case("a level too large for its column", event(level=32768), 1004, then=NOTHING),
    Case("a negative incentive", event(incentive=Decimal("-0.01")), 1004, then=NOTHING),
    Case("an empty event", event(end=at(18)), 1004, given=[*POINT, policy()], then=NOTHING),
    Case("the end before the start", event(end=at(17)), 1004, then=NOTHING),
    Case("more than seven days", later(DAY, 18, 18 + 168.5), 1004, then=NOTHING),
    Case("years", event(end=at(20, date(2069, 1, 1))), 1004, then=NOTHING),
    Case("the end of the calendar", event(start=datetime(9999, 12, 31, 10), end=datetime(9999, 12, 31, 23)), 1004, then=NOTHING),
    *(Case(f"of an event that has begun only what is to come, {what}", event(start=BEGUN, end=BEGUN + timedelta(days=6)),
           given=[*POINT, of], then={AHEAD: [(1, 1)]})
      for what, of in (("by the whole day", policy()), ("by the hour", hours("09:00:00", "10:00:00")))),
    Case("an event that is over", event(start=datetime(2020, 1, 1, 18), end=datetime(2020, 1, 1, 20)), 1004,
         given=[*POINT, policy()], then=NOTHING),
]
