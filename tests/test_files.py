"""Files of every quality, by the exchange directory and streamed by a client, on every engine."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest

from case import do, plain_rows
from cases._station import STATION, slot, usage
from conftest import Installations
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Result, Session, open_session

AT = datetime(2026, 1, 14, 10, 0)
INTERVAL = timedelta(minutes=30)
LOG, BILL = "COLLECTION_LOG_LINE", "BILL_LINE"
LOG_HEADER = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"
BILL_HEADER = "LD_ID,SUB_NUMBER,MEASURED_TIME,QUOTE"
NAME = f"HE1_{AT:%Y%m%d%H%M}_ONTIME.csv"
LINES = [f"901,2,1,{AT},1100,0", f"901,2,2,{AT},105,0", f"902,2,1,{AT},2200,0", f"903,2,1,{AT},,1"]
BILLS = [f"P1,1,{AT},12.34", f"P2,1,{AT},0.5"]
COUNTED = {
    "vps": ["USAGE_HISTORY", "QUOTE_HISTORY", "USAGE_GAP", "USAGE_REVISION", "IMPORT_REJECT"],
    "mdm": ["COLLECTION_LOG", "MDM_ALERT_HISTORY", "RULE_ERROR"],
}
REJECTS = "SELECT LINE_NO, REASON FROM IMPORT_REJECT ORDER BY LINE_NO"


def content(lines: Sequence[str], header: str = LOG_HEADER, end: str = "\n") -> bytes:
    """A good file of these lines."""
    return "".join(line + end for line in [header, *lines, f"#END,{len(lines)}"]).encode()


@dataclass
class Way:
    """One of the two ways of a file: through the exchange directory, or streamed by the client."""

    name: str
    config: Config
    session: Session
    folder: Path
    catalog: Catalog
    made: list[Path] = field(default_factory=list)

    @property
    def by_server(self) -> bool:
        return self.name == "exchange"

    def place(self, name: str) -> Path:
        path = (self.config.exchange if self.by_server else self.folder) / name
        self.made.append(path)
        return path

    def log(
        self,
        text: bytes | None,
        name: str = NAME,
        at: datetime = AT,
        log_class: str = "ONTIME",
        heid: int = 1,
        file: str | None = None,
    ) -> Result:
        """Import a collection log; `file` is the real name where `name` can be none."""
        rule = "IMPORT_COLLECTION_LOG"
        return self._call(rule, (heid, at, log_class, name), LOG, text, file or name)

    def bill(
        self,
        text: bytes | None,
        name: str = "BILL.csv",
        bill_class: str = "ONTIME",
        file: str | None = None,
    ) -> Result:
        return self._call("IMPORT_BILL", (name, bill_class), BILL, text, file or name)

    def _call(
        self, rule: str, arguments: tuple[object, ...], staging: str, text: bytes | None, file: str
    ) -> Result:
        path = self.place(file)
        if text is not None:
            path.write_bytes(text)
        if self.by_server:
            return self.session.call("vps", rule, *arguments)
        return self.session.call_with_file(
            "vps", f"{rule}_ROWS", arguments, staging, self.catalog.file_columns(staging), path
        )

    def export(self, start: datetime, end: datetime, name: str, usage_class: str) -> Result:
        path = self.place(name)
        if self.by_server:
            return self.session.call("vps", "EXPORT_USAGE", start, end, name, usage_class)
        return self.session.stream("vps", "EXPORT_USAGE_ROWS", (start, end, usage_class), path)

    def counts(self) -> dict[str, int]:
        return {
            table: self.session.execute(database, f"SELECT COUNT(*) FROM {table}")[0][0]
            for database, tables in COUNTED.items()
            for table in tables
        }

    def rejects(self) -> list[tuple[str, str]]:
        return [(int(no), why) for no, why in plain_rows(self.session.execute("vps", REJECTS))]

    def read(self, point: str = "P1", sub: int = 1) -> list[tuple[str | None, ...]]:
        """Reading, usage and status of one slot of the snapshot."""
        return plain_rows(
            self.session.execute(
                "vps",
                "SELECT READING, USAGE_VALUE, STATUS FROM USAGE_HISTORY"
                f" WHERE LD_ID = '{point}' AND SUB_NUMBER = {sub} AND MEASURED_TIME = '{AT}'",
            )
        )

    def quotes(self) -> list[tuple[str | None, ...]]:
        return plain_rows(
            self.session.execute(
                "vps",
                "SELECT LD_ID, QUOTE, SOURCE FROM QUOTE_HISTORY ORDER BY LD_ID, MEASURED_TIME",
            )
        )


@pytest.fixture(params=["exchange", "client"])
def way(
    request: pytest.FixtureRequest, config: Config, session: Session, tmp_path: Path
) -> Iterator[Way]:
    made = Way(request.param, config, session, tmp_path, Catalog(config.dialect))
    for call in STATION:
        do(session, {}, call)
    yield made
    for path in made.made:
        path.unlink(missing_ok=True)


@pytest.fixture
def billed(way: Way) -> Way:
    """Two slots that bills can be for."""
    for point in ("P1", "P2"):
        for call in slot(point, AT, "1.5"):
            do(way.session, {}, call)
    return way


def flat(lines: Sequence[str], header: str) -> dict[str, tuple[bytes, int]]:
    """Every way a whole file can be bad, and the code that it gets."""
    good = content(lines, header)
    body = good.rpartition(b"#END")[0]
    fields = header.split(",")
    count = len(lines)
    noise = random.Random(5).randbytes(5000)
    return {
        "empty": (b"", 5002),
        "one line end": (b"\n", 5004),
        "the header alone": (f"{header}\n".encode(), 5003),
        "no trailer": (body, 5003),
        "cut in the last line": (body[:-4], 5003),
        "cut in the trailer": (good[:-2], 5003),
        "cut behind #END": (body + b"#END", 5003),
        "a row less than counted": (body + f"#END,{count + 1}\n".encode(), 5003),
        "a row more than counted": (body + f"#END,{count - 1}\n".encode(), 5003),
        "a count that is none": (body + b"#END,many\n", 5003),
        "a count with zeros": (body + f"#END,0{count}\n".encode(), 5003),
        "a trailer of three fields": (body + f"#END,{count},\n".encode(), 5003),
        "a trailer with a blank": (body + f" #END,{count}\n".encode(), 5003),
        "doubled": (good * 2, 5003),
        "a line behind the trailer": (good + lines[0].encode() + b"\n", 5003),
        "an empty line behind the trailer": (good + b"\n", 5003),
        "a trailer in mid-file": (good + b"x\n" * 3 + b"#END,9\n", 5003),
        "a trailer in the middle that counts right": (
            content(["#END,3", "x", "y"], header).rpartition(b"#END")[0] + b"w\n",
            5003,
        ),
        "no header": (good.partition(b"\n")[2], 5004),
        "the trailer alone": (b"#END,0\n", 5004),
        "another kind of file": (
            content(
                BILLS if header == LOG_HEADER else LINES,
                BILL_HEADER if header == LOG_HEADER else LOG_HEADER,
            ),
            5004,
        ),
        "columns in another order": (content(lines, ",".join(reversed(fields))), 5004),
        "a column less": (content(lines, ",".join(fields[:-1])), 5004),
        "a column more": (content(lines, header + ",MORE"), 5004),
        "column names in lower case": (content(lines, header.lower()), 5004),
        "a byte order mark": (b"\xef\xbb\xbf" + good, 5004),
        "UTF-16": (good.decode().encode("utf-16"), 5004),
        "compressed": (gzip.compress(good, mtime=0), 5004),
        "bytes of all kinds": (bytes(range(256)) * 40, 5004),
        "noise": (noise, 5004),
        "zeros": (b"\0" * 10_000, 5004),
        "one line of 100,000 characters": (b"x" * 100_000, 5004),
        "a web page": (b"<html><body>\"504\" 'Gateway' Timeout</body></html>\n", 5004),
    }


def files_of(way: Way, lines: Sequence[str], header: str) -> list[tuple[str, bytes, int]]:
    """The bad files that a rule gets to see: one client refuses an endless line by itself."""
    refused = not way.by_server and way.config.dialect == "firebird"
    found = [(what, text, code) for what, (text, code) in flat(lines, header).items()]
    return [row for row in found if not (refused and row[0].startswith("one line of"))]


def test_a_bad_log_is_refused_and_the_next_proceeds(way: Way) -> None:
    before = way.counts()
    for what, text, code in files_of(way, LINES, LOG_HEADER):
        result = way.log(text)
        assert (what, result.code) == (what, code), result
        assert result.message
    assert way.counts() == before
    assert way.log(content(LINES)).code == 0
    assert way.read("P1") == [("11", None, "2")]
    assert way.rejects() == []


def test_a_bad_past_log_is_refused(way: Way) -> None:
    before = way.counts()
    for what, text, code in files_of(way, LINES, LOG_HEADER)[::5]:
        result = way.log(text, f"HE1_{AT:%Y%m%d%H%M}_PAST_1.csv", log_class="PAST")
        assert (what, result.code) == (what, code), result
    assert way.counts() == before


def test_a_bad_bill_is_refused_and_the_next_proceeds(billed: Way) -> None:
    before, quotes = billed.counts(), billed.quotes()
    for what, text, code in files_of(billed, BILLS, BILL_HEADER):
        result = billed.bill(text)
        assert (what, result.code) == (what, code), result
        assert result.message
    assert (billed.counts(), billed.quotes()) == (before, quotes)
    assert billed.bill(content(BILLS, BILL_HEADER)).code == 0
    assert billed.quotes() == [("P1", "12.34", "B"), ("P2", "0.5", "B")]


def test_a_missing_file(way: Way) -> None:
    before = way.counts()
    if way.by_server:
        for result in (
            way.log(None),
            way.bill(None),
            way.log(None, "HE1_PAST_1.csv", log_class="PAST"),
        ):
            assert result.code == 5002
            assert "exchange directory" in result.message
    else:
        for call in (way.log, way.bill):
            with pytest.raises(FileNotFoundError):
                call(None)
    assert way.counts() == before
    assert way.log(content(LINES)).code == 0


NAMES = [
    "../HE1.csv",
    "/etc/passwd",
    "a/b.csv",
    "a\\b.csv",
    "..",
    ".",
    "",
    "it's.csv",
    'a"b.csv',
    "a b.csv",
    "a;b.csv",
    "a\0b.csv",
    "name.csv\n",
    " name.csv",
    "HE1\r.csv",
    "名前.csv",
    "a%b.csv",
    "$(id).csv",
    "x" * 129,
]


def test_a_name_with_a_path_or_quotes(way: Way) -> None:
    before = way.counts()
    for name in NAMES:
        results = [
            way.log(content(LINES), name, file="plain.csv"),
            way.log(content(LINES), name, log_class="PAST", file="plain.csv"),
            way.bill(content(BILLS, BILL_HEADER), name, file="plain.csv"),
        ]
        if way.by_server:
            results.append(
                way.session.call("vps", "EXPORT_USAGE", AT, AT + INTERVAL, name, "ONTIME")
            )
        assert {result.code for result in results} == {1002}, name
    assert way.counts() == before


OTHERS: list[tuple[str, dict[str, object]]] = [
    (NAME.replace("HE1", "HE2"), {}),
    (NAME.replace("HE1", "HE11"), {}),
    (NAME.lower(), {}),
    (NAME.replace("1000_", "1030_"), {}),
    (NAME.replace("ONTIME", "PAST_1"), {}),
    ("x" + NAME, {}),
    (NAME + ".bak", {}),
    (NAME, {"heid": 2}),
    (NAME, {"at": AT + INTERVAL}),
    (NAME.replace("HE1", "HE2"), {"log_class": "PAST"}),
    (NAME.replace("HE1", "HE12"), {"log_class": "PAST"}),
]


def test_the_name_of_another_log(way: Way) -> None:
    before = way.counts()
    for name, arguments in OTHERS:
        result = way.log(content(LINES), name, **arguments)  # type: ignore[arg-type]
        assert (name, result.code) == (name, 5004)
    assert way.counts() == before


def test_a_repeat_and_the_same_name_with_other_content(way: Way) -> None:
    assert way.log(content(LINES)).code == 0
    before = way.counts()
    for _ in range(2):
        assert way.log(content(LINES)).code == 10
    assert way.log(content(LINES, end="\r\n")).code == 10
    assert way.log(content([*LINES[:-1], f"903,2,1,{AT},77,0"])).code == 3001
    assert way.counts() == before
    assert way.read("G1") == [(None, None, "1")]


def test_a_past_log_repeated_and_changed(way: Way) -> None:
    assert way.log(content(LINES)).code == 0
    name = f"HE1_{AT + INTERVAL:%Y%m%d%H%M}_PAST_1.csv"
    past = {"name": name, "at": AT + INTERVAL, "log_class": "PAST"}
    assert way.log(content([f"903,2,1,{AT},300,0"]), **past).code == 0  # type: ignore[arg-type]
    before = way.counts()
    assert way.log(content([f"903,2,1,{AT},300,0"]), **past).code == 10  # type: ignore[arg-type]
    assert way.log(content([f"903,2,1,{AT},301,0"]), **past).code == 3001  # type: ignore[arg-type]
    assert way.counts() == before


def test_logs_that_bring_a_missing_reading_are_counted(way: Way) -> None:
    """What the first brought stays; a log repeated, and a reading that was on time, count not."""
    assert way.log(content(LINES)).code == 0
    for cycles, value, code, count in (
        (1, 300, 0, 1),
        (1, 300, 10, 1),
        (2, 900, 0, 2),
        (3, 300, 0, 3),
    ):
        at = AT + cycles * INTERVAL
        name = f"HE1_{at:%Y%m%d%H%M}_PAST_1.csv"
        text = content([f"903,2,1,{AT},{value},0", f"901,2,1,{AT},1100,0"])
        assert way.log(text, name, at, "PAST").code == code
        found = way.session.execute(
            "vps",
            "SELECT LD_ID, REPOLL_READING, REPOLLED_AT, REPOLLS FROM USAGE_HISTORY"
            " WHERE REPOLLS > 0",
        )
        assert plain_rows(found) == [("G1", "3", f"{AT + INTERVAL}", str(count))]
    found = way.session.execute(
        "mdm",
        "SELECT ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED FROM COLLECTION_LOG"
        " WHERE CLASS = 'PAST' ORDER BY FILE_NAME",
    )
    assert plain_rows(found) == [("1", "0", "1"), ("0", "0", "2"), ("0", "0", "2")]


def test_a_late_log_is_taken_in_as_past(way: Way) -> None:
    assert way.session.call("vps", "MARK_SNAPSHOT_MISSING", 1, AT).code == 0
    before = way.counts()
    assert way.log(content(LINES)).code == 3002
    assert way.counts() == before
    assert way.log(content(LINES), at=AT + INTERVAL, log_class="PAST").code == 0
    # The instant value has its usage at once, the others lack the reading before.
    assert way.counts() == {
        **before, "COLLECTION_LOG": before["COLLECTION_LOG"] + 1, "USAGE_REVISION": 1
    }  # fmt: skip
    found = way.session.execute(
        "vps", "SELECT LD_ID, REPOLL_READING FROM USAGE_HISTORY WHERE SUB_NUMBER = 1 ORDER BY LD_ID"
    )
    assert plain_rows(found) == [("G1", None), ("P1", "11"), ("P2", "22")]


def test_the_next_log_on_time_ends_the_alert_of_one_that_never_came(way: Way) -> None:
    query = (
        "SELECT DEVICE, CLEARED_AT FROM MDM_ALERT_HISTORY"
        " WHERE ALERT_CODE = 'LOG_MISSING' ORDER BY DEVICE"
    )
    for heid in (1, 2):
        result = way.session.call("vps", "MARK_SNAPSHOT_MISSING", heid, AT - INTERVAL)
        assert result.code == 0
    still = [("HE1", None), ("HE2", None)]
    assert plain_rows(way.session.execute("mdm", query)) == still
    late = f"HE1_{AT - INTERVAL:%Y%m%d%H%M}_ONTIME.csv"
    assert way.log(content([]), name=late, log_class="PAST").code == 0
    assert way.log(content(LINES)[:-3]).code == 5003
    assert plain_rows(way.session.execute("mdm", query)) == still
    assert way.log(content(LINES)).code == 0
    # Not before it was raised: the snapshot may lie long ago.
    times = query.replace("CLEARED_AT", "GENERATED_TIME")
    [(_, raised), _] = plain_rows(way.session.execute("mdm", times))
    assert plain_rows(way.session.execute("mdm", query)) == [
        ("HE1", max(raised, str(AT))),
        ("HE2", None),
    ]


def test_a_log_taken_in_on_time_is_a_repeat_as_past(way: Way) -> None:
    """So is it offered when a run broke off before it moved the file away."""
    bad = [*LINES, f"901,2,1,{AT},x,0"]
    assert way.log(content(bad)).code == 0
    before = way.counts()
    for log_class, at in (("PAST", AT), ("PAST", AT + INTERVAL), ("ONTIME", AT)):
        assert way.log(content(bad), at=at, log_class=log_class).code == 10
    assert way.log(content(LINES), log_class="PAST").code == 3001
    assert way.counts() == before


def test_a_log_of_an_earlier_snapshot_is_closed(way: Way) -> None:
    assert way.log(content(LINES)).code == 0
    early = AT - INTERVAL
    name = f"HE1_{early:%Y%m%d%H%M}_ONTIME.csv"
    assert way.log(content([f"901,2,1,{early},1000,0"]), name, early).code == 3002


def test_a_bill_repeated_and_another_of_that_name(billed: Way) -> None:
    assert billed.bill(content(BILLS, BILL_HEADER)).code == 0
    before = billed.counts()
    assert billed.bill(content(BILLS, BILL_HEADER)).code == 10
    assert billed.bill(content(BILLS, BILL_HEADER, "\r\n")).code == 10
    assert billed.counts() == before
    assert billed.bill(content([f"P1,1,{AT},99"], BILL_HEADER)).code == 0
    assert billed.quotes()[0] == ("P1", "12.34", "B")
    assert billed.bill(content([f"P1,1,{AT},99"], BILL_HEADER), bill_class="PAST").code == 0
    assert billed.quotes()[0] == ("P1", "99", "B")


GOOD: dict[str, bytes] = {
    "LF": content(LINES),
    "CRLF": content(LINES, end="\r\n"),
    "no line end behind #END": content(LINES)[:-1],
    "CRLF, no line end behind #END": content(LINES, end="\r\n")[:-2],
    "every field quoted": content(
        [",".join(f'"{value}"' for value in line.split(",")) for line in LINES],
        ",".join(f'"{name}"' for name in LOG_HEADER.split(",")),
    ),
    "some fields quoted, CRLF": content(
        [LINES[0].replace("1100", '"1100"'), *LINES[1:]], end="\r\n"
    ),
    "a quoted empty field": content([*LINES[:3], f'903,2,1,{AT},"",1']),
    "signs and decimals": content([LINES[0].replace("1100", "+1100.0000"), *LINES[1:]]),
}


def test_a_good_log_however_it_is_written(way: Way) -> None:
    for slots, (how, text) in enumerate(GOOD.items()):
        at = AT + slots * 2 * INTERVAL
        text = text.replace(str(AT).encode(), str(at).encode())
        result = way.log(text, f"HE1_{at:%Y%m%d%H%M}_ONTIME.csv", at)
        assert (how, result.code) == (how, 0), result
        found = way.session.execute(
            "vps",
            "SELECT LD_ID, SUB_NUMBER, READING, USAGE_VALUE, STATUS FROM USAGE_HISTORY"
            f" WHERE MEASURED_TIME = '{at}' ORDER BY LD_ID, SUB_NUMBER",
        )
        assert (how, plain_rows(found)) == (
            how,
            [
                ("G1", "1", None, None, "1"),
                ("P1", "1", "11", None, "2"),
                ("P1", "2", "10.5", "10.5", "0"),
                ("P2", "1", "22", None, "2"),
                ("P2", "2", None, None, "1"),
            ],
        )
    assert way.rejects() == []


def test_an_empty_log_makes_every_target_missing(way: Way) -> None:
    assert way.log(content([])).code == 0
    found = way.session.execute("vps", "SELECT COUNT(*), MIN(STATUS) FROM USAGE_HISTORY")
    assert plain_rows(found) == [("5", "1")]


# A line in place of 901's first, and why it is refused.
DEVICE, ADDRESS, ITEM = (
    "PD_TABLE_KEY is no number",
    "LD_ADDRESS is no number",
    "SUB_NUMBER is no number",
)
SNAPSHOT, STATUS = "MEASURED_TIME is not the snapshot", "STATUS is neither 0 nor 1"
VALUE, FIELDS, UNKNOWN = (
    "VALUE is no number",
    "wrong number of fields",
    "unknown device, address or item",
)
BAD_LINES: dict[str, tuple[bytes | str, str]] = {
    "no field": ("", FIELDS),
    "five fields": (f"901,2,1,{AT},1100", FIELDS),
    "seven fields": (f"901,2,1,{AT},1100,0,", FIELDS),
    "twenty fields": (f"901,2,1,{AT},1100,0" + ",x" * 14, FIELDS),
    "only commas": (",,,,,", DEVICE),
    "no device": (f",2,1,{AT},1100,0", DEVICE),
    "no address": (f"901,,1,{AT},1100,0", ADDRESS),
    "no item": (f"901,2,,{AT},1100,0", ITEM),
    "no time": ("901,2,1,,1100,0", SNAPSHOT),
    "no value": (f"901,2,1,{AT},,0", "VALUE is missing"),
    "no status": (f"901,2,1,{AT},1100,", STATUS),
    "a device with a blank": (f" 901,2,1,{AT},1100,0", DEVICE),
    "a device with a blank behind": (f"901 ,2,1,{AT},1100,0", DEVICE),
    "a device with a sign": (f"-901,2,1,{AT},1100,0", DEVICE),
    "a device with zeros": (f"0901,2,1,{AT},1100,0", DEVICE),
    "a device of 19 digits": (f"{'9' * 19},2,1,{AT},1100,0", DEVICE),
    "an address of 10 digits": (f"901,{'9' * 10},1,{AT},1100,0", ADDRESS),
    "digits of another script": (f"９01,2,1,{AT},1100,0", DEVICE),
    "a quoted comma": (f'"901,5",2,1,{AT},1100,0', DEVICE),
    "doubled quotes": (f'"9""01",2,1,{AT},1100,0', DEVICE),
    "quotes around a part of a field": (f'9"01",2,1,{AT},1100,0', DEVICE),
    "one quote in a field": (f'901,2,1,{AT},11"00,0', VALUE),
    "one more quote in a field": (f'901,2,1,{AT},1100",0', VALUE),
    "an injection": (f"901;DROP TABLE X--,2,1,{AT},1100,0", DEVICE),
    "another time": (f"901,2,1,{AT + INTERVAL},1100,0", SNAPSHOT),
    "a time with a T": (f"901,2,1,{AT.isoformat()},1100,0", SNAPSHOT),
    "a value that is none": (f"901,2,1,{AT},11x,0", VALUE),
    "a value in another notation": (f"901,2,1,{AT},1.1e3,0", VALUE),
    "a value with a comma": (f'901,2,1,{AT},"1,1",0', VALUE),
    "no number": (f"901,2,1,{AT},NaN,0", VALUE),
    "a value of 12 digits": (f"901,2,1,{AT},{'9' * 12},0", VALUE),
    "a value of 5 decimals": (f"901,2,1,{AT},1.00001,0", VALUE),
    "a bad value that was not read": (f"901,2,1,{AT},x,1", VALUE),
    "a status of 2": (f"901,2,1,{AT},1100,2", STATUS),
    "bytes that are no UTF-8": (b"\xff\xfe\xc3(,2,1," + str(AT).encode() + b",1100,0", DEVICE),
    "a NUL in a field": (b"9\x0001,2,1," + str(AT).encode() + b",1100,0", DEVICE),
    "a NUL behind a value": (b"901,2,1," + str(AT).encode() + b",1100\0,0", VALUE),
    "a tab": (f"901,\t2,1,{AT},1100,0", ADDRESS),
    "a backslash": (f"901\\,2,1,{AT},1100,0", DEVICE),
    "a backslash and n": (f"901,2,1,{AT},\\n,0", VALUE),
    "NULL of a dump": (f"901,2,1,{AT},\\N,0", VALUE),
    "a field of 65 characters": (f"{'0' * 64}1,2,1,{AT},1100,0", DEVICE),
    "a field of 1,000 characters": (f"901,2,1,{AT},{'1' * 1000},0", VALUE),
    "a field of 20,000 characters": (f"901,2,1,{AT},{'1' * 20_000},0", VALUE),
    "a line of 20,000 characters": ("x" * 20_000, FIELDS),
    "an unknown device": (f"999,2,1,{AT},1100,0", UNKNOWN),
    "an unknown address": (f"901,9,1,{AT},1100,0", UNKNOWN),
    "an unknown item": (f"901,2,9,{AT},1100,0", UNKNOWN),
    "a device of another head-end": (f"904,2,1,{AT},1100,0", UNKNOWN),
}  # fmt: skip


def with_lines(text: bytes, lines: Sequence[bytes | str]) -> bytes:
    """A file with the lines in place of its line of a question mark."""
    raw = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    return text.replace(b"\n?\n", b"\n" + raw)


def test_every_bad_line_is_refused_with_its_number(way: Way) -> None:
    bad = list(BAD_LINES.values())
    text = with_lines(content(["?", *LINES[1:]]), [line for line, _ in bad])
    result = way.log(text.replace(b"#END,4", f"#END,{len(bad) + 3}".encode()))
    assert result.code == 0, result
    assert way.rejects() == [(number, reason) for number, (_, reason) in enumerate(bad, 2)]
    assert way.read("P1") == [(None, None, "1")]
    assert [way.read("P1", 2), way.read("P2")] == [[("10.5", "10.5", "0")], [("22", None, "2")]]
    found = way.session.execute(
        "mdm",
        "SELECT ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED, ROWS_MISSING, STATE"
        " FROM COLLECTION_LOG",
    )
    assert plain_rows(found) == [(str(len(bad) + 3), "3", str(len(bad)), "0", "3", "DONE")]


def test_the_refused_line_is_kept(way: Way) -> None:
    assert way.log(content([f"9x1,2,1,{AT},1100,0", "only,three,fields", *LINES])).code == 0
    found = way.session.execute(
        "vps", "SELECT FILE_NAME, LINE_TEXT FROM IMPORT_REJECT ORDER BY LINE_NO"
    )
    assert plain_rows(found) == [(NAME, f"9x1,2,1,{AT},1100,0"), (NAME, "only,three,fields")]


def test_of_repeated_lines_the_first_counts(way: Way) -> None:
    assert way.log(content([*LINES, LINES[0].replace("1100", "9999"), LINES[0]])).code == 0
    assert way.rejects() == [(6, "repeats an earlier line"), (7, "repeats an earlier line")]
    assert way.read("P1") == [("11", None, "2")]


def test_a_line_of_100_000_characters_is_refused_and_the_rest_stored(way: Way) -> None:
    assert way.log(content(["x" * 100_000, *LINES])).code == 0
    assert way.rejects() == [(2, FIELDS)]
    assert way.read("P1") == [("11", None, "2")]
    assert way.read("P2") == [("22", None, "2")]


def test_a_stray_quote_costs_the_line_or_the_file_but_stores_nothing_wrong(way: Way) -> None:
    lines = [
        f'9"01,2,1,{AT},1100,0',
        f'"901,2,1,{AT},1100,0',
        f'901,2,1,{AT},1100,"0',
        f'"901\n",2,1,{AT},1,0',
    ]
    for slots, line in enumerate(lines):
        at = AT + slots * INTERVAL
        name = f"HE1_{at:%Y%m%d%H%M}_ONTIME.csv"
        text = content([line, *LINES[1:]]).replace(str(AT).encode(), str(at).encode())
        before = way.counts()
        result = way.log(text, name, at)
        if result.code:
            assert result.code == 5003
            assert way.counts() == before
        else:
            found = way.session.execute(
                "vps",
                "SELECT LD_ID, READING FROM USAGE_HISTORY"
                f" WHERE MEASURED_TIME = '{at}' AND SUB_NUMBER = 1 ORDER BY LD_ID",
            )
            assert plain_rows(found) == [("G1", None), ("P1", None), ("P2", "22")]


def test_a_big_log_is_read_to_its_last_line(way: Way) -> None:
    """Block borders of every reader fall into fields, quotes and line ends."""
    dice = random.Random(1)
    junk = [f'{"9" * dice.randrange(1, 15)},2,{n},{AT},"{n}",0' for n in range(1000, 2500)]
    assert way.log(content([*junk, *LINES], end="\r\n")).code == 0
    assert way.read("P1") == [("11", None, "2")]
    assert way.rejects() == [(n, UNKNOWN) for n in range(2, 1502)]


BAD_BILLS: dict[str, tuple[bytes | str, str]] = {
    "three fields": (f"P1,1,{AT}", FIELDS),
    "five fields": (f"P1,1,{AT},1,", FIELDS),
    "no point": (f",1,{AT},1", "LD_ID is no identifier"),
    "a point with a quote": (f"P'1,1,{AT},1", "LD_ID is no identifier"),
    "a point of 33 characters": (f"{'P' * 33},1,{AT},1", "LD_ID is no identifier"),
    "no item": (f"P1,,{AT},1", ITEM),
    "a big item": (f"P1,99999,{AT},1", ITEM),
    "no time": ("P1,1,,1", "MEASURED_TIME is no time"),
    "a day that is none": ("P1,1,2026-02-30 00:00:00,1", "MEASURED_TIME is no time"),
    "a time without seconds": (f"P1,1,{AT:%Y-%m-%d %H:%M},1", "MEASURED_TIME is no time"),
    "no quote": (f"P1,1,{AT},", "QUOTE is no number"),
    "a quote that is none": (f"P1,1,{AT},1.2.3", "QUOTE is no number"),
    "a quote of 5 decimals": (f"P1,1,{AT},1.23456", "QUOTE is no number"),
    "bytes that are no UTF-8": (b"P\xe9,1," + str(AT).encode() + b",1", "LD_ID is no identifier"),
    "a NUL": (b"P1\0,1," + str(AT).encode() + b",1", "LD_ID is no identifier"),
    "an unknown point": (f"nobody,1,{AT},1", "unknown slot"),
    "an unknown item": (f"P1,2,{AT},1", "unknown slot"),
    "an unknown time": (f"P1,1,{AT + INTERVAL},1", "unknown slot"),
    "another case": (f"p1,1,{AT},1", "unknown slot"),
}


def test_every_bad_bill_line_is_refused_with_its_number(billed: Way) -> None:
    bad = list(BAD_BILLS.values())
    text = with_lines(content(["?", BILLS[1]], BILL_HEADER), [line for line, _ in bad])
    result = billed.bill(text.replace(b"#END,2", f"#END,{len(bad) + 1}".encode()))
    assert result.code == 0, result
    assert billed.rejects() == [(number, reason) for number, (_, reason) in enumerate(bad, 2)]
    assert billed.quotes() == [("P1", None, "N"), ("P2", "0.5", "B")]
    found = billed.session.execute(
        "vps", "SELECT ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED FROM IMPORT_LOG"
    )
    assert plain_rows(found) == [(str(len(bad) + 1), "1", str(len(bad)), "0")]


def test_a_bill_leaves_billed_and_corrected_slots_alone_on_time(billed: Way) -> None:
    billed.session.execute(
        "vps", "UPDATE QUOTE_HISTORY SET SOURCE = 'C', QUOTE = 7 WHERE LD_ID = 'P1'"
    )
    assert billed.bill(content(BILLS, BILL_HEADER)).code == 0
    assert billed.quotes() == [("P1", "7", "C"), ("P2", "0.5", "B")]
    found = billed.session.execute(
        "vps", "SELECT ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED FROM IMPORT_LOG"
    )
    assert plain_rows(found) == [("1", "0", "1")]
    assert billed.bill(content(BILLS, BILL_HEADER), "PAST.csv", "PAST").code == 0
    assert billed.quotes() == [("P1", "12.34", "B"), ("P2", "0.5", "B")]
    found = billed.session.execute(
        "vps", "SELECT LD_ID, REVISION, QUOTE, SOURCE FROM USAGE_REVISION"
    )
    assert plain_rows(found) == [("P1", "0", "7", "C")]


# ---------------------------------------------------------------- usage files

USAGE_HEADER = "LD_ID,SUB_NUMBER,MEASURED_TIME,READING,USAGE_VALUE,STATUS"
NEXT = AT + INTERVAL


@pytest.fixture
def used(way: Way) -> Way:
    """Slots normal, negative, missing, undetermined, and two that re-polling filled."""
    rows = [
        *usage("P1", AT, "11", "-0.25"),
        *usage("P1", NEXT, "12.5", "1.5"),
        *usage("P2", AT, None, None, 1, repoll=("22", "0.75", NEXT)),
        *usage("P2", NEXT, "23.1", None, 2, repoll=(None, "1.1", NEXT)),
        *usage("G1", AT, None, None, 1),
        *usage("P4", AT, None, None, 1, repoll=("5", None, NEXT)),
        *usage("P1", AT, "10.5", "10.5", sub=2),
    ]
    for call in rows:
        do(way.session, {}, call)
    return way


def number(value: Decimal | str | None) -> str:
    return "" if value is None else f"{Decimal(value):.4f}"


ONTIME_LINES = {
    AT: [
        f"P1,1,{AT},11.0000,-0.2500,0", f"P1,2,{AT},10.5000,10.5000,0", f"P2,1,{AT},,,1",
        f"G1,1,{AT},,,1", f"P4,1,{AT},,,1",
    ],
    NEXT: [f"P1,1,{NEXT},12.5000,1.5000,0", f"P2,1,{NEXT},23.1000,,2"],
}  # fmt: skip
PAST_LINES = [
    f"P2,1,{AT},22.0000,0.7500,0",
    f"P2,1,{NEXT},23.1000,1.1000,0",
    f"P4,1,{AT},5.0000,,2",
]


RANGES = [
    (AT, NEXT, "ONTIME", ONTIME_LINES[AT]),
    (NEXT, NEXT + INTERVAL, "ONTIME", ONTIME_LINES[NEXT]),
    (AT, NEXT + INTERVAL, "ONTIME", ONTIME_LINES[AT] + ONTIME_LINES[NEXT]),
    (NEXT, NEXT + INTERVAL, "PAST", PAST_LINES),
    (AT, NEXT + timedelta(seconds=1), "PAST", PAST_LINES),
]


def test_a_usage_file_is_its_rows(used: Way) -> None:
    for number_of, (start, end, usage_class, expected) in enumerate(RANGES):
        name = f"USAGE_{number_of}.csv"
        assert used.export(start, end, name, usage_class).code == 0
        text = used.place(name).read_bytes()
        assert text.endswith(b"\n") and b"\r" not in text
        first, *lines, last = text.decode().splitlines()
        assert (first, sorted(lines), last) == (
            USAGE_HEADER,
            sorted(expected),
            f"#END,{len(expected)}",
        )


def test_a_big_usage_file_is_its_rows(used: Way) -> None:
    """Blocks and bundles of lines of every writer have their borders in it."""
    many = [(f"X{n:0{n % 9 + 4}}", Decimal(n) / 7 % 3) for n in range(700)]
    for point, value in many:
        used.session.execute(
            "vps",
            "INSERT INTO USAGE_HISTORY"
            " (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS)"
            f" VALUES ('{point}', 1, '{AT}', {value:.4f}, {value:.4f}, 0)",
        )
    assert used.export(AT, NEXT, "USAGE.csv", "ONTIME").code == 0
    first, *lines, last = used.place("USAGE.csv").read_text().splitlines()
    expected = [f"{point},1,{AT},{number(f'{value:.4f}')},{value:.4f},0" for point, value in many]
    assert sorted(lines) == sorted(expected + ONTIME_LINES[AT])
    assert (first, last) == (USAGE_HEADER, f"#END,{len(lines)}")


@pytest.mark.parametrize("usage_class", ["ONTIME", "PAST"])
def test_no_usage_no_file(used: Way, usage_class: str) -> None:
    late = NEXT + timedelta(days=1)
    assert used.export(late, late + INTERVAL, "USAGE.csv", usage_class).code == 11
    assert used.export(AT - INTERVAL, AT, "USAGE.csv", usage_class).code == 11
    assert not used.place("USAGE.csv").exists()
    assert not any(path.name.startswith("USAGE") for path in used.folder.iterdir())


@pytest.mark.parametrize("usage_class", ["ONTIME", "PAST"])
def test_a_file_that_exists_stays_as_it_was(used: Way, usage_class: str) -> None:
    if not used.by_server:
        pytest.skip("the client decides what it replaces")
    path = used.place("USAGE.csv")
    path.write_text("mine\n")
    stamp = os.stat(path).st_mtime_ns
    before = used.counts()
    for _ in range(2):
        result = used.export(AT, NEXT + INTERVAL, "USAGE.csv", usage_class)
        assert result.code == 5001
        assert "USAGE.csv" in result.message
    assert (path.read_text(), os.stat(path).st_mtime_ns) == ("mine\n", stamp)
    assert used.counts() == before
    path.unlink()
    assert used.export(AT, NEXT + INTERVAL, "USAGE.csv", usage_class).code == 0
    assert path.read_text().startswith(USAGE_HEADER)


def test_both_ways_write_the_same(used: Way) -> None:
    if not used.by_server:
        pytest.skip("compared once")
    other = Way("client", used.config, used.session, used.folder, used.catalog)
    for name, usage_class in (("A.csv", "ONTIME"), ("B.csv", "PAST")):
        texts: list[list[str]] = []
        for way in (used, other):
            assert way.export(AT, NEXT + INTERVAL, name, usage_class).code == 0
            texts.append(sorted(way.place(name).read_text().splitlines()))
        assert texts[0] == texts[1]


def test_what_was_written_can_be_read_back(billed: Way) -> None:
    """A usage file is no bill file, nor a log, though it has the same kind of lines."""
    for call in usage("G1", AT, "11", "1"):
        do(billed.session, {}, call)
    assert billed.export(AT, NEXT, "USAGE.csv", "ONTIME").code == 0
    text = billed.place("USAGE.csv").read_bytes()
    read: list[Callable[[], Result]] = [lambda: billed.log(text), lambda: billed.bill(text)]
    assert [call().code for call in read] == [5004, 5004]


def test_a_stream_that_breaks_off_leaves_nothing(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[tuple[str]]:
        yield ("a line\n",)
        raise OSError("the driver has failed")

    monkeypatch.setattr(session, "invoke", broken)
    with pytest.raises(OSError, match="the driver has failed"):
        session.stream("vps", "EXPORT_USAGE_ROWS", (AT, NEXT, "ONTIME"), tmp_path / "USAGE.csv")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- several callers at once

ROUNDS, CALLERS = 10, 3


@pytest.fixture(scope="module")
def busy(engine: str, installations: Installations) -> Config:
    """Usage that is there to stay: these calls commit."""
    config = installations.new(engine, "at_once")
    release.apply(config)
    with open_session(config) as session, session.transaction():
        for call in STATION:
            do(session, {}, call)
        for point in ("P1", "P2", "G1"):
            for call in usage(point, AT, "11", "1.5"):
                do(session, {}, call)
    return config


def at_once(config: Config, call: Callable[[Session, int, int], Result]) -> list[list[Result]]:
    """The answers of each round, in which all callers begin at the same moment."""
    start = Barrier(CALLERS, timeout=600)

    def work(session: Session, number: int) -> list[Result]:
        answers = []
        for turn in range(ROUNDS):
            start.wait()
            answers.append(call(session, turn, number))
        return answers

    with ExitStack() as stack, ThreadPoolExecutor(CALLERS) as pool:
        sessions = [stack.enter_context(open_session(config)) for _ in range(CALLERS)]
        found = list(pool.map(work, sessions, range(CALLERS)))
    return [list(answers) for answers in zip(*found, strict=True)]


def test_different_files_are_read_at_once(busy: Config) -> None:
    def call(session: Session, turn: int, number: int) -> Result:
        point = ("P1", "P2", "G1")[number]
        name = f"AT_ONCE_{turn}_{number}.csv"
        (busy.exchange / name).write_bytes(content([f"{point},1,{AT},{turn}.5"], BILL_HEADER))
        return session.call("vps", "IMPORT_BILL", name, "PAST")

    for answers in at_once(busy, call):
        assert [answer.code for answer in answers] == [0] * CALLERS, answers
    with open_session(busy) as session:
        read = session.execute("vps", "SELECT COUNT(*), SUM(l.ROWS_STORED) FROM IMPORT_LOG l")
    assert plain_rows(read) == [(str(ROUNDS * CALLERS), str(ROUNDS * CALLERS))]


def test_of_those_who_write_one_file_at_once_one_does(busy: Config) -> None:
    def call(session: Session, turn: int, _: int) -> Result:
        return session.call("vps", "EXPORT_USAGE", AT, NEXT, f"AT_ONCE_{turn}.csv", "ONTIME")

    for turn, answers in enumerate(at_once(busy, call)):
        codes = sorted(answer.code for answer in answers)
        assert codes == [0] + [5001] * (CALLERS - 1), answers
        lines = (busy.exchange / f"AT_ONCE_{turn}.csv").read_text().splitlines()
        assert (lines[0], len(lines), lines[-1]) == (USAGE_HEADER, 5, "#END,3")


def test_different_files_are_written_at_once(busy: Config) -> None:
    def call(session: Session, turn: int, number: int) -> Result:
        name = f"AT_ONCE_{turn}_TO_{number}.csv"
        return session.call("vps", "EXPORT_USAGE", AT, NEXT, name, "ONTIME")

    for answers in at_once(busy, call):
        assert [answer.code for answer in answers] == [0] * CALLERS, answers
