"""Logs of several head-ends taken in at once, each head-end's on a connection of its own.

A rule that takes in a log works on one core of the server, so the logs of a snapshot are taken in
by as many connections as this machine has cores, a server beside it being the usual case.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from kenshin.engines import EngineError, Result, open_session
from kenshin.intake import offer
from kenshin.rules import Rules

Log = tuple[Path, Sequence[Any]]  # a file, and what the rule that takes it in is called with
Answer = Result | EngineError | OSError
_MOST = 4


def take_in(
    rules: Rules, rule: str, staging: str, logs: Mapping[int, Sequence[Log]]
) -> dict[Path, Answer]:
    """What the rule made of each log, by its file; those of one head-end one after the other.

    Behind a log that failed nothing more of its head-end is tried. Empty where one connection does
    as well, or where a transaction is open, which others could not look into.
    """
    most = min(_MOST, len(os.sched_getaffinity(0)), len(logs))
    if most < 2 or not rules.session.works_abreast or rules.session.in_transaction:
        return {}
    work = partial(_one_head_end, rules, rule, staging)
    with ThreadPoolExecutor(most) as pool:
        done = list(pool.map(work, logs.values()))
    return {path: answer for answers in done for path, answer in answers.items()}


def _one_head_end(rules: Rules, rule: str, staging: str, logs: Sequence[Log]) -> dict[Path, Answer]:
    answers: dict[Path, Answer] = {}
    try:
        with open_session(rules.session.config) as session:
            _offered(Rules(session, rules.catalog), rule, staging, logs, answers)
    except (EngineError, OSError) as error:
        # No connection, or none that could be closed, which is no log's fault.
        answers.setdefault(logs[0][0], error)
    return answers


def _offered(
    rules: Rules, rule: str, staging: str, logs: Sequence[Log], answers: dict[Path, Answer]
) -> None:
    for path, arguments in logs:
        try:
            answers[path] = offer(rules, rule, staging, arguments, path)
        except (EngineError, OSError) as error:
            answers[path] = error
            return


def answered(answers: dict[Path, Answer], path: Path) -> Result | None:
    """What was made of a log, once; nothing if it was not offered. Raises what it failed with."""
    answer = answers.pop(path, None)
    if isinstance(answer, Exception):
        raise answer
    return answer
