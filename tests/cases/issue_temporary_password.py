"""Cases of ISSUE_TEMPORARY_PASSWORD."""

from case import Case
from cases._portal import ACCOUNTS, CHANGED, HASH, MAIL, OTHER_HASH, PLAIN, TOKENS, account, token

OTHER = account("zoo@example.jp", "C-2", failed=2)
ZOO = ("zoo@example.jp", "C-2", HASH, 0, 2, None, 1, 1, 0)
GIVEN = [account(failed=5, locked="2099-01-01"), OTHER, token(), token("f" * 32, mail="zoo@example.jp")]
ISSUED = (MAIL, "C-1", OTHER_HASH, 1, 0, None, 1, 1, 0)
SAME = {ACCOUNTS: [PLAIN, ZOO], CHANGED: []}

CASES = [
    Case("a locked account opens with it", (MAIL, OTHER_HASH), given=GIVEN,
         then={ACCOUNTS: [ISSUED, ZOO], CHANGED: [(MAIL,)],
               "vps:SELECT k.VPS_ACCOUNT_ID FROM LOGIN_TOKEN k": [("zoo@example.jp",)]}),
    Case("in upper case", (MAIL.upper(), OTHER_HASH), given=GIVEN, then={ACCOUNTS: [ISSUED, ZOO]}),
    Case("again", (MAIL, OTHER_HASH), given=[account(), ("ISSUE_TEMPORARY_PASSWORD", MAIL, OTHER_HASH)],
         then={ACCOUNTS: [ISSUED]}),
    Case("a suspended account stays so", (MAIL, OTHER_HASH), given=[account(state=0)],
         then={ACCOUNTS: [(MAIL, "C-1", OTHER_HASH, 1, 0, None, 1, 0, 0)]}),
    Case("an unknown account", ("nobody@example.jp", OTHER_HASH), 2005, given=[account(), OTHER], then=SAME),
    Case("an account that was removed", (MAIL, OTHER_HASH), 2005, given=[account(deleted=1), token()],
         then={ACCOUNTS: [(MAIL, "C-1", HASH, 0, 0, None, 1, 1, 1)], "vps:SELECT COUNT(*) FROM LOGIN_TOKEN k": [(1,)]}),
    Case("no account", (None, OTHER_HASH), 1001),
    Case("no password", (MAIL, None), 1001, given=[account(), OTHER], then=SAME),
    Case("a clear password", (MAIL, "correct horse"), 1002, given=[account(), OTHER], then=SAME),
    Case("no mail address", ("portal", OTHER_HASH), 1002),
    Case("an injection is no account", ("x' OR '1'='1", OTHER_HASH), 1002, given=[account(), OTHER],
         then={**SAME, TOKENS: []}),
]
