"""Events and actions that the cases of their logs start from."""

from case import Call


def _row(table: str, **columns: object) -> Call:
    texts = ", ".join("NULL" if value is None else f"'{value}'" for value in columns.values())
    return ("vps", f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({texts})")


def received(number: int, name: str, at: str, level: int = 2, **columns: object) -> Call:
    """An event of 18:00 to 20:00 of 2 June 2026, unless said otherwise."""
    given = {"START_AT": "2026-06-02 18:00:00", "END_AT": "2026-06-02 20:00:00"} | columns
    return _row("ADR_EVENT_HISTORY", ADR_EVENT_ID=number, DRAS_EVENT_ID=name, RECEIVED_TIME=at, LEVEL=level, **given)


def directed(number: int, event: int, at: str, point: str = "P1", state: str = "PLANNED", **columns: object) -> Call:
    """An action of the policy of its own number."""
    given = {"POLICY_ID": number, "FROM_CAPACITY": 40, "TO_CAPACITY": 20,
             "START_AT": "2026-06-02 18:00:00", "END_AT": "2026-06-02 20:00:00"} | columns
    return _row("ADR_ACTION_HISTORY", ADR_ACTION_ID=number, ADR_EVENT_ID=event, DIRECTED_TIME=at, LD_ID=point, STATE=state,
                **given)


EVENTS = [
    received(900, "e1", "2026-06-01 10:00:00", INCENTIVE="50.5", STATUS="far"),
    received(901, "e2", "2026-06-02 10:00:00", 3, CLUSTER_ID="C1", STATUS="near"),
    received(902, "e3", "2026-06-03 10:00:00", 1),
]
ACTIONS = [
    directed(900, 900, "2026-06-01 10:00:00"),
    directed(901, 900, "2026-06-01 10:00:00", "P2", "RESERVED", MESSAGE="slot 4"),
    directed(902, 901, "2026-06-02 10:00:00", "P1", "FAILED", MESSAGE="no answer"),
    directed(903, 901, "2026-06-02 10:00:00", "P3", POLICY_ID=900),
]
