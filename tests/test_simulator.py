"""The simulated head-end: repeatable, exact, honest about the past, and small."""

from __future__ import annotations

import csv
import gzip
import random
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from kenshin.simulator import (
    CUMULATIVE,
    INSTANT,
    Counters,
    HeadEnd,
    Item,
    LoadCurves,
    Outcome,
    Points,
    Registers,
)
from kenshin.simulator.curves import shipped_path
from kenshin.simulator.dice import share_to_sides
from kenshin.simulator.register import obis_groups

START = datetime(2026, 3, 2)
SLOT = timedelta(minutes=30)
WEEK = timedelta(days=7)
HEADER = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"

Target = tuple[int, int, int, datetime]


@pytest.fixture(scope="module")
def curves() -> LoadCurves:
    return LoadCurves.load()


@pytest.fixture
def registers(curves: LoadCurves) -> Registers:
    return Registers(curves, seed=7, start=START)


def meter(key: int, kind: str = CUMULATIVE, scaler: int = -2, ln: str = "") -> Item:
    return Item(key, 2, 1, kind, scaler, ln)


def meters(count: int) -> Iterator[Item]:
    return (meter(key) for key in range(1, count + 1))


def find(device: int, address: int, sub: int) -> Item | None:
    return Item(device, address, sub, CUMULATIVE, -2)


def rows_of(path: Path) -> list[list[str]]:
    """Check a log's frame and give its rows."""
    content = path.read_bytes()
    assert b"\r" not in content
    lines = content.decode("utf-8").split("\n")
    assert lines[0] == HEADER
    assert lines[-1] == ""
    assert lines[-2] == f"#END,{len(lines) - 3}"
    return list(csv.reader(lines[1:-2]))


def targets_of(head_end: HeadEnd, at: datetime, count: int) -> list[Target]:
    return [
        (item.pd_table_key, item.ld_address, item.sub_number, at)
        for item, _ in head_end.lost(at, meters(count))
    ]


class TestLoadCurves:
    def test_shipped_table_is_whole_and_small(self, curves: LoadCurves) -> None:
        assert shipped_path().stat().st_size <= 400_000
        assert (len(curves.households), curves.slots) == (60, 7 * 7 * 48)
        assert curves.epoch.weekday() == 0
        assert [curves.households[h] for h in curves.backwards] == ["9717902"]
        assert len(curves.idle) == 2
        assert len(curves.ordinary) == 57

    def test_licence_lies_beside_the_table(self) -> None:
        notice = (shipped_path().parent / "NOTICE").read_text(encoding="utf-8")
        assert "CC BY-SA 4.0" in notice
        assert "Weigert" in notice

    def test_cumulative_is_the_exact_sum_across_repeats(self, curves: LoadCurves) -> None:
        for household in (0, 30, curves.backwards[0]):
            first = -curves.slots - 5
            base = curves.cumulative(household, first * 1800)
            total = 0
            for slot in range(first, 2 * curves.slots + 5):
                assert curves.cumulative(household, slot * 1800) - base == total
                total += curves.energy(household, slot)

    def test_within_a_half_hour_energy_is_spread_evenly(self, curves: LoadCurves) -> None:
        energy = curves.energy(5, 0)
        assert curves.cumulative(5, 600) == energy // 3
        assert curves.cumulative(5, 0) == 0

    @pytest.mark.parametrize(
        "text",
        [
            "start,a\n",
            "start,a\n2017-10-30 00:00:00\n",
            "start,a\n2017-10-30 00:00:00,1.5\n",
            "start,a\n2017-10-30 00:00:00,1\n2017-10-30 01:00:00,1\n",
            "start\n2017-10-30 00:00:00\n",
            "",
        ],
    )
    def test_bad_table_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "curves.csv.gz"
        path.write_bytes(gzip.compress(text.encode()))
        with pytest.raises(ValueError):
            LoadCurves.load(path)

    def test_curves_of_different_length_are_refused(self) -> None:
        with pytest.raises(ValueError):
            LoadCurves(START, ["a", "b"], [[1, 2], [1]])

    def test_time_with_a_zone_is_refused(self, curves: LoadCurves) -> None:
        with pytest.raises(ValueError):
            curves.seconds(START.astimezone())

    def test_forward_household_has_no_backwards_slot(self, curves: LoadCurves) -> None:
        with pytest.raises(ValueError):
            curves.first_backwards_slot(curves.ordinary[0])


class TestRegisters:
    def test_same_seed_same_registers_other_seed_others(self, curves: LoadCurves) -> None:
        at = START + timedelta(days=40, hours=7)

        def shown(seed: int) -> list[int | None]:
            made = Registers(curves, seed=seed, start=START)
            return [made.register(item, at) for item in meters(200)]

        assert shown(7) == shown(7)
        assert shown(7) != shown(8)

    def test_values_are_the_same_on_every_machine(self, registers: Registers) -> None:
        at = START + timedelta(days=3, hours=19)
        shown = [registers.register(item, at) for item in meters(4)]
        assert shown == [50016496, 131357, 42843, 58929]

    def test_order_of_questions_does_not_matter(self, registers: Registers) -> None:
        asked = [(meter(k), START + s * SLOT) for k in range(1, 40) for s in range(0, 96, 7)]
        first = {question: registers.register(*question) for question in asked}
        random.Random(1).shuffle(asked)
        assert all(registers.register(*question) == first[question] for question in asked)

    def test_increments_add_up_to_the_curve_floored_to_the_step(
        self, curves: LoadCurves, registers: Registers
    ) -> None:
        # An oracle in Decimal kWh that walks the half hours, from the definition of a register.
        busy = curves.ordinary[20:]
        item = next(m for m in meters(100) if registers.household(m) in busy)
        slots = [
            curves.energy(registers.household(item), slot)
            for slot in self._slots(curves, registers, item)
        ]
        start = registers.register(item, START)
        assert start is not None
        used = Decimal(0)
        for number, energy in enumerate(slots, 1):
            used += Decimal(energy) / 1000
            steps = (used / Decimal("0.01")).to_integral_value(ROUND_FLOOR)
            assert registers.register(item, START + number * SLOT) == start + steps

    @staticmethod
    def _slots(curves: LoadCurves, registers: Registers, item: Item) -> range:
        """Find the item's shift from outside: the only day whose curve fits its fine register."""
        fine = Item(item.pd_table_key, item.ld_address, item.sub_number, CUMULATIVE, -3)
        times = [START + number * SLOT for number in range(97)]
        shown = [registers.counted(fine, START, at) for at in times]
        steps = [after - before for before, after in pairwise(shown)]
        household = registers.household(item)
        days = range(0, curves.slots, 48)
        fits = [d for d in days if [curves.energy(household, d + i) for i in range(96)] == steps]
        assert len(fits) == 1
        return range(fits[0], fits[0] + 60 * 48)

    def test_chosen_device_rolls_over_in_its_first_week(self, curves: LoadCurves) -> None:
        made = Registers(curves, seed=7, start=START, rollover_devices={5}, digits=6)
        item = meter(5)
        before, after = made.register(item, START), made.register(item, START + WEEK)
        assert before is not None
        assert after is not None
        assert made.rolls_over(5)
        assert after < before < 10**6
        assert (after - before) % 10**6 == made.counted(item, START, START + WEEK) > 0

    def test_share_of_devices_rolls_over(self, curves: LoadCurves) -> None:
        made = Registers(curves, seed=7, start=START, rollover_share=0.05)
        rolling = [key for key in range(2, 4002) if made.rolls_over(key)]
        assert 150 <= len(rolling) <= 250
        for key in rolling:
            shown = [made.register(meter(key), START + day * WEEK / 7) for day in range(8)]
            assert min(filter(None, shown)) < 10**7 < max(filter(None, shown))

    def test_nothing_rolls_over_when_none_shall(self, curves: LoadCurves) -> None:
        made = Registers(curves, seed=7, start=START, rollover_share=0)
        assert not any(made.rolls_over(key) for key in range(1000))

    def test_first_device_runs_backwards_on_its_second_day(self, registers: Registers) -> None:
        shown = [registers.register(meter(1), START + number * SLOT) for number in range(97)]
        values = [value for value in shown if value is not None]
        steps = [after - before for before, after in pairwise(values)]
        falls = [number for number, step in enumerate(steps) if step < 0]
        assert len(values) == 97
        assert falls
        assert 48 <= falls[0] < 96

    def test_only_the_chosen_devices_run_backwards(self, registers: Registers) -> None:
        odd = set(registers.curves.backwards)
        assert registers.household(meter(1)) in odd
        assert not any(registers.household(meter(key)) in odd for key in range(2, 2000))

    def test_meters_differ_and_some_stand_still(self, registers: Registers) -> None:
        households = {registers.household(meter(key)) for key in range(2, 2000)}
        assert households == {*registers.curves.ordinary, *registers.curves.idle}
        still = [m for m in meters(200) if registers.counted(m, START, START + WEEK) == 0]
        assert still

    def test_device_shows_nothing_before_it_is_installed(self, curves: LoadCurves) -> None:
        later = START + timedelta(days=2)
        made = Registers(
            curves, seed=7, start=START, installed_at={9: later}, start_values={9: 123}
        )
        assert made.register(meter(9), later - SLOT) is None
        assert made.register(meter(9), later) == 123
        made.install(10, later, 5)
        assert made.register(meter(10), START) is None
        assert made.register(meter(10), later) == 5
        assert made.register(meter(11), START) is not None

    def test_gas_counts_a_tenth_and_water_a_twenty_fifth(self, registers: Registers) -> None:
        end = START + WEEK
        wh = registers.counted(meter(3, scaler=-3), START, end)
        assert registers.counted(meter(3, scaler=-3, ln="7-0:3.0.0"), START, end) == wh // 10
        assert registers.counted(meter(3, scaler=-3, ln="8-0:1.0.0"), START, end) == wh // 25
        assert registers.counted(meter(3, scaler=0), START, end) == wh // 1000
        assert registers.counted(meter(3, scaler=1), START, end) == wh // 10_000

    def test_present_values_are_those_of_the_last_half_hour(self, registers: Registers) -> None:
        at = START + timedelta(hours=19)
        wh = registers.counted(meter(3, scaler=-3), at - SLOT, at)
        assert wh > 0
        assert registers.register(meter(3, INSTANT, -1), at) == 2 * wh * 10 // 230
        assert registers.register(meter(3, INSTANT, -3, "1-0:1.7.0"), at) == 2 * wh
        during = at + timedelta(minutes=29)
        assert registers.register(meter(3, INSTANT, -3, "1-0:1.7.0"), during) == 2 * wh

    @pytest.mark.parametrize(
        ("ln", "groups"),
        [
            ("1-0:1.8.0", (1, 1)),
            ("7-0:3.0.0*255", (7, 3)),
            ("1.0.31.7.0.255", (1, 31)),
            ("1.8.0", (1, 1)),
            ("0100010800FF", (1, 1)),
            ("", (1, 0)),
            ("E0", (1, 0)),
        ],
    )
    def test_logical_names(self, ln: str, groups: tuple[int, int]) -> None:
        assert obis_groups(ln) == groups

    def test_bad_settings_are_refused(self, curves: LoadCurves, registers: Registers) -> None:
        with pytest.raises(ValueError):
            Registers(curves, seed=1, start=START, digits=0)
        with pytest.raises(ValueError):
            Registers(curves, seed=1, start=START, rollover_share=1.5)
        with pytest.raises(ValueError):
            Registers(LoadCurves(START, ["a"], [[-1] * 48]), seed=1, start=START)
        with pytest.raises(ValueError):
            registers.register(meter(2, "COUNTING"), START)
        with pytest.raises(ValueError):
            registers.register(meter(2, scaler=10), START)


class TestCollect:
    def test_log_has_the_agreed_form(self, tmp_path: Path, registers: Registers) -> None:
        head_end = HeadEnd(3, tmp_path, registers, seed=7, loss=0.3)
        at = START + 5 * SLOT
        path = head_end.collect(at, meters(500))
        assert path == tmp_path / "HE3_202603020230_ONTIME.csv"
        assert list(tmp_path.iterdir()) == [path]
        for key, address, sub, time, value, status in rows_of(path):
            assert (address, sub, time) == ("2", "1", "2026-03-02 02:30:00")
            read = status == "0"
            assert status in ("0", "1")
            assert value == (str(head_end.reading(meter(int(key)), at)) if read else "")

    def test_no_items_make_an_empty_log(self, tmp_path: Path, registers: Registers) -> None:
        path = HeadEnd(1, tmp_path, registers, seed=7).collect(START, [])
        assert path is not None
        assert path.read_text() == f"{HEADER}\n#END,0\n"

    def test_same_call_writes_the_same_bytes(self, tmp_path: Path, curves: LoadCurves) -> None:
        contents = []
        for seed in (7, 7, 8):
            registers = Registers(curves, seed=seed, start=START)
            head_end = HeadEnd(1, tmp_path, registers, seed=seed)
            path = head_end.collect(START + SLOT, meters(1000))
            assert path is not None
            contents.append(path.read_bytes())
        assert contents[0] == contents[1] != contents[2]

    def test_order_of_calls_and_items_does_not_matter(
        self, tmp_path: Path, registers: Registers
    ) -> None:
        times = [START + number * SLOT for number in range(6)]
        found = []
        for order in (times, times[::-1]):
            head_end = HeadEnd(1, tmp_path, registers, seed=7, loss=0.2)
            step = 1 if order is times else -1
            paths = [head_end.collect(at, list(meters(300))[::step]) for at in order]
            found.append({p.name: sorted(rows_of(p)) for p in paths if p})
        assert found[0] == found[1]
        assert len(found[0]) == 6

    def test_loss_is_the_chosen_share_of_both_kinds_and_in_bursts(
        self, tmp_path: Path, registers: Registers
    ) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, loss=0.1)
        outcomes = {
            (key, slot): head_end.outcome(meter(key), START + slot * SLOT)
            for key in range(500)
            for slot in range(96)
        }
        lost = {place for place, what in outcomes.items() if what is not Outcome.READ}
        left_out = [place for place in lost if outcomes[place] is Outcome.LEFT_OUT]
        assert 0.09 <= len(lost) / len(outcomes) <= 0.11
        assert 0.4 <= len(left_out) / len(lost) <= 0.6
        # Were losses independent, one in ten would follow another one.
        followed = [1 for key, slot in lost if (key, slot + 1) in lost]
        assert len(followed) > 0.3 * len(lost)

    @pytest.mark.parametrize(("loss", "lost"), [(0.0, 0), (1.0, 200)])
    def test_extreme_losses(
        self, tmp_path: Path, registers: Registers, loss: float, lost: int
    ) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, loss=loss)
        assert len(list(head_end.lost(START, meters(200)))) == lost

    def test_lost_readings_are_listed_as_the_log_has_them(
        self, tmp_path: Path, registers: Registers
    ) -> None:
        registers.install(77, START + WEEK)
        head_end = HeadEnd(1, tmp_path, registers, seed=7, loss=0.3)
        path = head_end.collect(START, meters(1000))
        assert path is not None
        rows = {int(row[0]): row[5] for row in rows_of(path)}
        listed = {item.pd_table_key: what for item, what in head_end.lost(START, meters(1000))}
        left_out = {key for key, what in listed.items() if what is Outcome.LEFT_OUT}
        assert set(range(1, 1001)) - rows.keys() == left_out
        assert {key for key, status in rows.items() if status == "1"} == listed.keys() - left_out
        assert 77 in listed
        counters = head_end.counters
        assert (counters.written, counters.lost) == (len(rows), len(listed))
        assert (counters.left_out, counters.read) == (len(left_out), 1000 - len(listed))

    def test_no_log_comes_in_an_outage(self, tmp_path: Path, registers: Registers) -> None:
        outage = (START + SLOT, START + 3 * SLOT)
        head_end = HeadEnd(1, tmp_path, registers, seed=7, outages=[outage])
        paths = [head_end.collect(START + number * SLOT, meters(10)) for number in range(4)]
        assert [path is None for path in paths] == [False, True, True, False]
        assert (head_end.counters.logs, head_end.counters.logs_lost) == (2, 2)
        assert len(list(head_end.lost(START + SLOT, meters(10)))) == 10
        assert head_end.repoll(START + SLOT, [(2, 2, 1, START)], find) is None

    def test_share_of_logs_never_comes(self, tmp_path: Path, registers: Registers) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, log_loss=0.2)
        silent = [head_end.silent(START + number * SLOT) for number in range(1000)]
        assert 150 <= sum(silent) <= 250

    def test_broken_off_log_leaves_nothing(self, tmp_path: Path, registers: Registers) -> None:
        def broken() -> Iterator[Item]:
            yield meter(2)
            raise ConnectionError

        with pytest.raises(ConnectionError):
            HeadEnd(1, tmp_path, registers, seed=7).collect(START, broken())
        assert list(tmp_path.iterdir()) == []

    def test_bad_arguments_are_refused(self, tmp_path: Path, registers: Registers) -> None:
        for heid in (0, 5):
            with pytest.raises(ValueError):
                HeadEnd(heid, tmp_path, registers, seed=7)
        for share in (-0.1, 1.1):
            with pytest.raises(ValueError):
                HeadEnd(1, tmp_path, registers, seed=7, loss=share)
            with pytest.raises(ValueError):
                share_to_sides(share)
        with pytest.raises(ValueError):
            HeadEnd(1, tmp_path, registers, seed=7).collect(START.replace(second=1), [])


class TestRepoll:
    def test_past_log_holds_the_registers_of_the_past(
        self, tmp_path: Path, registers: Registers
    ) -> None:
        lossless = HeadEnd(1, tmp_path, registers, seed=7, loss=0)
        on_time = lossless.collect(START + SLOT, meters(2000))
        assert on_time is not None
        truth = {row[0]: row for row in rows_of(on_time)}
        head_end = HeadEnd(2, tmp_path, registers, seed=7, loss=0.2)
        targets = targets_of(head_end, START + SLOT, 2000)
        path = head_end.repoll(START + 9 * SLOT, targets, find)
        assert path == tmp_path / "HE2_202603020430_PAST_1.csv"
        rows = rows_of(path)
        assert all(truth[row[0]] == row for row in rows)
        assert 0.85 * len(targets) <= len(rows) <= 0.95 * len(targets)
        assert head_end.counters == Counters(past_logs=1, repolled=len(targets), answered=len(rows))

    def test_recovered_lists_what_the_log_has(self, tmp_path: Path, registers: Registers) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, loss=0.2, unanswered=0.5)
        targets = targets_of(head_end, START + SLOT, 1000)
        items = {(item.pd_table_key, 2, 1): item for item in meters(1000)}
        listed = list(head_end.recovered(START + WEEK, targets, items))
        path = head_end.repoll(START + WEEK, targets, items)
        assert path is not None
        assert [[str(i.pd_table_key), str(value)] for i, _, value in listed] == [
            [row[0], row[4]] for row in rows_of(path)
        ]
        other = list(head_end.recovered(START + WEEK + SLOT, targets, items))
        assert other != listed

    def test_everything_answers_in_the_end(self, tmp_path: Path, registers: Registers) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, loss=0.3, unanswered=0.5)
        targets = targets_of(head_end, START, 300)
        for attempt in range(1, 40):
            got = head_end.recovered(START + attempt * SLOT, targets, find)
            done = {item.pd_table_key for item, _, _ in got}
            targets = [target for target in targets if target[0] not in done]
        assert targets == []

    def test_numbers_never_repeat_although_logs_are_fetched(
        self, tmp_path: Path, registers: Registers
    ) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, unanswered=0)
        names = []
        for _ in range(3):
            path = head_end.repoll(START + SLOT, [(2, 2, 1, START)], find)
            assert path is not None
            names.append(path.name)
            path.unlink()
        assert [name[-10:] for name in names] == ["PAST_1.csv", "PAST_2.csv", "PAST_3.csv"]
        fresh = HeadEnd(1, tmp_path, registers, seed=7, unanswered=0)
        path = fresh.repoll(START + SLOT, [(2, 2, 1, START)], find, number=9)
        assert path is not None
        assert path.name.endswith("PAST_9.csv")

    def test_what_cannot_be_answered_makes_no_log(
        self, tmp_path: Path, registers: Registers
    ) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, unanswered=0)
        assert head_end.repoll(START, [], find) is None
        assert head_end.repoll(START, [(2, 2, 1, START)], {}) is None
        assert head_end.repoll(START, [(2, 2, 1, START + SLOT)], find) is None
        assert head_end.repoll(START, [(2, 2, 1, START - SLOT)], find) is None
        assert list(tmp_path.iterdir()) == []
        assert (head_end.counters.repolled, head_end.counters.unknown) == (3, 1)


def table(count: int) -> Points:
    found = Points()
    for item in meters(count):
        found.add((item.pd_table_key, 2, 1), item.kind, item.scaler, item.ln)
    return found


class TestPoints:
    def test_they_are_what_was_added(self) -> None:
        found = Points()
        added = [
            Item(7, 2, 1, CUMULATIVE, -2, "1-0:1.8.0"),
            Item(7, 2, 2, INSTANT, -1, "1-0:31.6.0"),
            Item(7, 3, 1, CUMULATIVE, -3, "1-0:1.8.0"),
            Item(2**40, 2, 65535, CUMULATIVE, -2, "1-0:1.8.0"),
        ]
        for item in added:
            key = item.pd_table_key, item.ld_address, item.sub_number
            found.add(key, item.kind, item.scaler, item.ln)
        assert list(found.values()) == added
        assert dict(found) == {(i.pd_table_key, i.ld_address, i.sub_number): i for i in added}
        assert len(found) == 4

    def test_what_is_not_there_is_not_found(self) -> None:
        found = table(20)
        absent = [(0, 2, 1), (21, 2, 1), (7, 2, 0), (7, 2, 2), (7, 1, 65537), (7, 3, 1)]
        assert [key for key in absent if key in found] == []
        assert (7, 2, 1) in found
        assert (7, 2, 1) not in Points()

    @pytest.mark.parametrize("key", [(7, 2, 1), (7, 1, 9), (6, 9, 9), (8, 65536, 1), (8, 2, -1)])
    def test_another_order_or_a_place_too_high_is_refused(self, key: tuple[int, int, int]) -> None:
        found = Points()
        found.add((7, 2, 1), CUMULATIVE, -2, "")
        with pytest.raises(ValueError):
            found.add(key, CUMULATIVE, -2, "")
        assert len(found) == 1

    def test_a_head_end_takes_them_as_any_mapping(
        self, tmp_path: Path, registers: Registers
    ) -> None:
        head_end = HeadEnd(1, tmp_path, registers, seed=7, loss=0.2)
        items = {(item.pd_table_key, 2, 1): item for item in meters(300)}
        logs = []
        for points in (items, table(300)):
            on_time = head_end.collect(START, points.values())
            targets = targets_of(head_end, START, 300)
            past = head_end.repoll(START + SLOT, targets, points, number=1)
            assert on_time and past
            logs.append((on_time.read_bytes(), past.read_bytes()))
        assert logs[0] == logs[1]

    def test_one_takes_fourteen_bytes(self) -> None:
        sizes = []
        for count in (2_000, 20_000):
            tracemalloc.start()
            held = table(count)
            sizes.append(tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
            assert len(held) == count
        # Arrays grow by an eighth at a time.
        assert sizes[1] - sizes[0] < 18_000 * 17


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, registers: Registers) -> None:
    head_end = HeadEnd(1, tmp_path, registers, seed=7)
    head_end.collect(START, meters(100))
    peaks = []
    for count in (1_000, 100_000):
        tracemalloc.start()
        head_end.collect(START + SLOT, meters(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 200_000
    assert peaks[1] < peaks[0] + 50_000


def test_memory_does_not_grow_with_points_or_snapshots(
    tmp_path: Path, registers: Registers
) -> None:
    """A whole snapshot: logs on time, and of what was lost in the one before."""
    head_end = HeadEnd(1, tmp_path, registers, seed=7)

    def write(points: Points, at: datetime) -> None:
        lost = head_end.lost(at - SLOT, points.values())
        head_end.repoll(at, ((i.pd_table_key, 2, 1, at - SLOT) for i, _ in lost), points)
        head_end.collect(at, points.values())

    def peak(points: Points, snapshots: int) -> int:
        tracemalloc.start()
        for number in range(1, snapshots + 1):
            write(points, START + number * SLOT)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = table(2_000), table(20_000)
    write(few, START + SLOT)
    alone = peak(few, 1)
    assert peak(many, 1) < alone + 50_000
    assert peak(few, 10) < alone + 50_000
