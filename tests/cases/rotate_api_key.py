"""Cases of ROTATE_API_KEY."""

from case import Case
from cases._api import HASH, KEY, LATER, OTHER_HASH, OTHER_KEY, PAST, SOON, key

ROWS = ("mdm:SELECT KEY_ID, CLIENT, KEY_HASH, ROLE_NAME, NETWORKS, EXPIRES_AT, NOTE FROM API_KEY ORDER BY KEY_ID")
REST = ("CUSTOMER", "10.0.0.0/8")


def rotate(old=KEY, new=OTHER_KEY, digest=OTHER_HASH, expires=SOON):
    return (old, new, digest, expires)


def has(expires=SOON):
    """The old key and the new one."""
    return {ROWS: [(KEY, "care", HASH, *REST, expires, "counter 1"), (OTHER_KEY, "care", OTHER_HASH, *REST, None, "counter 1")]}


def old(expires=None):
    return key(networks="10.0.0.0/8", note="counter 1", expires=expires)


ONE = {ROWS: [(KEY, "care", HASH, *REST, None, "counter 1")]}

CASES = [
    Case("a new key", rotate(), given=[old()], then=has()),
    Case("the old one ends at once", rotate(expires=None), given=[old()],
         then={"mdm:SELECT COUNT(*) FROM API_KEY WHERE EXPIRES_AT <= CURRENT_TIMESTAMP": [(1,)]}),
    Case("the old one ends earlier already", rotate(expires=LATER), given=[old(SOON)], then=has(SOON)),
    Case("the old one ends earlier than it would have", rotate(), given=[old(LATER)], then=has(SOON)),
    Case("a repeat", rotate(), 10, given=[old(), ("ROTATE_API_KEY", *rotate())], then=has()),
    Case("a repeat once the old one has expired", rotate(), 10,
         given=[old(), ("ROTATE_API_KEY", *rotate()), ("EXPIRE_API_KEY", KEY, PAST)], then=has(PAST)),
    Case("another hash for the new one", rotate(digest=HASH), 3001, given=[old(), ("ROTATE_API_KEY", *rotate())], then=has()),
    *(Case(f"the same hash at a key with {what}", rotate(digest=HASH), 3001, given=[old(SOON), key(OTHER_KEY, note="counter 1", **has)],
           then={ROWS: [(KEY, "care", HASH, *REST, SOON, "counter 1"), (OTHER_KEY, *row)]})
      for what, has, row in (
          ("another client", {"client": "portal", "networks": "10.0.0.0/8"}, ("portal", HASH, "CUSTOMER", "10.0.0.0/8", None, "counter 1")),
          ("another role", {"role": "VPS", "networks": "10.0.0.0/8"}, ("care", HASH, "VPS", "10.0.0.0/8", None, "counter 1")),
          ("other networks", {"networks": "10.0.0.1"}, ("care", HASH, "CUSTOMER", "10.0.0.1", None, "counter 1")),
          ("no networks", {}, ("care", HASH, "CUSTOMER", None, None, "counter 1")))),
    Case("the same hash at another key, and the old one goes on", rotate(digest=HASH), 3001,
         given=[old(), key(OTHER_KEY, networks="10.0.0.0/8", note="counter 1")],
         then={"mdm:SELECT COUNT(*) FROM API_KEY WHERE EXPIRES_AT IS NULL": [(2,)]}),
    Case("a key of another client has this KEY_ID", rotate(digest=HASH), 3001, given=[old(), key(OTHER_KEY, client="portal")]),
    Case("a key cannot replace itself", rotate(new=KEY, digest=HASH), 3001, given=[old()], then=ONE),
    Case("the old one has expired", rotate(), 3002, given=[old(PAST)],
         then={"mdm:SELECT COUNT(*) FROM API_KEY": [(1,)]}),
    Case("an unknown key", rotate("00000000000f"), 2005, given=[old()], then=ONE),
    Case("no old key", rotate(None), 1001, given=[old()], then=ONE),
    Case("no new key", rotate(new=None), 1001, given=[old()], then=ONE),
    Case("no hash", rotate(digest=None), 1001, given=[old()], then=ONE),
    Case("an old key that is none", rotate("x"), 1002, given=[old()], then=ONE),
    Case("a new key that is none", rotate(new="00000000000G"), 1002, given=[old()], then=ONE),
    Case("a hash that is none", rotate(digest="x"), 1002, given=[old()], then=ONE),
]
