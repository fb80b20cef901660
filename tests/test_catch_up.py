"""Cycles that are caught up give what cycles in their time give, on every engine."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest

from batches import INTERVAL, LATE, SOON, START, Site, names, stamp
from kenshin.batch import Ended
from kenshin.cycle import Cycle
from kenshin.engines import Result
from kenshin.rules import Rules

SLOTS = 7
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def here(site: Site) -> Site:
    site.configure()
    site.clear()
    return site


def at(slot: int) -> datetime:
    return START + slot * INTERVAL


def write(here: Site, slot: int) -> None:
    """What the head-ends write up to the cycle of a slot: losses, gaps filled, garbage."""
    lost = (902,) if slot in (1, 2, 4) else ()
    if slot != 5:  # that one never comes
        here.log(1, at(slot), without=lost)
    here.log(2, at(slot), without=(904,) if slot == 3 else ())
    if slot == 2:
        here.past(1, at(2), at(1), [902])
    if slot == 4:
        # Written between two snapshots: it waits for the second.
        here.past(1, at(3) + 7 * A_MINUTE, at(2), [902, 999])
        here.past(2, at(4), at(3), [904])
    if slot == 6:
        here.write(f"HE1_{stamp(at(6))}_PAST_2.csv", "no,header", ["1,2"])
        here.past(1, at(6), at(5), [901, 903])


def files(here: Site) -> dict[str, list[bytes]]:
    """The lines of each usage file, whose order is the engine's."""
    return {
        name: sorted((here.outbox / name).read_bytes().split(b"\n")) for name in names(here.outbox)
    }


def test_a_catch_up_gives_what_cycles_in_their_time_give(here: Site) -> None:
    for slot in range(SLOTS):
        write(here, slot)
        outcome = here.cycle(at(slot), at(slot) + LATE)
        assert outcome.status == (3 if slot >= 5 else 0), outcome.said
    tables, usage = here.tables(passing=False), files(here)
    stamps = {row[-1] for row in tables["USAGE_GAP"]}
    assert stamps == {str(at(2)), str(at(4)), str(at(6)), None}
    assert len(usage) == SLOTS + 3

    for words in ((None, at(SLOTS - 1)), (at(0), at(SLOTS - 1)), (at(0), None)):
        here.clear()
        for slot in range(SLOTS):
            write(here, slot)
        first, until = words
        now = at(SLOTS - 1) + LATE
        if first is None:
            assert here.cycle(at(0), now).status == 0
        outcome = here.cycle(first if until else at(0), now, *_until(until))
        if until is None:
            outcome = here.cycle(None, now)
        assert outcome.status == 3, outcome.said
        found = here.tables(passing=False)
        for name, rows in tables.items():
            assert found[name] == rows, name
        assert files(here) == usage


def _until(last: datetime | None) -> list[str]:
    return ["--until", f"{last:%Y-%m-%dT%H:%M}"] if last else []


def test_a_log_that_is_there_counts_as_come_in_time(here: Site) -> None:
    for slot in range(3):
        here.log(1, at(slot))
        here.log(2, at(slot))
    here.cycle(at(0), at(0) + SOON)
    assert here.cycle(None, at(2) + SOON).status == 0
    assert here.read(
        "vps:SELECT COUNT(*) FROM USAGE_GAP"
        " WHERE SUB_NUMBER = 1 AND MEASURED_TIME > '2026-01-14 10:00'"
    ) == [("0",)]


def test_a_late_log_is_past_in_the_first_cycle_after_it(here: Site) -> None:
    for slot in range(4):
        here.log(2, at(slot))
        if slot != 1:
            here.log(1, at(slot))
    # In its time: the first two cycles, of which the second closed without a log.
    assert here.cycle(at(0), at(0) + SOON).status == 0
    assert here.cycle(at(1), at(1) + LATE).status == 3
    here.log(1, at(1))
    assert here.cycle(None, at(3) + SOON).status == 0
    assert here.read(
        "mdm:SELECT SNAPSHOT_TIME, CLASS FROM COLLECTION_LOG WHERE FILE_NAME ="
        f" 'HE1_{stamp(at(1))}_ONTIME.csv'"
    ) == [(str(at(2)), "PAST")]
    assert here.read(
        "vps:SELECT DISTINCT REPOLLED_AT FROM USAGE_GAP WHERE REPOLLED_AT IS NOT NULL"
    ) == [(str(at(2)),)]


def test_it_stops_at_the_first_snapshot_that_awaits_a_log(here: Site) -> None:
    for slot in range(4):
        here.log(1, at(slot))
        if slot < 3:
            here.log(2, at(slot))
    here.cycle(at(0), at(0) + SOON)
    outcome = here.cycle(None, at(3) + SOON)
    assert outcome.status == 75, outcome.said
    assert "2 cycles finished, 2026-01-14 11:30 not finished" in outcome.said
    assert f"awaited: HE2_{stamp(at(3))}_ONTIME.csv" in outcome.said
    assert len(names(here.outbox)) == 3
    here.log(2, at(3))
    assert here.cycle(None, at(3) + SOON).status == 0
    assert names(here.inbox) == []
    assert (
        here.cycle(None, at(3) + SOON).said
        == "cycle: no cycle was due, 0 logs taken in, 0 new alerts, 0 usage files\n"
    )


def test_it_stops_at_a_snapshot_that_failed(here: Site) -> None:
    """A log that cannot be read: the others' logs of the snapshot are taken in, none behind it."""
    for slot in range(3):
        here.log(2, at(slot))
    for slot in (0, 2):
        here.log(1, at(slot))
    here.cycle(at(0), at(0) + SOON)
    (here.inbox / f"HE1_{stamp(at(1))}_ONTIME.csv").mkdir()
    outcome = here.cycle(None, at(2) + LATE)
    assert outcome.status == 1
    assert "failed: HE1: " in outcome.said
    assert names(here.inbox) == [f"HE{heid}_{stamp(at(2))}_ONTIME.csv" for heid in (1, 2)]
    [(device, _, is_open)] = here.alerts("TRANSFER_FAILED")
    assert (device, is_open) == ("HE1", "1")
    (here.inbox / f"HE1_{stamp(at(1))}_ONTIME.csv").rmdir()
    here.log(1, at(1))
    assert here.cycle(None, at(2) + LATE).status == 0
    assert [one[2] for one in here.alerts("TRANSFER_FAILED")] == ["0"]


def test_a_log_ahead_waits(here: Site) -> None:
    for slot in range(2):
        here.log(1, at(slot))
        here.log(2, at(slot))
    assert here.cycle(at(0), at(0) + SOON).status == 0
    assert len(names(here.inbox)) == 2


def break_off_at(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    """Let the next call of a rule be the end of the run, as a kill is."""
    call = Rules.call

    def broken(self: Rules, name: str, **arguments: object) -> Result:
        if name == rule:
            monkeypatch.setattr(Rules, "call", call)
            raise KeyboardInterrupt
        return call(self, name, **arguments)

    monkeypatch.setattr(Rules, "call", broken)


def run_broken(here: Site, slot: int) -> None:
    with pytest.raises((KeyboardInterrupt, AssertionError)):
        assert here.cycle(at(slot), at(slot) + SOON).status in (0, 3)


def test_nobody_gets_usage_of_a_cycle_that_is_not_finished(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may take what lies in the outbox at once: a file that is written anew goes once."""
    for heid in (1, 2):
        here.log(heid, at(0), without=(902,))
    for rule in ("PRICE_CYCLE", "FINISH_CYCLE"):
        break_off_at(monkeypatch, rule)
        run_broken(here, 0)
        assert names(here.outbox) == []
    # What comes meanwhile is of this cycle.
    here.past(1, at(0), at(0), [902])
    assert here.cycle(at(0), at(0) + SOON).status == 0
    usage = [f"USAGE_{kind}_{stamp(at(0))}_{stamp(at(1))}.csv" for kind in ("ONTIME", "PAST")]
    assert names(here.outbox) == usage
    for name in names(here.outbox):
        (here.outbox / name).unlink()
    assert here.cycle(at(0), at(0) + SOON).status == 0
    assert [path.name for path in here.outbox.iterdir()] == []


def test_usage_outlives_a_power_cut_behind_the_end_of_its_cycle(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for heid in (1, 2):
        here.log(heid, at(0))
    synced: list[str] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    break_off_at(monkeypatch, "FINISH_CYCLE")
    run_broken(here, 0)
    part = f"{here.outbox}/.USAGE_ONTIME_{stamp(at(0))}_{stamp(at(1))}.csv.ready.part"
    assert str(here.outbox) in synced[synced.index(part) :]


def test_usage_of_a_cycle_that_was_finished_comes_out(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was killed behind FINISH_CYCLE, and before anybody could see the files."""
    for slot in (0, 1):
        for heid in (1, 2):
            here.log(heid, at(slot))
    give_out = Cycle._give_out
    monkeypatch.setattr(Cycle, "_give_out", _end)
    run_broken(here, 0)
    monkeypatch.setattr(Cycle, "_give_out", give_out)
    assert here.read("mdm:SELECT CYCLE_TIME FROM CYCLE_LOG") == [(str(at(0)),)]
    assert names(here.outbox) == []
    # The next cycle's are not finished: they stay hidden.
    break_off_at(monkeypatch, "FINISH_CYCLE")
    run_broken(here, 1)
    outcome = here.cycle(at(0), at(0) + SOON)
    assert outcome.status == 0, outcome.said
    assert "1 usage files" in outcome.said
    assert names(here.outbox) == [f"USAGE_ONTIME_{stamp(at(0))}_{stamp(at(1))}.csv"]
    assert here.cycle(at(1), at(1) + SOON).status == 0
    assert len(names(here.outbox)) == 2
    assert not list(here.outbox.glob(".*"))


def test_who_asked_the_process_to_end_is_obeyed(here: Site) -> None:
    """Even where clearing up failed as well, as with a library that takes signals itself."""
    attempts: list[int] = []
    with here.session() as session:

        def work() -> None:
            attempts.append(1)
            try:
                raise Ended(1)
            finally:
                raise session.driver_error("connection shutdown")

        with pytest.raises(Ended):
            session.again(work)
        assert attempts == [1]


def _end(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_head_end_that_is_enabled_in_mid_run_is_fetched_from(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = here.remote("he2")
    there.mkdir(parents=True)
    here.configure(f'[transfer.logs.2]\nurl = "file://{there}"\n')
    here.given([("mdm", "UPDATE HECONF SET ENABLED = 0 WHERE HEID = 2")])
    for slot in (0, 1, 2):
        here.log(1, at(slot))
    here.log(2, at(2), there)
    assert here.cycle(at(0), at(0) + SOON).status == 0
    call = Rules.call

    def enabling(self: Rules, name: str, **arguments: object) -> Result:
        result = call(self, name, **arguments)
        if name == "FINISH_CYCLE":
            monkeypatch.setattr(Rules, "call", call)
            here.given([("mdm", "UPDATE HECONF SET ENABLED = 1 WHERE HEID = 2")])
        return result

    monkeypatch.setattr(Rules, "call", enabling)
    outcome = here.cycle(None, at(2) + LATE)
    assert outcome.status == 0, outcome.said
    assert "3 logs taken in" in outcome.said


def test_what_waits_is_delivered_whatever_became_of_the_cycles(here: Site) -> None:
    usage = here.remote("usage")
    usage.mkdir(parents=True)
    here.configure(f'[transfer.usage]\nurl = "file://{usage}"\n')
    here.write("USAGE_ONTIME_x.csv", "x", [], here.outbox)
    outcome = here.cycle(at(0) + A_MINUTE, at(0) + SOON)
    assert outcome.status == 1
    assert "no cycle was run" in outcome.said
    assert "OPEN_CYCLE answered 1004 the time is not on the grid" in outcome.said
    assert names(usage) == ["USAGE_ONTIME_x.csv"]
