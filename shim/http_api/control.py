"""Controls through head-ends: the meter first, then what it confirmed into the database.

Each function takes the context of a request and the arguments as rules name them, and gives an
answer. All raise Problem where a request is refused before anything is done, and EngineError when
the database fails before the head-end is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Any

from kenshin.config import Config
from kenshin.engines import EngineError, LockLost, Result
from kenshin.he_api.client import Device, HeadEndError, HeadEnds, NoAnswer, NotReached, Refused
from kenshin.http_api import logs, metrics
from kenshin.http_api.answer import (
    FAILED,
    HEAD_END_NOT_REACHED,
    HEAD_END_REFUSED,
    OUTCOME_UNKNOWN,
    Answer,
    Problem,
)
from kenshin.http_api.idempotency import Keeping
from kenshin.http_api.locks import busy, device_held, held
from kenshin.http_api.outcome import (
    FINISH_ACTION,
    Control,
    NotShown,
    Outcome,
    open_controls,
    read,
    record,
    settle,
)
from kenshin.rules import Rules, seconds_left

BEGIN = "BEGIN_CONTROL"
PASSING = (3001, 3004)  # of BEGIN_CONTROL: another control is open, the point has just moved


@dataclass(frozen=True)
class Context:
    """What a control works with. The caller holds the locks of the session and of the key."""

    config: Config
    rules: Rules
    head_ends: HeadEnds
    request_id: str
    keeping: Keeping
    until: float = math.inf  # the moment of monotonic() when all locks of the request must be had

    @property
    def seconds(self) -> int:
        """How long a lock may be waited for from now on."""
        return seconds_left(min(self.until, monotonic() + self.config.http_api.lock_seconds))


def status(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Live values of the device that arguments of LOCATE_DEVICE name."""
    with _device(context, arguments) as row:
        try:
            live = read(context.head_ends, row["HEID"], _reached(row))
        except HeadEndError as error:
            return Answer(_code(error), str(error))
    known = {name.lower(): _bare(value) for name, value in row.items()}
    return Answer(0, "", {"device": known, "live": live.model_dump()})


def relay(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Switch the relay of a point: p_ld_id, p_relay_state (1 closed, 0 open)."""
    return _answered(context) or _controlled(
        context, "RELAY", arguments["p_ld_id"], arguments["p_relay_state"]
    )


def capacity(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Change the capacity of a point: p_ld_id, p_contract_capacity (A), p_force (1, else not)."""
    value, force = arguments["p_contract_capacity"], arguments.get("p_force")
    return _answered(context) or _controlled(
        context, "CAPACITY", arguments["p_ld_id"], value, p_force=force
    )


def reserve(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Reserve the capacity of a planned saving action at its meter: p_adr_action_id."""
    answered = _answered(context)
    if answered is not None:
        return answered
    action_id = arguments["p_adr_action_id"]
    action = _action(context, action_id)
    return _controlled(
        context,
        "RESERVE",
        action["LD_ID"],
        action["TO_CAPACITY"],
        p_adr_action_id=action_id,
        p_start_at=action["START_AT"],
        p_end_at=action["END_AT"],
    )


# --- One control ------------------------------------------------------------------------------


def _controlled(
    context: Context, kind: str, ld_id: str, value: Decimal | int, **more: Any
) -> Answer:
    with _device(context, {"p_ld_id": ld_id}) as row:
        place = row["TABLE_KEY"], row["LD_ADDRESS"]
        _settle_before(context, "WHERE PD_TABLE_KEY = ? AND LD_ADDRESS = ?", *place)
        if kind == "RESERVE":
            # Not before the device is held: others may reserve the same action.
            refusal = _reservable(context, more["p_adr_action_id"])
            if refusal is not None:
                return _kept(context, refusal)
        if kind == "CAPACITY" and value and not more["p_force"]:
            try:
                live = read(context.head_ends, row["HEID"], _reached(row))
            except HeadEndError as error:
                message = f"the present current is unknown, and nothing was changed: {error}"
                return Answer(HEAD_END_NOT_REACHED, message)
            more["p_present_current"] = live.current
        begun = context.rules.answer(
            BEGIN,
            p_kind=kind,
            p_pd_table_key=place[0],
            p_ld_address=place[1],
            p_ld_id=ld_id,
            p_value=value,
            p_requested_by=context.keeping.client,
            p_request_id=context.request_id,
            p_idempotency_key=context.keeping.key,
            p_request_hash=context.keeping.fingerprint,
            **more,
        )
        said = context.rules.catalog.said(BEGIN, begun)
        if begun.code in PASSING:
            raise busy(said)
        if not begun.ok:
            return _kept(context, Answer(begun.code, said))
        return _sent(context, _noted(context, begun))


def _noted(context: Context, begun: Result) -> Control:
    """The control as it is noted, looked at with the lock still held."""
    number = context.rules.rows_of(BEGIN, begun)[0]["CONTROL_ID"]
    found = open_controls(context.rules, "WHERE CONTROL_ID = ?", number)
    if not found:
        raise busy("somebody ended the control before it was sent; try again")
    return found[0]


def _sent(context: Context, control: Control) -> Answer:
    """Send a control to its head-end, and record what became of it."""
    try:
        with metrics.head_end_call(control.does.operation):
            live = control.does.send(context.head_ends.of(control.heid), control)
        found = control.found(live)
    except (NoAnswer, NotShown) as error:
        return _read_back(context, control, str(error))
    except HeadEndError as error:
        return _recorded(context, Outcome(control, None, str(error), _code(error)))
    if found is None:
        return _read_back(context, control, "the head-end has confirmed it, and does not show it")
    return _recorded(context, Outcome(control, found, "the head-end has confirmed it"))


def _read_back(context: Context, control: Control, message: str) -> Answer:
    """Nobody knows whether it was done: the meter tells."""
    try:
        found = control.found(read(context.head_ends, control.heid, control.device))
    except HeadEndError:
        return Answer(
            OUTCOME_UNKNOWN,
            f"{message}; the meter is asked until the outcome is known, then it is recorded",
            Outcome(control).data,
        )
    return _recorded(context, Outcome(control, found, message))


def _recorded(context: Context, outcome: Outcome) -> Answer:
    try:
        try:
            return record(context.rules, outcome)
        except LockLost:
            # While it is open nobody else tells the meter anything: it is true without the lock.
            context.rules.session.let_go()
            return record(context.rules, outcome)
    except EngineError as error:
        logs.failure("a control is not recorded", error, control_id=outcome.control.control_id)
        if outcome.found is None:
            return Answer(outcome.code, outcome.message, outcome.data)
        return Answer(
            FAILED,
            f"{outcome.has}; the database could not record it, and it is recorded as soon as the "
            "database can",
            outcome.data,
        )


# --- Before it --------------------------------------------------------------------------------


def _answered(context: Context) -> Answer | None:
    """The answer to this request when it came before, also one that is not known until now."""
    keeping = context.keeping
    kept = keeping.recall()
    if kept is not None or keeping.key is None:
        return kept
    named = "WHERE REQUESTED_BY = ? AND IDEMPOTENCY_KEY = ?", keeping.client, keeping.key
    begun = open_controls(context.rules, *named)
    for control in begun:
        # Whatever meter the point has by now, this one was told.
        device = {"p_table_key": control.pd_table_key}
        with held(context.rules, context.seconds, devices=[device]):
            _settle_before(context, "WHERE CONTROL_ID = ?", control.control_id)
    return keeping.recall() if begun else None


def _settle_before(context: Context, where: str, *values: object) -> None:
    """What became of earlier controls of a meter that is held, before there is another one."""
    try:
        settle(context.rules, context.head_ends, where, *values)
    except HeadEndError as error:
        raise busy(
            f"what became of an earlier control of this meter is not known yet: {error}",
            context.config.http_api.settle_seconds,
        ) from error


def _action(context: Context, action_id: int) -> dict[str, Any]:
    rules = context.rules
    found = rules.session.again(
        lambda: rules.rows("ADR_ACTION_LOG", "WHERE ADR_ACTION_ID = ?", action_id)
    )
    if not found:
        raise Problem(2008, rules.catalog.meaning(FINISH_ACTION, 2008))
    return found[0]


class _Tried(Exception):
    """Takes back what was only tried."""


def _reservable(context: Context, action_id: int) -> Answer | None:
    """Why an action cannot be recorded as reserved: the rule is tried, and taken back."""
    rules = context.rules

    def attempt() -> Result:
        tried = Result(FAILED)
        try:
            with rules.session.transaction():
                tried = rules.answer(FINISH_ACTION, p_adr_action_id=action_id, p_state="RESERVED")
                raise _Tried
        except _Tried:
            return tried

    result = rules.session.again(attempt)
    if result.code == 0:
        return None
    return Answer(result.code, rules.catalog.meaning(FINISH_ACTION, result.code))


# --- All of them ------------------------------------------------------------------------------


def _device(context: Context, named: Mapping[str, Any]) -> AbstractContextManager[dict[str, Any]]:
    return device_held(context.rules, context.seconds, named)


def _reached(row: Mapping[str, Any]) -> Device:
    address = row["LD_ADDRESS"]
    reach = row["MAC"], row["IP_ADDRESS"], row["PORT"]
    if address is None:  # installed nowhere: it answers for itself
        return Device(row["TABLE_KEY"], mac=reach[0], ip_address=reach[1], port=reach[2])
    return Device(row["TABLE_KEY"], address, *reach)


def _kept(context: Context, answer: Answer) -> Answer:
    return context.keeping.once(lambda: answer)


def _code(error: HeadEndError) -> int:
    if isinstance(error, Refused):
        return HEAD_END_REFUSED
    return HEAD_END_NOT_REACHED if isinstance(error, NotReached) else OUTCOME_UNKNOWN


def _bare(value: object) -> object:
    return value.rstrip() if isinstance(value, str) else value
