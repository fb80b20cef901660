"""What an operation answers: a result code, and the HTTP status that goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NOT_ALLOWED = 4001
OVER_LIMIT = 3003
BUSY = 3002
MISSING = 1001
BADLY_FORMED = 1002
UNKNOWN = 1003
HEAD_END_REFUSED = 6001
HEAD_END_NOT_REACHED = 6002  # nothing was sent
OUTCOME_UNKNOWN = 6003  # sent, and nobody knows what became of it
FAILED = 9000

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
