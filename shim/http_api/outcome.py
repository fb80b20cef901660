"""What became of a control: read back from the meter, recorded in the database.

A control is OPEN in the database from before its head-end is asked until it is recorded, and a
point has one that is open at most: so whatever breaks off in between, somebody finds it, reads
the meter and records what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kenshin.catalog import Catalog
from kenshin.engines import EngineError, Result, Session
from kenshin.he_api.client import Device, HeadEnd, HeadEnds, Status
from kenshin.http_api.answer import FAILED, HEAD_END_REFUSED, Answer
from kenshin.http_api.idempotency import Keeping, is_kept
from kenshin.http_api.locks import located
from kenshin.http_api.pool import call
from kenshin.rules import Rules

FINISH = "FINISH_CONTROL"
DONE, REFUSED = "DONE", "REFUSED"
MESSAGE_LENGTH = 512  # of FINISH_CONTROL and FINISH_ADR_ACTION


@dataclass(frozen=True)
class Control:
    """What a meter is told: a row of OPEN_CONTROL."""

    control_id: int
    kind: str
    ld_id: str
    pd_table_key: int
    ld_address: int
    heid: int | None
    value: Decimal
    start_at: datetime | None = None
    end_at: datetime | None = None
    adr_action_id: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Control:
        """The control of a row, whatever columns it has beside."""
        return cls(**{name: row[name.upper()] for name in cls.__dataclass_fields__})

    def device(self, row: Mapping[str, Any]) -> Device:
        """The device for its head-end; `row` of LOCATE_DEVICE helps to find it."""
        reach = (row.get(name) for name in ("MAC", "IP_ADDRESS", "PORT"))
        return Device(self.pd_table_key, self.ld_address, *reach)


class EndedOtherwise(Exception):
    """Somebody else has read the meter, at another moment, and recorded that."""


@dataclass(frozen=True)
class Kind:
    """How one kind of control is sent, read back and recorded."""

    field: str  # of the answer's data
    send: Callable[[HeadEnd, Device, Control], Status]
    read: Callable[[Status, Control], Decimal | int | None]  # None: the meter has no such value
    rule: str  # records what the meter has
    arguments: Callable[[Control, Decimal | int | None, str], dict[str, Any]]
    # Its rule is of another database, whose commit may stand alone: it goes first, and again.
    apart: bool = False


def _reserve(head: HeadEnd, device: Device, control: Control) -> Status:
    if control.adr_action_id is None or control.start_at is None or control.end_at is None:
        raise EngineError(f"control {control.control_id}: a reservation without action or times")
    return head.reserve_capacity(
        device, control.adr_action_id, control.start_at, control.end_at, control.value
    )


def _reserved(status: Status, control: Control) -> Decimal | None:
    held = status.reservation(control.adr_action_id or 0)
    if held is None or (held.start, held.end) != (control.start_at, control.end_at):
        return None
    return held.value


KINDS = {
    "RELAY": Kind(
        "relay_state",
        lambda head, device, control: head.set_relay(device, int(control.value)),
        lambda status, _: status.relay_state,
        "SET_RELAY_STATE",
        lambda control, found, _: {"p_ld_id": control.ld_id, "p_relay_state": found},
    ),
    "CAPACITY": Kind(
        "contract_capacity",
        lambda head, device, control: head.set_capacity(device, control.value),
        lambda status, _: status.capacity,
        "SET_CONTRACT_CAPACITY",
        lambda control, found, _: {"p_ld_id": control.ld_id, "p_contract_capacity": found},
    ),
    "RESERVE": Kind(
        "reserved_capacity",
        _reserve,
        _reserved,
        "FINISH_ADR_ACTION",
        lambda control, found, message: {
            "p_adr_action_id": control.adr_action_id,
            "p_state": "RESERVED" if found == control.value else "FAILED",
            "p_message": message or None,
        },
        apart=True,
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What is certain of a control, and what the head-end said of it."""

    control: Control
    found: Decimal | int | None = None  # in the meter; None: it was not read, or has none
    message: str = ""
    code: int = HEAD_END_REFUSED  # of the answer, when it is not what was wanted
    touched: bool = True  # False: the rule of the kind has nothing to record

    @property
    def is_done(self) -> bool:
        """Whether the meter has what was wanted."""
        return self.found is not None and self.found == self.control.value

    @property
    def kind(self) -> Kind:
        """Its kind."""
        return KINDS[self.control.kind]

    @property
    def data(self) -> dict[str, Any]:
        """What the caller is told of it."""
        return {
            "control_id": self.control.control_id,
            "ld_id": self.control.ld_id,
            self.kind.field: self.found,
        }

    @property
    def has_value(self) -> bool:
        """Whether there is something for the rule to record."""
        return self.touched and (self.found is not None or self.kind.apart)


def record(
    session: Session, catalog: Catalog, outcome: Outcome, keeping: Keeping | None = None
) -> Answer:
    """Record an outcome, with the answer that is kept, and give the answer.

    Raises EngineError when the database does not take it, then the control stays OPEN, and
    EndedOtherwise when it was recorded otherwise meanwhile, then nothing is changed.
    """
    first = Result(0)
    if outcome.kind.apart and outcome.touched:
        first = _stated(session, catalog, outcome)

    def attempt() -> Answer:
        with session.transaction():
            finished = call(
                session,
                catalog,
                FINISH,
                p_control_id=outcome.control.control_id,
                p_state=DONE if outcome.is_done else REFUSED,
                p_found_value=outcome.found,
                p_message=outcome.message[:MESSAGE_LENGTH] or None,
            )
            _accepted(FINISH, finished)
            if not finished.ok:
                raise EndedOtherwise
            stated = first
            # Whoever finishes the control states what was found: once, and never an older value.
            if finished.code == 0 and not outcome.kind.apart and outcome.has_value:
                stated = _stated(session, catalog, outcome)
            answer = _answer(catalog, outcome, stated)
            if keeping is None or not is_kept(answer):
                return answer
            return keeping.recall(session) or keeping.keep(session, answer)

    return session.again(attempt)


def state(session: Session, catalog: Catalog, outcome: Outcome) -> Answer:
    """Record what the meter has, of a control that is not open any more."""
    stated = _stated(session, catalog, outcome) if outcome.has_value else Result(0)
    return _answer(catalog, outcome, stated)


def open_controls(
    session: Session, catalog: Catalog, where: str = "", *values: object
) -> list[Control]:
    """The controls whose outcome is not recorded, the oldest first."""
    rules = Rules(session, catalog)
    order = f"{where} ORDER BY CONTROL_ID"
    return [
        Control.of(row) for row in session.again(lambda: rules.rows("OPEN_CONTROL", order, *values))
    ]


def settle(session: Session, catalog: Catalog, head_ends: HeadEnds, control: Control) -> None:
    """Read the meter of an open control, whose device is held, and record what is true.

    Raises HeadEndError when the meter cannot be read and EngineError when the database does
    not take it; then it stays open.
    """
    there, row = located(session, catalog, p_table_key=control.pd_table_key, p_ld_id=control.ld_id)
    _accepted("LOCATE_DEVICE", there)
    if not there.ok:
        message = "the point is not at this device any more"
        apart = KINDS[control.kind].apart
        _quietly(session, catalog, Outcome(control, message=message, touched=apart))
        return
    status = head_ends.of(control.heid).get(control.device(row))
    found = KINDS[control.kind].read(status, control)
    _quietly(session, catalog, Outcome(control, found, "read back from the meter"))


def _quietly(session: Session, catalog: Catalog, outcome: Outcome) -> None:
    try:
        record(session, catalog, outcome)
    except EndedOtherwise:
        pass  # whoever was faster has recorded it


def _stated(session: Session, catalog: Catalog, outcome: Outcome) -> Result:
    rule = outcome.kind.rule
    message = outcome.message[:MESSAGE_LENGTH]
    arguments = outcome.kind.arguments(outcome.control, outcome.found, message)
    result = call(session, catalog, rule, **arguments)
    _accepted(rule, result)
    return result


def _accepted(rule: str, result: Result) -> None:
    if result.code >= FAILED:
        raise EngineError(f"{rule}: {result.code}; RULE_ERROR has what the engine said")


def _answer(catalog: Catalog, outcome: Outcome, stated: Result) -> Answer:
    if outcome.is_done:
        said = catalog.meaning(outcome.kind.rule, stated.code)
        if not stated.ok:
            said = f"the meter has it, but the register does not: {said}"
        return Answer(stated.code, said, outcome.data)
    if outcome.found is not None:
        has = f"the meter has {outcome.kind.field} {outcome.found}, as is recorded now"
        return Answer(outcome.code, f"{outcome.message}; {has}", outcome.data)
    return Answer(outcome.code, outcome.message, outcome.data)
