"""Cases of FINISH_ADR_ACTION."""

from case import Case


def planned(state="PLANNED", message=None, day=3):
    text = "NULL" if message is None else f"'{message}'"
    return [("vps", "INSERT INTO ADR_ACTION_HISTORY (ADR_ACTION_ID, DIRECTED_TIME, ADR_EVENT_ID, POLICY_ID, LD_ID, START_AT,"
                    " END_AT, STATE, MESSAGE) VALUES"
                    f" ({number}, '2026-01-01', 900, {number}, 'P1', '2026-01-0{on} 18:00:00', '2026-01-0{on} 20:00:00',"
                    f" '{of}', {said})")
            for number, of, said, on in ((900, state, text, 2), (901, "PLANNED", "NULL", day))]


ROWS = "vps:SELECT a.ADR_ACTION_ID, a.STATE, a.MESSAGE FROM ADR_ACTION_HISTORY a ORDER BY a.ADR_ACTION_ID"


def stays(state, message=None):
    return {ROWS: [(900, state, message), (901, "PLANNED", None)]}


CASES = [
    Case("the head-end reserved it", (900, "RESERVED", None), given=planned(), then=stays("RESERVED")),
    Case("with a message", (900, "RESERVED", "slot 4"), given=planned(), then=stays("RESERVED", "slot 4")),
    Case("it failed", (900, "FAILED", "no answer"), given=planned(), then=stays("FAILED", "no answer")),
    Case("it failed without a word", (900, "FAILED", None), given=planned(), then=stays("FAILED")),
    Case("the second attempt succeeded", (900, "RESERVED", None), given=planned("FAILED", "no answer"), then=stays("RESERVED")),
    Case("the second attempt came too late: the point has another action", (900, "RESERVED", None), 3002,
         given=planned("FAILED", "no answer", day=2), then=stays("FAILED", "no answer")),
    Case("one of two at a time failed", (900, "FAILED", "no answer"), given=planned(day=2), then=stays("FAILED", "no answer")),
    Case("any text", (900, "FAILED", "応答なし, \"60\"'; --"), given=planned(), then=stays("FAILED", "応答なし, \"60\"'; --")),
    Case("the longest message", (900, "FAILED", "電" * 512), given=planned(), then=stays("FAILED", "電" * 512)),
    Case("a repeat", (900, "RESERVED", "again"), 10, given=planned("RESERVED", "first"), then=stays("RESERVED", "first")),
    Case("a repeated failure", (900, "FAILED", "again"), 10, given=planned("FAILED", "first"), then=stays("FAILED", "first")),
    Case("a reservation cannot be cancelled", (900, "FAILED", "off"), 3002, given=planned("RESERVED"), then=stays("RESERVED")),
    Case("an unknown action", (999, "RESERVED", None), 2008, given=planned(), then=stays("PLANNED")),
    Case("no action", (None, "RESERVED", None), 1001, given=planned(), then=stays("PLANNED")),
    Case("no state", (900, None, None), 1001, given=planned(), then=stays("PLANNED")),
    Case("a message too long", (900, "FAILED", "x" * 513), 1002, given=planned(), then=stays("PLANNED")),
    Case("another state", (900, "DONE", None), 1003, given=planned(), then=stays("PLANNED")),
    Case("back to planned", (900, "PLANNED", None), 1003, given=planned("FAILED"), then=stays("FAILED")),
    Case("a state in lower case", (900, "reserved", None), 1003, given=planned(), then=stays("PLANNED")),
    Case("an empty state", (900, "", None), 1003, given=planned(), then=stays("PLANNED")),
    Case("an injection", (900, "FAILED' OR '1'='1", None), 1003, given=planned(), then=stays("PLANNED")),
]
