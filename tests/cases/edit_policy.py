"""Cases of EDIT_POLICY. The accounts of the tests hold the role VPS but where a case says otherwise."""

from datetime import date, time
from decimal import Decimal

from case import Case
from cases._station import meter

ORDER = ("policy_id", "ld_id", "sub_number", "policy_name", "active", "min_level", "min_incentive", "day_mask", "start_time",
         "end_time", "from_date", "to_date", "target_capacity", "deleted")
# Whom the engines know the tests as.
ACCOUNTS = ("SYSDBA", "root")
ROWS = (
    "vps:SELECT p.POLICY_ID, p.LD_ID, p.SUB_NUMBER, p.POLICY_NAME, p.ACTIVE, p.MIN_LEVEL, p.MIN_INCENTIVE, p.DAY_MASK,"
    " p.START_TIME, p.END_TIME, p.FROM_DATE, p.TO_DATE, p.TARGET_CAPACITY, p.DELETED FROM ADR_POLICY p ORDER BY p.POLICY_ID"
)
START = {"policy_id": 901, "ld_id": "P1", "sub_number": 1, "policy_name": "evening", "active": 1, "min_level": 2,
         "min_incentive": 5, "day_mask": 31, "start_time": time(17), "end_time": time(21), "from_date": date(2026, 7, 1),
         "to_date": date(2026, 10, 1), "target_capacity": 20, "deleted": 0}
OTHER = {**START, "policy_id": 902, "policy_name": "morning", "start_time": time(6), "end_time": time(9), "target_capacity": 30}


def vps(statement):
    return ("vps", statement)


def stored(policy):
    values = ", ".join("NULL" if v is None else str(v) if isinstance(v, int) else f"'{v}'" for v in policy.values())
    return vps(f"INSERT INTO ADR_POLICY ({', '.join(policy).upper()}) VALUES ({values})")


def is_role(role):
    return [vps(f"INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES ('{name}', '{role}')") for name in ACCOUNTS]


STATION = [*meter(901, 1, "P1", capacity="40"), *meter(902, 1, "P2", capacity="30"), *meter(903, 1, "G1", 102, capacity="40")]
POLICIES = [*STATION, stored(START), stored(OTHER)]
PORTAL = [*is_role("VPS"), *POLICIES]
INACTIVE = [*PORTAL, vps("UPDATE ADR_POLICY SET ACTIVE = 0 WHERE POLICY_ID = 901")]
GONE = ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1")


def edit(**given):
    return tuple({"policy_id": 901, **given}.get(name) for name in ORDER)


def becomes(**given):
    """The first policy after an edit; the other one stays."""
    return {ROWS: [tuple({**START, **given}.values()), tuple(OTHER.values())]}


def done(title, given=PORTAL, was=None, **change):
    return Case(title, edit(**change), given=given, then=becomes(**{**(was or {}), **change}))


def refused(title, code, given=PORTAL, was=None, **change):
    return Case(title, edit(**change), code, given=given, then=becomes(**(was or {})))


WHOLE = {"ld_id": "P2", "sub_number": 2, "policy_name": "night", "active": 0, "min_level": 0, "min_incentive": Decimal("0.5"),
         "day_mask": 96, "start_time": time(22), "end_time": time(5), "from_date": date(2026, 1, 1), "to_date": date(2027, 1, 1),
         "target_capacity": Decimal("10.5")}
# Whatever a terminal sends but its one word.
ATTEMPTS = [{}, {"active": 1}, {"active": 2}, {"deleted": 1}, {"deleted": 0}, {"active": 0, "deleted": 0}, {"active": 0, "deleted": 1},
            *({name: value} for name, value in WHOLE.items() if name != "active"),
            *({"active": 0, name: value} for name, value in WHOLE.items() if name != "active"),
            {"active": 0, "policy_name": "x' OR 1=1 --"}, {"active": 0, "ld_id": "x" * 1024}, {"active": 0, "policy_name": START["policy_name"]}]
NO_PORTAL = [
    ("an account with no role", POLICIES),
    ("a terminal", [*is_role("VPA"), *POLICIES]),
    ("an account whose namesake is a portal", [vps("INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES ('Root', 'VPS')"),
                                               vps("INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES ('sysdba', 'VPS')"), *POLICIES]),
]

CASES = [
    done("a target and a name", target_capacity=Decimal("15"), policy_name="late evening"),
    done("every column", **WHOLE),
    *(done(f"{name} alone", **{name: value}) for name, value in {**WHOLE, "start_time": time(9)}.items()),
    refused("a begin after the end is of the night before the other one", 3001, start_time=time(22)),
    Case("removed", edit(deleted=1), given=PORTAL, then=becomes(deleted=1)),
    Case("removed and changed", edit(deleted=1, active=0, policy_name="x"), given=PORTAL,
         then=becomes(deleted=1, active=0, policy_name="x")),
    done("reactivated", INACTIVE, active=1),
    done("a name of 64 characters", policy_name="x" * 64),
    done("the very contract capacity", target_capacity=40),
    done("a name in any script", policy_name="夜 \U0001f50c"),
    done("the name before was none", [*PORTAL, vps("UPDATE ADR_POLICY SET POLICY_NAME = NULL WHERE POLICY_ID = 901")], policy_name="x"),
    Case("the portal is a terminal too", edit(min_level=1), given=[*is_role("VPA"), *PORTAL], then=becomes(min_level=1)),
    # A repeat
    Case("nothing to change", edit(), 10, given=PORTAL, then=becomes()),
    Case("a repeat", edit(**{n: v for n, v in START.items() if n != "policy_id"}), 10, given=PORTAL, then=becomes()),
    Case("a repeat of a removal", edit(deleted=1), 10, given=[*PORTAL, ("EDIT_POLICY", *edit(deleted=1))], then=becomes(deleted=1)),
    Case("a repeat of a deactivation", edit(active=0), 10, given=INACTIVE, then=becomes(active=0)),
    # What a terminal may
    *(Case(f"{who} deactivates", edit(active=0), given=given, then=becomes(active=0)) for who, given in NO_PORTAL),
    *(Case(f"{who} deactivates again", edit(active=0), 10, given=[*given, ("EDIT_POLICY", *edit(active=0))], then=becomes(active=0))
      for who, given in NO_PORTAL),
    *(refused(f"a terminal sends {', '.join(f'{n} {str(v)[:20]}' for n, v in change.items()) or 'nothing'}", 4001, NO_PORTAL[1][1], **change)
      for change in ATTEMPTS),
    *(refused(f"{who} reactivates", 4001, [*given, ("EDIT_POLICY", *edit(active=0))], {"active": 0}, active=1) for who, given in NO_PORTAL),
    *(refused(f"{who} removes", 4001, given, deleted=1) for who, given in NO_PORTAL),
    Case("a terminal deactivates what does not exist", edit(policy_id=999, active=0), 2007, given=NO_PORTAL[1][1]),
    Case("a terminal asks for what does not exist", edit(policy_id=999, active=1), 4001, given=NO_PORTAL[1][1]),
    # The policy as it would be
    refused("into another one", 3001, start_time=time(8)),
    refused("into another one at night", 3001, end_time=time(7), day_mask=127),
    refused("a window that ends at its begin", 1004, end_time=time(17)),
    refused("a window that begins at its end", 1004, start_time=time(21)),
    refused("dates that end before their begin", 1004, to_date=date(2026, 7, 1)),
    refused("dates without its days of the week", 1004, from_date=date(2026, 9, 30), day_mask=64),
    refused("above the contract capacity", 1004, target_capacity=Decimal("40.0001")),
    refused("above that of the new point", 1004, [*PORTAL, vps("UPDATE ADR_POLICY SET TARGET_CAPACITY = 31 WHERE POLICY_ID = 901")],
            {"target_capacity": 31}, ld_id="P2"),
    refused("a target of 0", 1004, target_capacity=0),
    refused("active 2", 1004, active=2),
    refused("removed 2", 1004, deleted=2),
    refused("a negative level", 1004, min_level=-1),
    refused("a negative incentive", 1004, min_incentive=-1),
    refused("a mask of 128", 1004, day_mask=128),
    refused("an item that the point does not have", 1003, sub_number=5),
    refused("an item that the new point does not have", 1003, [*PORTAL, vps("UPDATE ADR_POLICY SET SUB_NUMBER = 2 WHERE POLICY_ID = 901")],
            {"sub_number": 2}, ld_id="G1"),
    refused("an unknown point", 2002, ld_id="P9"),
    refused("an inactive one to an unknown point", 2002, INACTIVE, {"active": 0}, ld_id="P9"),
    refused("an inactive one to an unknown item", 1003, INACTIVE, {"active": 0}, sub_number=5),
    refused("an inactive one above the contract capacity", 1004, INACTIVE, {"active": 0}, target_capacity=41),
    refused("reactivated into another one", 3001, [*INACTIVE, vps("UPDATE ADR_POLICY SET START_TIME = '08:00:00' WHERE POLICY_ID = 901")],
            {"active": 0, "start_time": time(8)}, active=1),
    done("inactive into another one", INACTIVE, {"active": 0}, start_time=time(8)),
    done("deactivated and moved into another one", active=0, start_time=time(8)),
    Case("removed and moved into another one", edit(deleted=1, start_time=time(8)), given=PORTAL,
         then=becomes(deleted=1, start_time=time(8))),
    Case("removed, moved into another one and given a target", edit(deleted=1, start_time=time(8), target_capacity=15), given=PORTAL,
         then=becomes(deleted=1, start_time=time(8), target_capacity=15)),
    Case("into one that is inactive", edit(policy_id=902, end_time=time(18)), given=INACTIVE,
         then={ROWS: [tuple({**START, "active": 0}.values()), tuple({**OTHER, "end_time": time(18)}.values())]}),
    # The point is gone, or its capacity
    done("deactivated when its point is gone", [*PORTAL, GONE], active=0),
    Case("removed when its point is gone", edit(deleted=1), given=[*PORTAL, GONE], then=becomes(deleted=1)),
    refused("renamed when its point is gone", 2002, [*PORTAL, GONE], policy_name="x"),
    done("renamed when it is inactive and its point is gone", [*INACTIVE, GONE], {"active": 0}, policy_name="x"),
    refused("reactivated when its point is gone", 2002, [*INACTIVE, GONE], {"active": 0}, active=1),
    refused("renamed when the capacity went below its target", 1004,
            [*PORTAL, ("mdm", "UPDATE LOGICAL_DEVICE SET CONTRACT_CAPACITY = 19")], policy_name="x"),
    done("deactivated then", [*PORTAL, ("mdm", "UPDATE LOGICAL_DEVICE SET CONTRACT_CAPACITY = 19")], active=0),
    done("from a point that is gone to another", [*PORTAL, ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1 WHERE LD_ID = 'P1'")], ld_id="P2"),
    # Arguments
    Case("no policy", edit(policy_id=None, active=0), 1001, given=PORTAL),
    Case("an unknown policy", edit(policy_id=999, active=0), 2007, given=PORTAL, then=becomes()),
    Case("a removed policy", edit(min_level=1), 2007, given=[*PORTAL, ("EDIT_POLICY", *edit(deleted=1))], then=becomes(deleted=1)),
    Case("nobody brings a removed policy back", edit(deleted=0), 2007, given=[*PORTAL, ("EDIT_POLICY", *edit(deleted=1))],
         then=becomes(deleted=1)),
    refused("an LD_ID of 33 characters", 1002, ld_id="P" * 33),
    refused("an injection is no LD_ID", 1002, ld_id="P1' OR '1'='1"),
    refused("a name of 65 characters", 1002, policy_name="x" * 65),
]
