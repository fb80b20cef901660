"""Cases of LOGIN_BEGIN: what it leaves behind; what it gives is in test_login."""

from case import Case
from cases._portal import ACCOUNTS, HASH, MAIL, PAST, PLAIN, TOKENS, account, mdm, token, vps

COUNT = "vps:SELECT COUNT(*) FROM LOGIN_TOKEN k WHERE k.EXPIRES_AT > LOCALTIMESTAMP"
ALL = "vps:SELECT COUNT(*) FROM LOGIN_TOKEN k"
SET_TO_TWO = mdm("UPDATE MDM_CONFIG SET \"VALUE\" = '2' WHERE NAME = 'LOGIN_FAILURES'")


def tokens(count, until="2099-01-01 00:00:00", mail=MAIL):
    return [token(f"{n:032x}", until, mail) for n in range(count)]


def row(failed=0, locked=None, state=1, deleted=0):
    return (MAIL, "C-1", HASH, 0, failed, locked, 1, state, deleted)


CASES = [
    Case("a login begins", (MAIL,), given=[account()], then={ACCOUNTS: [PLAIN], COUNT: [(1,)]}),
    Case("in upper case", (MAIL.upper(),), given=[account()], then={COUNT: [(1,)]}),
    Case("an unknown account", ("nobody@example.jp",), given=[account()], then={ACCOUNTS: [PLAIN], ALL: [(0,)]}),
    Case("an account that was removed", (MAIL,), given=[account(deleted=1)], then={ACCOUNTS: [row(deleted=1)], ALL: [(0,)]}),
    Case("a suspended account", (MAIL,), given=[account(state=0)], then={ACCOUNTS: [row(state=0)], ALL: [(0,)]}),
    Case("an account without a password", (MAIL,),
         given=[account(), vps("UPDATE VPS_ACCOUNT SET PASSWORD_HASH = NULL")], then={ALL: [(0,)]}),
    Case("a locked account", (MAIL,), given=[account(failed=5, locked="2099-01-01")],
         then={ACCOUNTS: [row(5, 1)], ALL: [(0,)]}),
    Case("a lock that is over", (MAIL,), given=[account(failed=5, locked=PAST)], then={ACCOUNTS: [PLAIN], COUNT: [(1,)]}),
    Case("the last try", (MAIL,), given=[account(failed=2), *tokens(2)], then={ACCOUNTS: [row(2)], COUNT: [(3,)]}),
    Case("no try left while others are open", (MAIL,), given=[account(failed=2), *tokens(3)],
         then={ACCOUNTS: [row(2)], COUNT: [(3,)]}),
    Case("logins of another account do not count", (MAIL,), given=[account(), *tokens(5, mail="zoo@example.jp")],
         then={COUNT: [(6,)]}),
    Case("logins that never ended have failed", (MAIL,), given=[account(failed=1), *tokens(2, PAST)],
         then={ACCOUNTS: [row(3)], ALL: [(1,)]}),
    Case("they lock the account too", (MAIL,), given=[account(failed=3), *tokens(2, PAST)],
         then={ACCOUNTS: [row(5, 1)], ALL: [(0,)]}),
    Case("those of another account stay", (MAIL,), given=[account(), *tokens(2, PAST, "zoo@example.jp")],
         then={ACCOUNTS: [PLAIN], ALL: [(3,)]}),
    Case("as many tries as are set", (MAIL,), given=[SET_TO_TWO, account(failed=1)], then={COUNT: [(1,)]}),
    Case("and no more", (MAIL,), given=[SET_TO_TWO, account(failed=1), *tokens(1)], then={COUNT: [(1,)]}),
    Case("no account", (None,), 1001, rows=[]),
    Case("no mail address", ("portal",), 1002, rows=[]),
    Case("an injection is no account", ("' OR '1'='1",), 1002, given=[account()], rows=[], then={TOKENS: []}),
]
