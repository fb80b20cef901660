"""What an operation answers: a result code, and the HTTP status that goes with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from kenshin.engines import base

MISSING = 1001
BADLY_FORMED = 1002
UNKNOWN = 1003
OUT_OF_RANGE = 1004
BUSY = base.BUSY
OVER_LIMIT = 3003
NOT_ALLOWED = 4001
HEAD_END_REFUSED = 6001
HEAD_END_NOT_REACHED = 6002  # nothing was sent
OUTCOME_UNKNOWN = 6003  # sent, and nobody knows what became of it
DHCP_NOT_TOLD = 6004  # nothing was done
FAILED = base.SQL_FAILED

PARTLY = 207  # HTTP status: some rows are done and some refused

# Codes from the first number on have the status behind it, up to the next.
STATUSES = {
    0: 200,
    1000: 400,
    2000: 404,
    3000: 409,
    4000: 403,
    5000: 500,
    HEAD_END_REFUSED: 502,
    HEAD_END_NOT_REACHED: 502,
    OUTCOME_UNKNOWN: 504,
    DHCP_NOT_TOLD: 502,
    7000: 500,
}


def status_of(code: int) -> int:
    """The HTTP status of a result code."""
    return STATUSES[max(first for first in STATUSES if first <= code)]


@dataclass(frozen=True)
class Answer:
    """The answer to one request. `status` stands where it does not follow from the code."""

    code: int = 0
    message: str = ""
    data: object = None
    status: int | None = None

    @property
    def http_status(self) -> int:
        """Its HTTP status."""
        return status_of(self.code) if self.status is None else self.status


@dataclass
class Problem(Exception):
    """A request that is not carried out; the message is for whoever sent it."""

    code: int
    message: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.message)

    @property
    def answer(self) -> Answer:
        """What the caller is told."""
        return Answer(self.code, self.message, status=self.status)


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
