"""Controls through head-ends: the meter first, then what it confirmed into the database.

Each function takes the context of a request and the arguments as rules name them, and gives an
answer. All raise Problem where a request is refused before anything is done, and EngineError when
the database fails before the head-end is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import EngineError, LockLost, Result, Session
from kenshin.he_api.client import Device, HeadEndError, HeadEnds, NoAnswer, NotReached, Refused
from kenshin.http_api import logs
from kenshin.http_api.answer import (
    BUSY,
    FAILED,
    HEAD_END_NOT_REACHED,
    HEAD_END_REFUSED,
    OUTCOME_UNKNOWN,
    Answer,
    Problem,
)
from kenshin.http_api.idempotency import Keeping
from kenshin.http_api.locks import device_held
from kenshin.http_api.outcome import (
    KINDS,
    Control,
    EndedOtherwise,
    Outcome,
    open_controls,
    record,
    settle,
    state,
)
from kenshin.http_api.pool import call, rows_of
from kenshin.rules import Rules

BEGIN, FINISH_ACTION = "BEGIN_CONTROL", "FINISH_ADR_ACTION"
CODES = {
    Refused: HEAD_END_REFUSED,
    NotReached: HEAD_END_NOT_REACHED,
    NoAnswer: OUTCOME_UNKNOWN,
}


@dataclass(frozen=True)
class Context:
    """What a control works with. The caller holds the locks of the session and of the key."""

    config: Config
    session: Session
    catalog: Catalog
    head_ends: HeadEnds
    client: str
    request_id: str
    keeping: Keeping


def status(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Live values of the device that arguments of LOCATE_DEVICE name."""
    with _device(context, arguments) as row:
        try:
            live = context.head_ends.of(row["HEID"]).get(_reached(row))
        except HeadEndError as error:
            return _failed(error)
    known = {name.lower(): _bare(value) for name, value in row.items()}
    return Answer(0, "", {"device": known, "live": live.model_dump()})


def relay(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Switch the relay of a point: p_ld_id, p_relay_state (1 closed, 0 open)."""
    return _controlled(context, "RELAY", arguments["p_ld_id"], arguments["p_relay_state"])


def capacity(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Change the capacity of a point: p_ld_id, p_contract_capacity (A), p_force (1, else not)."""
    value = arguments["p_contract_capacity"]
    return _controlled(
        context, "CAPACITY", arguments["p_ld_id"], value, p_force=arguments.get("p_force")
    )


def reserve(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Reserve the capacity of a planned saving action at its meter: p_adr_action_id."""
    action_id = arguments["p_adr_action_id"]
    kept = context.keeping.recall(context.session)
    if kept is not None:
        return kept
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
    kept = context.keeping.recall(context.session)
    if kept is not None:
        return kept
    with _device(context, {"p_ld_id": ld_id}) as row:
        _settle_before(context, ld_id)
        if kind == "RESERVE":
            # Not before the device is held: others may reserve the same action.
            refusal = _reservable(context, more["p_adr_action_id"])
            if refusal is not None:
                return _kept(context, refusal)
        if kind == "CAPACITY" and not more.get("p_force"):
            try:
                more["p_present_current"] = _present_current(context, row)
            except HeadEndError as error:
                message = f"the present current is unknown, and nothing was changed: {error}"
                return Answer(HEAD_END_NOT_REACHED, message)
        begun = _begun(context, p_kind=kind, p_ld_id=ld_id, p_value=value, **more)
        if not begun.ok:
            said = begun.message or context.catalog.meaning(BEGIN, begun.code)
            return _kept(context, Answer(begun.code, said))
        control = Control(
            rows_of(context.catalog, BEGIN, begun)[0]["CONTROL_ID"],
            kind,
            ld_id,
            row["TABLE_KEY"],
            row["LD_ADDRESS"],
            row["HEID"],
            Decimal(value),
            more.get("p_start_at"),
            more.get("p_end_at"),
            more.get("p_adr_action_id"),
        )
        return _sent(context, control, row)


def _sent(context: Context, control: Control, row: Mapping[str, Any]) -> Answer:
    """Send a control to its head-end, and record what became of it."""
    kind = KINDS[control.kind]
    try:
        head = context.head_ends.of(control.heid)
        live = kind.send(head, control.device(row), control)
    except NoAnswer as error:
        return _read_back(context, control, row, str(error))
    except (Refused, NotReached) as error:
        refused = isinstance(error, Refused)
        outcome = Outcome(control, None, str(error), CODES[type(error)], touched=refused)
        return _recorded(context, outcome, row)
    found = kind.read(live, control)
    message = "the head-end has confirmed it"
    if found is None:
        message = f"the head-end has confirmed it, but the meter shows no {kind.field}"
    return _recorded(context, Outcome(control, found, message), row)


def _read_back(context: Context, control: Control, row: Mapping[str, Any], message: str) -> Answer:
    """Nobody knows whether it was done: the meter tells."""
    kind = KINDS[control.kind]
    try:
        live = context.head_ends.of(control.heid).get(control.device(row))
    except HeadEndError:
        return _unknown(control, message)
    return _recorded(context, Outcome(control, kind.read(live, control), message), row)


def _unknown(control: Control, message: str) -> Answer:
    return Answer(
        OUTCOME_UNKNOWN,
        f"{message}; the meter is asked until the outcome is known, then it is recorded",
        Outcome(control).data,
    )


def _recorded(context: Context, outcome: Outcome, row: Mapping[str, Any]) -> Answer:
    try:
        try:
            return record(context.session, context.catalog, outcome, context.keeping)
        except (LockLost, EndedOtherwise):
            return _recorded_anew(context, outcome, row)
    except (EngineError, Problem, HeadEndError) as error:
        logs.failure("a control is not recorded", error, control_id=outcome.control.control_id)
        if outcome.found is None:
            return Answer(outcome.code, outcome.message, outcome.data)
        return Answer(
            FAILED,
            f"the meter has {outcome.kind.field} {outcome.found}; the database could not record "
            "it, and it is recorded as soon as the database can",
            outcome.data,
        )


def _recorded_anew(context: Context, outcome: Outcome, row: Mapping[str, Any]) -> Answer:
    """The device was not held any more: what the meter has now is recorded, not what it had."""
    control = outcome.control
    context.session.let_go()
    with _device(context, {"p_ld_id": control.ld_id}):
        live = context.head_ends.of(control.heid).get(control.device(row))
        now = replace(outcome, found=outcome.kind.read(live, control), touched=True)
        try:
            return record(context.session, context.catalog, now, context.keeping)
        except EndedOtherwise:
            return state(context.session, context.catalog, now)


# --- Before it --------------------------------------------------------------------------------


def _settle_before(context: Context, ld_id: str) -> None:
    """What became of earlier controls of the point, before there is another one."""
    session, catalog = context.session, context.catalog
    for control in open_controls(session, catalog, "WHERE LD_ID = ?", ld_id):
        try:
            settle(session, catalog, context.head_ends, control)
        except HeadEndError as error:
            raise Problem(
                BUSY,
                f"what became of an earlier control of this point is not known yet: {error}",
                headers={"Retry-After": str(context.config.http_api.settle_seconds)},
            ) from error


def _begun(context: Context, **arguments: Any) -> Result:
    result = call(
        context.session,
        context.catalog,
        BEGIN,
        p_requested_by=context.client,
        p_request_id=context.request_id,
        **arguments,
    )
    if result.code >= FAILED:
        raise EngineError(f"{BEGIN}: {result.code}; RULE_ERROR has what the engine said")
    return result


def _present_current(context: Context, row: Mapping[str, Any]) -> Decimal | None:
    return context.head_ends.of(row["HEID"]).get(_reached(row)).current


def _action(context: Context, action_id: int) -> dict[str, Any]:
    rules = Rules(context.session, context.catalog)
    found = context.session.again(
        lambda: rules.rows("ADR_ACTION_LOG", "WHERE ADR_ACTION_ID = ?", action_id)
    )
    if not found:
        raise Problem(2008, context.catalog.meaning(FINISH_ACTION, 2008))
    return found[0]


class _Tried(Exception):
    """Takes back what was only tried."""


def _reservable(context: Context, action_id: int) -> Answer | None:
    """Why an action cannot be recorded as reserved: the rule is tried, and taken back."""
    session, catalog = context.session, context.catalog

    def attempt() -> Result:
        tried = Result(FAILED)
        try:
            with session.transaction():
                tried = call(
                    session,
                    catalog,
                    FINISH_ACTION,
                    p_adr_action_id=action_id,
                    p_state="RESERVED",
                )
                raise _Tried
        except _Tried:
            return tried

    result = session.again(attempt)
    if result.code >= FAILED:
        raise EngineError(f"{FINISH_ACTION}: {result.code}; RULE_ERROR has what the engine said")
    if result.code == 0:
        return None
    return Answer(result.code, catalog.meaning(FINISH_ACTION, result.code))


# --- All of them ------------------------------------------------------------------------------


def _device(context: Context, named: Mapping[str, Any]) -> AbstractContextManager[dict[str, Any]]:
    seconds = context.config.http_api.lock_seconds
    return device_held(context.session, context.catalog, seconds, named)


def _reached(row: Mapping[str, Any]) -> Device:
    address = row["LD_ADDRESS"]
    reach = row["MAC"], row["IP_ADDRESS"], row["PORT"]
    if address is None:  # installed nowhere: it answers for itself
        return Device(row["TABLE_KEY"], mac=reach[0], ip_address=reach[1], port=reach[2])
    return Device(row["TABLE_KEY"], address, *reach)


def _kept(context: Context, answer: Answer) -> Answer:
    return context.keeping.once(context.session, lambda _: answer)


def _failed(error: HeadEndError) -> Answer:
    return Answer(CODES[type(error)], str(error))


def _bare(value: object) -> object:
    return value.rstrip() if isinstance(value, str) else value
