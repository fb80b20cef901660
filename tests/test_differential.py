"""One random sequence of calls, the same on every engine: every answer and every table alike."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from case import plain_rows
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Result, Session, open_session

ENGINES = ("firebird-embedded", "mysql", "mariadb")
SEED = 42
START = datetime(2026, 1, 30, 20, 0)  # the month ends within the sequence
INTERVAL = timedelta(minutes=30)
SLOTS = 20
METERS = 14
# The clock of the wall writes these; RECORDED_BY is the account of the engine, and of a CRC-32
# Firebird has the bytes in the other order, so a CHECKSUM compares within one engine alone.
CLOCK = {
    "CHECKSUM",
    "UPDATED_AT", "RECORDED_AT", "FINISHED_AT", "STARTED_AT", "GENERATED_TIME", "OCCURRED_AT",
    "DEPLOYED_AT", "DEPLOYED_BY", "RECORDED_BY", "CALLER",
}  # fmt: skip
# Of these the clock writes some: of which rows, and the others as they are.
PARTLY = {
    "CLEARED_AT": "CASE WHEN CLEARED_AT IS NULL THEN 1 ELSE 0 END,"
    " CASE WHEN CLEARED_AT < GENERATED_TIME THEN CLEARED_AT END"
}
# Keys that the engine counts up by itself, and where they may leave gaps.
AUTO = {"MDM_ALERT_HISTORY": "ALERT_ID", "IMPORT_REJECT": "REJECT_ID", "RULE_ERROR": "ERROR_ID"}
PRICES = [
    "INSERT INTO CORRECTION_PARAM (PARAM_ID, FROM_DATE, TO_DATE, CORRECTION_FACTOR, CO2_FACTOR,"
    " BASE_CHARGE_PER_10A, TIER1_LIMIT, TIER1_PRICE, TIER2_LIMIT, TIER2_PRICE, TIER3_PRICE)"
    f" VALUES ({values})"
    for values in (
        "'GLOBAL', '2025-01-01', '2026-01-31', 1, 0.453, 311.75, 2, 29.8, 6, 36.4, 40.49",
        "'GLOBAL', '2026-01-31', NULL, 1, 0.441, 311.75, 2, 30.57, 6, 37.1, 41.23",
        "'WIND', '2026-01-31', NULL, 1.0205, 0.013, 280, 1.5, 27.5, NULL, 31, NULL",
        "'OFFPEAK', '2025-04-01', NULL, 1, 0.453, 311.75, NULL, NULL, NULL, NULL, NULL",
    )
] + [
    "INSERT INTO TOU_PRICE (PARAM_ID, FROM_DATE, DAY_TYPE, START_TIME, PRICE)"
    f" VALUES ('OFFPEAK', '2025-04-01', {values})"
    for values in (
        "'WEEKDAY', '07:00:00', 38.2", "'WEEKDAY', '23:00:00', 21.16", "'SATURDAY', '09:30:00', 25",
    )
] + [
    "INSERT INTO VPS_CLUSTER (CLUSTER_ID, PARAM_ID) VALUES ('SOLAR', 'WIND')",
    "INSERT INTO VPS_CLUSTER (CLUSTER_ID, PARAM_ID) VALUES ('NIGHT', 'OFFPEAK')",
    "INSERT INTO HOLIDAY (DAY_OFF) VALUES ('2026-01-31')",
]  # fmt: skip

Step = tuple[Any, ...]


class Sequence_:
    """The steps: (rule, arguments…), with a file as (rule, arguments, name of it, its text)."""

    def __init__(self) -> None:
        self.dice = random.Random(SEED)
        self.steps: list[Step] = []
        self.points = {1 + n: f"point-{n:02}" for n in range(METERS)}
        self.types = {1 + n: (101, 101, 102, 202, 101)[n % 5] for n in range(METERS)}
        self.registers = {key: self.dice.randrange(10_000, 90_000) for key in self.points}
        self.heads = {key: 1 + key % 2 for key in self.points}
        self.lost: list[tuple[int, int, datetime, int]] = []
        self.found: list[tuple[int, int, datetime, int]] = []
        self.logs: list[Step] = []

    def make(self) -> list[Step]:
        self._register()
        for slot in range(SLOTS):
            at = START + slot * INTERVAL
            self.steps.append(("OPEN_CYCLE", at, at + timedelta(minutes=5)))
            if slot == 8:
                self._exchange(at)
            for head in (1, 2):
                self._snapshot(head, at)
            self._past(at)
            self.steps.append(("DIAGNOSE", at, at + INTERVAL))
            self.steps.append(("PRICE_CYCLE", at, at))
            self.steps.append(("FINISH_CYCLE", at))
            if slot % 3 == 2:
                self._bill(at)
                self._correct(at)
            self._wrong(at)
            for usage_class in ("ONTIME", "PAST"):
                self.steps.append(("EXPORT_USAGE_ROWS", at, at + INTERVAL, usage_class))
        self.steps.append(("SIMULATE_BILL", START, START + SLOTS * INTERVAL))
        self.steps.append(("DIAGNOSE", START, START + SLOTS * INTERVAL))
        return self.steps

    def _register(self) -> None:
        self.steps.append(("SET_CONFIG", "HE_ALLOCATION", "BALANCE"))
        for key, point in self.points.items():
            cluster = {0: "SOLAR", 1: "NIGHT"}.get(key % 4)
            self.steps.append((
                "REGISTER_CONTROLLER", f"PD{key}", f"HE{self.heads[key]}", f"S-{key}",
                f"aa:bb:cc:00:00:{key:02x}", 11, None, 1, None, None, None, None,
                point, cluster, f"name {key}", 2, self.types[key], Decimal(10 * (1 + key % 6)), 1,
            ))  # fmt: skip
            self.steps.append(("DHCP_COMPLETED", f"AABBCC0000{key:02X}", f"10.0.0.{key}"))
            self.steps.append(("PROV_COMPLETED", f"AABBCC0000{key:02X}"))
        self.steps.append(self.steps[1])  # a repeat
        self.steps.append(("ADD_LOGICAL_DEVICE", *[None] * 8))

    def _lines(self, key: int, at: datetime) -> list[tuple[int, int, datetime, int]]:
        self.registers[key] += self.dice.randrange(0, 260) - (
            5000 if self.dice.random() < 0.01 else 0
        )
        lines = [(key, 1, at, self.registers[key])]
        if self.types[key] == 101:
            lines.append((key, 2, at, self.dice.randrange(0, 1300)))
        return lines

    def _snapshot(self, head: int, at: datetime) -> None:
        lines = []
        for key in self.points:
            if self.heads[key] != head:
                continue
            for line in self._lines(key, at):
                if self.dice.random() < 0.12:
                    self.lost.append(line)
                else:
                    lines.append(self._text(line))
        fate = self.dice.random()
        name = f"HE{head}_{at:%Y%m%d%H%M}_ONTIME.csv"
        if fate < 0.1:
            self.steps.append(("MARK_SNAPSHOT_MISSING", head, at))
        if fate < 0.25:
            lines += [
                lines[0],
                "9999,2,1," + str(at) + ",1,0",
                "a,b",
                f"1,2,1,{at},x,0",
                f"1,2,1,{at - INTERVAL},5,0",
            ]
        text = self._file("PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS", lines)
        log = (
            "IMPORT_COLLECTION_LOG_ROWS",
            (head, at, "ONTIME", name),
            "COLLECTION_LOG_LINE",
            text,
        )
        if 0.3 < fate < 0.4:
            self.steps.append((*log[:3], text[: len(text) // 2]))
        self.steps.append(log)
        if fate < 0.1:
            late = (head, at, "PAST", name)
            self.steps.append((log[0], late, *log[2:]))
        if 0.4 < fate < 0.5:
            self.steps.append(log)
        self.steps.append(("MARK_SNAPSHOT_MISSING", head, at))

    def _past(self, at: datetime) -> None:
        chosen = [line for line in self.lost if line[2] < at and self.dice.random() < 0.5]
        for head in (1, 2):
            mine = [line for line in chosen if self.heads[line[0]] == head]
            if mine:
                name = f"HE{head}_{at:%Y%m%d%H%M}_PAST_1.csv"
                lines = [self._text(line) for line in mine]
                # What a log brought before changes nothing but a count.
                lines += [self._text(line) for line in self.found if self.heads[line[0]] == head]
                lines.append(f"{mine[0][0]},2,1,{at + INTERVAL},1,0")
                text = self._file(
                    "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS", lines
                )
                self.steps.append(
                    (
                        "IMPORT_COLLECTION_LOG_ROWS",
                        (head, at, "PAST", name),
                        "COLLECTION_LOG_LINE",
                        text,
                    )
                )
        self.lost = [line for line in self.lost if line not in chosen]
        self.found = chosen

    def _exchange(self, at: datetime) -> None:
        """Meter 1 gives way to meter 40 at the same point."""
        self.steps.append(
            ("CLEAR_INSTALLATION", None, "S-1", None, 0, at - timedelta(minutes=20), None)
        )
        self.steps.append((
            "REGISTER_CONTROLLER", "PD40", "HE2", "S-40", None, 11, None, 1, None, None, None, None,
            None, None, None, 2, 101, None, 1,
        ))  # fmt: skip
        self.steps.append((
            "INSTALL_CONTROLLER", None, "S-40", 2, None, None, "HE2", "SOLAR", "point-00", None,
            Decimal(40), "1=100.5", at - timedelta(minutes=10),
        ))  # fmt: skip

    def _bill(self, at: datetime) -> None:
        lines = [
            f"{self.dice.choice(list(self.points.values()))},1,"
            f"{START + self.dice.randrange(SLOTS) * INTERVAL},{self.dice.randrange(1, 9999) / 100}"
            for _ in range(8)
        ]
        lines += ["nobody,1," + str(at) + ",1", f"point-01,1,{at},x", lines[0]]
        text = self._file("LD_ID,SUB_NUMBER,MEASURED_TIME,QUOTE", lines)
        for bill_class in ("ONTIME", self.dice.choice(["ONTIME", "PAST"])):
            self.steps.append(
                ("IMPORT_BILL_ROWS", (f"BILL_{at:%d%H%M}.csv", bill_class), "BILL_LINE", text)
            )

    def _correct(self, at: datetime) -> None:
        for _ in range(2):
            point = self.dice.choice(list(self.points.values()))
            usage = Decimal(self.dice.randrange(-50, 300)) / 100
            self.steps.append(
                ("CORRECT_QUOTE", point, 1, at - self.dice.randrange(4) * INTERVAL, usage)
            )

    def _wrong(self, at: datetime) -> None:
        self.steps.append(
            self.dice.choice(
                [
                    ("CORRECT_QUOTE", "x' OR 1=1 --", 1, at, 1),
                    ("CORRECT_QUOTE", None, 1, at, 1),
                    ("SIMULATE_BILL", at, at),
                    ("SIMULATE_BILL", None, at),
                    ("DIAGNOSE", at, None),
                    ("DHCP_COMPLETED", "AABBCC00FFFF", "10.0.0.1"),
                    ("DHCP_COMPLETED", "AABBCC000001", "300.0.0.1"),
                    ("PROV_COMPLETED", "zz"),
                    ("MARK_SNAPSHOT_MISSING", 7, at),
                    ("OPEN_CYCLE", at, at - INTERVAL),
                    ("FINISH_CYCLE", at + INTERVAL),
                    ("SET_CONFIG", "INTERVAL_MINUTES", "7"),
                    ("MARK_SNAPSHOT_MISSING", 1, at + timedelta(minutes=1)),
                    ("EXPORT_USAGE_ROWS", at, at + INTERVAL, "x"),
                ]
            )
        )

    def _text(self, line: tuple[int, int, datetime, int]) -> str:
        key, sub, at, value = line
        return f"{key},2,{sub},{at},{value},0"

    def _file(self, header: str, lines: Sequence[str]) -> str:
        return "\n".join([header, *lines, f"#END,{len(lines)}", ""])


def play(session: Session, steps: Sequence[Step], folder: Path) -> Iterator[tuple[Any, ...]]:
    """Call after call; what each answered, as text."""
    catalog = Catalog(session.config.dialect)
    for number, (rule, *arguments) in enumerate(steps):
        database = catalog.database_of(rule)
        if arguments and isinstance(arguments[0], tuple):
            given, staging, text = arguments
            path = folder / f"{number}.csv"
            path.write_text(text)
            result = session.call_with_file(
                database, rule, given, staging, catalog.file_columns(staging), path
            )
        else:
            result = session.call(database, rule, *arguments)
        yield number, rule, *answer(rule, result)


def answer(rule: str, result: Result) -> tuple[Any, ...]:
    rows = plain_rows(result.rows)
    if rule == "EXPORT_USAGE_ROWS":  # lines come one by one or in bundles, in any order
        rows = [(line,) for line in "\n".join(text for (text,) in rows).splitlines() if line]
    return result.code, result.message, sorted(rows, key=repr)


def dump(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the release, without what the clock and the engine write."""
    catalog = Catalog(session.config.dialect)
    found = {}
    for name, (database, declaration) in catalog.objects.items():
        if declaration.kind != "table" or database == "he" or name.startswith("SCHEMA_"):
            continue
        columns = [c for c in declaration.columns if c not in CLOCK and c != AUTO.get(name)]
        asked = ", ".join(PARTLY.get(column, column) for column in columns)
        rows = session.execute(database, f"SELECT {asked} FROM {name}")
        found[name] = sorted(plain_rows([map(time_of_day, row) for row in rows]), key=repr)
    return found


def time_of_day(value: Any) -> Any:
    """A driver gives TIME as what it is since midnight."""
    return (datetime.min + value).time() if isinstance(value, timedelta) else value


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return Sequence_().make()


def installation(installations: Any, engine: str) -> Config:
    config: Config = installations.new(engine, "alike")
    release.apply(config)
    with open_session(config) as session, session.transaction():
        session.execute("mdm", "UPDATE HECONF SET ENABLED = 0 WHERE HEID > 2")
        for statement in PRICES:
            session.execute("vps", statement)
    return config


def test_three_engines_one_answer(installations: Any, steps: list[Step], tmp_path: Path) -> None:
    answers: dict[str, list[tuple[Any, ...]]] = {}
    tables: dict[str, dict[str, list[tuple[Any, ...]]]] = {}
    for engine in ENGINES:
        folder = tmp_path / engine
        folder.mkdir()
        with open_session(installation(installations, engine)) as session:
            answers[engine] = list(play(session, steps, folder))
            tables[engine] = dump(session)
    first = answers[ENGINES[0]]
    codes = {(rule, code) for _, rule, code, *_ in first}
    assert len(steps) >= 150
    assert all(code < 9000 for _, code in codes), [line for line in first if line[2] >= 9000]
    assert {code for _, code in codes} >= {
        0,
        10,
        11,
        1001,
        1002,
        1003,
        1004,
        2001,
        2002,
        3002,
        5003,
    }
    exchanged = {
        (rule, code) for _, rule, code, *_ in first if "_INSTALL" in rule or "INSTALL_" in rule
    }
    assert exchanged == {("CLEAR_INSTALLATION", 0), ("INSTALL_CONTROLLER", 0)}
    assert len(tables[ENGINES[0]]["USAGE_HISTORY"]) > 300
    assert any(row[-1] == "2" for row in tables[ENGINES[0]]["USAGE_HISTORY"])  # REPOLLS
    for name in ("USAGE_REVISION", "IMPORT_REJECT", "MDM_ALERT_HISTORY", "BOUNDARY_READING"):
        assert tables[ENGINES[0]][name], name
    for engine in ENGINES[1:]:
        for ours, theirs in zip(first, answers[engine], strict=True):
            assert ours == theirs, engine
        for name, rows in tables[ENGINES[0]].items():
            assert tables[engine][name] == rows, (engine, name)
