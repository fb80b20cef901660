"""What became of a control: read back from the meter, recorded in the database.

A control is OPEN in the database from before its head-end is asked until it is recorded, and a
meter has one that is open at most: so whatever breaks off in between, somebody finds it, reads
the meter and records what is true. Until then nobody else has told the meter anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kenshin.engines import EngineError, Result
from kenshin.engines.base import REPEAT
from kenshin.he_api.client import Device, HeadEnd, HeadEndError, HeadEnds, Status
from kenshin.http_api import logs, metrics
from kenshin.http_api.answer import HEAD_END_NOT_REACHED, HEAD_END_REFUSED, Answer, write
from kenshin.http_api.idempotency import Keeping
from kenshin.rules import Rules

FINISH, FINISH_ACTION = "FINISH_CONTROL", "FINISH_ADR_ACTION"
MOVED = 3004  # the point is at another meter

Value = Decimal | int | None


@dataclass(frozen=True)
class Control:
    """What a meter is told: a row of OPEN_CONTROL."""

    control_id: int
    kind: str
    ld_id: str
    pd_table_key: int
    ld_address: int
    heid: int | None
    mac: str | None
    ip_address: str | None
    port: int | None
    value: Decimal
    start_at: datetime | None
    end_at: datetime | None
    adr_action_id: int | None
    requested_by: str | None
    request_id: str | None
    idempotency_key: str | None
    request_hash: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Control:
        """The control of a row, whatever columns it has beside."""
        return cls(**{name: row[name.upper()] for name in cls.__dataclass_fields__})

    @property
    def device(self) -> Device:
        """The device for its head-end."""
        return Device(self.pd_table_key, self.ld_address, self.mac, self.ip_address, self.port)

    @property
    def does(self) -> Kind:
        """What its kind does."""
        return KINDS[self.kind]

    def found(self, status: Status) -> Value:
        """What the meter has of it; None where it has none.

        Raises NotShown where every meter has it: then the status says nothing of it.
        """
        found = self.does.read(status, self)
        if found is None and self.kind != "RESERVE":
            raise NotShown(f"the meter shows no {self.does.field}")
        return found

    def keeping(self, rules: Rules) -> Keeping:
        """The answer to the request that asked for it."""
        return Keeping(
            rules,
            self.requested_by or "",
            self.idempotency_key,
            self.request_hash or "",
            lambda answer: write(answer, self.request_id or ""),
        )


class NotShown(HeadEndError):
    """The head-end answered, and left out what it was asked for."""


@dataclass(frozen=True)
class Kind:
    """How one kind of control is sent and read back."""

    operation: str  # of HE-API
    field: str  # of the answer's data
    send: Callable[[HeadEnd, Control], Status]
    read: Callable[[Status, Control], Value]


def _reserve(head: HeadEnd, control: Control) -> Status:
    if control.adr_action_id is None or control.start_at is None or control.end_at is None:
        raise EngineError(f"control {control.control_id}: a reservation without action or times")
    return head.reserve_capacity(
        control.device, control.adr_action_id, control.start_at, control.end_at, control.value
    )


def _reserved(status: Status, control: Control) -> Value:
    held = status.reservation(control.adr_action_id or 0)
    if held is None or (held.start, held.end) != (control.start_at, control.end_at):
        return None
    return held.value


KINDS = {
    "RELAY": Kind(
        "set-relay",
        "relay_state",
        lambda head, control: head.set_relay(control.device, int(control.value)),
        lambda status, _: status.relay_state,
    ),
    "CAPACITY": Kind(
        "set-capacity",
        "contract_capacity",
        lambda head, control: head.set_capacity(control.device, control.value),
        lambda status, _: status.capacity,
    ),
    "RESERVE": Kind("reserve-capacity", "reserved_capacity", _reserve, _reserved),
}


@dataclass(frozen=True)
class Outcome:
    """What is certain of a control, and what the head-end said of it."""

    control: Control
    found: Value = None  # in the meter; None: it was not read, or has none
    message: str = ""
    code: int = HEAD_END_REFUSED  # of the answer, when it is not what was wanted

    @property
    def is_done(self) -> bool:
        """Whether the meter has what was wanted."""
        return self.found is not None and self.found == self.control.value

    @property
    def has(self) -> str:
        """What the meter has, in words."""
        return f"the meter has {self.control.does.field} {self.found}"

    @property
    def data(self) -> dict[str, Any]:
        """What the caller is told of it."""
        return {
            "control_id": self.control.control_id,
            "ld_id": self.control.ld_id,
            self.control.does.field: self.found,
        }


class _Ended(Exception):
    """The control was ended otherwise meanwhile: nothing is changed."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def record(rules: Rules, outcome: Outcome) -> Answer:
    """Record an outcome and keep its answer, and give that.

    Raises EngineError when the database does not take it: then the control stays OPEN.
    """

    def attempt() -> Answer:
        with rules.session.transaction():
            # Of another database, whose commit comes first: alone, it is repeated.
            action = _action_finished(rules, outcome)
            finished = rules.answer(
                FINISH,
                p_control_id=outcome.control.control_id,
                p_state="DONE" if outcome.is_done else "REFUSED",
                p_found_value=outcome.found,
                p_message=rules.fitted(FINISH, "p_message", outcome.message) or None,
            )
            if not finished.ok:
                raise _Ended(finished.code)
            keeping = outcome.control.keeping(rules)
            kept = keeping.recall() if finished.code == REPEAT else None
            if kept is not None:
                return kept
            here = rules.rows_of(FINISH, finished)[0]["LD_ID"] == outcome.control.ld_id
            return keeping.keep_if_possible(_answer(rules, outcome, action, here))

    try:
        return rules.session.again(attempt)
    except _Ended as ended:
        said = f"the register is not changed: {rules.catalog.meaning(FINISH, ended.code)}"
        logs.event(said, logging.WARNING, control_id=outcome.control.control_id)
        return Answer(ended.code, f"{outcome.message}; {said}", outcome.data)


def open_controls(rules: Rules, where: str = "", *values: object) -> list[Control]:
    """The controls whose outcome is not recorded, the oldest first."""
    order = f"{where} ORDER BY CONTROL_ID"
    return [
        Control.of(row)
        for row in rules.session.again(lambda: rules.rows("OPEN_CONTROL", order, *values))
    ]


def read(head_ends: HeadEnds, heid: int | None, device: Device) -> Status:
    """What a meter has now. Raises HeadEndError."""
    with metrics.head_end_call("get"):
        return head_ends.of(heid).get(device)


def settle(rules: Rules, head_ends: HeadEnds, where: str, *values: object) -> list[Control]:
    """Read the meters of open controls, whose devices are held, and record what is true.

    Gives those that were open. Raises HeadEndError when a meter cannot be read and EngineError
    when the database does not take it: then it stays open.
    """
    found = open_controls(rules, where, *values)
    for control in found:
        status = read(head_ends, control.heid, control.device)
        record(rules, Outcome(control, control.found(status), "read back from the meter"))
        logs.event("a control is settled", control_id=control.control_id, kind=control.kind)
    return found


def _action_finished(rules: Rules, outcome: Outcome) -> Result:
    """Say of a saving action whether its meter has it; what was not asked is as it was."""
    if outcome.control.kind != "RESERVE" or outcome.code == HEAD_END_NOT_REACHED:
        return Result(0)
    result = rules.answer(
        FINISH_ACTION,
        p_adr_action_id=outcome.control.adr_action_id,
        p_state="RESERVED" if outcome.is_done else "FAILED",
        p_message=rules.fitted(FINISH_ACTION, "p_message", outcome.message) or None,
    )
    if not result.ok:
        logs.event(
            "a saving action is not as its meter has it",
            logging.WARNING,
            control_id=outcome.control.control_id,
            adr_action_id=outcome.control.adr_action_id,
            reason=rules.catalog.meaning(FINISH_ACTION, result.code),
        )
    return result


def _answer(rules: Rules, outcome: Outcome, action: Result, here: bool) -> Answer:
    """The answer to whoever asked; `here`: the point is still at this meter."""
    code, said = action.code, rules.catalog.meaning(FINISH_ACTION, action.code)
    if not outcome.is_done:
        code, said = outcome.code, outcome.message
        if outcome.found is not None:
            said += f"; {outcome.has}, as is recorded now"
    elif not action.ok:
        said = f"the meter has it, but the register does not: {said}"
    if not here:
        code = MOVED if outcome.is_done else code
        said = f"{said or outcome.has}; but the point is not at this meter any more"
    return Answer(code, said, outcome.data)
