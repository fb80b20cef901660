"""One effect and one answer for all requests with the same Idempotency-Key."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from kenshin.engines import Result, TryAgain
from kenshin.http_api import logs
from kenshin.http_api.answer import FAILED, Answer
from kenshin.rules import Rules

RECALL, KEEP = "RECALL_ANSWER", "KEEP_ANSWER"
USED = 3001  # the key already has an answer, or was used for another request
DUPLICATE = "23000"  # SQLSTATE: another transaction had kept one and was not committed yet

Work = Callable[[], Answer]
Write = Callable[[Answer], str]


@dataclass(frozen=True)
class Kept(Answer):
    """An answer with its text, which is sent as it is: the same bytes each time."""

    text: str = ""


class _Ended(Exception):
    """Takes the effect of work back, and still has an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message)
        self.answer = answer


class Undone(_Ended):
    """Raised by work whose effect is taken back; the answer to it is kept."""


class _Failed(_Ended):
    """What failed is not kept: the next request with the key does it anew."""


def is_kept(answer: Answer) -> bool:
    """Whether a repeated request gets this answer again: not when something failed."""
    return answer.code < FAILED and not 6000 <= answer.code < 7000


@dataclass(frozen=True)
class Keeping:
    """The kept answer to one request of a client.

    fingerprint: SHA-256 of the request, in hexadecimal digits. write: makes the text of an
    answer, which is kept and sent. Without a key nothing is kept.
    """

    rules: Rules
    client: str
    key: str | None
    fingerprint: str
    write: Write

    def once(self, work: Work) -> Answer:
        """Do work in one transaction with its answer, or give the first answer again.

        Work is done anew after a lost deadlock or connection, so it does nothing outside the
        transaction. Whether a commit held in which the connection was lost, the kept answer
        tells. The caller holds `locks.answer_lock`; without it two requests at once have one
        effect all the same, for the second one cannot keep its answer.
        """
        again = self.rules.session.again
        try:
            return again(lambda: self._attempt(work))
        except Undone as undone:
            answer = undone.answer
            return again(lambda: self._attempt(lambda: answer))
        except _Failed as failed:
            return failed.answer

    def recall(self) -> Answer | None:
        """The answer that is kept; a refusal when the key was used for another request."""
        if not self.key:
            return None
        result = self.rules.answer(RECALL, **self._named)
        if result.code == 0:
            ((status, text),) = result.rows
            code = int(json.loads(text)["result_code"])
            return Kept(code, status=int(status), text=str(text))
        return None if result.ok else self._refusal(RECALL, result.code)

    def keep_if_possible(self, answer: Answer) -> Answer:
        """Keep an answer in the transaction of its effect, which stands all the same.

        Gives what is to be sent.
        """
        if not self.key or not is_kept(answer):
            return answer
        result, kept = self._keep(answer)
        if result.ok:
            return kept
        logs.event("an answer is not kept", logging.WARNING, result_code=result.code)
        said = f"{answer.message}; " if answer.message else ""
        return replace(answer, message=f"{said}it is not kept under its Idempotency-Key")

    def _keep(self, answer: Answer) -> tuple[Result, Kept]:
        text = self.write(answer)
        status = answer.http_status
        result = self.rules.call(KEEP, **self._named, p_status=status, p_answer=text)
        return result, Kept(answer.code, answer.message, answer.data, status, text)

    def _attempt(self, work: Work) -> Answer:
        with self.rules.session.transaction():
            found = self.recall()
            if found is not None:
                return found
            answer = work()
            if not is_kept(answer):
                raise _Failed(answer)
            if not self.key:
                return answer
            result, kept = self._keep(answer)
            if result.code == USED or result.message.startswith(DUPLICATE):
                raise TryAgain("another request with this Idempotency-Key was answered meanwhile")
            if not result.ok:
                raise _Failed(self._refusal(KEEP, result.code))
            return kept

    @property
    def _named(self) -> dict[str, object]:
        return {
            "p_client": self.client,
            "p_idempotency_key": self.key,
            "p_request_hash": self.fingerprint,
        }

    def _refusal(self, rule: str, code: int) -> Answer:
        logs.refusal("Idempotency-Key", client=self.client, result_code=code)
        said = self.rules.catalog.meaning(rule, code) or "the database could not keep the answer"
        return Answer(code, f"Idempotency-Key: {said}")
