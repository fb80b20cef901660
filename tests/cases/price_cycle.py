"""Cases of PRICE_CYCLE."""

from datetime import datetime

from case import Case
from cases._station import meter, prices, slot, usage

R, S, T, U = (datetime(2026, 1, 14, 9 + n // 2, n % 2 * 30) for n in range(4))
POINT = [*meter(901, 1, "P1"), *prices("GLOBAL", tiers=(10, 20, 15))]
QUOTES = "vps:SELECT QUOTE, SOURCE FROM QUOTE_HISTORY ORDER BY MEASURED_TIME"
SLOTS = [*POINT, *slot("P1", R, "1"), *slot("P1", S, "1"), *slot("P1", T, "1"), *slot("P1", U, "1")]


def quotes(*values: str | None) -> dict:
    return {QUOTES: [(value, "N" if value is None else "S") for value in values]}


CASES = [
    Case("the slots of its snapshot", (T, T), given=SLOTS, then=quotes(None, None, "10", None)),
    Case("the slots of several snapshots", (S, T), given=SLOTS, then=quotes(None, "10", "10", None)),
    Case("from the first slot that it repaired", (U, U),
         given=[*POINT, *slot("P1", R, "1"), *usage("P1", S, None, None, 1, repoll=("1", "19.5", U)),
                ("vps", "UPDATE QUOTE_HISTORY SET USAGE_VALUE = 19.5 WHERE MEASURED_TIME = '2026-01-14 09:30:00'"),
                *slot("P1", T, "1", "S", "10"), *slot("P1", U, "1")], then=quotes(None, "197.5", "15", "15")),
    Case("not what another cycle repaired", (U, U),
         given=[*POINT, *usage("P1", S, None, None, 1, repoll=("1", "2", T)), *slot("P1", T, "1"), *slot("P1", U, "1")],
         then=quotes(None, None, "10")),
    Case("billing is linked", (T, T), 11,
         given=[*SLOTS, ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'BILLING_LINKED'")],
         then=quotes(None, None, None, None)),
    Case("nothing has a price", (T, T), 11, given=[*meter(901, 1, "P1"), *slot("P1", T, "1")], then=quotes(None)),
    Case("a repeat changes nothing", (T, T), 11, given=[*SLOTS, ("PRICE_CYCLE", T, T)],
         then={**quotes(None, None, "10", None), "vps:SELECT COUNT(*) FROM USAGE_REVISION": [(0,)]}),
    Case("no first snapshot", (None, T), 1001, given=SLOTS),
    Case("no cycle", (T, None), 1001, given=SLOTS, then=quotes(None, None, None, None)),
    Case("the cycle before its first snapshot", (U, T), 1004, given=SLOTS),
]
