"""Cases of EDIT_ACCOUNT."""

from case import Case
from cases._portal import (
    ACCOUNTS,
    CHANGED,
    HASH,
    MAIL,
    METERS,
    NAMES,
    OPEN,
    OTHER_HASH,
    PLAIN,
    TOKENS,
    account,
    customer,
    mdm,
    relation,
    token,
    vps,
)


def edit(mail=MAIL, password=None, right=None, state=None, called=None):
    return (mail, password, right, state, called)


OTHER = account("zoo@example.jp", "C-2")
ZOO = ("zoo@example.jp", "C-2", HASH, 0, 0, None, 1, 1, 0)
GIVEN = [*OPEN, OTHER]
SAME = {ACCOUNTS: [PLAIN, ZOO], NAMES: [("old",), (None,), (None,)], CHANGED: []}
LOCKED = [*METERS, customer(), relation(), account(temporary=1, failed=5, locked="2099-01-01"), token()]
LOCKED_ROW = (MAIL, "C-1", HASH, 1, 5, 1, 1, 1, 0)
NAMED = [("2F",), (None,), (None,)]

CASES = [
    Case("everything", edit(MAIL, OTHER_HASH, 0, 0, "2F"), given=GIVEN,
         then={ACCOUNTS: [(MAIL, "C-1", OTHER_HASH, 0, 0, None, 0, 0, 0), ZOO], NAMES: NAMED, CHANGED: [(MAIL,)]}),
    Case("the state alone", edit(state=0), given=GIVEN,
         then={**SAME, ACCOUNTS: [(MAIL, "C-1", HASH, 0, 0, None, 1, 0, 0), ZOO], CHANGED: [(MAIL,)]}),
    Case("the edit right alone", edit(right=0), given=GIVEN,
         then={**SAME, ACCOUNTS: [(MAIL, "C-1", HASH, 0, 0, None, 0, 1, 0), ZOO], CHANGED: [(MAIL,)]}),
    Case("the name alone", edit(called="2F"), given=GIVEN,
         then={ACCOUNTS: [PLAIN, ZOO], NAMES: NAMED}),
    Case("in upper case", edit(MAIL.upper(), state=0), given=GIVEN,
         then={ACCOUNTS: [(MAIL, "C-1", HASH, 0, 0, None, 1, 0, 0), ZOO]}),
    Case("a new password ends temporary, failures, lock and open logins", edit(password=OTHER_HASH), given=LOCKED,
         then={ACCOUNTS: [(MAIL, "C-1", OTHER_HASH, 0, 0, None, 1, 1, 0)], TOKENS: []}),
    Case("without one they stay", edit(right=0), given=LOCKED,
         then={ACCOUNTS: [(MAIL, "C-1", HASH, 1, 5, 1, 0, 1, 0)],
               "vps:SELECT COUNT(*) FROM LOGIN_TOKEN k": [(1,)]}),
    Case("the stored password is not new", edit(password=HASH), 10, given=LOCKED, then={ACCOUNTS: [LOCKED_ROW]}),
    Case("the stored password beside another state is not new either", edit(password=HASH, state=0), given=LOCKED,
         then={ACCOUNTS: [(MAIL, "C-1", HASH, 1, 5, 1, 1, 0, 0)]}),
    Case("an account without a password gets one", edit(password=HASH),
         given=[*OPEN, vps("UPDATE VPS_ACCOUNT SET PASSWORD_HASH = NULL")], then={ACCOUNTS: [PLAIN]}),
    Case("nothing", edit(), 10, given=GIVEN, then=SAME),
    Case("nothing new", edit(MAIL, HASH, 1, 1, "old"), 10, given=GIVEN, then=SAME),
    # Whose name it is
    Case("a customer with two points", edit(state=0, called="2F"), 3002, given=[*GIVEN, relation(point="P2")],
         then=SAME),
    Case("a customer with one point and one that has ended", edit(called="2F"),
         given=[*GIVEN, relation(point="P2", end="2026-01-02")], then={NAMES: NAMED}),
    Case("a customer with one point and one from a later day on", edit(called="2F"),
         given=[*GIVEN, relation(point="P2", start="2099-01-01")], then={NAMES: NAMED}),
    Case("a customer with one point and a cancelled one", edit(called="2F"),
         given=[*GIVEN, relation(point="P2", deleted=1)], then={NAMES: NAMED}),
    Case("a customer without a point", edit("zoo@example.jp", called="2F"), 3002, given=GIVEN, then=SAME),
    Case("a point that no device reads", edit(called="2F"), 3002,
         given=[*GIVEN, mdm("UPDATE LOGICAL_DEVICE SET LD_ID = NULL WHERE TABLE_KEY = 900")], then=SAME),
    Case("two points, and no name", edit(state=0), given=[*GIVEN, relation(point="P2")],
         then={ACCOUNTS: [(MAIL, "C-1", HASH, 0, 0, None, 1, 0, 0), ZOO]}),
    # Arguments
    Case("an unknown account", edit("nobody@example.jp", state=0), 2005, given=GIVEN, then=SAME),
    Case("an unknown account, with a name", edit("nobody@example.jp", called="2F"), 2005, given=GIVEN, then=SAME),
    Case("an account that was removed", edit(state=0), 2005, given=[*METERS, account(deleted=1)],
         then={ACCOUNTS: [(MAIL, "C-1", HASH, 0, 0, None, 1, 1, 1)]}),
    Case("no account", edit(None, state=0), 1001, given=GIVEN),
    Case("no mail address", edit("portal"), 1002, given=GIVEN),
    Case("a clear password", edit(password="correct horse"), 1002, given=GIVEN, then=SAME),
    Case("a name of 129 characters", edit(called="x" * 129), 1002, given=GIVEN, then=SAME),
    Case("an edit right of 2", edit(right=2), 1004, given=GIVEN, then=SAME),
    Case("a state of 2", edit(state=2), 1004, given=GIVEN, then=SAME),
    Case("an injection is no account", edit("' OR 1=1 --@example.jp", state=0), 1002, given=GIVEN, then=SAME),
]
