"""Cases of EXPIRE_API_KEY."""

from case import Case
from cases._api import KEY, LATER, OTHER_KEY, PAST, SOON, key

ROWS = "mdm:SELECT KEY_ID, EXPIRES_AT FROM API_KEY ORDER BY KEY_ID"
TWO = [key(), key(OTHER_KEY)]


def ends(at):
    return {ROWS: [(KEY, at), (OTHER_KEY, None)]}


CASES = [
    Case("at a moment", (KEY, SOON), given=TWO, then=ends(SOON)),
    Case("at once", (KEY, None), given=TWO,
         then={"mdm:SELECT KEY_ID FROM API_KEY WHERE EXPIRES_AT <= CURRENT_TIMESTAMP": [(KEY,)]}),
    Case("in the past", (KEY, PAST), given=TWO, then=ends(PAST)),
    Case("earlier than before", (KEY, SOON), given=[key(expires=LATER), key(OTHER_KEY)], then=ends(SOON)),
    Case("a repeat", (KEY, SOON), 10, given=[key(expires=SOON), key(OTHER_KEY)], then=ends(SOON)),
    Case("never later", (KEY, LATER), 10, given=[key(expires=SOON), key(OTHER_KEY)], then=ends(SOON)),
    Case("one that has expired", (KEY, None), 10, given=[key(expires=PAST), key(OTHER_KEY)], then=ends(PAST)),
    Case("an unknown key", ("00000000000f", None), 2005, given=TWO, then=ends(None)),
    Case("no key", (None, None), 1001, given=TWO, then=ends(None)),
    Case("a key that is none", ("x' OR '1'='1", None), 1002, given=TWO, then=ends(None)),
]
