"""What the HTTP-API counts, for Prometheus, over all worker processes.

The server makes the folder of `shared` before this module is imported; without it each process
counts for itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from kenshin.http_api.shared import FIGURES

# From a read of one row to a control that waits for a slow meter, in seconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80)

REQUESTS = Counter("kenshin_http_requests", "Requests that were answered.", ["path", "status"])
REQUEST_SECONDS = Histogram(
    "kenshin_http_request_seconds", "Time until the answer.", ["path"], buckets=_SECONDS
)
HEAD_END_CALLS = Counter(
    "kenshin_head_end_calls", "Calls of head-ends over HE-API.", ["operation", "outcome"]
)
HEAD_END_SECONDS = Histogram(
    "kenshin_head_end_seconds", "Time of a call over HE-API.", ["operation"], buckets=_SECONDS
)
LOCKS = Counter("kenshin_locks", "Locks that were asked for.", ["outcome"])
LOCK_SECONDS = Histogram("kenshin_lock_seconds", "Time until a lock was had.", buckets=_SECONDS)
OPEN_CONTROLS = Gauge(
    "kenshin_open_controls", "Controls whose outcome is open.", multiprocess_mode="mostrecent"
)
OPEN_DHCP_CHANGES = Gauge(
    "kenshin_open_dhcp_changes",
    "Devices that DHCP may not have as the register has them.",
    multiprocess_mode="mostrecent",
)
REFUSALS = Counter("kenshin_http_refusals", "Requests without a key that holds.", ["reason"])
OVER_RATE = Counter("kenshin_http_over_rate", "Requests over the rate limit.", ["of"])


def request(path: str, status: int, seconds: float) -> None:
    """Count an answered request. `path` is the one of an operation, never the client's text."""
    REQUESTS.labels(path, str(status)).inc()
    REQUEST_SECONDS.labels(path).observe(seconds)


@contextmanager
def head_end_call(operation: str) -> Iterator[None]:
    """Count the call inside; its outcome is ok, or the name of the exception's class."""
    began, outcome = time.monotonic(), "ok"
    try:
        yield
    except Exception as error:
        outcome = type(error).__name__
        raise
    finally:
        HEAD_END_CALLS.labels(operation, outcome).inc()
        HEAD_END_SECONDS.labels(operation).observe(time.monotonic() - began)


def lock(had: bool, seconds: float) -> None:
    """Count a lock that was asked for, and whether it was had in time."""
    LOCKS.labels("had" if had else "refused").inc()
    LOCK_SECONDS.observe(seconds)


class _Workers:
    """The figures of all workers, from the file that each of them has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """All of them, added up."""
        # One that a worker is about to begin, or was killed then, is empty and cannot be read.
        files = [str(path) for path in self._folder.glob("*.db") if path.stat().st_size]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return merged


def page() -> tuple[bytes, str]:
    """All figures in the text format of Prometheus, and the type of that text."""
    registry = REGISTRY
    if FIGURES in os.environ:
        registry = CollectorRegistry()
        registry.register(_Workers(Path(os.environ[FIGURES])))
    return generate_latest(registry), CONTENT_TYPE_LATEST
