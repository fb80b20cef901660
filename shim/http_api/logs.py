"""The log of the HTTP-API: one JSON object a line on standard error, and no secret in it."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType

from flask import g, has_request_context

LOGGER = "kenshin.http_api"
_LONGEST = 512  # characters of one text: a client chooses its path
_FRAMES = 40


class Lines(logging.Formatter):
    """A record as one line of JSON, with the id of the request that the thread is at.

    An exception is its type, its number in the engine, and the places it came through. What it
    says is left out, for a driver's message can hold the values that a rule was called with.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": _short(record.getMessage()),
            "process": record.process,
        }
        fields = getattr(record, "fields", {})
        if has_request_context():
            fields = {"request_id": g.get("request_id"), **fields}
        line.update({name: _value(value) for name, value in fields.items() if value is not None})
        if record.exc_info and record.exc_info[1]:
            line["exceptions"] = [_named(error) for error in _chain(record.exc_info[1])]
            line["places"] = list(_places(record.exc_info[2]))
        return json.dumps(line)


def configure() -> None:
    """Send all that this process has to say to standard error, in lines of ours.

    Of other libraries from warnings on; an exception that ends a thread is a line too.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(LOGGER).setLevel(logging.INFO)
    threading.excepthook = _thread_ended


def _thread_ended(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        failure("a thread ended", given.exc_value)


def request(
    *,
    request_id: str,
    client: str | None,
    role: str | None,
    address: str,
    method: str,
    path: str,
    status: int,
    result_code: int | None,
    milliseconds: float,
) -> None:
    """One line for each request that was answered."""
    event(
        "request",
        request_id=request_id,
        client=client,
        role=role,
        address=address,
        method=method,
        path=path,
        status=status,
        result_code=result_code,
        milliseconds=round(milliseconds, 1),
    )


def refusal(reason: str, **fields: object) -> None:
    """Somebody was kept out: why, and what is known of them. Never give it a key."""
    event("refused", logging.WARNING, reason=reason, **fields)


def failure(what: str, error: BaseException, **fields: object) -> None:
    """An exception that nobody expected, with its type and where it came from."""
    trace = (type(error), error, error.__traceback__)
    logging.getLogger(LOGGER).error(what, exc_info=trace, extra={"fields": fields})


def event(what: str, level: int = logging.INFO, **fields: object) -> None:
    """Any other line."""
    logging.getLogger(LOGGER).log(level, what, extra={"fields": fields})


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and those behind it, the last one first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _named(error: BaseException) -> dict[str, object]:
    kind = type(error)
    told = {
        name: getattr(error, name)
        for name in ("rule", "errno", "sqlstate", "sqlcode")
        if isinstance(getattr(error, name, None), int | str)
    }
    return {"type": f"{kind.__module__}.{kind.__qualname__}", **told}


def _places(trace: TracebackType | None) -> Iterator[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    yield from places[-_FRAMES:]


def _value(value: object) -> object:
    return value if isinstance(value, bool | int | float) else _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
