"""Cases of ADD_API_KEY."""

from case import Case
from cases._api import HASH, KEY, LATER, OTHER_HASH, PAST, SOON

ROWS = "mdm:SELECT KEY_ID, CLIENT, KEY_HASH, ROLE_NAME, NETWORKS, EXPIRES_AT, NOTE FROM API_KEY ORDER BY KEY_ID"


def add(key=KEY, client="care", digest=HASH, role="CUSTOMER", networks=None, expires=None, note=None):
    return (key, client, digest, role, networks, expires, note)


GIVEN = [("ADD_API_KEY", *add(networks="10.0.0.0/8", note="counter 1"))]
FIRST = {ROWS: [add(networks="10.0.0.0/8", note="counter 1")]}
LONGEST = ("10.0.0.0/8," * 46)[:-1]

CASES = [
    Case("a key", add(), then={ROWS: [add()]}),
    *(Case(f"a key of the role {role}", add(role=role), then={ROWS: [add(role=role)]}) for role in ("FACILITY", "CUSTOMER", "NMS", "VPS")),
    Case("a key with all that there is", add(networks="10.0.0.1,192.0.2.0/24,2001:db8::/32", expires=SOON, note="受付"),
         then={ROWS: [add(networks="10.0.0.1,192.0.2.0/24,2001:db8::/32", expires=SOON, note="受付")]}),
    Case("another key of the same client", add("00000000000c", digest=OTHER_HASH), given=GIVEN,
         then={"mdm:SELECT CLIENT FROM API_KEY": [("care",), ("care",)]}),
    Case("who added it is noted", add(), then={"mdm:SELECT COUNT(*) FROM API_KEY WHERE CREATED_BY IS NOT NULL": [(1,)]}),
    Case("as many networks as there is room for", add(networks=LONGEST), then={ROWS: [add(networks=LONGEST)]}),
    Case("a repeat", add(networks="10.0.0.0/8", note="counter 1"), 10, given=GIVEN, then=FIRST),
    Case("one that has been ended meanwhile", add(networks="10.0.0.0/8", note="counter 1"), 3001,
         given=[*GIVEN, ("EXPIRE_API_KEY", KEY, PAST)],
         then={ROWS: [add(networks="10.0.0.0/8", note="counter 1", expires=PAST)]}),
    Case("a repeat with its end", add(expires=SOON), 10, given=[("ADD_API_KEY", *add(expires=SOON))], then={ROWS: [add(expires=SOON)]}),
    Case("another end", add(expires=LATER), 3001, given=[("ADD_API_KEY", *add(expires=SOON))], then={ROWS: [add(expires=SOON)]}),
    Case("an end where there was none", add(networks="10.0.0.0/8", expires=SOON, note="counter 1"), 3001, given=GIVEN, then=FIRST),
    Case("another client", add(client="portal", networks="10.0.0.0/8", note="counter 1"), 3001, given=GIVEN, then=FIRST),
    Case("another hash", add(digest=OTHER_HASH, networks="10.0.0.0/8", note="counter 1"), 3001, given=GIVEN, then=FIRST),
    Case("another role", add(role="VPS", networks="10.0.0.0/8", note="counter 1"), 3001, given=GIVEN, then=FIRST),
    Case("other networks", add(note="counter 1"), 3001, given=GIVEN, then=FIRST),
    Case("another note", add(networks="10.0.0.0/8"), 3001, given=GIVEN, then=FIRST),
    Case("no key", add(None), 1001, then={ROWS: []}),
    Case("no client", add(client=None), 1001, then={ROWS: []}),
    Case("no hash", add(digest=None), 1001, then={ROWS: []}),
    Case("no role", add(role=None), 1001, then={ROWS: []}),
    Case("a key of 11 digits", add(KEY[1:]), 1002, then={ROWS: []}),
    Case("a key in upper case", add(KEY.upper()), 1002, then={ROWS: []}),
    Case("the key itself is no hash", add(digest=f"{KEY}.{'x' * 43}"), 1002, then={ROWS: []}),
    Case("a client that is none", add(client="customer care"), 1002, then={ROWS: []}),
    Case("a client too long", add(client="x" * 65), 1002, then={ROWS: []}),
    Case("networks that are none", add(networks="localhost"), 1002, then={ROWS: []}),
    Case("an empty list of networks", add(networks=""), 1002, then={ROWS: []}),
    Case("a blank between networks", add(networks="10.0.0.1, 10.0.0.2"), 1002, then={ROWS: []}),
    Case("too many networks", add(networks=LONGEST + ",10.0.0.0/16"), 1002, then={ROWS: []}),
    Case("a note too long", add(note="x" * 256), 1002, then={ROWS: []}),
    Case("a role of the database", add(role="SHIM"), 1003, then={ROWS: []}),
    Case("a role in lower case", add(role="vps"), 1003, then={ROWS: []}),
]
