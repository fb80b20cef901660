"""A week of the simulator through the real cycle, on every engine, row by row the oracle's."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.cycle import Cycle
from kenshin.engines import Session, open_session
from kenshin.simulator import HeadEnd, LoadCurves, Registers
from oracle import Oracle
from station import INTERVAL, Meter, add, build, meters

START = datetime(2025, 12, 29, 0, 0)
DAYS = {"firebird-embedded": 7, "mysql": 7, "mariadb": 7, "firebird-server": 1}
SEED = 20260101
EXCHANGED = 11  # this meter is replaced by NEW on the third day, half an hour without either
NEW = Meter(500, 2, "point-0011", 101, None, 20)
STOCK = Meter(600, 1, None, 101)


class Week:
    """The station, its head-ends, and everything that happens to them; the oracle follows."""

    def __init__(self, config: Config, session: Session, count: int = 24, heads: int = 2) -> None:
        self.config, self.session = config, session
        self.catalog = Catalog(config.dialect)
        self.oracle = Oracle(interval=INTERVAL, closing_day=1)
        self.meters = {meter.key: meter for meter in meters(count, heads)}
        build(session, self.oracle, list(self.meters.values()))
        add(session, self.oracle, STOCK)
        self.meters[STOCK.key] = STOCK
        self.registers = Registers(
            LoadCurves.load(),
            seed=SEED,
            start=START - INTERVAL,
            rollover_devices=(3,),
            backwards_devices=(1,),
        )
        self.inbox = config.inbox
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.heads = {
            heid: HeadEnd(
                heid, self.inbox, self.registers, seed=SEED + heid, loss=0.04, unanswered=0.2
            )
            for heid in range(1, heads + 1)
        }
        self.held_back: dict[datetime, list[Path]] = defaultdict(list)
        self.dice = random.Random(SEED)

    def items(self, heid: int) -> list:
        return [
            item for meter in self.meters.values() if meter.heid == heid for item in meter.items()
        ]

    def collect(self, at: datetime) -> None:
        """Every head-end writes its log; some are lost, late, doubled, or carry garbage."""
        for heid, head in self.heads.items():
            path = head.collect(at, self.items(heid))
            assert path is not None
            fate = self.dice.random()
            if fate < 0.01:
                path.unlink()
            elif fate < 0.02:
                path.rename(path.with_suffix(".late"))
                self.held_back[at + 3 * INTERVAL].append(path)
            elif fate < 0.05:
                self._spoil(path)
            targets = self.session.execute(
                "vps",
                "SELECT PD_TABLE_KEY, LD_ADDRESS, SUB_NUMBER, MEASURED_TIME FROM REPOLL_TARGET"
                f" WHERE HEID = {heid} ORDER BY MEASURED_TIME, PD_TABLE_KEY, SUB_NUMBER",
            )
            by_key = {(i.pd_table_key, i.ld_address, i.sub_number): i for i in self.items(heid)}
            head.repoll(at, [tuple(row) for row in targets], by_key)
        for path in self.held_back.pop(at, []):
            path.with_suffix(".late").rename(path)

    def _spoil(self, path: Path) -> None:
        """Lines that must be refused one by one, while the rest counts."""
        lines = path.read_text().splitlines()
        first = lines[1].split(",")
        extra = [
            lines[1],  # a repeat
            "99999,2,1," + ",".join(first[3:]),
            ",".join([first[0], "9", *first[2:]]),
            ",".join([*first[:3], "2025-02-30 00:00:00", *first[4:]]),
            ",".join([*first[:4], "12x", "0"]),
            ",".join([*first[:4], "", "0"]),
            "only,three,fields",
            "\xff\xfe garbage",
        ]
        body = lines[1:-1] + extra
        text = "\r\n".join([lines[0], *body, f"#END,{len(body)}"]) + "\r\n"
        path.write_bytes(text.encode("latin1"))

    def cycle(self, at: datetime) -> None:
        """Run the real cycle, and let the oracle take in the same files in the same order."""
        logs = {path.name: path.read_bytes() for path in sorted(self.inbox.glob("*.csv"))}
        report = Cycle(self.session, self.catalog, at, at + timedelta(minutes=25)).run()
        assert report.finished, report.line()
        self._follow(at, logs)

    def _follow(self, at: datetime, logs: dict[str, bytes]) -> None:
        scratch = self.inbox.parent / "oracle"
        scratch.mkdir(exist_ok=True)
        for heid in self.heads:
            own = f"HE{heid}_{at:%Y%m%d%H%M}_ONTIME.csv"
            if own in logs:
                self.oracle.import_ontime(heid, at, self._written(scratch / own, logs[own]))
            else:
                self.oracle.mark_missing(heid, at)
        for heid in self.heads:
            own = f"HE{heid}_{at:%Y%m%d%H%M}_ONTIME.csv"
            for name, text in sorted(logs.items()):
                if name.startswith(f"HE{heid}_") and name != own:
                    self.oracle.import_past(heid, at, self._written(scratch / name, text))
        self.oracle.simulate_bill(at, at + INTERVAL)
        repaired = [key for key, row in self.oracle.usage.items() if row.repolled_at == at]
        if repaired:
            first = min(key[2] for key in repaired)
            self.oracle.simulate_bill(first, at, {key[:2] for key in repaired})

    @staticmethod
    def _written(path: Path, text: bytes) -> Path:
        # The oracle reads UTF-8; the rules take any bytes and refuse the line.
        path.write_bytes(text.decode("latin1").encode())
        return path

    def exchange(self, at: datetime) -> None:
        """Another meter at the same point: the register starts anew."""
        old = self.meters.pop(EXCHANGED)
        self.session.execute(
            "mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = NULL WHERE PD_TABLE_KEY = ?", [old.key]
        )
        self.registers.install(NEW.key, at)
        self.meters[NEW.key] = NEW
        with self.session.transaction():
            add(self.session, Oracle(), NEW)
        self.oracle.move_point(NEW.ld_id, NEW.key, 2, NEW.heid)
        self.oracle.points[NEW.ld_id].capacity = Decimal(NEW.capacity)

    def bill(self, at: datetime, usage_class: str) -> None:
        """A bill file of the day before, with lines that no slot has."""
        slots = [
            key
            for key in sorted(self.oracle.usage, key=repr)
            if at - timedelta(days=1) <= key[2] < at
        ]
        chosen = self.dice.sample(slots, 12)
        lines = [f"{ld},{sub},{t},{self.dice.randrange(100, 9999) / 100}" for ld, sub, t in chosen]
        lines += [f"nobody,1,{at},1.00", f"{chosen[0][0]},1,{at},x", lines[0]]
        path = self.inbox.parent / f"BILL_{at:%Y%m%d}_{usage_class}.csv"
        header = "LD_ID,SUB_NUMBER,MEASURED_TIME,QUOTE"
        path.write_text("\n".join([header, *lines, f"#END,{len(lines)}"]) + "\n")
        result = self.session.call_with_file(
            "vps",
            "IMPORT_BILL_ROWS",
            (path.name, usage_class),
            "BILL_LINE",
            self.catalog.file_columns("BILL_LINE"),
            path,
        )
        assert result.code == 0, result
        self.oracle.import_bill(path, usage_class)

    def correct(self, at: datetime) -> None:
        """Gaps of yesterday settled by hand."""
        gaps = [
            key
            for key, row in sorted(self.oracle.usage.items(), key=repr)
            if row.usage_value is None and row.repoll_usage is None and key[2] < at
        ]
        for key in self.dice.sample(gaps, min(4, len(gaps))):
            usage = Decimal(self.dice.randrange(1, 300)) / 100
            result = self.session.call("vps", "CORRECT_QUOTE", *key, usage)
            assert result.code == self.oracle.correct_quote(*key, usage), result


def plain(rows: list[tuple]) -> dict[tuple, tuple]:
    return {(str(ld).strip(), int(sub), at): tuple(rest) for ld, sub, at, *rest in rows}


@pytest.fixture(scope="module")
def week(engine: str, installations) -> Week:  # type: ignore[no-untyped-def]
    config = installations.new(engine, "week")
    release.apply(config)
    with open_session(config) as session:
        made = Week(config, session)
        for slot in range(48 * DAYS[engine]):
            at = START + slot * INTERVAL
            if slot == 2 * 48 + 21 or (DAYS[engine] == 1 and slot == 30):
                made.exchange(at)
            made.collect(at)
            made.cycle(at)
            if slot % 48 == 40 and slot > 48:
                made.bill(at, "ONTIME" if slot % 96 < 48 else "PAST")
            if slot % 48 == 44:
                made.correct(at)
        yield made


def test_usage_history_is_the_oracles(week: Week) -> None:
    found = plain(
        week.session.execute(
            "vps",
            "SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS,"
            " REPOLL_READING, REPOLL_USAGE, REPOLLED_AT, REPOLLS FROM USAGE_HISTORY",
        )
    )
    wanted = {
        key: (
            *(r.reading, r.usage_value, r.status),
            *(r.repoll_reading, r.repoll_usage, r.repolled_at, r.repolls),
        )
        for key, r in week.oracle.usage.items()
    }
    assert len(found) > 1000
    assert found == wanted


def test_quote_history_is_the_oracles(week: Week) -> None:
    found = plain(
        week.session.execute(
            "vps",
            "SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY, REVISION, QUOTE, CO2,"
            " SOURCE FROM QUOTE_HISTORY",
        )
    )
    wanted = {
        key: (r.usage_value, r.quality, r.revision, r.quote, r.co2, r.source)
        for key, r in week.oracle.quote.items()
    }
    assert found == wanted
    assert {row[5] for row in found.values()} >= {"S", "N"}


def test_revisions_are_the_oracles(week: Week) -> None:
    found = sorted(
        tuple(row)
        for row in week.session.execute(
            "vps",
            "SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, QUALITY, SOURCE"
            " FROM USAGE_REVISION",
        )
    )
    wanted = sorted(
        (r.ld_id, r.sub_number, r.measured_time, r.revision, r.quality, r.source)
        for r in week.oracle.revisions
    )
    assert found == wanted


def test_usage_adds_up_to_the_registers(week: Week) -> None:
    """Conservation: the sum of usages is the difference of the registers, to the last digit."""
    sums: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    ends: dict[tuple[str, int], list[Decimal]] = {}
    broken = set()
    for (ld, sub, _at), row in sorted(week.oracle.usage.items(), key=lambda pair: pair[0][2]):
        reading = row.reading if row.reading is not None else row.repoll_reading
        if reading is None:
            continue
        usage = row.usage_value if row.usage_value is not None else row.repoll_usage
        if (ld, sub) in ends and usage is None:
            broken.add((ld, sub))  # the reading before is still missing
        if (ld, sub) in ends and usage is not None:
            sums[ld, sub] += usage
        ends.setdefault((ld, sub), [reading, reading])[1] = reading
    checked = 0
    for (ld, sub), (first, last) in ends.items():
        point = week.oracle.points[ld]
        if sub == 1 and point.cluster != "SOLAR" and (ld, sub) not in broken:
            assert sums[ld, sub] == last - first, (ld, sub)
            checked += 1
    assert checked >= 3


def test_gaps_are_what_the_history_says(week: Week) -> None:
    gaps = week.session.execute(
        "vps", "SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, REPOLLED_AT FROM USAGE_GAP"
    )
    wanted = {key: (row.repolled_at,) for key, row in week.oracle.usage.items() if row.status != 0}
    assert plain(gaps) == wanted


def test_nothing_failed(week: Week) -> None:
    assert week.session.execute("mdm", "SELECT ROUTINE, MESSAGE FROM RULE_ERROR") == []


def test_usage_files_hold_every_slot_once(week: Week) -> None:
    rows = 0
    for path in week.config.outbox.glob("USAGE_ONTIME_*.csv"):
        lines = path.read_text().splitlines()
        assert lines[0] == "LD_ID,SUB_NUMBER,MEASURED_TIME,READING,USAGE_VALUE,STATUS"
        assert lines[-1] == f"#END,{len(lines) - 2}"
        rows += len(lines) - 2
    assert rows == len(week.oracle.usage)
    past = sum(
        len(path.read_text().splitlines()) - 2
        for path in week.config.outbox.glob("USAGE_PAST_*.csv")
    )
    touched = {key for key, row in week.oracle.usage.items() if row.repolled_at is not None}
    assert past >= len(touched) > 0
