"""Cases of ADD_ACCOUNT."""

from datetime import date

from case import Case
from cases._portal import (
    ACCOUNTS,
    CHANGED,
    CUSTOMERS,
    HASH,
    MAIL,
    METERS,
    NAMES,
    OPEN,
    OTHER_HASH,
    PLAIN,
    RELATIONS,
    TOKENS,
    account,
    customer,
    relation,
    token,
    vps,
)

START = date(2026, 1, 1)


def add(name="C-1", point="P1", start=START, mail=MAIL, password=HASH, edit=1, state=1, called="2F"):
    return (name, point, start, mail, password, edit, state, called)


def point_too(point="P2", start=START, mail=MAIL, name="C-1", **rest):
    """Another point of an account in use."""
    return add(name, point, start, mail, **{"password": None, "edit": None, "state": None, "called": None, **rest})


def his(point="P1", start="2026-01-01", end=None, deleted=0, name="C-1"):
    return (name, point, start, end, deleted)


NOTHING = {CUSTOMERS: [], RELATIONS: [], ACCOUNTS: [], NAMES: [("old",), (None,), (None,)]}
AS_OPENED = {
    CUSTOMERS: [("C-1", 0)],
    RELATIONS: [his()],
    ACCOUNTS: [PLAIN],
    NAMES: [("old",), (None,), (None,)],
    CHANGED: [],
}
CANCELLED = relation("C-2", end="2026-02-02", deleted=1)
NEIGHBOUR = [*METERS, customer("C-2"), relation("C-2")]
# Figures that cost too little to guess, or too much to check.
WEAK_OR_COSTLY = (
    "m=1000,t=1,p=1", "m=8192,t=3,p=4", "m=19455,t=2,p=1", "m=9999,t=2,p=1", "m=019456,t=2,p=1", "m=1048577,t=1,p=1",
    "m=1048580,t=1,p=1", "m=1048600,t=1,p=1", "m=1049000,t=1,p=1", "m=1050000,t=1,p=1", "m=1100000,t=1,p=1",
    "m=2000000,t=1,p=1", "m=10000000,t=1,p=1", "m=65536,t=0,p=4", "m=65536,t=17,p=4", "m=65536,t=20,p=4",
    "m=65536,t=3,p=0", "m=65536,t=3,p=17", "m=65536,t=3,p=100",
)  # fmt: skip

CASES = [
    Case("an account, its customer and his point", add(), given=METERS,
         then={CUSTOMERS: [("C-1", 0)], RELATIONS: [his()], ACCOUNTS: [PLAIN], CHANGED: [(MAIL,)],
               NAMES: [("2F",), (None,), (None,)]}),
    Case("one that may only look, and is not in use yet", add(edit=0, state=0), given=METERS,
         then={ACCOUNTS: [(MAIL, "C-1", HASH, 0, 0, None, 0, 0, 0)]}),
    Case("without a name the point keeps its own", add(called=None), given=METERS,
         then={ACCOUNTS: [PLAIN], NAMES: [("old",), (None,), (None,)]}),
    Case("a name of 128 characters of any script", add(called="\u540d\U0001f50c" * 64), given=METERS,
         then={NAMES: [("\u540d\U0001f50c" * 64,), (None,), (None,)]}),
    Case("a mail address is stored in lower case", add(mail="Portal@Example.JP"), given=METERS,
         then={ACCOUNTS: [PLAIN]}),
    Case("a customer who is known keeps his name", add(), given=[*METERS, customer()],
         then={"vps:SELECT c.CUSTOMER_ID, c.NAME, c.DELETED FROM UTILITY_CUSTOMER c": [("C-1", "N", 0)]}),
    Case("a customer who had left comes back", add(), given=[*METERS, customer(deleted=1), customer("C-3", 1)],
         then={CUSTOMERS: [("C-1", 0), ("C-3", 1)], ACCOUNTS: [PLAIN]}),
    Case("a second account of a customer", add(mail="other@example.jp", called=None), given=OPEN,
         then={**AS_OPENED, ACCOUNTS: [("other@example.jp", "C-1", HASH, 0, 0, None, 1, 1, 0), PLAIN],
               CHANGED: [("other@example.jp",)]}),
    # The same mail address again
    Case("a repeat", add(called="old"), 10, given=OPEN, then=AS_OPENED),
    Case("a repeat with the mail address in upper case", add(mail=MAIL.upper(), called="old"), 10, given=OPEN,
         then=AS_OPENED),
    Case("a repeat without password, right, state and name", point_too("P1"), 10, given=OPEN, then=AS_OPENED),
    Case("a repeat with a later start", add(start=date(2026, 5, 1), called=None), 10, given=OPEN, then=AS_OPENED),
    Case("a repeat with another name renames the point", add(), given=OPEN,
         then={**AS_OPENED, NAMES: [("2F",), (None,), (None,)]}),
    Case("another password is another account", add(password=OTHER_HASH), 3001, given=OPEN, then=AS_OPENED),
    Case("so is another edit right", add(edit=0), 3001, given=OPEN, then=AS_OPENED),
    Case("and another state", add(state=0), 3001, given=OPEN, then=AS_OPENED),
    Case("the mail address of another customer", add("C-2", "P2"), 3001, given=OPEN, then=AS_OPENED),
    Case("the mail address of another customer, without a password", point_too(name="C-2"), 3001, given=OPEN,
         then=AS_OPENED),
    Case("another point of the account", point_too(), given=OPEN,
         then={**AS_OPENED, RELATIONS: [his(), his("P2")]}),
    Case("another point, with everything as it is stored", add(point="P2", start=date(2026, 3, 1)), given=OPEN,
         then={**AS_OPENED, RELATIONS: [his(), his("P2", "2026-03-01")], NAMES: [("old",), ("2F",), (None,)]}),
    Case("another point, with another password", add(point="P2", password=OTHER_HASH), 3001, given=OPEN,
         then=AS_OPENED),
    Case("an account that was removed is opened anew for another customer", add("C-2", "P2", password=OTHER_HASH),
         given=[*METERS, customer(deleted=1), account(deleted=1, temporary=1, failed=3, locked="2099-01-01", edit=0),
                token()],
         then={CUSTOMERS: [("C-1", 1), ("C-2", 0)], RELATIONS: [his("P2", name="C-2")],
               ACCOUNTS: [(MAIL, "C-2", OTHER_HASH, 0, 0, None, 1, 1, 0)], TOKENS: []}),
    Case("an account that was removed needs a password again", point_too(), 1001,
         given=[*METERS, account(deleted=1)], then={RELATIONS: []}),
    # Days of the point
    Case("a point of another customer", add(), 3004, given=NEIGHBOUR,
         then={CUSTOMERS: [("C-2", 0)], RELATIONS: [his(name="C-2")], ACCOUNTS: []}),
    Case("a point of another customer until the day before", add(start=date(2026, 2, 1)),
         given=[*METERS, relation("C-2", end="2026-02-01")],
         then={RELATIONS: [his(start="2026-02-01"), his(end="2026-02-01", name="C-2")]}),
    Case("a point of another customer on the first day", add(start=date(2026, 1, 31)), 3004,
         given=[*METERS, relation("C-2", end="2026-02-01")], then={ACCOUNTS: []}),
    Case("a point that another customer takes over later", add(), 3004,
         given=[*METERS, relation("C-2", start="2026-09-01")], then={ACCOUNTS: []}),
    # A contract that was cancelled lasts until the day of the removal, the day before its TO_DATE.
    Case("a contract of another customer that was cancelled, from the day before the removal", add(start=date(2026, 1, 31)),
         3004, given=[*METERS, CANCELLED], then={RELATIONS: [his(end="2026-02-02", deleted=1, name="C-2")], ACCOUNTS: []}),
    Case("one of the days before", add(), 3004, given=[*METERS, CANCELLED], then={ACCOUNTS: []}),
    *(Case(f"from {when}", add(start=date(2026, 2, day)), given=[*METERS, CANCELLED],
           then={RELATIONS: [his(start=f"2026-02-0{day}"), his(end="2026-02-02", deleted=1, name="C-2")], ACCOUNTS: [PLAIN]})
      for day, when in ((1, "the very day of the removal"), (2, "the day after the removal"))),
    Case("a contract of another customer that was cancelled before it began", add(),
         given=[*METERS, relation("C-2", start="2026-09-01", end="2026-09-01", deleted=1)], then={ACCOUNTS: [PLAIN]}),
    Case("one that began on the day of the removal", add(), 3004,
         given=[*METERS, relation("C-2", start="2026-09-01", end="2026-09-02", deleted=1)], then={ACCOUNTS: []}),
    Case("one of another customer that was cancelled and has no end", add(), given=[*METERS, relation("C-2", deleted=1)],
         then={RELATIONS: [his(), his(deleted=1, name="C-2")]}),
    Case("the last day that there is", add(start=date(9999, 12, 31)), given=[*METERS, CANCELLED], then={ACCOUNTS: [PLAIN]}),
    Case("his own contract that was cancelled, in the midst of its days", add(start=date(2026, 1, 15)),
         given=[*METERS, relation(end="2026-03-01", deleted=1)],
         then={RELATIONS: [his(end="2026-03-01", deleted=1), his(start="2026-01-15")]}),
    Case("his own contract that was cancelled is open again", add(),
         given=[*METERS, relation(end="2026-03-01", deleted=1)], then={RELATIONS: [his()]}),
    Case("days that ended before are another matter", add(start=date(2026, 6, 1)),
         given=[*METERS, relation(end="2026-03-01")],
         then={RELATIONS: [his(end="2026-03-01"), his(start="2026-06-01")]}),
    Case("days of his that end later", add(), 3001, given=[*METERS, relation(end="2026-03-01")],
         then={RELATIONS: [his(end="2026-03-01")], ACCOUNTS: []}),
    Case("days of his that begin later", add(), 3001, given=[*METERS, relation(start="2026-03-01")],
         then={RELATIONS: [his(start="2026-03-01")], ACCOUNTS: []}),
    # Arguments
    Case("an unknown point", add(point="P7"), 2002, given=METERS, then=NOTHING),
    Case("a point that was removed", add(point="P9"), 2002, given=METERS, then=NOTHING),
    *(Case(f"no {what}", add(**{field: None}), 1001, given=METERS, then=NOTHING)
      for field, what in (("name", "customer"), ("point", "point"), ("start", "start"), ("mail", "mail address"),
                          ("password", "password"), ("edit", "edit right"), ("state", "state"))),
    Case("no mail address", add(mail="portal"), 1002, given=METERS, then=NOTHING),
    Case("a mail address of 255 characters", add(mail="a@" + ".".join(["b" * 62] * 4) + ".c"), 1002, given=METERS),
    Case("a clear password", add(password="correct horse battery staple"), 1002, given=METERS, then=NOTHING),
    *(Case(f"a hash of {figures}", add(password=HASH.replace("m=65536,t=3,p=4", figures)), 1002, given=METERS, then=NOTHING)
      for figures in WEAK_OR_COSTLY),
    *(Case(f"a hash of {figures}", add(password=HASH.replace("m=65536,t=3,p=4", figures)), given=METERS)
      for figures in ("m=19456,t=2,p=1", "m=19500,t=9,p=10", "m=20000,t=10,p=9", "m=99999,t=1,p=16",
                      "m=100000,t=16,p=1", "m=1000000,t=1,p=1", "m=1039999,t=1,p=1", "m=1048576,t=1,p=1")),
    Case("a hash of another kind", add(password=HASH.replace("argon2id", "argon2i")), 1002, given=METERS),
    Case("a customer of 33 characters", add("C" * 33), 1002, given=METERS, then=NOTHING),
    Case("a point of 33 characters", add(point="P" * 33), 1002, given=METERS, then=NOTHING),
    Case("a name of 129 characters", add(called="x" * 129), 1002, given=METERS, then=NOTHING),
    Case("an injection is no customer", add("C-1', 0); --"), 1002, given=METERS, then=NOTHING),
    Case("an injection as name is a name", add(called="'; DELETE FROM VPS_ACCOUNT; --"), given=METERS,
         then={ACCOUNTS: [PLAIN], NAMES: [("'; DELETE FROM VPS_ACCOUNT; --",), (None,), (None,)]}),
    Case("an edit right of 2", add(edit=2), 1004, given=METERS, then=NOTHING),
    Case("a state of -1", add(state=-1), 1004, given=METERS, then=NOTHING),
    Case("an account whose customer was removed by hand", add(called="old"),
         given=[*OPEN, vps("UPDATE UTILITY_CUSTOMER SET DELETED = 1")], then=AS_OPENED),
]
