"""Hand-worked cases of the oracle: every expected number below was computed on paper."""

import random
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from oracle import (
    BILL_HEADER,
    COLLECTION_LOG_HEADER,
    DONE,
    FILE_CUT_SHORT,
    FILE_MISSING,
    FILE_OF_WRONG_KIND,
    REPEAT,
    UNKNOWN_LOGICAL_DEVICE,
    Counts,
    FileClass,
    FileError,
    ItemSpec,
    Key,
    Kind,
    Oracle,
    QuoteRow,
    RevisionRow,
    UsageRow,
    round4,
)

D = Decimal
HALF_HOUR = timedelta(minutes=30)
T0 = datetime(2024, 5, 14, 10, 0)  # a Tuesday
T1, T2, T3, T4 = (T0 + n * HALF_HOUR for n in range(1, 5))
Row = tuple[object, ...]


def write(path: Path, header: list[str], rows: Iterable[Row]) -> Path:
    lines = [",".join("" if f is None else str(f) for f in row) for row in rows]
    path.write_text(
        "\n".join([",".join(header), *lines, f"#END,{len(lines)}", ""]), encoding="utf-8"
    )
    return path


class Field:
    """An oracle with the point P1 on device 7 of HE 1, and the files that are brought to it."""

    def __init__(self, directory: Path, *, kind: Kind = "CUMULATIVE", scaler: int = 0) -> None:
        self.directory = directory
        self.files = 0
        self.oracle = Oracle()
        self.oracle.add_point(
            ld_id="P1",
            heid=1,
            pd_table_key=7,
            ld_address=2,
            items=[ItemSpec(1, kind, scaler)],
            capacity=40,
        )

    def file(self, header: list[str], rows: Iterable[Row]) -> Path:
        self.files += 1
        return write(self.directory / f"{self.files}.csv", header, rows)

    def ontime(self, at: datetime, *rows: Row, heid: int = 1) -> Counts:
        return self.oracle.import_ontime(heid, at, self.file(COLLECTION_LOG_HEADER, rows))

    def read(self, at: datetime, value: object) -> Counts:
        return self.ontime(at, (7, 2, 1, at, value, 0))

    def past(self, at: datetime, *readings: tuple[datetime, object], pd: int = 7) -> Counts:
        rows = [(pd, 2, 1, t, value, 0) for t, value in readings]
        return self.oracle.import_past(1, at, self.file(COLLECTION_LOG_HEADER, rows))

    def bill(self, cls: FileClass, *rows: Row) -> Counts:
        return self.oracle.import_bill(self.file(BILL_HEADER, rows), cls)

    def usage(self, at: datetime) -> UsageRow:
        return self.oracle.usage["P1", 1, at]

    def quote(self, at: datetime) -> QuoteRow:
        return self.oracle.quote["P1", 1, at]


@pytest.fixture
def field(tmp_path: Path) -> Field:
    return Field(tmp_path)


def at_once(oracle: Oracle, at: datetime, usage: object, **columns: object) -> Key:
    """Puts one increment of P1 into QUOTE_HISTORY without a file."""
    key = ("P1", 1, at)
    oracle.quote[key] = QuoteRow(D(str(usage)), "M")
    for name, value in columns.items():
        setattr(oracle.quote[key], name, value)
    return key


# ---------------------------------------------------------------- rounding


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ("0.00005", "0.0001"),
        ("-0.00005", "-0.0001"),
        ("0.00004999", "0.0000"),
        ("-0.00004", "0.0000"),
        ("2.00025", "2.0003"),
        ("12", "12.0000"),
    ],
)
def test_rounding_is_half_away_from_zero(x: str, expected: str) -> None:
    assert str(round4(D(x))) == expected


# ---------------------------------------------------------------- on time


def test_first_reading_is_undetermined_then_increments(field: Field) -> None:
    field.read(T0, "100.5")
    field.read(T1, "101.25")
    assert field.usage(T0) == UsageRow(D("100.5"), None, 2)
    assert field.quote(T0) == QuoteRow(None, "N")
    assert field.usage(T1) == UsageRow(D("101.25"), D("0.75"), 0)
    assert field.quote(T1) == QuoteRow(D("0.75"), "M", 0, None, None, "N")
    assert field.oracle.revisions == []


def test_lower_reading_keeps_its_negative_usage(field: Field) -> None:
    field.read(T0, 500)
    field.read(T1, "3.5")
    assert field.usage(T1) == UsageRow(D("3.5"), D("-496.5"), 0)


def test_missing_row_then_undetermined_one(field: Field) -> None:
    field.read(T0, 100)
    counts = field.ontime(T1)
    assert (counts.read, counts.stored, counts.missing) == (0, 0, 1)
    field.read(T2, 104)
    assert field.usage(T1) == UsageRow(None, None, 1)
    assert field.quote(T1) == QuoteRow(None, "N")
    assert field.usage(T2) == UsageRow(D(104), None, 2)


def test_status_1_in_the_file_is_missing(field: Field) -> None:
    counts = field.ontime(T0, (7, 2, 1, T0, None, 1))
    assert (counts.read, counts.stored, counts.rejected, counts.missing) == (1, 1, 0, 1)
    assert field.usage(T0) == UsageRow(None, None, 1)


@pytest.mark.parametrize(
    ("scaler", "value", "reading"),
    [
        (-3, "123456", "123.456"),
        (-5, "12345", "0.1235"),
        (-5, "-12345", "-0.1235"),
        (2, "1.5", 150),
    ],
)
def test_scaler(tmp_path: Path, scaler: int, value: str, reading: object) -> None:
    field = Field(tmp_path, scaler=scaler)
    field.read(T0, value)
    assert field.usage(T0).reading == D(str(reading))


def test_instant_is_its_reading_without_factor(tmp_path: Path) -> None:
    field = Field(tmp_path, kind="INSTANT", scaler=-1)
    field.oracle.correction("GLOBAL", date(2024, 1, 1), factor=3)
    field.read(T0, "2301")
    assert field.usage(T0) == UsageRow(D("230.1"), D("230.1"), 0)


def test_factor_rounds_half_away(field: Field) -> None:
    field.oracle.correction("GLOBAL", date(2024, 1, 1), factor="0.5")
    field.read(T0, "10")
    field.read(T1, "10.0001")  # 0.0001 x 0.5 = 0.00005
    field.read(T2, "10.0000")
    assert field.usage(T1).usage_value == D("0.0001")
    assert field.usage(T2).usage_value == D("-0.0001")


def test_the_set_of_the_cluster_else_global_else_one() -> None:
    oracle = Oracle()
    oracle.add_point(ld_id="P1", heid=1, pd_table_key=7, ld_address=2, items=[], cluster="K")
    may, june, july = date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)
    oracle.correction("GLOBAL", may, factor=2)
    oracle.correction("A", may, june, factor=3)
    oracle.correction("A", date(2024, 5, 10), june, factor=4)

    def factor(day: datetime, ld_id: str = "P1") -> object:
        found = oracle.correction_at(ld_id, day)
        return None if found is None else found.factor

    assert factor(datetime(2024, 5, 9)) == 2  # the cluster is not known yet
    oracle.cluster("K", "A")
    assert factor(datetime(2024, 4, 30, 23, 30)) is None
    assert factor(datetime(2024, 5, 1)) == 3  # FROM_DATE is included
    assert factor(datetime(2024, 5, 10)) == 4  # the latest FROM_DATE wins
    assert factor(datetime(2024, 5, 31, 23, 30)) == 4
    assert factor(datetime(2024, 6, 1)) == 2  # TO_DATE is excluded
    assert factor(datetime(2024, 5, 9), "P2") == 2
    oracle.correction("A", july, factor=5)
    assert factor(datetime(2024, 7, 1)) == 5


def test_rejected_and_ignored_rows(field: Field) -> None:
    oracle = field.oracle
    oracle.add_device(heid=1, pd_table_key=8, ld_address=2, items=[ItemSpec(1)])
    oracle.add_point(
        ld_id="P2",
        heid=1,
        pd_table_key=9,
        ld_address=2,
        items=[ItemSpec(1)],
        pollable=lambda t: t >= T1,
    )
    oracle.add_point(
        ld_id="P3",
        heid=1,
        pd_table_key=10,
        ld_address=2,
        items=[ItemSpec(1), ItemSpec(2, polled=False)],
    )
    oracle.add_point(ld_id="P4", heid=2, pd_table_key=11, ld_address=2, items=[ItemSpec(1)])
    rejected: list[Row] = [
        (11, 2, 1, T0, 5, 0),  # another HE's
        (12, 2, 1, T0, 5, 0),
        (7, 3, 1, T0, 5, 0),
        (7, 2, 2, T0, 5, 0),
        (7, 2, 1, T1, 5, 0),
        (7, 2, 1, "2024-05-14", 5, 0),
        (7, 2, 1, "2024-13-14 10:00:00", 5, 0),
        (7, 2, 1, T0, "5,5", 0),
        (7, 2, 1, T0, 5),
        (7, 2, 1, T0, "five", 0),
        (7, 2, 1, T0, "1e3", 0),
        (7, 2, 1, T0, "1.", 0),
        (7, 2, 1, T0, ".5", 0),
        (7, 2, 1, T0, "1.00001", 0),
        (7, 2, 1, T0, "123456789012345", 0),
        (7, 2, 1, T0, " 5", 0),
        (7, 2, 1, T0, "\u0665", 0),
        (7, 2, 1, T0, None, 0),
        (7, 2, 1, T0, "five", 1),
        (7, 2, 1, T0, 5, 2),
        (7, 2, 1, T0, 5, None),
        (None, 2, 1, T0, 5, 0),
        (-7, 2, 1, T0, 5, 0),
        ("1234567890123456789", 2, 1, T0, 5, 0),
        (7, "1234567890", 1, T0, 5, 0),
    ]
    ignored: list[Row] = [
        (8, 2, 1, T0, 5, 0),  # not installed
        (9, 2, 1, T0, 5, 0),  # not pollable yet
        (10, 2, 2, T0, 5, 0),  # not polled
    ]
    kept: list[Row] = [("7", 2, 1, T0, "+42.5000", 0), (10, 2, 1, T0, 6, 0)]
    repeated: list[Row] = [(7, 2, 1, T0, 43, 0), (8, 2, 1, T0, 5, 0)]
    counts = field.ontime(T0, *rejected, *ignored, *kept, *repeated)
    assert [line for line, _ in counts.rejects] == [*range(2, 27), 32, 33]
    counts.rejects.clear()
    assert counts == Counts(read=32, stored=2, rejected=27, ignored=3, missing=0)
    assert set(oracle.usage) == {("P1", 1, T0), ("P3", 1, T0)}
    assert field.usage(T0).reading == D("42.5")


def test_exactly_the_targets_of_that_he(field: Field) -> None:
    items = [ItemSpec(1), ItemSpec(2, "INSTANT")]
    field.oracle.add_point(ld_id="P2", heid=1, pd_table_key=8, ld_address=3, items=items)
    field.oracle.add_point(ld_id="P3", heid=2, pd_table_key=9, ld_address=2, items=items)
    counts = field.ontime(T0, (8, 3, 2, T0, 5, 0))
    assert (counts.stored, counts.missing) == (1, 2)
    assert set(field.oracle.usage) == {("P1", 1, T0), ("P2", 1, T0), ("P2", 2, T0)}
    assert set(field.oracle.quote) == set(field.oracle.usage)


def test_a_file_is_taken_in_once(field: Field) -> None:
    path = field.file(COLLECTION_LOG_HEADER, [(7, 2, 1, T0, 5, 0)])
    assert field.oracle.import_ontime(1, T0, path).code == DONE
    assert field.oracle.import_ontime(1, T0, path) == Counts(code=REPEAT)
    assert field.read(T0, 6) == Counts(read=1, ignored=1)  # another file of that snapshot
    assert field.usage(T0).reading == 5


def test_mark_missing_makes_what_is_not_there(field: Field) -> None:
    field.oracle.add_point(ld_id="P2", heid=1, pd_table_key=8, ld_address=2, items=[ItemSpec(1)])
    assert field.oracle.mark_missing(1, T0) == 2
    assert field.oracle.mark_missing(1, T0) == 0
    assert field.oracle.mark_missing(2, T0) == 0
    assert field.usage(T0) == UsageRow(None, None, 1)
    assert field.quote(T0) == QuoteRow(None, "N")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, FILE_MISSING),
        ("", FILE_MISSING),
        ("LD_ID,SUB_NUMBER\n#END,0\n", FILE_OF_WRONG_KIND),
        ("HEADER\n7,2,1,2024-05-14 10:00:00,5,0\n", FILE_CUT_SHORT),
        ("HEADER\n7,2,1,2024-05-14 10:00:00,5,0\n#END,2\n", FILE_CUT_SHORT),
        ("HEADER\n#END\n", FILE_CUT_SHORT),
        ("HEADER\n", FILE_CUT_SHORT),
        ("HEADER\n7,2,1,2024-05-14 10:00:00,5,0\n#EN", FILE_CUT_SHORT),
    ],
)
def test_a_file_is_refused_whole(field: Field, text: str | None, code: int) -> None:
    path = field.directory / "log.csv"
    if text is not None:
        path.write_text(text.replace("HEADER", ",".join(COLLECTION_LOG_HEADER)))
    with pytest.raises(FileError) as refused:
        field.oracle.import_ontime(1, T0, path)
    assert refused.value.code == code
    assert field.oracle.usage == {}


def test_crlf_and_quoted_fields(field: Field) -> None:
    path = field.directory / "log.csv"
    lines = [",".join(COLLECTION_LOG_HEADER), '"7",2,"1","2024-05-14 10:00:00","5",0', "#END,1"]
    path.write_bytes("\r\n".join(lines).encode())
    assert field.oracle.import_ontime(1, T0, path).stored == 1


# ---------------------------------------------------------------- re-polling


def test_a_gap_of_one_is_repaired_with_the_row_after_it(field: Field) -> None:
    field.read(T0, 100)
    field.ontime(T1)
    field.read(T2, 104)
    counts = field.past(T3, (T1, "101.5"))
    assert counts == Counts(read=1, stored=1)
    assert field.usage(T1) == UsageRow(None, None, 1, D("101.5"), D("1.5"), T3, 1)
    assert field.usage(T2) == UsageRow(D(104), None, 2, None, D("2.5"), T3)
    assert field.quote(T1) == QuoteRow(D("1.5"), "R", 1)
    assert field.quote(T2) == QuoteRow(D("2.5"), "R", 1)
    assert field.oracle.revisions == [
        RevisionRow("P1", 1, T1, 0, None, "N", None, "N"),
        RevisionRow("P1", 1, T2, 0, None, "N", None, "N"),
    ]


def test_a_gap_of_two_filled_backwards_in_two_files(field: Field) -> None:
    field.read(T0, 100)
    field.ontime(T1)
    field.ontime(T2)
    field.read(T3, 109)
    field.past(T3, (T2, 106))
    assert field.usage(T2) == UsageRow(None, None, 1, D(106), None, T3, 1)
    assert field.quote(T2) == QuoteRow(None, "N", 0)
    assert field.usage(T3) == UsageRow(D(109), None, 2, None, D(3), T3)
    field.past(T4, (T1, 102))
    assert field.usage(T1) == UsageRow(None, None, 1, D(102), D(2), T4, 1)
    assert field.usage(T2) == UsageRow(None, None, 1, D(106), D(4), T4, 1)
    assert field.usage(T3).repolled_at == T3


@pytest.mark.parametrize("order", [(T1, T2), (T2, T1)])
def test_the_order_of_the_readings_in_a_file_does_not_matter(
    field: Field, order: tuple[datetime, datetime]
) -> None:
    field.read(T0, 100)
    field.ontime(T1)
    field.ontime(T2)
    values = {T1: 102, T2: 106}
    field.past(T3, *((t, values[t]) for t in order))
    assert field.usage(T1).repoll_usage == 2
    assert field.usage(T2).repoll_usage == 4
    field.read(T3, 107)  # the reading before it is a re-polled one
    assert field.usage(T3) == UsageRow(D(107), D(1), 0)


def test_each_re_polled_row_has_the_factor_of_its_own_time(field: Field) -> None:
    field.oracle.correction("GLOBAL", date(2024, 5, 1), date(2024, 5, 15), factor=10)
    field.oracle.correction("GLOBAL", date(2024, 5, 15), factor=100)
    midnight = datetime(2024, 5, 15)
    field.read(midnight - 2 * HALF_HOUR, 1)
    field.ontime(midnight - HALF_HOUR)
    field.read(midnight, 4)
    field.past(midnight, (midnight - HALF_HOUR, 2))
    assert field.usage(midnight - HALF_HOUR).repoll_usage == 10
    assert field.usage(midnight).repoll_usage == 200


def test_what_a_past_file_cannot_fill_is_ignored_or_rejected(field: Field) -> None:
    field.read(T0, 100)
    field.ontime(T1)
    field.ontime(T2)
    rows: list[Row] = [
        (7, 2, 1, T0, 99, 0),  # not missing: ignored
        (7, 2, 1, T1, 101, 0),
        (7, 2, 1, T1, 102, 0),  # repeated: rejected
        (7, 2, 1, T2, None, 1),  # still missing: ignored
        (7, 2, 1, T4, 103, 0),  # of the future: rejected
        (7, 2, 1, T0 - HALF_HOUR, 98, 0),  # no row: ignored
    ]
    path = field.file(COLLECTION_LOG_HEADER, rows)
    counts = field.oracle.import_past(1, T3, path)
    assert [line for line, _ in counts.rejects] == [4, 6]
    assert (counts.read, counts.stored, counts.rejected, counts.ignored) == (6, 1, 2, 3)
    assert field.usage(T0) == UsageRow(D(100), None, 2)
    assert field.usage(T1).repoll_reading == 101
    assert field.usage(T2) == UsageRow(None, None, 1)
    assert field.oracle.import_past(1, T3, path).code == REPEAT
    assert field.usage(T1).repolls == 1
    assert field.past(T4, (T1, 555)) == Counts(read=1, ignored=1)  # re-polled already
    assert field.usage(T1) == UsageRow(None, None, 1, D(101), D(1), T3, 2)


def test_instant_is_re_polled_alone(tmp_path: Path) -> None:
    field = Field(tmp_path, kind="INSTANT")
    field.ontime(T0)
    field.read(T1, 5)
    field.past(T2, (T0, 4))
    assert field.usage(T0) == UsageRow(None, None, 1, D(4), D(4), T2, 1)
    assert field.usage(T1) == UsageRow(D(5), D(5), 0)
    assert field.quote(T0) == QuoteRow(D(4), "R", 1)


def test_a_correction_by_hand_is_not_outranked_by_a_delivery(field: Field) -> None:
    field.read(T0, 100)
    field.ontime(T1)
    assert field.oracle.correct_quote("P1", 1, T1, "1.25") == DONE
    field.past(T3, (T1, 102))
    assert field.usage(T1).repoll_usage == 2
    assert field.quote(T1) == QuoteRow(D("1.25"), "C", 1, None, None, "C")
    assert len(field.oracle.revisions) == 1


def test_readings_are_conserved(tmp_path: Path) -> None:
    """After re-polling everything, Σ usage = last reading - first reading, to the last digit."""
    dice = random.Random(5)
    field = Field(tmp_path)
    times = [T0 + n * HALF_HOUR for n in range(60)]
    register, readings = D(1000), {}
    for t in times:
        register += D(dice.randrange(50000)) / 10000
        readings[t] = register
    lost = [t for t in times[1:-1] if dice.random() < 0.4]
    for t in times:
        if t in lost:
            field.ontime(t)
        else:
            field.read(t, readings[t])
    dice.shuffle(lost)
    while lost:
        batch, lost = lost[:5], lost[5:]
        field.past(times[-1], *((t, readings[t]) for t in batch))
    total = sum(field.quote(t).usage_value or D(0) for t in times)
    assert total == readings[times[-1]] - readings[times[0]]
    assert [t for t in times if field.quote(t).usage_value is None] == [T0]


# ---------------------------------------------------------------- meter exchange


def test_exchange_without_initial_reading_is_a_negative_usage(field: Field) -> None:
    field.read(T0, 500)
    field.oracle.move_point("P1", 8, 2, 1)
    counts = field.ontime(T1, (7, 2, 1, T1, 501, 0), (8, 2, 1, T1, 2, 0))
    assert (counts.stored, counts.ignored) == (1, 1)  # the old meter is in stock
    assert field.usage(T1) == UsageRow(D(2), D(-498), 0)


@pytest.mark.parametrize(
    ("installed", "usage"),
    [
        (T1, None),  # (t - interval, t]: its beginning is excluded
        (T1 + timedelta(minutes=1), "0.75"),
        (T2, "0.75"),
        (T2 + timedelta(minutes=1), None),
    ],
)
def test_initial_reading_within_the_interval(
    field: Field, installed: datetime, usage: str | None
) -> None:
    field.read(T0, 500)
    field.ontime(T1)
    field.oracle.move_point("P1", 8, 2, 1)
    field.oracle.set_initial_reading("P1", 1, installed, "0.25")
    field.ontime(T2, (8, 2, 1, T2, 1, 0))
    assert field.usage(T2).usage_value == (None if usage is None else D(usage))
    assert field.usage(T2).status == (2 if usage is None else 0)


def test_the_latest_of_two_initial_readings_in_the_interval(field: Field) -> None:
    for minutes, reading in ((5, "0.25"), (20, "0.5"), (10, "0.75")):
        field.oracle.set_initial_reading("P1", 1, T0 + timedelta(minutes=minutes), reading)
    field.read(T1, 1)
    assert field.usage(T1) == UsageRow(D(1), D("0.5"), 0)


def test_a_past_reading_goes_to_the_ld_id_that_the_device_has_now(field: Field) -> None:
    field.read(T0, 500)
    field.ontime(T1)
    field.oracle.move_point("P1", 8, 2, 1)
    assert field.past(T2, (T1, 501)).ignored == 1
    assert field.past(T2, (T1, 501), pd=8).stored == 1
    assert field.usage(T1).repoll_usage == 1


def test_removed_and_disposed(field: Field) -> None:
    field.read(T0, 500)
    field.oracle.remove_point("P1")
    assert field.read(T1, 501) == Counts(read=1, ignored=1)
    field.oracle.dispose_device(7, 2)
    assert field.read(T2, 501).rejected == 1
    assert set(field.oracle.usage) == {("P1", 1, T0)}


# ---------------------------------------------------------------- bills


def test_import_bill(field: Field) -> None:
    for n, t in enumerate((T0, T1, T2)):
        field.read(t, 100 + n)
    counts = field.bill(
        "ONTIME",
        ("P1", 1, T0, "10.5"),
        ("P1", 1, T1, "20"),
        ("P1", 1, T1, "21"),
        ("P9", 1, T1, "20"),
        ("P1", 1, T1, "much"),
        ("P1", 1, T1),
        ("P1", 1, T1, None),
    )
    assert (counts.read, counts.stored, counts.rejected) == (7, 2, 5)
    assert field.quote(T0) == QuoteRow(None, "N", 0, D("10.5"), None, "B")
    assert field.quote(T1) == QuoteRow(D(1), "M", 0, D(20), None, "B")

    assert field.bill("ONTIME", ("P1", 1, T1, 30)).ignored == 1
    assert field.quote(T1).quote == 20
    field.bill("PAST", ("P1", 1, T1, "20.0000"))  # the same again
    assert field.quote(T1).revision == 0
    field.bill("PAST", ("P1", 1, T1, 30))
    assert field.quote(T1) == QuoteRow(D(1), "M", 1, D(30), None, "B")
    assert field.oracle.revisions == [RevisionRow("P1", 1, T1, 0, D(1), "M", D(20), "B")]

    field.oracle.correct_quote("P1", 1, T2, 7)
    field.bill("ONTIME", ("P1", 1, T2, 30))
    assert field.quote(T2) == QuoteRow(D(7), "C", 1, None, None, "C")
    field.bill("PAST", ("P1", 1, T2, 30))
    assert field.quote(T2) == QuoteRow(D(7), "C", 1, D(30), None, "B")


@pytest.mark.parametrize(
    ("closing_day", "slot_start", "start", "end"),
    [
        (1, datetime(2024, 5, 1), datetime(2024, 5, 1), datetime(2024, 6, 1)),
        (1, datetime(2024, 4, 30, 23, 30), datetime(2024, 4, 1), datetime(2024, 5, 1)),
        (15, datetime(2024, 1, 14, 23, 30), datetime(2023, 12, 15), datetime(2024, 1, 15)),
        (15, datetime(2023, 12, 15), datetime(2023, 12, 15), datetime(2024, 1, 15)),
        (31, datetime(2024, 2, 29), datetime(2024, 2, 29), datetime(2024, 3, 31)),
        (31, datetime(2024, 2, 28), datetime(2024, 1, 31), datetime(2024, 2, 29)),
    ],
)
def test_billing_month(
    closing_day: int, slot_start: datetime, start: datetime, end: datetime
) -> None:
    assert Oracle(closing_day=closing_day).billing_month(slot_start) == (start, end)


@pytest.mark.parametrize(
    ("limit1", "limit2", "x", "charge"),
    [
        (120, 300, 100, 2000),
        (120, 300, 200, 2400 + 80 * 25),
        (120, 300, 400, 2400 + 180 * 25 + 100 * 30),
        (120, 300, -10, -200),
        (None, 300, 400, 8000),
        (120, None, 400, 2400 + 280 * 25),
        (None, None, 400, 8000),
    ],
)
def test_tiers(limit1: int | None, limit2: int | None, x: int, charge: int) -> None:
    oracle = Oracle()
    oracle.correction(
        "GLOBAL",
        date(2024, 1, 1),
        tier1_limit=limit1,
        tier1_price=20,
        tier2_limit=limit2,
        tier2_price=25,
        tier3_price=30,
    )
    found = oracle.correction_at("P1", T0)
    assert found is not None
    assert found.energy_charge(D(x)) == charge


def test_simulate_bill_by_tiers(field: Field) -> None:
    """May has 31 x 48 = 1488 slots; base = round4(372 x 40 / 10 / 1488) = 1."""
    oracle = field.oracle
    oracle.correction(
        "GLOBAL",
        date(2024, 1, 1),
        co2_factor="0.4414",
        base_charge_per_10a=372,
        tier1_limit=10,
        tier1_price=20,
        tier2_limit=15,
        tier2_price=25,
        tier3_price=30,
    )
    at_once(oracle, datetime(2024, 5, 1), 100)  # the slot begins in April: its last one
    at_once(oracle, datetime(2024, 5, 1, 0, 30), 4, source="B", quote=D(99))
    at_once(oracle, datetime(2024, 5, 1, 1, 0), "0.5")
    oracle.quote["P1", 1, datetime(2024, 5, 1, 1, 30)] = QuoteRow()  # missing: counts as 0
    at_once(oracle, datetime(2024, 5, 1, 2, 0), "7.5")  # from 4.5 to 12
    at_once(oracle, datetime(2024, 5, 1, 2, 30), 5)  # from 12 to 17
    at_once(oracle, T0, 1)
    assert oracle.simulate_bill(datetime(2024, 5, 1, 0, 30), datetime(2024, 5, 2)) == 3

    day = datetime(2024, 5, 1)
    assert field.quote(day) == QuoteRow(D(100), "M")  # before the range
    assert field.quote(T0) == QuoteRow(D(1), "M")  # after it
    assert field.quote(day + HALF_HOUR) == QuoteRow(D(4), "M", 0, D(99), None, "B")
    assert field.quote(day + 3 * HALF_HOUR) == QuoteRow()
    assert field.quote(day + 2 * HALF_HOUR) == QuoteRow(D("0.5"), "M", 0, D(11), D("0.2207"), "S")
    # 5.5 at 20, 2 at 25, base 1; CO2 3.3105
    assert field.quote(day + 4 * HALF_HOUR) == QuoteRow(D("7.5"), "M", 0, D(161), D("3.3105"), "S")
    # 3 at 25, 2 at 30, base 1
    assert field.quote(day + 5 * HALF_HOUR) == QuoteRow(D(5), "M", 0, D(136), D("2.207"), "S")

    assert oracle.simulate_bill(day, day + HALF_HOUR) == 1
    # April has 1440 slots: 10 x 20 + 5 x 25 + 85 x 30 + round4(372 x 4 / 1440 = 1.03333…)
    assert field.quote(day).quote == D("2876.0333")


def test_simulating_again_supersedes_only_what_changes(field: Field) -> None:
    oracle = field.oracle
    oracle.correction("GLOBAL", date(2024, 1, 1), tier1_price=20, co2_factor=1)
    at_once(oracle, T0, 2)
    at_once(oracle, T1, 2)  # the end of a range is excluded
    oracle.simulate_bill(T0, T1)
    assert field.quote(T1).source == "N"
    oracle.simulate_bill(T0, T1)
    assert field.quote(T0) == QuoteRow(D(2), "M", 0, D(40), D(2), "S")
    oracle.correction("GLOBAL", date(2024, 1, 1), tier1_price=21)
    oracle.simulate_bill(T0, T1)
    assert field.quote(T0) == QuoteRow(D(2), "M", 1, D(42), None, "S")
    assert oracle.revisions == [RevisionRow("P1", 1, T0, 0, D(2), "M", D(40), "S")]


def test_what_cannot_be_priced_is_left_as_it_is(field: Field) -> None:
    at_once(field.oracle, T0, 2)
    assert field.oracle.simulate_bill(T0, T1) == 0  # no parameter set
    field.oracle.correction("GLOBAL", date(2024, 1, 1), tier1_price=20)
    field.oracle.add_point(
        ld_id="P1", heid=1, pd_table_key=7, ld_address=2, items=[ItemSpec(1, priced=False)]
    )
    assert field.oracle.simulate_bill(T0, T1) == 0
    assert field.quote(T0) == QuoteRow(D(2), "M")


@pytest.mark.parametrize(
    ("end_of_slot", "price"),
    [
        (datetime(2024, 5, 14, 7, 0), 10),  # begins 06:30, before the first: wraps to 22:00
        (datetime(2024, 5, 14, 7, 30), 30),  # begins at START_TIME
        (datetime(2024, 5, 14, 22, 0), 30),
        (datetime(2024, 5, 14, 22, 30), 10),
        (datetime(2024, 5, 18), 10),  # begins on Friday 23:30
        (datetime(2024, 5, 18, 0, 30), 15),  # Saturday
        (datetime(2024, 5, 19, 12, 0), 30),  # Sunday: no HOLIDAY rows, WEEKDAY's
        (datetime(2024, 5, 3, 0, 0), 10),
    ],
)
def test_time_of_use(field: Field, end_of_slot: datetime, price: int) -> None:
    oracle = field.oracle
    oracle.correction("GLOBAL", date(2024, 1, 1), tier1_price=999)
    oracle.tou_price("GLOBAL", date(2024, 1, 1), "WEEKDAY", time(7), 30)
    oracle.tou_price("GLOBAL", date(2024, 1, 1), "WEEKDAY", time(22), 10)
    oracle.tou_price("GLOBAL", date(2024, 1, 1), "SATURDAY", time(0), 15)
    at_once(oracle, end_of_slot, "0.5")
    oracle.simulate_bill(end_of_slot, end_of_slot + HALF_HOUR)
    assert field.quote(end_of_slot).quote == D(price) / 2


def test_a_listed_holiday(field: Field) -> None:
    oracle = field.oracle
    oracle.holiday(date(2024, 5, 18))  # a Saturday
    oracle.correction("GLOBAL", date(2024, 1, 1))
    oracle.tou_price("GLOBAL", date(2024, 1, 1), "SATURDAY", time(0), 15)
    oracle.tou_price("GLOBAL", date(2024, 1, 1), "HOLIDAY", time(0), 5)
    noon = datetime(2024, 5, 18, 12)
    at_once(oracle, noon, 2)
    oracle.simulate_bill(noon, noon + HALF_HOUR)
    assert field.quote(noon).quote == 10


def test_correct_quote(field: Field) -> None:
    oracle = field.oracle
    assert oracle.correct_quote("P1", 1, T0, 2) == UNKNOWN_LOGICAL_DEVICE
    oracle.correction("GLOBAL", date(2024, 1, 1), tier1_price=20, tier1_limit=5, tier2_price=30)
    at_once(oracle, T0, 4)
    at_once(oracle, T1, 2, source="B", quote=D(70), co2=D(9))
    assert oracle.correct_quote("P1", 1, T1, 3) == DONE
    # from 4 to 7: 1 at 20, 2 at 30; no CO2 factor
    assert field.quote(T1) == QuoteRow(D(3), "C", 1, D(80), None, "C")
    assert oracle.revisions == [RevisionRow("P1", 1, T1, 0, D(2), "M", D(70), "B")]
    assert oracle.correct_quote("P1", 1, T1, "3.0000") == REPEAT
    oracle.simulate_bill(T0, T2)
    assert field.quote(T0).quote == 80
    assert field.quote(T1) == QuoteRow(D(3), "C", 1, D(80), None, "C")
    # the same usage by hand: its source changes, which is a revision of its own
    assert oracle.correct_quote("P1", 1, T0, 4) == DONE
    assert field.quote(T0) == QuoteRow(D(4), "C", 1, D(80), None, "C")
    assert len(oracle.revisions) == 2
    oracle.correct_quote("P1", 1, T0, 5)
    assert field.quote(T0).revision == 2
    assert oracle.revisions[-1] == RevisionRow("P1", 1, T0, 1, D(4), "C", D(80), "C")


def test_a_new_price_of_the_same_usage_is_superseded_by_a_correction(field: Field) -> None:
    field.oracle.correction("GLOBAL", date(2024, 1, 1), tier1_price=20)
    at_once(field.oracle, T0, 4, source="B", quote=D(70))
    field.oracle.correct_quote("P1", 1, T0, 4)
    assert field.quote(T0) == QuoteRow(D(4), "C", 1, D(80), None, "C")
    assert field.oracle.revisions == [RevisionRow("P1", 1, T0, 0, D(4), "M", D(70), "B")]


def test_correct_quote_without_a_price_keeps_the_quote(field: Field) -> None:
    at_once(field.oracle, T0, 4, source="B", quote=D(70), co2=D(9))
    assert field.oracle.correct_quote("P1", 1, T0, 5) == DONE
    assert field.quote(T0) == QuoteRow(D(5), "C", 1, D(70), D(9), "C")
