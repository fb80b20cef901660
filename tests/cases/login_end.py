"""Cases of LOGIN_END; whole logins are in test_login."""

from case import Case
from cases._portal import ACCOUNTS, HASH, MAIL, OTHER_HASH, PAST, PLAIN, TOKEN, TOKENS, account, mdm, token

ALL = "vps:SELECT COUNT(*) FROM LOGIN_TOKEN k"
ROW = [("C-1", MAIL, 0, 1)]
SET_TO_TWO = mdm("UPDATE MDM_CONFIG SET \"VALUE\" = '2' WHERE NAME = 'LOGIN_FAILURES'")


def row(failed=0, locked=None, state=1, deleted=0):
    return (MAIL, "C-1", HASH, 0, failed, locked, 1, state, deleted)


CASES = [
    Case("a login that holds", (TOKEN, 1), given=[account(), token()], rows=ROW, then={ACCOUNTS: [PLAIN], TOKENS: []}),
    Case("with a temporary password, and no right to edit", (TOKEN, 1), given=[account(temporary=1, edit=0), token()],
         rows=[("C-1", MAIL, 1, 0)]),
    Case("it ends the count", (TOKEN, 1), given=[account(failed=4), token()], rows=ROW, then={ACCOUNTS: [PLAIN]}),
    Case("after a lock", (TOKEN, 1), given=[account(failed=5, locked=PAST), token()], rows=ROW, then={ACCOUNTS: [PLAIN]}),
    Case("a token is good once", (TOKEN, 1), 4001, given=[account(), token(), ("LOGIN_END", TOKEN, 1)], rows=[]),
    Case("other logins stay open", (TOKEN, 1), given=[account(), token(), token("f" * 32)], rows=ROW, then={ALL: [(1,)]}),
    # Refused
    Case("a wrong password", (TOKEN, 0), 4001, given=[account(), token()], rows=[],
         then={ACCOUNTS: [row(1)], TOKENS: []}),
    Case("the fourth one", (TOKEN, 0), 4001, given=[account(failed=3), token()], then={ACCOUNTS: [row(4)]}),
    Case("the fifth one locks", (TOKEN, 0), 4001, given=[account(failed=4), token()], then={ACCOUNTS: [row(5, 1)]}),
    Case("as many as are set", (TOKEN, 0), 4001, given=[SET_TO_TWO, account(failed=1), token()],
         then={ACCOUNTS: [row(2, 1)]}),
    Case("another account is not counted", (TOKEN, 0), 4001,
         given=[account(), account("zoo@example.jp"), token()],
         then={ACCOUNTS: [row(1), ("zoo@example.jp", *PLAIN[1:])]}),
    Case("a locked account", (TOKEN, 1), 4001, given=[account(failed=5, locked="2099-01-01"), token()], rows=[],
         then={ACCOUNTS: [row(5, 1)], TOKENS: []}),
    Case("a wrong password of a locked account is not counted", (TOKEN, 0), 4001,
         given=[account(failed=5, locked="2099-01-01"), token()],
         then={ACCOUNTS: [row(5, 1)], "vps:SELECT a.LOCKED_UNTIL FROM VPS_ACCOUNT a": [("2099-01-01 00:00:00",)]}),
    Case("a suspended account", (TOKEN, 1), 4001, given=[account(state=0), token()], rows=[], then={TOKENS: []}),
    Case("an account that was removed", (TOKEN, 1), 4001, given=[account(deleted=1), token()], rows=[], then={TOKENS: []}),
    Case("an unknown token", (TOKEN, 1), 4001, given=[account(), token("f" * 32)], rows=[],
         then={ACCOUNTS: [PLAIN], ALL: [(1,)]}),
    Case("a token that came too late is left to count", (TOKEN, 1), 4001, given=[account(), token(until=PAST)], rows=[],
         then={ACCOUNTS: [PLAIN], ALL: [(1,)]}),
    Case("another password meanwhile", (TOKEN, 1), 4001, given=[account(password=OTHER_HASH), token()], rows=[],
         then={TOKENS: []}),
    Case("a wrong password that is no longer the one is not counted", (TOKEN, 0), 4001,
         given=[account(password=OTHER_HASH, failed=1), token()],
         then={ACCOUNTS: [(MAIL, "C-1", OTHER_HASH, 0, 1, None, 1, 1, 0)]}),
    # Arguments
    Case("no token", (None, 1), 1001, rows=[]),
    Case("no outcome", (TOKEN, None), 1001, given=[account(), token()], rows=[], then={ALL: [(1,)]}),
    Case("a token of 31 digits", (TOKEN[1:], 1), 1002, rows=[]),
    Case("a token in upper case", (TOKEN.upper(), 1), 1002, given=[account(), token()], rows=[]),
    Case("an outcome of 2", (TOKEN, 2), 1004, given=[account(), token()], rows=[], then={ALL: [(1,)]}),
    Case("an injection is no token", ("' OR '1'='1", 1), 1002, given=[account(), token()], rows=[], then={ALL: [(1,)]}),
]
