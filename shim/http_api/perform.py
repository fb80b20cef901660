"""Carrying out an operation: locks, one transaction, the rule's result as the answer."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from kenshin.config import Config
from kenshin.engines import EngineError, Result, Session
from kenshin.he_api.client import HeadEnds
from kenshin.http_api import answer as said
from kenshin.http_api import control, logs
from kenshin.http_api.answer import Answer, Problem
from kenshin.http_api.auth import Caller
from kenshin.http_api.idempotency import Keeping, Kept, Undone
from kenshin.http_api.locks import answer_lock, held, session_lock
from kenshin.http_api.operations import Operation
from kenshin.http_api.pool import Pool, call, rows_of
from kenshin.http_api.settle import Settler
from kenshin.rules import Rules

PAGE_ROWS = 100
PARTLY = 207  # of a batch, some rows are done and some refused
CONTROLS = {
    "devices/status": control.status,
    "control/relay": control.relay,
    "control/capacity": control.capacity,
    "control/capacity/reserve": control.reserve,
}
# Fields that name a device by another word than LOCATE_DEVICE does.
_NAMES = {"pd_table_key": "table_key"}


@dataclass(frozen=True)
class Work:
    """One request that was let in, its body checked against the operation's model."""

    operation: Operation
    caller: Caller
    request_id: str
    address: str
    session: str
    idempotency_key: str
    body: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what is asked for, which another request with the same key must equal."""
        asked = json.dumps([self.operation.path, self.body], sort_keys=True, default=str)
        return hashlib.sha256(asked.encode()).hexdigest()

    def write(self, answer: Answer) -> str:
        """The text of an answer, as its caller gets it."""
        return answer.text if isinstance(answer, Kept) else write(answer, self.request_id)


def write(answer: Answer, request_id: str) -> str:
    """An answer in JSON: decimals as exact texts, times without a zone."""
    envelope = {
        "result_code": answer.code,
        "message": answer.message,
        "data": answer.data,
        "request_id": request_id,
    }
    return json.dumps(envelope, default=_text, separators=(",", ":"))


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not go into an answer")


class Service:
    """What the operations of one worker process work with."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.pool = Pool(config, config.http_api.threads + 1)  # one for the settler
        self.catalog = self.pool.catalog
        self.head_ends = HeadEnds(config)
        self.settler = Settler(config, self.pool, self.head_ends)

    def start(self) -> None:
        """Begin to settle controls that broke off, where there is a head-end to ask."""
        if self.config.he_api:
            self.settler.start()

    def close(self) -> None:
        """Let go of the database."""
        self.settler.stop()
        self.pool.close()

    def perform(self, work: Work) -> Answer:
        """Carry out a request. Raises Problem where it is not."""
        performers: dict[str, Callable[[Session, Work], Answer]] = {
            "batch": self._batch,
            "page": self._page,
            "control": self._control,
        }
        with (
            self.pool.session() as session,
            held(session, self.catalog, self.config.http_api.lock_seconds, names=_names(work)),
        ):
            return performers[work.operation.kind](session, work)

    def _keeping(self, work: Work) -> Keeping:
        key = work.idempotency_key or None
        return Keeping(self.catalog, work.caller.client, key, work.fingerprint, work.write)

    # --- Rows that are changed --------------------------------------------------------------

    def _batch(self, session: Session, work: Work) -> Answer:
        seconds = self.config.http_api.lock_seconds
        with held(session, self.catalog, seconds, devices=list(_devices(work))):
            return self._keeping(work).once(session, lambda within: self._rows_done(within, work))

    def _rows_done(self, session: Session, work: Work) -> Answer:
        operation, body = work.operation, work.body
        whole = {f"p_{name}": body.get(name) or str(uuid.uuid4()) for name in operation.whole}
        if "requested_by" in operation.without:
            whole["p_requested_by"] = work.caller.client
        results: list[tuple[str, Result]] = []
        for row in body["rows"]:
            rule = operation.rules[row.get("class", "")]
            arguments = {f"p_{name}": value for name, value in row.items() if name != "class"}
            results.append((rule, self._called(session, rule, **arguments, **whole)))
        undone = bool(body.get("all_or_none")) and any(not result.ok for _, result in results)
        data = {
            "rows": [self._result(*one, undone=undone and one[1].ok) for one in results],
            **{name: whole[f"p_{name}"] for name in operation.whole},
        }
        answer = self._verdict(results, data, operation)
        if undone:
            raise Undone(replace(answer, status=None))
        return answer

    def _verdict(
        self, results: list[tuple[str, Result]], data: object, operation: Operation
    ) -> Answer:
        refused = [(n, *one) for n, one in enumerate(results, 1) if not one[1].ok]
        if not refused:
            code = min(result.code for _, result in results)
            return Answer(code, "", data, operation.done)
        number, rule, first = refused[0]
        why = self.catalog.meaning(rule, first.code)
        message = f"{len(refused)} of {len(results)} refused; row {number}: {why}"
        partly = len(refused) < len(results)
        return Answer(first.code, message, data, PARTLY if partly else None)

    def _result(self, rule: str, result: Result, undone: bool) -> dict[str, Any]:
        if undone:
            return {"result_code": said.BUSY, "message": "not done, for another row was refused"}
        given = self._rows(rule, result)
        return {
            "result_code": result.code,
            "message": self.catalog.meaning(rule, result.code),
            **(given[0] if given else {}),
        }

    # --- Rows that are looked for -----------------------------------------------------------

    def _page(self, session: Session, work: Work) -> Answer:
        (rule,) = work.operation.rules.values()
        if self.catalog.declaration(rule).kind == "view":
            return self._view(session, rule, work)
        limit = work.body.get("limit", PAGE_ROWS)
        arguments = {f"p_{name}": value for name, value in work.body.items()}
        result = self._called(session, rule, **arguments | {"p_limit": limit})
        if not result.ok:
            raise Problem(result.code, self.catalog.meaning(rule, result.code))
        rows = self._rows(rule, result)
        found = dict.fromkeys(row[work.operation.pages_by] for row in rows)
        after = list(found)[-1] if len(found) >= limit else None
        said = self.catalog.meaning(rule, result.code)
        return Answer(result.code, said, {"rows": rows, "next": after})

    def _view(self, session: Session, view: str, work: Work) -> Answer:
        where = " AND ".join(f"{name.upper()} = ?" for name in work.body)
        found = Rules(session, self.catalog).rows(view, f"WHERE {where}", *work.body.values())
        rows = [{name.lower(): value for name, value in row.items()} for row in found]
        return Answer(
            0 if rows else 11, "" if rows else "nothing matches", {"rows": rows, "next": None}
        )

    # --- Down to the meter ------------------------------------------------------------------

    def _control(self, session: Session, work: Work) -> Answer:
        context = control.Context(
            self.config,
            session,
            self.catalog,
            self.head_ends,
            work.caller.client,
            work.request_id,
            self._keeping(work),
        )
        arguments = {f"p_{name}": value for name, value in work.body.items()}
        return CONTROLS[work.operation.path](context, arguments)

    # --- All of them ------------------------------------------------------------------------

    def _called(self, session: Session, rule: str, **arguments: Any) -> Result:
        """What a rule answers. What the engine says of a failure goes into the log alone."""
        result = call(session, self.catalog, rule, **arguments)
        if result.code >= said.FAILED:
            logs.event("rule failed", rule=rule, sqlstate=result.message[:5])
            raise EngineError(f"{rule}: {result.code}; RULE_ERROR has what the engine said")
        return result

    def _rows(self, rule: str, result: Result) -> list[dict[str, Any]]:
        types = self.catalog.declaration(rule).gives
        padded = {name for name, type_ in types.items() if type_.startswith("CHAR")}
        return [
            {
                name.lower(): value.rstrip() if value and name in padded else value
                for name, value in row.items()
            }
            for row in rows_of(self.catalog, rule, result)
        ]


def _names(work: Work) -> list[str]:
    """The locks that stand for the sender and for the key of a request, in their order."""
    names = [session_lock(work.address, work.session)] if work.session else []
    if work.idempotency_key:
        names.append(answer_lock(work.caller.client, work.idempotency_key))
    return names


def _devices(work: Work) -> Iterator[dict[str, Any]]:
    """The devices that a batch names, as arguments of LOCATE_DEVICE."""
    for row in work.body["rows"]:
        named = {
            f"p_{_NAMES.get(name, name)}": row[name]
            for name in work.operation.device
            if name in row
        }
        if named:
            yield named
