"""Cases of ADD_POLICY, and of ADR_POLICY_LIST, which shows what it added."""

from datetime import date, time, timedelta
from decimal import Decimal

from case import Case
from cases._station import meter

ORDER = ("ld_id", "sub_number", "policy_name", "active", "min_level", "min_incentive", "day_mask", "start_time",
         "end_time", "from_date", "to_date", "target_capacity")
POINTS = [*meter(901, 1, "P1", capacity="40"), *meter(902, 1, "P2", capacity="40"), *meter(903, 1, "G1", 102)]
ROWS = (
    "vps:SELECT p.LD_ID, p.SUB_NUMBER, p.POLICY_NAME, p.ACTIVE, p.MIN_LEVEL, p.MIN_INCENTIVE, p.DAY_MASK, p.START_TIME,"
    " p.END_TIME, p.FROM_DATE, p.TO_DATE, p.TARGET_CAPACITY, p.DELETED FROM ADR_POLICY p ORDER BY p.POLICY_ID"
)
COUNT = "vps:SELECT COUNT(*) FROM ADR_POLICY p"
LISTED = (
    "vps:SELECT v.LD_ID, v.SUB_NUMBER, v.POLICY_NAME, v.ACTIVE, v.MIN_LEVEL, v.MIN_INCENTIVE, v.DAY_MASK, v.START_TIME,"
    " v.END_TIME, v.FROM_DATE, v.TO_DATE, v.TARGET_CAPACITY, v.LD_NAME, v.CONTRACT_CAPACITY, v.CUSTOMER_ID,"
    " v.CUSTOMER_NAME, v.VPS_ACCOUNT_ID FROM ADR_POLICY_LIST v ORDER BY v.VPS_ACCOUNT_ID"
)
OWNERS = "vps:SELECT v.CUSTOMER_ID, v.VPS_ACCOUNT_ID FROM ADR_POLICY_LIST v ORDER BY v.CUSTOMER_ID, v.VPS_ACCOUNT_ID"
NOBODY = [("P1", 1, None, 1, 0, 0, 127, None, None, None, None, 20, None, 40, None, None, None)]
TODAY = date.today()


def add(**given):
    return tuple({"ld_id": "P1", "sub_number": 1, "target_capacity": 20, **given}.get(name) for name in ORDER)


def row(**given):
    stored = {"ld_id": "P1", "sub_number": 1, "active": 1, "min_level": 0, "min_incentive": 0, "day_mask": 127,
              "target_capacity": 20, **given}
    return (*(stored.get(name) for name in ORDER), 0)


def vps(statement):
    return ("vps", statement)


def owner(customer, start="2020-01-01", end=None, relation_deleted=0, customer_deleted=0):
    until = "NULL" if end is None else f"'{end}'"
    return [
        vps(f"INSERT INTO UTILITY_CUSTOMER (CUSTOMER_ID, NAME, DELETED) VALUES ('{customer}', 'x', {customer_deleted})"),
        vps("INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE, TO_DATE, DELETED)"
            f" VALUES ('{customer}', 'P1', '{start}', {until}, {relation_deleted})"),
    ]


def account(name, customer, deleted=0):
    return vps("INSERT INTO VPS_ACCOUNT (VPS_ACCOUNT_ID, CUSTOMER_ID, PASSWORD_HASH, DELETED)"
               f" VALUES ('{name}@example.jp', '{customer}', 'secret', {deleted})")


# 2026-11-23 is a Monday.
MONDAY, NEXT_MONDAY = date(2026, 11, 23), date(2026, 11, 30)
TUESDAY, WEDNESDAY, SUNDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 29)
WHOLE = {"policy_name": "summer evenings", "active": 1, "min_level": 2, "min_incentive": Decimal("12.5"), "day_mask": 31,
         "start_time": time(17), "end_time": time(21, 30), "from_date": date(2026, 7, 1), "to_date": date(2026, 10, 1),
         "target_capacity": Decimal("30")}


def window(start, end, **rest):
    return dict(start_time=start and time(start), end_time=end and time(end), **rest)


def night(**rest):
    return dict(start_time=time(22), end_time=time(6), **rest)


def dates(start, end, **rest):
    return dict(from_date=start, to_date=end, **rest)


# What two policies of an item are, and whether some moment is in both.
PAIRS = [
    ("both at all times", {}, {"policy_name": "x"}, True),
    ("one at all times", {}, window(10, 11), True),
    ("one window in the other", window(9, 12), window(10, 11), True),
    ("the later window begins in the earlier", window(9, 12), window(11, 13), True),
    ("windows that meet", window(9, 12), window(12, 13), False),
    ("windows apart", window(9, 12), window(14, 15), False),
    ("to midnight and from midnight", window(12, None), window(None, 12), False),
    ("to midnight and over noon", window(12, None), window(11, 13), True),
    ("from midnight and before noon", window(None, 12), window(11, 13), True),
    ("until 0:00 and from 0:00", {"start_time": time(12), "end_time": time(0)}, {"start_time": time(0), "end_time": time(12)},
     False),
    ("until 0:00 and the late evening", {"start_time": time(12), "end_time": time(0)}, window(23, None), True),
    ("other days of the week", {"day_mask": 31}, {"day_mask": 96}, False),
    ("a day of the week in both", {"day_mask": 31}, {"day_mask": 112}, True),
    *((f"the day of the week {n} in both", {"day_mask": 2**n}, {"day_mask": 127 - 2 ** ((n + 1) % 7)}, True) for n in range(7)),
    *((f"all but the day of the week {n}", {"day_mask": 2**n}, {"day_mask": 127 - 2**n}, False) for n in range(7)),
    ("dates that meet", dates(MONDAY, TUESDAY), dates(TUESDAY, WEDNESDAY), False),
    ("dates that share a day", dates(MONDAY, WEDNESDAY), dates(TUESDAY, SUNDAY), True),
    ("open dates that meet", dates(None, TUESDAY), dates(TUESDAY, None), False),
    ("open dates that share a day", dates(None, WEDNESDAY), dates(TUESDAY, None), True),
    ("dates without an end", dates(MONDAY, None), dates(TUESDAY, None), True),
    ("dates in open ones", {}, dates(MONDAY, TUESDAY), True),
    ("shared dates without the shared day of the week", dates(MONDAY, SUNDAY, day_mask=65), dates(TUESDAY, None, day_mask=65), False),
    ("shared dates with it", dates(MONDAY, NEXT_MONDAY, day_mask=65), dates(TUESDAY, None, day_mask=65), True),
    ("long before the count of days begins", dates(date(1990, 1, 2), date(1990, 1, 9), day_mask=1), dates(None, date(1990, 1, 8)), False),
    ("a week later there", dates(date(1990, 1, 2), date(1990, 1, 9), day_mask=1), dates(None, date(1990, 1, 9)), True),
    ("two nights", night(), night(policy_name="x"), True),
    ("a night and its evening", night(), window(20, 23), True),
    ("a night and the morning after", night(), window(5, 7), True),
    ("a night and the day between", night(), window(6, 22), False),
    ("Sunday night and Monday morning", night(day_mask=64), window(5, 7, day_mask=1), True),
    ("Sunday night and Sunday morning", night(day_mask=64), window(5, 7, day_mask=64), False),
    ("Sunday night and Monday at 6", night(day_mask=64), window(6, 7, day_mask=1), False),
    ("Monday night and all of Tuesday", night(day_mask=1), {"day_mask": 2}, True),
    ("Monday night and Tuesday night", night(day_mask=1), night(day_mask=2), False),
    ("Monday night and all of Sunday", night(day_mask=1), {"day_mask": 64}, False),
    ("the last night of some dates", night(from_date=MONDAY, to_date=TUESDAY), window(5, 7, from_date=TUESDAY), True),
    ("the morning before their first night", night(from_date=MONDAY, to_date=TUESDAY), window(5, 7, to_date=TUESDAY), False),
    ("the second morning after them", night(from_date=MONDAY, to_date=TUESDAY), window(5, 7, from_date=WEDNESDAY), False),
    ("other levels and incentives", {"min_level": 1, "min_incentive": 5}, {"min_level": 3, "min_incentive": 9}, True),
    ("another item", {}, {"sub_number": 2}, False),
    ("another point", {}, {"ld_id": "P2"}, False),
    ("a new one that is inactive", {}, {"active": 0}, False),
    ("an old one that is inactive", {"active": 0}, {}, False),
]


def pair(title, one, other, overlap):
    code, count = (3001, 1) if overlap else (0, 2)
    for what, first, second in ((title, one, other), (f"{title}, the other way round", other, one)):
        yield Case(what, add(**second), code, given=[*POINTS, ("ADD_POLICY", *add(**first))], then={COUNT: [(count,)]})


def never(title, **given):
    return Case(title, add(**given), 1004, given=POINTS, then={COUNT: [(0,)]})


CASES = [
    Case("with all its columns", add(**WHOLE), given=POINTS, then={ROWS: [row(**WHOLE)]}),
    Case("everything by default", add(), given=POINTS, then={ROWS: [row()], LISTED: NOBODY}),
    Case("an inactive one", add(active=0), given=POINTS, then={ROWS: [row(active=0)]}),
    Case("a name is free text", add(policy_name="夏 '; DELETE FROM ADR_POLICY; -- \U0001f50c"), given=POINTS,
         then={ROWS: [row(policy_name="夏 '; DELETE FROM ADR_POLICY; -- \U0001f50c")]}),
    Case("a name of 64 characters", add(policy_name="名" * 64), given=POINTS, then={ROWS: [row(policy_name="名" * 64)]}),
    Case("a window over midnight", add(**night()), given=POINTS, then={ROWS: [row(**night())]}),
    Case("the last second of the day", add(start_time=time(0), end_time=time(23, 59, 59)), given=POINTS,
         then={ROWS: [row(start_time=time(0), end_time=time(23, 59, 59))]}),
    Case("the very contract capacity", add(target_capacity=40), given=POINTS, then={ROWS: [row(target_capacity=40)]}),
    Case("the greatest level", add(min_level=32767), given=POINTS, then={ROWS: [row(min_level=32767)]}),
    Case("the least target", add(target_capacity=Decimal("0.0001")), given=POINTS, then={ROWS: [row(target_capacity=Decimal("0.0001"))]}),
    *(Case(f"the one day of the week {n}", add(**one), given=POINTS, then={ROWS: [row(**one)]})
      for n in range(7)
      for one in [dates(MONDAY + timedelta(n), MONDAY + timedelta(n + 1), day_mask=2**n)]),
    # A repeat
    Case("a repeat", add(), 10, given=[*POINTS, ("ADD_POLICY", *add())], then={COUNT: [(1,)]}),
    Case("a repeat gives the number of the policy", add(), 10, rows=[(900,)],
         given=[*POINTS, vps("INSERT INTO ADR_POLICY (POLICY_ID, LD_ID, SUB_NUMBER, TARGET_CAPACITY) VALUES (900, 'P1', 1, 20)")]),
    Case("a repeat with all columns", add(**WHOLE), 10, given=[*POINTS, ("ADD_POLICY", *add(**WHOLE))],
         then={COUNT: [(1,)]}),
    Case("a repeat of an inactive one", add(active=0), 10, given=[*POINTS, ("ADD_POLICY", *add(active=0))],
         then={COUNT: [(1,)]}),
    *(Case(f"no repeat: another {name}", add(**{**WHOLE, name: value}), 3001, given=[*POINTS, ("ADD_POLICY", *add(**WHOLE))],
           then={COUNT: [(1,)]})
      for name, value in (("policy_name", None), ("min_level", 1), ("min_incentive", 1), ("day_mask", 1),
                          ("start_time", time(18)), ("start_time", None), ("end_time", time(22)), ("end_time", None),
                          ("from_date", date(2026, 7, 2)), ("from_date", None), ("to_date", None), ("target_capacity", 29))),
    Case("after the same one was removed", add(), given=[*POINTS, ("ADD_POLICY", *add()), vps("UPDATE ADR_POLICY SET DELETED = 1")],
         then={COUNT: [(2,)]}),
    Case("after the same one was deactivated", add(), given=[*POINTS, ("ADD_POLICY", *add()), vps("UPDATE ADR_POLICY SET ACTIVE = 0")],
         then={COUNT: [(2,)]}),
    # Two policies
    *(case for each in PAIRS for case in pair(*each)),
    # Policies that could never apply
    never("an empty window", start_time=time(9), end_time=time(9)),
    never("an empty window at midnight", start_time=time(0), end_time=time(0)),
    never("an empty window from midnight", end_time=time(0)),
    never("no date", **dates(MONDAY, MONDAY)),
    never("dates the wrong way round", **dates(TUESDAY, MONDAY)),
    never("dates without its days of the week", **dates(MONDAY, SUNDAY, day_mask=64)),
    never("such dates before the count of days begins", **dates(date(1990, 1, 2), date(1990, 1, 8), day_mask=1)),
    # Capacity
    never("above the contract capacity", target_capacity=Decimal("40.0001")),
    never("a target of 0", target_capacity=0),
    never("a negative target", target_capacity=-1),
    Case("a point without a contract capacity", add(ld_id="G1", target_capacity=Decimal("0.1")), 1004, given=POINTS,
         then={COUNT: [(0,)]}),
    # Arguments
    never("a mask without a day", day_mask=0),
    never("a mask with an eighth day", day_mask=128),
    never("a mask with an eighth day and the first", day_mask=129),
    never("active 2", active=2),
    never("a negative level", min_level=-1),
    never("a level above what is stored", min_level=32768),
    never("a negative incentive", min_incentive=Decimal("-0.0001")),
    Case("no point", add(ld_id=None), 1001, given=POINTS),
    Case("no item", add(sub_number=None), 1001, given=POINTS),
    Case("no target", add(target_capacity=None), 1001, given=POINTS),
    Case("an LD_ID of 33 characters", add(ld_id="P" * 33), 1002, given=POINTS),
    Case("an empty LD_ID", add(ld_id=""), 1002, given=POINTS),
    Case("an injection is no LD_ID", add(ld_id="P1' OR '1'='1"), 1002, given=POINTS, then={COUNT: [(0,)]}),
    Case("a name of 65 characters", add(policy_name="x" * 65), 1002, given=POINTS, then={COUNT: [(0,)]}),
    Case("an unknown point", add(ld_id="P9"), 2002, given=POINTS, then={COUNT: [(0,)]}),
    Case("a removed point", add(), 2002, given=[*POINTS, ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1")]),
    Case("an item that the point does not have", add(sub_number=5), 1003, given=POINTS, then={COUNT: [(0,)]}),
    Case("an item beyond what is stored", add(sub_number=70000), 1003, given=POINTS),
    # Who sees it
    Case("with point, customer and account", add(**WHOLE),
         given=[*POINTS, ("mdm", "UPDATE LOGICAL_DEVICE SET LD_NAME = 'kitchen' WHERE LD_ID = 'P1'"), *owner("c-1"),
                account("a", "c-1")],
         then={LISTED: [(*row(**WHOLE)[:-1], "kitchen", 40, "c-1", "x", "a@example.jp")]}),
    Case("one row for each account", add(),
         given=[*POINTS, *owner("c-1"), account("a", "c-1"), account("b", "c-1"), account("c", "c-2")],
         then={OWNERS: [("c-1", "a@example.jp"), ("c-1", "b@example.jp")]}),
    Case("a customer without an account", add(), given=[*POINTS, *owner("c-1"), account("a", "c-1", deleted=1)],
         then={OWNERS: [("c-1", None)]}),
    Case("a customer from today on", add(), given=[*POINTS, *owner("c-1", TODAY, "9999-01-01")], then={OWNERS: [("c-1", None)]}),
    Case("a customer of tomorrow", add(), given=[*POINTS, *owner("c-1", "9998-01-01")], then={OWNERS: [(None, None)]}),
    Case("a customer until today", add(), given=[*POINTS, *owner("c-1", end=TODAY), account("a", "c-1")], then={LISTED: NOBODY}),
    Case("a cancelled relation", add(), given=[*POINTS, *owner("c-1", relation_deleted=1)], then={OWNERS: [(None, None)]}),
    Case("a customer who left", add(), given=[*POINTS, *owner("c-1", customer_deleted=1), account("a", "c-1")],
         then={OWNERS: [(None, None)]}),
    Case("a removed policy is not listed", add(), given=[*POINTS, vps("INSERT INTO ADR_POLICY (LD_ID, SUB_NUMBER, TARGET_CAPACITY,"
                                                                      " DELETED) VALUES ('P9', 1, 5, 1)")], then={LISTED: NOBODY}),
    Case("a policy whose point is gone is listed", add(),
         given=[*POINTS, vps("INSERT INTO ADR_POLICY (LD_ID, SUB_NUMBER, TARGET_CAPACITY) VALUES ('P9', 1, 5)")],
         then={"vps:SELECT v.LD_ID, v.CONTRACT_CAPACITY FROM ADR_POLICY_LIST v ORDER BY v.LD_ID": [("P1", 40), ("P9", None)]}),
]
