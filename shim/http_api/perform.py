"""Carrying out an operation: locks, one transaction, the rule's result as the answer."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from kenshin import dhcp
from kenshin.config import Config
from kenshin.engines import Result
from kenshin.he_api.client import HeadEnds
from kenshin.http_api import answer as said
from kenshin.http_api import control, logs
from kenshin.http_api.answer import Answer, Problem, write
from kenshin.http_api.auth import Caller
from kenshin.http_api.idempotency import Keeping, Kept, Undone
from kenshin.http_api.locks import answer_lock, busy, held, session_lock
from kenshin.http_api.operations import Operation
from kenshin.http_api.pool import Pool
from kenshin.http_api.settle import Settler
from kenshin.rules import Rules, seconds_left

PAGE_ROWS = 100
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


class Service:
    """What the operations of one worker process work with."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.pool = Pool(config, config.http_api.threads + 1)  # one for the settler
        self.catalog = self.pool.catalog
        self.head_ends = HeadEnds(config)
        self.settler = Settler(config, self.pool, self.head_ends)

    def start(self) -> None:
        """Begin to settle controls that broke off."""
        self.settler.start()

    def close(self) -> None:
        """Let go of the database."""
        self.settler.stop()
        self.pool.close()

    def perform(self, work: Work) -> Answer:
        """Carry out a request. Raises Problem where it is not."""
        # All that a request waits for others is lock_seconds together.
        until = monotonic() + self.config.http_api.lock_seconds
        performers: dict[str, Callable[[Rules, Work, float], Answer]] = {
            "rows": self._several,
            "page": self._page,
            "meter": self._meter,
        }
        with self.pool.session() as session:
            rules = Rules(session, self.catalog)
            with held(rules, seconds_left(until), names=_names(work)):
                return performers[work.operation.kind](rules, work, until)

    def _keeping(self, rules: Rules, work: Work) -> Keeping:
        key = work.idempotency_key or None
        return Keeping(rules, work.caller.client, key, work.fingerprint, work.write)

    # --- Rows that are changed --------------------------------------------------------------

    def _several(self, rules: Rules, work: Work, until: float) -> Answer:
        with held(rules, seconds_left(until), devices=_devices(work)):
            # Made once: after a lost connection the work is done again, and must find itself done.
            whole = {
                name: work.body.get(name) or str(uuid.uuid4()) for name in work.operation.whole
            }
            keeping = self._keeping(rules, work)

            def do(tell: Callable[[], None]) -> Answer:
                return keeping.once(lambda: self._rows_done(rules, work, whole, tell))

            if not work.operation.dhcp:
                return do(lambda: None)
            # An answer that is kept needs no DHCP server.
            return keeping.recall() or self._told(rules, work, do, until)

    def _told(
        self, rules: Rules, work: Work, do: Callable[[Callable[[], None]], Answer], until: float
    ) -> Answer:
        """Do it, and tell DHCP of its devices, or neither."""
        try:
            return dhcp.carry(
                rules,
                self.config,
                _named(work, work.operation.dhcp),
                do,
                by=work.caller.client,
                say=_warn,
                seconds=seconds_left(until),
            )
        except dhcp.Busy as error:
            raise busy(str(error)) from error
        except dhcp.DhcpError as error:
            _warn(f"DHCP is not told: {error}")
            # What is wrong with the configuration is not for every caller.
            why = "it is not set up" if isinstance(error, dhcp.NotConfigured) else str(error)
            message = f"DHCP could not be told, and nothing is changed: {why}"
            raise Problem(said.DHCP_NOT_TOLD, message) from error

    def _rows_done(
        self, rules: Rules, work: Work, whole: Mapping[str, str], tell: Callable[[], None]
    ) -> Answer:
        operation, body = work.operation, work.body
        same = {f"p_{name}": value for name, value in whole.items()}
        if "requested_by" in operation.without:
            same["p_requested_by"] = work.caller.client
        results: list[tuple[str, Result]] = []
        for row in body["rows"]:
            rule = operation.rules[row.get("class", "")]
            arguments = {f"p_{name}": value for name, value in row.items() if name != "class"}
            results.append((rule, rules.answer(rule, **arguments, **same)))
        undone = bool(body.get("all_or_none")) and any(not result.ok for _, result in results)
        data = {
            "rows": [self._result(rules, *one, undone=undone and one[1].ok) for one in results],
            **whole,
        }
        answer = self._verdict(results, data, operation)
        if undone:
            raise Undone(replace(answer, status=None))
        tell()
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
        return Answer(first.code, message, data, said.PARTLY if partly else None)

    def _result(self, rules: Rules, rule: str, result: Result, undone: bool) -> dict[str, Any]:
        if undone:
            return {"result_code": said.BUSY, "message": "not done, for another row was refused"}
        given = self._rows(rules, rule, result)
        return {
            "result_code": result.code,
            "message": self.catalog.meaning(rule, result.code),
            **(given[0] if given else {}),
        }

    # --- Rows that are looked for -----------------------------------------------------------

    def _page(self, rules: Rules, work: Work, _until: float) -> Answer:
        (rule,) = work.operation.rules.values()
        if self.catalog.declaration(rule).kind == "view":
            return self._view(rules, rule, work)
        limit = work.body.get("limit", PAGE_ROWS)
        arguments = {f"p_{name}": value for name, value in work.body.items()}
        result = rules.answer(rule, **arguments | {"p_limit": limit})
        if not result.ok:
            raise Problem(result.code, self.catalog.meaning(rule, result.code))
        rows = self._rows(rules, rule, result)
        found = dict.fromkeys(row[work.operation.pages_by] for row in rows)
        after = list(found)[-1] if len(found) >= limit else None
        message = self.catalog.meaning(rule, result.code)
        return Answer(result.code, message, {"rows": rows, "next": after})

    def _view(self, rules: Rules, view: str, work: Work) -> Answer:
        where = " AND ".join(f"{name.upper()} = ?" for name in work.body)
        found = rules.rows(view, f"WHERE {where}", *work.body.values())
        rows = [{name.lower(): value for name, value in row.items()} for row in found]
        return Answer(
            0 if rows else 11, "" if rows else "nothing matches", {"rows": rows, "next": None}
        )

    # --- Down to the meter ------------------------------------------------------------------

    def _meter(self, rules: Rules, work: Work, until: float) -> Answer:
        context = control.Context(
            self.config,
            rules,
            self.head_ends,
            work.request_id,
            self._keeping(rules, work),
            until,
        )
        arguments = {f"p_{name}": value for name, value in work.body.items()}
        go: Callable[..., Answer] = getattr(control, work.operation.control)
        return go(context, arguments)

    # --- All of them ------------------------------------------------------------------------

    def _rows(self, rules: Rules, rule: str, result: Result) -> list[dict[str, Any]]:
        types = self.catalog.declaration(rule).gives
        padded = {name for name, type_ in types.items() if type_.startswith("CHAR")}
        return [
            {
                name.lower(): value.rstrip() if value and name in padded else value
                for name, value in row.items()
            }
            for row in rules.rows_of(rule, result)
        ]


def _names(work: Work) -> list[str]:
    """The locks that stand for the sender and for the key of a request, in their order."""
    names = [session_lock(work.address, work.session)] if work.session else []
    if work.idempotency_key:
        names.append(answer_lock(work.caller.client, work.idempotency_key))
    return names


def _devices(work: Work) -> Iterator[dict[str, Any]]:
    """The devices that rows name, as arguments of LOCATE_DEVICE."""
    return _named(work, work.operation.device)


def _named(work: Work, fields: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What rows have of some fields, as arguments; nothing of a row that has none."""
    for row in work.body["rows"]:
        named = {f"p_{_NAMES.get(name, name)}": row[name] for name in fields if name in row}
        if named:
            yield named


def _warn(what: str) -> None:
    logs.event(what, logging.WARNING)
