"""Whether the server lives and can work, and its figures: open to all, and no data of a station."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify

from kenshin import __version__
from kenshin.http_api import logs, metrics

if TYPE_CHECKING:
    from kenshin.http_api.pool import Pool

KEPT_SECONDS = 1.0  # many who ask at once ask the database once


@dataclass(frozen=True)
class Readiness:
    """Whether requests can be worked on; if not, why, in words for whoever runs the server."""

    ready: bool
    reason: str = ""


class Health:
    """Looks whether the database is there and has this program's release."""

    def __init__(self, pool: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._lock = threading.Lock()
        self._last = (float("-inf"), Readiness(False))

    def readiness(self) -> Readiness:
        """What was found, at most a second ago."""
        with self._lock:
            looked, found = self._last
            if self._clock() - looked >= KEPT_SECONDS:
                found = self._look()
                self._last = (self._clock(), found)
            return found

    def _look(self) -> Readiness:
        try:
            with self._pool.session() as session:
                rows = session.execute(
                    "mdm", 'SELECT "RELEASE", STRUCTURE, STATE FROM INSTALLED_RELEASE'
                )
        except Exception as error:  # whatever it is, nobody's request would fare better
            logs.failure("not ready", error)
            return Readiness(
                False,
                "the database is not reached, or has no release of kenshin: "
                "kenshin doctor says more",
            )
        return verdict(rows, __version__)


def verdict(rows: list[tuple[Any, ...]], release: str) -> Readiness:
    """Whether what is installed fits a program of some release."""
    if not rows:
        return Readiness(False, "no release is installed: kenshin db apply")
    installed, _structure, state = rows[0]
    if state != "DONE":
        return Readiness(False, f"the run that brings in release {installed} is not done")
    if installed != release:
        return Readiness(
            False, f"the database has release {installed}, and this program is {release}"
        )
    return Readiness(True)


def pages(pool: Pool) -> Blueprint:
    """GET /healthz, /readyz and /metrics."""
    blueprint = Blueprint("health", __name__)
    health = Health(pool)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive", release=__version__)

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        found = health.readiness()
        if found.ready:
            return jsonify(status="ready"), 200
        return jsonify(status="not ready", reason=found.reason), 503

    @blueprint.get("/metrics")
    def figures() -> Response:
        text, kind = metrics.page()
        return Response(text, content_type=kind)

    return blueprint
