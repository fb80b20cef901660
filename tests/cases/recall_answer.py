"""Cases of RECALL_ANSWER."""

from case import Case
from cases._api import HASH, OTHER_HASH

KEPT = [("KEEP_ANSWER", "care", "k-1", HASH, 200, '{"data": "電"}')]
LONG = '{"data": "' + "電x" * 50_000 + '"}'

CASES = [
    Case("the first answer", ("care", "k-1", HASH), given=KEPT, rows=[(200, '{"data": "電"}')]),
    Case("a long answer", ("care", "k-2", HASH), given=[("KEEP_ANSWER", "care", "k-2", HASH, 409, LONG)], rows=[(409, LONG)]),
    Case("the key of another request", ("care", "k-1", OTHER_HASH), 3001, given=KEPT, rows=[]),
    Case("the key of another client", ("portal", "k-1", HASH), 11, given=KEPT, rows=[]),
    Case("a new key", ("care", "k-2", HASH), 11, given=KEPT, rows=[]),
    Case("letters are as they are", ("care", "K-1", HASH), 11, given=KEPT, rows=[]),
    Case("no client", (None, "k-1", HASH), 1001, rows=[]),
    Case("no key", ("care", None, HASH), 1001, rows=[]),
    Case("no hash", ("care", "k-1", None), 1001, rows=[]),
    Case("a client that is none", ("c are", "k-1", HASH), 1002, rows=[]),
    Case("a key with a blank", ("care", "k 1", HASH), 1002, rows=[]),
    Case("a hash that is none", ("care", "k-1", "x" * 64), 1002, rows=[]),
]
