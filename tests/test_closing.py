"""A month of a station is closed: its totals, computed once more in Python, and what it freezes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from conftest import Installations
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.engines import Session, open_session
from oracle import Oracle
from station import INTERVAL, ITEMS, build, meters

FIRST, LAST = date(2026, 2, 10), date(2026, 3, 10)  # the billing month begins on the tenth
START, END = datetime(2026, 2, 10), datetime(2026, 3, 10)
GONE = "point-gone"
HEADER = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"


@dataclass
class Sums:
    """The totals of one point and item."""

    usage: Decimal | None = None
    quote: Decimal | None = None
    co2: Decimal | None = None
    slots: int = 0
    missing: int = 0

    def add(self, usage: Decimal | None, quote: Decimal | None, co2: Decimal | None) -> None:
        self.slots += 1
        self.missing += usage is None
        for name, value in (("usage", usage), ("quote", quote), ("co2", co2)):
            if value is not None:
                setattr(self, name, (getattr(self, name) or Decimal(0)) + value)


@dataclass
class Month:
    """The station, the slots around the month, and the totals that the month must come to."""

    session: Session
    catalog: Catalog
    totals: dict[tuple[str, int], Sums] = field(default_factory=lambda: defaultdict(Sums))

    def fill(self) -> None:
        """Every slot of the month and of the day behind it, some unknown, some negative."""
        dice = random.Random(20260210)
        found = meters(6, 2)
        build(self.session, Oracle(), found)
        series = [(m.ld_id, item.sub_number, item.kind) for m in found for item in ITEMS[m.type_id]]
        with self.session.transaction():
            self.session.execute(
                "mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '10' WHERE NAME = 'CLOSING_DAY'"
            )
            for ld_id, sub, kind in [*series, (GONE, 1, "CUMULATIVE"), (GONE, 2, "INSTANT")]:
                begin = START
                while begin < END + timedelta(days=1):
                    self._slot(dice, str(ld_id), sub, kind, begin)
                    begin += INTERVAL

    def _slot(self, dice: random.Random, ld_id: str, sub: int, kind: str, begin: datetime) -> None:
        """One slot, by its begin."""
        chance = dice.random()
        usage = None if chance < 0.04 else Decimal(dice.randrange(-50, 30000)) / 10000
        quote = co2 = None
        if usage is not None and chance < 0.9:
            quote, co2 = Decimal(dice.randrange(900000)) / 10000, usage * 2
        self.session.execute(
            "vps",
            "INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY,"
            " QUOTE, CO2, SOURCE) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [ld_id, sub, begin + INTERVAL, usage, "N" if usage is None else "M", quote, co2,
             "N" if quote is None else "S"],
        )  # fmt: skip
        if usage is None and begin >= END - timedelta(days=2):
            self._gap(ld_id, sub, begin + INTERVAL)
        if kind == "CUMULATIVE" and FIRST <= begin.date() < LAST:
            self.totals[ld_id, sub].add(usage, quote, co2)

    def _gap(self, ld_id: str, sub: int, at: datetime) -> None:
        self.session.execute(
            "vps",
            "INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, STATUS)"
            " VALUES (?, ?, ?, 1)",
            [ld_id, sub, at],
        )
        self.session.execute(
            "vps",
            "INSERT INTO USAGE_GAP (LD_ID, SUB_NUMBER, MEASURED_TIME) VALUES (?, ?, ?)",
            [ld_id, sub, at],
        )

    def pass_the_end(self) -> None:
        for heid in (1, 2):
            self.session.execute(
                "mdm",
                "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
                f" VALUES ({heid}, '{END + timedelta(days=1)}', 'ONTIME', 'HE{heid}', 'DONE')",
            )

    def targets(self) -> list[tuple[int, int, int, int, datetime]]:
        return [
            (int(heid), int(key), int(address), int(sub), at)
            for heid, key, address, sub, at in self.session.execute(
                "vps",
                "SELECT HEID, PD_TABLE_KEY, LD_ADDRESS, SUB_NUMBER, MEASURED_TIME"
                " FROM REPOLL_TARGET ORDER BY MEASURED_TIME, PD_TABLE_KEY, SUB_NUMBER",
            )
        ]

    def take_in(
        self, session: Session, folder: Path, at: datetime, name: str, rows: list[str]
    ) -> int:
        path = folder / name
        path.write_text("\n".join([HEADER, *rows, f"#END,{len(rows)}"]) + "\n")
        result = session.call_with_file(
            "vps",
            "IMPORT_COLLECTION_LOG_ROWS",
            (1, at, "PAST" if "PAST" in name else "ONTIME", name),
            "COLLECTION_LOG_LINE",
            self.catalog.file_columns("COLLECTION_LOG_LINE"),
            path,
        )
        return result.code


@pytest.fixture(scope="module")
def month(engine: str, installations: Installations) -> Iterator[Month]:
    config = installations.new(engine, "closing")
    release.apply(config)
    with open_session(config) as session:
        made = Month(session, Catalog(config.dialect))
        made.fill()
        yield made


def test_a_month_is_closed(month: Month, tmp_path: Path) -> None:
    assert month.session.call("vps", "CLOSE_MONTH", FIRST).code == 3002
    month.pass_the_end()
    before = month.targets()
    result = month.session.call("vps", "CLOSE_MONTH", date(2026, 2, 28))
    missing = sum(total.missing for total in month.totals.values())
    assert (result.code, result.rows) == (0, [(FIRST, LAST, 7, missing)])
    assert missing > 100

    # The totals are the ones computed here, to the last digit.
    found = month.session.execute(
        "vps",
        "SELECT LD_ID, SUB_NUMBER, USAGE_SUM, QUOTE_SUM, CO2_SUM, SLOTS, MISSING_SLOTS"
        " FROM MONTH_TOTAL",
    )
    assert {(ld, sub): Sums(*rest) for ld, sub, *rest in found} == month.totals
    assert {total.slots for total in month.totals.values()} == {28 * 48}

    # Its missing readings are no longer asked for, those behind it are.
    frozen = [target for target in before if target[4] < END and target[0] == 1]
    open_ = [target for target in before if target[4] >= END and target[0] == 1]
    assert frozen and open_
    assert [t for t in month.targets() if t[0] == 1] == open_

    # A log that brings both fills the open ones, and is refused the others line by line.
    lines = [f"{key},{address},{sub},{at},100,0" for _, key, address, sub, at in frozen + open_]
    lines += [f"99999,2,1,{START},5,0", f"{frozen[0][1]},2,{frozen[0][3]},{START},5,0"]
    past = "HE1_202603110100_PAST_1.csv"
    assert month.take_in(month.session, tmp_path, END + timedelta(hours=25), past, lines) == 0
    rejects = month.session.execute(
        "vps", "SELECT LINE_NO, LINE_TEXT, REASON FROM IMPORT_REJECT ORDER BY LINE_NO"
    )
    closed = [(n + 2, lines[n], "the month is closed") for n in range(len(frozen))]
    assert rejects == [*closed, (len(lines), lines[-2], "unknown device, address or item")]
    [counts] = month.session.execute(
        "mdm",
        "SELECT ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED, ROWS_EXPECTED"
        " FROM COLLECTION_LOG WHERE CLASS = 'PAST'",
    )
    assert counts == (len(lines), len(open_), len(frozen) + 1, 1, 0)
    [(repolled, first)] = month.session.execute(
        "vps",
        "SELECT COUNT(*), MIN(MEASURED_TIME) FROM USAGE_HISTORY WHERE REPOLL_READING IS NOT NULL",
    )
    assert repolled == len(open_) and first >= END

    # A correction by hand changes the slot, not the total.
    ld_id, at = month.session.execute(
        "vps",
        "SELECT LD_ID, MEASURED_TIME FROM QUOTE_HISTORY WHERE SUB_NUMBER = 1"
        f" AND USAGE_VALUE IS NULL AND MEASURED_TIME <= '{END}' ORDER BY MEASURED_TIME, LD_ID",
    )[0]
    assert month.session.call("vps", "CORRECT_QUOTE", ld_id, 1, at, Decimal("0.5")).code == 0
    [(closed_usage, present)] = month.session.execute(
        "vps",
        "SELECT CLOSED_USAGE, PRESENT_USAGE FROM MONTH_RESTATEMENT"
        " WHERE CLOSED_USAGE <> PRESENT_USAGE",
    )
    assert closed_usage == month.totals[ld_id, 1].usage
    assert present == closed_usage + Decimal("0.5")

    again = month.session.call("vps", "CLOSE_MONTH", FIRST)
    assert (again.code, again.rows) == (10, [(FIRST, LAST, 7, missing)])
    assert month.session.execute("mdm", "SELECT ROUTINE, MESSAGE FROM RULE_ERROR") == []


def test_a_purge_keeps_no_cycle_waiting(month: Month, tmp_path: Path) -> None:
    """While a purge has not committed, the logs of a cycle are taken in."""
    now, day = END + timedelta(days=1), datetime(2026, 3, 11)
    owner = month.session
    [(key, address, sub, ld_id)] = owner.execute(
        "vps",
        "SELECT MIN(i.PD_TABLE_KEY), MIN(i.LD_ADDRESS), MIN(i.SUB_NUMBER), MIN(i.LD_ID)"
        " FROM DEVICE_ITEM i WHERE i.HEID = 1 AND i.PD_TABLE_KEY = 2",
    )
    with owner.transaction():
        owner.execute(
            "mdm",
            "UPDATE MDM_CONFIG SET \"VALUE\" = '1'"
            " WHERE NAME IN ('USAGE_DAYS', 'REPOLL_DEADLINE_DAYS')",
        )
        for start in (date(2026, 1, 10), LAST):
            owner.execute(
                "vps",
                "INSERT INTO MONTH_USAGE (LD_ID, SUB_NUMBER, MONTH_START, UP_TO, USED)"
                " VALUES (?, ?, ?, ?, 1)",
                [ld_id, sub, start, now],
            )
        # A table as small as a page is read whole, and the first row that stays is locked too.
        for n in range(600):
            owner.execute(
                "vps",
                "INSERT INTO MONTH_USAGE (LD_ID, SUB_NUMBER, MONTH_START, UP_TO, USED)"
                " VALUES (?, 1, ?, ?, 1)",
                [f"other-{n}", date(2026, 2, 8), now],
            )
        month._gap(ld_id, sub, day + INTERVAL)
        owner.execute(
            "vps",
            "INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME) VALUES (?, ?, ?)",
            [ld_id, sub, day + INTERVAL],
        )
    with open_session(owner.config) as purger:
        if owner.config.dialect != "firebird":
            owner.execute("vps", "SET SESSION innodb_lock_wait_timeout = 2")
        with purger.transaction():
            removed = dict(purger.call("vps", "PURGE_HISTORY", now, None).rows)
            assert removed.keys() >= {"USAGE_HISTORY", "USAGE_GAP", "MONTH_USAGE"}
            at = day + 2 * INTERVAL
            lines = [f"{key},{address},{sub},{at},500,0", f"{key},{address},2,{at},,1"]
            assert month.take_in(owner, tmp_path, at, f"HE1_{at:%Y%m%d%H%M}_ONTIME.csv", lines) == 0
            lines = [f"{key},{address},{sub},{day + INTERVAL},400,0"]
            assert month.take_in(owner, tmp_path, at, f"HE1_{at:%Y%m%d%H%M}_PAST_2.csv", lines) == 0
    shown = owner.execute(
        "vps",
        "SELECT EXPECTED, READ_ON_TIME, RE_POLLED, STILL_MISSING FROM HEAD_END_COMPLETENESS"
        f" WHERE HEID = 1 AND MEASURED_TIME = '{at}'",
    )
    assert shown == [(6, 1, 0, 5)]
    assert owner.call("vps", "PURGE_HISTORY", now, None).code == 11
