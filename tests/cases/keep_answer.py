"""Cases of KEEP_ANSWER."""

from case import Case
from cases._api import HASH, OTHER_HASH

KEPT = [("KEEP_ANSWER", "care", "k-1", HASH, 200, "{}")]
ROWS = "mdm:SELECT CLIENT, IDEMPOTENCY_KEY, REQUEST_HASH, STATUS, ANSWER FROM API_ANSWER ORDER BY CLIENT, IDEMPOTENCY_KEY"
FIRST = ("care", "k-1", HASH, 200, "{}")
UNTOUCHED = {ROWS: [FIRST]}
ALL = "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"

CASES = [
    Case("an answer", ("care", "k-1", HASH, 200, "{}"), then=UNTOUCHED),
    Case("the key of another client", ("portal", "k-1", HASH, 403, "[]"), given=KEPT,
         then={ROWS: [FIRST, ("portal", "k-1", HASH, 403, "[]")]}),
    Case("an empty answer", ("care", "k-1", HASH, 599, ""), then={ROWS: [("care", "k-1", HASH, 599, "")]}),
    Case("every character of a key", ("care", ALL, HASH, 100, "{}"), then={ROWS: [("care", ALL, HASH, 100, "{}")]}),
    Case("the longest key", ("care", "k" * 128, HASH, 200, "{}"), then={ROWS: [("care", "k" * 128, HASH, 200, "{}")]}),
    Case("a second answer", ("care", "k-1", HASH, 200, "{}"), 3001, given=KEPT, then=UNTOUCHED),
    Case("the answer to another request", ("care", "k-1", OTHER_HASH, 200, "{}"), 3001, given=KEPT, then=UNTOUCHED),
    Case("no client", (None, "k-1", HASH, 200, "{}"), 1001),
    Case("no key", ("care", None, HASH, 200, "{}"), 1001),
    Case("no hash", ("care", "k-1", None, 200, "{}"), 1001),
    Case("no status", ("care", "k-1", HASH, None, "{}"), 1001),
    Case("no answer", ("care", "k-1", HASH, 200, None), 1001),
    Case("a client that is none", ("care'; --", "k-1", HASH, 200, "{}"), 1002),
    Case("a key too long", ("care", "k" * 129, HASH, 200, "{}"), 1002),
    Case("a key that is not ASCII", ("care", "鍵", HASH, 200, "{}"), 1002),
    Case("a key with a line end", ("care", "k-1\n", HASH, 200, "{}"), 1002),
    Case("an empty key", ("care", "", HASH, 200, "{}"), 1002),
    Case("a hash that is too short", ("care", "k-1", HASH[1:], 200, "{}"), 1002),
    Case("a hash in upper case", ("care", "k-1", HASH.upper(), 200, "{}"), 1002),
    Case("a status that is none", ("care", "k-1", HASH, 99, "{}"), 1004),
    Case("a status above all", ("care", "k-1", HASH, 600, "{}"), 1004),
]
