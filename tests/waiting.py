"""How tests wait: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 120  # seconds for what takes a fraction of one on an idle machine


def until(what: Callable[[], Any], why: str = "it never came true") -> Any:
    """What a condition gives when it holds at last; fails when it never does."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, why
        time.sleep(0.02)
    return found
