"""Cases of FIND_API_KEY."""

from case import Case
from cases._api import HASH, KEY, OTHER_KEY, PAST, SOON, key

CASES = [
    Case("a key", (KEY,), given=[key(), key(OTHER_KEY, client="portal")], rows=[("care", HASH, "CUSTOMER", None)]),
    Case("a key that expires later", (KEY,), given=[key(expires=SOON, networks="10.0.0.0/8,2001:db8::1")],
         rows=[("care", HASH, "CUSTOMER", "10.0.0.0/8,2001:db8::1")]),
    Case("a key that has expired", (KEY,), 2005, given=[key(expires=PAST)], rows=[]),
    Case("an unknown key", (OTHER_KEY,), 2005, given=[key()], rows=[]),
    Case("no key", (None,), 1001, given=[key()], rows=[]),
    Case("a key in upper case", (KEY.upper(),), 1002, given=[key()], rows=[]),
    Case("an injection", ("' OR '1'='1",), 1002, given=[key()], rows=[]),
    Case("an empty key", ("",), 1002, given=[key()], rows=[]),
]
