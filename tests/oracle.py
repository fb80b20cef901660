"""The independent oracle: what the tables of the histories must contain, in plain Python.

It is written from the rules (data model, SQL-API, files, VEE) and not from the SQL, on
`decimal.Decimal` with dicts and loops: slow and easy to check by eye. The same calls are made on
a database and here; afterwards every row of USAGE_HISTORY, QUOTE_HISTORY and USAGE_REVISION must
agree.

All times are the ENDS of intervals: the row of MEASURED_TIME t is the slot (t - interval, t].
"""

import calendar
import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from pathlib import Path
from typing import Final, Literal

Kind = Literal["CUMULATIVE", "INSTANT"]
DayType = Literal["WEEKDAY", "SATURDAY", "HOLIDAY"]
FileClass = Literal["ONTIME", "PAST"]
Number = Decimal | int | str
Key = tuple[str, int, datetime]  # LD_ID, SUB_NUMBER, MEASURED_TIME
Address = tuple[int, int]  # PD_TABLE_KEY, LD_ADDRESS
Pollable = Callable[[datetime], bool]

# USAGE_HISTORY.STATUS
NORMAL: Final = 0
MISSING: Final = 1
UNDETERMINED: Final = 2

# result codes
DONE: Final = 0
REPEAT: Final = 10
UNKNOWN_LOGICAL_DEVICE: Final = 2002
FILE_MISSING: Final = 5002
FILE_CUT_SHORT: Final = 5003
FILE_OF_WRONG_KIND: Final = 5004

COLLECTION_LOG_HEADER: Final = [
    "PD_TABLE_KEY",
    "LD_ADDRESS",
    "SUB_NUMBER",
    "MEASURED_TIME",
    "VALUE",
    "STATUS",
]
BILL_HEADER: Final = ["LD_ID", "SUB_NUMBER", "MEASURED_TIME", "QUOTE"]

# 60 digits hold every product of two NUMERIC(18,4) exactly
EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)
ZERO: Final = Decimal(0)
TEN_THOUSANDTH: Final = Decimal("0.0001")
NUMERIC_18_4_LIMIT: Final = Decimal(10) ** 14

NUMBER_PATTERN: Final = re.compile(r"[+-]?[0-9]{1,11}(\.[0-9]{1,4})?")
SMALL_KEY_PATTERN: Final = re.compile(r"0|[1-9][0-9]{0,8}")
TABLE_KEY_PATTERN: Final = re.compile(r"0|[1-9][0-9]{0,17}")
TIME_PATTERN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


# ---------------------------------------------------------------- rows of the three tables


@dataclass
class UsageRow:
    """One row of USAGE_HISTORY, without its key."""

    reading: Decimal | None = None
    usage_value: Decimal | None = None
    status: int = MISSING
    repoll_reading: Decimal | None = None
    repoll_usage: Decimal | None = None
    repolled_at: datetime | None = None
    repolls: int = 0


@dataclass
class QuoteRow:
    """One row of QUOTE_HISTORY, without its key."""

    usage_value: Decimal | None = None
    quality: str = "N"
    revision: int = 0
    quote: Decimal | None = None
    co2: Decimal | None = None
    source: str = "N"


@dataclass(frozen=True)
class RevisionRow:
    """One row of USAGE_REVISION: what a change of QUOTE_HISTORY superseded."""

    ld_id: str
    sub_number: int
    measured_time: datetime
    revision: int
    usage_value: Decimal | None
    quality: str
    quote: Decimal | None
    source: str


# ---------------------------------------------------------------- what the rules look up


@dataclass(frozen=True)
class ItemSpec:
    """An item of a PARAM_GROUP. `priced`: its usage is energy that a bill is computed from."""

    sub_number: int
    kind: Kind = "CUMULATIVE"
    scaler: int = 0
    priced: bool = True
    polled: bool = True


@dataclass
class Meter:
    """A LOGICAL_DEVICE row under its device's address; `ld_id` is None while not installed."""

    heid: int
    items: dict[int, ItemSpec]
    ld_id: str | None = None


@dataclass
class Point:
    """A metering point: the LD_ID with the meter that it has now."""

    address: Address
    capacity: Decimal
    cluster: str | int | None
    pollable: Pollable


@dataclass(frozen=True)
class Correction:
    """One row of CORRECTION_PARAM."""

    param_id: str
    from_date: datetime
    to_date: datetime | None
    factor: Decimal | None
    co2_factor: Decimal | None
    base_charge_per_10a: Decimal | None
    tier1_limit: Decimal | None
    tier1_price: Decimal | None
    tier2_limit: Decimal | None
    tier2_price: Decimal | None
    tier3_price: Decimal | None

    def energy_charge(self, x: Decimal) -> Decimal:
        """C(x) = P1·min(x, L1) + P2·max(0, min(x, L2) - L1) + P3·max(0, x - L2)."""
        price1 = self.tier1_price or ZERO
        price2 = self.tier2_price or ZERO
        price3 = self.tier3_price or ZERO
        if self.tier1_limit is None:
            return price1 * x
        if self.tier2_limit is None:
            return price1 * min(x, self.tier1_limit) + price2 * max(ZERO, x - self.tier1_limit)
        return (
            price1 * min(x, self.tier1_limit)
            + price2 * max(ZERO, min(x, self.tier2_limit) - self.tier1_limit)
            + price3 * max(ZERO, x - self.tier2_limit)
        )


@dataclass
class Counts:
    """What a file import reports: read = stored + rejected + ignored, always."""

    code: int = DONE
    read: int = 0
    stored: int = 0
    rejected: int = 0
    ignored: int = 0
    missing: int = 0
    rejects: list[tuple[int, str]] = field(default_factory=list)  # record in the file, reason

    def reject(self, line: int, reason: str) -> None:
        self.rejected += 1
        self.rejects.append((line, reason))


@dataclass(frozen=True)
class LogRow:
    """A well-formed row of a collection log; `reading` is None for STATUS 1 (not read)."""

    address: Address
    sub_number: int
    measured_time: datetime
    reading: Decimal | None


class RowError(Exception):
    """The row goes into the reject table; the others of the file are stored."""


class FileError(Exception):
    """The file is refused whole and nothing of it is stored."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


# ---------------------------------------------------------------- numbers, times, files


def round4(x: Decimal) -> Decimal:
    """Rounding is half away from zero, to four decimals; there is no negative zero."""
    return EXACT.add(EXACT.quantize(x, TEN_THOUSANDTH), ZERO)


def scaled(value: Decimal, scaler: int) -> Decimal:
    """READING = VALUE x 10^SCALER, rounded to four decimals."""
    return round4(value.scaleb(scaler, EXACT))


def decimal_or_none(x: Number | None) -> Decimal | None:
    return None if x is None else Decimal(x)


def as_time(day: date) -> datetime:
    """A date means its first instant."""
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def parse_number(text: str) -> Decimal:
    if not NUMBER_PATTERN.fullmatch(text):
        raise RowError("a value that is no number")
    return Decimal(text)


def parse_time(text: str) -> datetime:
    if not TIME_PATTERN.fullmatch(text):
        raise RowError("a time that is none")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise RowError("a time that is none") from None


def parse_key(text: str, pattern: re.Pattern[str] = SMALL_KEY_PATTERN) -> int:
    if not pattern.fullmatch(text):
        raise RowError("a key that is badly formed")
    return int(text)


def read_rows(path: Path | str, header: list[str]) -> list[list[str]]:
    """Files: CSV with a header line and a last line `#END,<number of rows>`, or refused whole."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        raise FileError(FILE_MISSING, "missing or empty")
    try:
        records = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileError(FILE_CUT_SHORT, str(error)) from error
    if not records or records[0] != header:
        raise FileError(FILE_OF_WRONG_KIND, "another header")
    rows, trailer = records[1:-1], records[-1]
    if len(trailer) != 2 or trailer[0] != "#END" or not TABLE_KEY_PATTERN.fullmatch(trailer[1]):
        raise FileError(FILE_CUT_SHORT, "no #END line")
    if int(trailer[1]) != len(rows):
        raise FileError(FILE_CUT_SHORT, "another number of rows than #END says")
    return rows


def always(_: datetime) -> bool:
    return True


# ---------------------------------------------------------------- the oracle


class Oracle:
    """Holds the devices, the parameters and the three tables, and applies each rule to them."""

    def __init__(
        self, *, interval: timedelta = timedelta(minutes=30), closing_day: int = 1
    ) -> None:
        self.interval = interval
        self.closing_day = closing_day
        self.meters: dict[Address, Meter] = {}
        self.points: dict[str, Point] = {}
        self.initial_readings: dict[Key, Decimal] = {}
        self.corrections: dict[tuple[str, datetime], Correction] = {}
        self.tou_prices: dict[tuple[str, datetime], dict[tuple[DayType, time], Decimal | None]] = (
            defaultdict(dict)
        )
        self.clusters: dict[str | int, str | None] = {}
        self.holidays: set[date] = set()
        self.taken_in: set[tuple[int, datetime, FileClass, str]] = set()
        self.usage: dict[Key, UsageRow] = {}
        self.quote: dict[Key, QuoteRow] = {}
        self.revisions: list[RevisionRow] = []

    # ------------------------------------------------------------ devices and points

    def add_device(
        self, *, heid: int, pd_table_key: int, ld_address: int, items: Iterable[ItemSpec]
    ) -> None:
        """A device in stock: known to its HE, without an LD_ID."""
        self.meters[pd_table_key, ld_address] = Meter(heid, {i.sub_number: i for i in items})

    def dispose_device(self, pd_table_key: int, ld_address: int) -> None:
        """A disposed device is unknown from now on."""
        meter = self.meters.pop((pd_table_key, ld_address))
        if meter.ld_id is not None:
            del self.points[meter.ld_id]

    def add_point(
        self,
        *,
        ld_id: str,
        heid: int,
        pd_table_key: int,
        ld_address: int,
        items: Iterable[ItemSpec],
        capacity: Number = 0,
        cluster: str | int | None = None,
        pollable: Pollable = always,
    ) -> None:
        """Registers and installs a point on a device."""
        self.meters[pd_table_key, ld_address] = Meter(heid, {i.sub_number: i for i in items}, ld_id)
        self.points[ld_id] = Point((pd_table_key, ld_address), Decimal(capacity), cluster, pollable)

    def move_point(
        self,
        ld_id: str,
        pd_table_key: int,
        ld_address: int,
        heid: int,
        *,
        items: Iterable[ItemSpec] | None = None,
        pollable: Pollable | None = None,
    ) -> None:
        """Meter exchange: the LD_ID goes to another device, the old one is in stock again.

        Without `items` the new device has the items it was registered with, else the old one's.
        """
        point = self.points[ld_id]
        old = self.meters[point.address]
        new_address = (pd_table_key, ld_address)
        if items is not None:
            new_items = {i.sub_number: i for i in items}
        elif new_address in self.meters:
            new_items = self.meters[new_address].items
        else:
            new_items = dict(old.items)
        old.ld_id = None
        self.meters[new_address] = Meter(heid, new_items, ld_id)
        point.address = new_address
        if pollable is not None:
            point.pollable = pollable

    def remove_point(self, ld_id: str) -> None:
        """Clearing the installation: the device stays known, the histories stay."""
        point = self.points.pop(ld_id)
        self.meters[point.address].ld_id = None

    def set_initial_reading(
        self, ld_id: str, sub_number: int, at: datetime, reading: Number
    ) -> None:
        """The reading of a new device when it was installed, already scaled."""
        self.initial_readings[ld_id, sub_number, at] = round4(Decimal(reading))

    def item(self, ld_id: str, sub_number: int) -> ItemSpec | None:
        point = self.points.get(ld_id)
        return None if point is None else self.meters[point.address].items.get(sub_number)

    def targets(self, heid: int, at: datetime) -> list[tuple[str, int]]:
        """Every polled item of every pollable point with an LD_ID of that HE."""
        return sorted(
            (ld_id, item.sub_number)
            for ld_id, point in self.points.items()
            if self.meters[point.address].heid == heid and point.pollable(at)
            for item in self.meters[point.address].items.values()
            if item.polled
        )

    # ------------------------------------------------------------ parameters

    def correction(
        self,
        param_id: str,
        from_date: date,
        to_date: date | None = None,
        factor: Number | None = 1,
        co2_factor: Number | None = None,
        base_charge_per_10a: Number | None = None,
        tier1_limit: Number | None = None,
        tier1_price: Number | None = None,
        tier2_limit: Number | None = None,
        tier2_price: Number | None = None,
        tier3_price: Number | None = None,
    ) -> None:
        """Sets a row of CORRECTION_PARAM; the same PARAM_ID and FROM_DATE replace it."""
        self.corrections[param_id, as_time(from_date)] = Correction(
            param_id,
            as_time(from_date),
            None if to_date is None else as_time(to_date),
            decimal_or_none(factor),
            decimal_or_none(co2_factor),
            decimal_or_none(base_charge_per_10a),
            decimal_or_none(tier1_limit),
            decimal_or_none(tier1_price),
            decimal_or_none(tier2_limit),
            decimal_or_none(tier2_price),
            decimal_or_none(tier3_price),
        )

    def tou_price(
        self,
        param_id: str,
        from_date: date,
        day_type: DayType,
        start_time: time,
        price: Number | None,
    ) -> None:
        """Sets a row of TOU_PRICE."""
        rows = self.tou_prices[param_id, as_time(from_date)]
        rows[day_type, start_time] = decimal_or_none(price)

    def cluster(self, cluster_id: str | int, param_id: str | None) -> None:
        """Sets a row of VPS_CLUSTER."""
        self.clusters[cluster_id] = param_id

    def holiday(self, day: date) -> None:
        self.holidays.add(day.date() if isinstance(day, datetime) else day)

    def correction_at(self, ld_id: str, at: datetime) -> Correction | None:
        """The set of the point's cluster valid at `at`, else GLOBAL's; latest FROM_DATE wins."""
        point = self.points.get(ld_id)
        param_ids = ["GLOBAL"]
        if point is not None and point.cluster is not None:
            own = self.clusters.get(point.cluster)
            if own is not None:
                param_ids.insert(0, own)
        for param_id in param_ids:
            valid = [
                c
                for c in self.corrections.values()
                if c.param_id == param_id
                and c.from_date <= at
                and (c.to_date is None or at < c.to_date)
            ]
            if valid:
                return max(valid, key=lambda c: c.from_date)
        return None

    # ------------------------------------------------------------ readings to usage

    def previous_reading(self, key: Key) -> Decimal | None:
        """READING of the row one interval before, else its REPOLL_READING, else an initial one."""
        ld_id, sub_number, at = key
        previous = self.usage.get((ld_id, sub_number, at - self.interval))
        if previous is not None and previous.reading is not None:
            return previous.reading
        if previous is not None and previous.repoll_reading is not None:
            return previous.repoll_reading
        initial = {
            k[2]: reading
            for k, reading in self.initial_readings.items()
            if k[:2] == (ld_id, sub_number) and at - self.interval < k[2] <= at
        }
        return initial[max(initial)] if initial else None

    def usage_of(self, key: Key, reading: Decimal) -> Decimal | None:
        """CUMULATIVE: (reading - previous) x factor valid at t, may be negative; INSTANT: reading.

        None when the previous reading is missing.
        """
        ld_id, sub_number, at = key
        item = self.item(ld_id, sub_number)
        assert item is not None
        if item.kind == "INSTANT":
            return reading
        previous = self.previous_reading(key)
        if previous is None:
            return None
        correction = self.correction_at(ld_id, at)
        factor = Decimal(1)
        if correction is not None and correction.factor is not None:
            factor = correction.factor
        with localcontext(EXACT):
            return round4((reading - previous) * factor)

    def add_usage(self, key: Key, reading: Decimal | None) -> None:
        """A row of USAGE_HISTORY (None = missing) and, with it, the empty row of QUOTE_HISTORY."""
        if reading is None:
            row = UsageRow(status=MISSING)
        else:
            usage = self.usage_of(key, reading)
            row = UsageRow(reading, usage, UNDETERMINED if usage is None else NORMAL)
        self.usage[key] = row
        self.quote[key] = QuoteRow(row.usage_value, "M" if row.status == NORMAL else "N")

    # ------------------------------------------------------------ collection logs

    def check_log_row(self, heid: int, fields: list[str]) -> LogRow:
        """The checks of a row that need nothing but the row and the devices of that HE."""
        if len(fields) != len(COLLECTION_LOG_HEADER):
            raise RowError("wrong number of fields")
        pd_text, address_text, sub_text, time_text, value_text, status_text = fields
        address = (parse_key(pd_text, TABLE_KEY_PATTERN), parse_key(address_text))
        sub_number = parse_key(sub_text)
        measured_time = parse_time(time_text)
        if status_text not in ("0", "1"):
            raise RowError("a status that is neither 0 nor 1")
        value = None if value_text == "" else parse_number(value_text)
        if status_text == "0" and value is None:
            raise RowError("read, but without a value")
        meter = self.meters.get(address)
        if meter is None or meter.heid != heid:
            raise RowError("unknown device or address")
        if sub_number not in meter.items:
            raise RowError("unknown item")
        if status_text == "1" or value is None:
            return LogRow(address, sub_number, measured_time, None)
        reading = scaled(value, meter.items[sub_number].scaler)
        if abs(reading) >= NUMERIC_18_4_LIMIT:
            raise RowError("a reading that no column holds")
        return LogRow(address, sub_number, measured_time, reading)

    def accepted_log_rows(
        self,
        heid: int,
        rows: list[list[str]],
        counts: Counts,
        time_is_right: Callable[[datetime], bool],
    ) -> list[LogRow]:
        """The rows that pass every check; of a repeated key the first of them."""
        accepted: list[LogRow] = []
        seen: set[tuple[Address, int, datetime]] = set()
        for line, fields in enumerate(rows, start=2):
            try:
                row = self.check_log_row(heid, fields)
                if not time_is_right(row.measured_time):
                    raise RowError("a time that this log cannot carry")
                key = (row.address, row.sub_number, row.measured_time)
                if key in seen:
                    raise RowError("a repeated row")
            except RowError as reason:
                counts.reject(line, str(reason))
                continue
            seen.add(key)
            accepted.append(row)
        return accepted

    def import_ontime(self, heid: int, at: datetime, path: Path | str) -> Counts:
        """IMPORT_COLLECTION_LOG ONTIME: afterwards exactly one row for every target at t.

        A row that stands already is not touched. A file taken in before is a repeat.
        """
        if (heid, at, "ONTIME", Path(path).name) in self.taken_in:
            return Counts(code=REPEAT)
        rows = read_rows(path, COLLECTION_LOG_HEADER)
        counts = Counts(read=len(rows))
        wanted = {t for t in self.targets(heid, at) if (*t, at) not in self.usage}
        readings: dict[tuple[str, int], Decimal | None] = {}
        for row in self.accepted_log_rows(heid, rows, counts, lambda t: t == at):
            ld_id = self.meters[row.address].ld_id
            if ld_id is None or (ld_id, row.sub_number) not in wanted:
                counts.ignored += 1
            else:
                counts.stored += 1
                readings[ld_id, row.sub_number] = row.reading
        for ld_id, sub_number in wanted:
            reading = readings.get((ld_id, sub_number))
            self.add_usage((ld_id, sub_number, at), reading)
            if reading is None:
                counts.missing += 1
        self.taken_in.add((heid, at, "ONTIME", Path(path).name))
        return counts

    def mark_missing(self, heid: int, at: datetime) -> int:
        """MARK_SNAPSHOT_MISSING: every target without a row becomes a missing row."""
        wanted = [t for t in self.targets(heid, at) if (*t, at) not in self.usage]
        for ld_id, sub_number in wanted:
            self.add_usage((ld_id, sub_number, at), None)
        return len(wanted)

    def import_past(self, heid: int, at: datetime, path: Path | str) -> Counts:
        """IMPORT_COLLECTION_LOG PAST at cycle time `at`: fills missing rows, completes usage.

        A device's address stands for the LD_ID that it has now. READING, USAGE_VALUE and STATUS
        stay as they were delivered on time. Of a row that was filled before only the count of the
        files that brought a reading of it changes.
        """
        if (heid, at, "PAST", Path(path).name) in self.taken_in:
            return Counts(code=REPEAT)
        rows = read_rows(path, COLLECTION_LOG_HEADER)
        counts = Counts(read=len(rows))

        filled: set[Key] = set()
        for row in self.accepted_log_rows(heid, rows, counts, lambda t: t <= at):
            ld_id = self.meters[row.address].ld_id
            if ld_id is None or row.reading is None:
                counts.ignored += 1
                continue
            key = (ld_id, row.sub_number, row.measured_time)
            usage = self.usage.get(key)
            if usage is None or usage.status != MISSING:
                counts.ignored += 1
                continue
            usage.repolls += 1
            if usage.repoll_reading is not None:
                counts.ignored += 1
                continue
            usage.repoll_reading = row.reading
            usage.repolled_at = at
            filled.add(key)
            counts.stored += 1

        followers = {(ld_id, sub, t + self.interval) for ld_id, sub, t in filled}
        for key in sorted(filled | followers):
            self.complete_usage(key, at)
        self.taken_in.add((heid, at, "PAST", Path(path).name))
        return counts

    def complete_usage(self, key: Key, at: datetime) -> None:
        """REPOLL_USAGE of a row that has a reading but no usage yet, if it can be known now."""
        row = self.usage.get(key)
        if row is None or row.usage_value is not None or row.repoll_usage is not None:
            return
        reading = row.repoll_reading if row.status == MISSING else row.reading
        if reading is None:
            return
        usage = self.usage_of(key, reading)
        if usage is None:
            return
        row.repoll_usage = usage
        row.repolled_at = at
        quote = self.quote[key]
        if quote.quality != "C":  # an operator's edit is not outranked by a later delivery
            self.supersede(key)
            quote.usage_value = usage
            quote.quality = "R"

    def supersede(self, key: Key) -> None:
        """The values that a change of QUOTE_HISTORY supersedes go to USAGE_REVISION first."""
        row = self.quote[key]
        self.revisions.append(
            RevisionRow(*key, row.revision, row.usage_value, row.quality, row.quote, row.source)
        )
        row.revision += 1

    # ------------------------------------------------------------ bills

    def set_quote(self, key: Key, quote: Decimal, source: str) -> None:
        """A QUOTE that was not null and changes is superseded; filling it, or the same, is not."""
        row = self.quote[key]
        if row.quote is not None and row.quote != quote:
            self.supersede(key)
        row.quote = quote
        row.source = source

    def import_bill(self, path: Path | str, cls: FileClass) -> Counts:
        """IMPORT_BILL: existing rows only; ONTIME does not overwrite `B` or `C`, PAST does."""
        if cls not in ("ONTIME", "PAST"):
            raise ValueError(cls)
        rows = read_rows(path, BILL_HEADER)
        counts = Counts(read=len(rows))
        seen: set[Key] = set()
        for line, fields in enumerate(rows, start=2):
            try:
                if len(fields) != len(BILL_HEADER):
                    raise RowError("wrong number of fields")
                ld_id, sub_text, time_text, quote_text = fields
                key = (ld_id, parse_key(sub_text), parse_time(time_text))
                quote = round4(parse_number(quote_text))
                if key not in self.quote:
                    raise RowError("an unknown key")
                if key in seen:
                    raise RowError("a repeated row")
            except RowError as reason:
                counts.reject(line, str(reason))
                continue
            seen.add(key)
            if cls == "ONTIME" and self.quote[key].source in ("B", "C"):
                counts.ignored += 1
                continue
            self.set_quote(key, quote, "B")
            counts.stored += 1
        return counts

    def closing(self, year: int, month: int) -> datetime:
        """The closing day of a month, 00:00; a month too short has it on its last day."""
        last = calendar.monthrange(year, month)[1]
        return datetime(year, month, min(self.closing_day, last))

    def billing_month(self, slot_start: datetime) -> tuple[datetime, datetime]:
        """From closing day 00:00 to the next one's 00:00, around the beginning of a slot."""
        year, month = slot_start.year, slot_start.month
        before = (year - 1, 12) if month == 1 else (year, month - 1)
        after = (year + 1, 1) if month == 12 else (year, month + 1)
        this = self.closing(year, month)
        if slot_start >= this:
            return this, self.closing(*after)
        return self.closing(*before), this

    def month_to_date(self, key: Key) -> Decimal:
        """Σ USAGE_VALUE of the earlier slots of that point and item in the same billing month."""
        ld_id, sub_number, at = key
        month_start, _ = self.billing_month(at - self.interval)
        total = ZERO
        t = at - self.interval
        while t > month_start:
            row = self.quote.get((ld_id, sub_number, t))
            total += (row and row.usage_value) or ZERO
            t -= self.interval
        return total

    def day_type(self, day: date) -> DayType:
        if day in self.holidays or day.weekday() == calendar.SUNDAY:
            return "HOLIDAY"
        return "SATURDAY" if day.weekday() == calendar.SATURDAY else "WEEKDAY"

    def tou_price_at(
        self, prices: dict[tuple[DayType, time], Decimal | None], at: datetime
    ) -> Decimal:
        """The latest START_TIME not after the slot's beginning, else that day type's last one.

        A day type without rows has WEEKDAY's; a null price, or none at all, counts as 0.
        """
        wanted = self.day_type(at.date())
        rows = {start: price for (day, start), price in prices.items() if day == wanted}
        if not rows:
            rows = {start: price for (day, start), price in prices.items() if day == "WEEKDAY"}
        if not rows:
            return ZERO
        earlier = [start for start in rows if start <= at.time()]
        return rows[max(earlier or rows)] or ZERO

    def price(self, key: Key, usage: Decimal) -> tuple[Decimal, Decimal | None] | None:
        """(QUOTE, CO2) of a slot; None where the item is not priced or no parameter set holds."""
        ld_id, sub_number, at = key
        item = self.item(ld_id, sub_number)
        correction = self.correction_at(ld_id, at)
        if item is None or not item.priced or correction is None:
            return None
        slot_start = at - self.interval
        tou = self.tou_prices.get((correction.param_id, correction.from_date))
        with localcontext(EXACT):
            if tou:
                energy = usage * self.tou_price_at(tou, slot_start)
            else:
                used = self.month_to_date(key)
                energy = correction.energy_charge(used + usage) - correction.energy_charge(used)
            month_start, month_end = self.billing_month(slot_start)
            base = (
                (correction.base_charge_per_10a or ZERO)
                * self.points[ld_id].capacity
                / 10
                / ((month_end - month_start) // self.interval)
            )
            co2 = None if correction.co2_factor is None else round4(usage * correction.co2_factor)
            return round4(energy) + round4(base), co2

    def simulate_bill(
        self, start: datetime, end: datetime, points: set[tuple[str, int]] | None = None
    ) -> int:
        """SIMULATE_BILL: prices every known increment of [start, end), never touches `B` or `C`.

        With `points`, those of these points and items only.

        Returns the number of rows priced.
        """
        priced = 0
        for key in sorted(key for key in self.quote if start <= key[2] < end):
            if points is not None and key[:2] not in points:
                continue
            row = self.quote[key]
            if row.usage_value is None or row.source not in ("N", "S"):
                continue
            price = self.price(key, row.usage_value)
            if price is None:
                continue
            quote, co2 = price
            self.set_quote(key, quote, "S")
            row.co2 = co2
            priced += 1
        return priced

    def correct_quote(self, ld_id: str, sub_number: int, at: datetime, usage: Number) -> int:
        """CORRECT_QUOTE: the settled usage by hand, re-priced where it can be priced."""
        key = (ld_id, sub_number, at)
        row = self.quote.get(key)
        if row is None:
            return UNKNOWN_LOGICAL_DEVICE
        corrected = round4(Decimal(usage))
        if row.source == "C" and row.usage_value == corrected:
            return REPEAT
        price = self.price(key, corrected)
        quote, co2 = (row.quote, row.co2) if price is None else price
        self.supersede(key)
        row.usage_value = corrected
        row.quality = "C"
        row.source = "C"
        row.quote = quote
        row.co2 = co2
        return DONE
