"""A day and a half of the simulated month on every engine; bench/month.py runs the whole month."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import month
from conftest import Installations
from month_plan import ALL_HEADS, SHARES, Plan
from month_rig import Rig, rig


@pytest.fixture
def made(engine: str, installations: Installations, tmp_path: Path) -> Iterator[Rig]:
    plan = Plan(days=1.5, meters=12, heads=2, kills=4, server_kills=1)
    with rig(engine, installations, tmp_path, plan) as opened:
        yield opened


def test_whatever_breaks_the_month_comes_out_the_same(made: Rig) -> None:
    verdict = made.run()
    assert not verdict.failures, "\n".join(verdict.failures[:20])
    assert verdict.kills == made.plan.kills
    assert verdict.server_kills == (0 if made.engine == "firebird-embedded" else 1)
    assert verdict.broken_transfers == len(made.plan.broken_transfers)
    assert verdict.outages == len(made.plan.short_outages) + 1
    assert verdict.exact > 500
    assert verdict.usage_files >= verdict.snapshots


def test_the_same_seed_plans_the_same_faults() -> None:
    one, other = (Plan(days=3, meters=5, heads=2, seed=4) for _ in range(2))
    assert one.faults == other.faults
    assert one.mute == other.mute
    assert list(one.pieces(set())) == list(other.pieces(set()))
    assert {fault.kind for fault in one.faults} == {"down", "unreachable", *SHARES}
    assert any(fault.heid == ALL_HEADS for fault in one.faults)
    assert [at for piece in one.pieces(set()) for at in piece] == one.snapshots


def test_a_difference_is_found() -> None:
    """The verdict fails for what the runs do not agree on."""
    assert not month.Verdict().failures
    for name in ("differing_tables", "differing_files", "unexplained", "wrong", "unseen"):
        assert len(month.Verdict(**{name: ["something"]}).failures) == 1, name
