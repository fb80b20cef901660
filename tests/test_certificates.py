"""Files of certificates, by the exchange directory and streamed by a client, on every engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from case import do, plain_rows
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Result, Session

HEADER = "CERT_SERIAL,ALA_ID,SUBJECT,NOT_BEFORE,NOT_AFTER"
FROM, TO = "2020-01-01 00:00:00", "2036-01-01 00:00:00"
ONE, TWO = f"C1,1,CN=AABBCC000001,{FROM},{TO}", f"C2,,CN=AABBCC000002,{FROM},{TO}"
STORED_ONE = ("C1", "1", "CN=AABBCC000001", FROM, TO, "0")
STORED_TWO = ("C2", None, "CN=AABBCC000002", FROM, TO, "0")
Line = bytes | str


def content(lines: Sequence[Line], header: str = HEADER, end: str = "\n") -> bytes:
    """A good file of these lines."""
    rows = [header, *lines, f"#END,{len(lines)}"]
    return b"".join(
        (row if isinstance(row, bytes) else row.encode()) + end.encode() for row in rows
    )


@dataclass
class Way:
    """One of the two ways of a file: through the exchange directory, or streamed by the client."""

    name: str
    config: Config
    session: Session
    folder: Path
    made: list[Path] = field(default_factory=list)

    def add(self, text: bytes, name: str = "CERT.csv") -> Result:
        by_server = self.name == "exchange"
        path = (self.config.exchange if by_server else self.folder) / name
        self.made.append(path)
        path.write_bytes(text)
        if by_server:
            return self.session.call("mdm", "ADD_CERTIFICATE", name)
        columns = Catalog(self.config.dialect).file_columns("CERTIFICATE_LINE")
        return self.session.call_with_file(
            "mdm", "ADD_CERTIFICATE_ROWS", (name,), "CERTIFICATE_LINE", columns, path
        )

    def ask(self, database: str, query: str) -> list[tuple[object, ...]]:
        return plain_rows(self.session.execute(database, query))

    def stored(self) -> list[tuple[object, ...]]:
        return self.ask(
            "mdm",
            "SELECT CERT_SERIAL, ALA_ID, SUBJECT, NOT_BEFORE, NOT_AFTER, REVOKED"
            " FROM CERTIFICATE_HISTORY ORDER BY CERT_SERIAL",
        )

    def rejects(self) -> list[tuple[int, object]]:
        found = self.ask("vps", "SELECT LINE_NO, REASON FROM IMPORT_REJECT ORDER BY LINE_NO")
        return [(int(str(number)), reason) for number, reason in found]

    def refused(self) -> list[tuple[object, ...]]:
        return self.ask("vps", "SELECT LINE_TEXT FROM IMPORT_REJECT ORDER BY LINE_NO")

    def logged(self) -> list[tuple[object, ...]]:
        """Name, class, and rows read, stored, rejected and ignored of each file."""
        return self.ask(
            "vps",
            "SELECT FILE_NAME, CLASS, ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED"
            " FROM IMPORT_LOG ORDER BY FILE_NAME, ROWS_READ",
        )


@pytest.fixture(params=["exchange", "client"])
def way(
    request: pytest.FixtureRequest, config: Config, session: Session, tmp_path: Path
) -> Iterator[Way]:
    made = Way(request.param, config, session, tmp_path)
    yield made
    for path in made.made:
        path.unlink(missing_ok=True)


def test_a_file_is_stored(way: Way) -> None:
    assert way.add(content([ONE, TWO])).code == 0
    assert way.stored() == [STORED_ONE, STORED_TWO]
    assert way.rejects() == []
    assert way.logged() == [("CERT.csv", "CERT", "2", "2", "0", "0")]
    [(issued,)] = way.session.execute(
        "mdm", "SELECT ISSUED_AT FROM CERTIFICATE_HISTORY WHERE CERT_SERIAL = 'C1'"
    )
    assert abs(datetime.now() - issued) < timedelta(minutes=2)


def test_an_empty_file_and_line_ends_of_windows(way: Way) -> None:
    assert way.add(content([])).code == 0
    assert way.stored() == []
    assert way.add(content([ONE, TWO], end="\r\n"), "OTHER.csv").code == 0
    assert way.stored() == [STORED_ONE, STORED_TWO]


def test_the_same_file_again(way: Way) -> None:
    assert way.add(content([ONE, "bad"])).code == 0
    assert way.add(content([ONE, "bad"])).code == 10
    assert way.add(content([ONE, "bad"], end="\r\n")).code == 10
    assert way.rejects() == [(3, "wrong number of fields")]
    assert way.logged() == [("CERT.csv", "CERT", "2", "1", "1", "0")]


def test_a_certificate_that_is_there_is_a_repeat(way: Way) -> None:
    assert way.add(content([ONE])).code == 0
    do(way.session, {}, ("mdm", "UPDATE CERTIFICATE_HISTORY SET REVOKED = 1"))
    assert way.add(content([TWO, ONE, TWO])).code == 0
    assert way.stored() == [(*STORED_ONE[:5], "1"), STORED_TWO]
    assert way.rejects() == []
    assert way.logged()[1] == ("CERT.csv", "CERT", "3", "1", "0", "2")


OTHERS = [
    ONE.replace(",1,", ",2,"),
    ONE.replace(",1,", ",,"),
    ONE.replace("CN=", "cn="),
    ONE.replace(FROM, "2020-01-01 00:00:01"),
    ONE.replace(TO, "2036-01-01 00:00:01"),
    TWO.replace("C2", "C1").replace("000002", "000001"),
]


def test_another_certificate_of_that_serial_is_refused(way: Way) -> None:
    assert way.add(content([ONE, TWO])).code == 0
    text = content([*OTHERS, TWO.replace(",,", ",7,"), ONE, f"C3,,CN=x,{FROM},{TO}"])
    assert way.add(text, "OTHER.csv").code == 0
    reason = "another certificate has this serial number"
    assert way.rejects() == [(number, reason) for number in range(2, 9)]
    assert way.refused()[0] == (OTHERS[0],)
    assert way.stored() == [STORED_ONE, STORED_TWO, ("C3", None, "CN=x", FROM, TO, "0")]
    assert way.logged()[1] == ("OTHER.csv", "CERT", "9", "1", "7", "1")


def test_of_two_certificates_of_a_serial_the_first_counts(way: Way) -> None:
    assert way.add(content([ONE, OTHERS[0], ONE, OTHERS[1]])).code == 0
    assert way.stored() == [STORED_ONE]
    reason = "another certificate has this serial number"
    assert way.rejects() == [(3, reason), (5, reason)]
    assert way.logged() == [("CERT.csv", "CERT", "4", "1", "2", "1")]


def test_another_case_is_another_serial(way: Way) -> None:
    assert way.add(content([ONE, ONE.replace("C1", "c1")])).code == 0
    assert [row[0] for row in way.stored()] == ["C1", "c1"]


SUBJECTS = {
    "a distinguished name": "CN=AABBCC000001,OU=meters,O=x",
    "quotes as RFC 4514 writes them": "CN=\\22a\\, b\\22,O=x",
    "a backslash": "CN=a\\, b\\",
    "two bytes a character": "O=\u00e9\u00df\u07ff\u0080",
    "three bytes a character": "O=東京瓦斯,CN=\u0800\ud7ff\ue000\uffff",
    "four bytes a character": "O=\U00010000\U0001f50c\U0010ffff",
    "255 characters": "x" * 255,
    "255 characters of four bytes": "\U0001f50c" * 255,
    "an injection": "' OR 1=1; DROP TABLE CONTROLLER; --",
    "a question mark": "?",
}


def test_a_subject_may_be_any_text(way: Way) -> None:
    lines = []
    for number, subject in enumerate(SUBJECTS.values()):
        lines.append(f'S{number},,"{subject}",{FROM},{TO}')
    assert way.add(content(lines)).code == 0
    assert way.rejects() == []
    found = {str(row[0]): row[2] for row in way.stored()}
    assert found == {f"S{n}": subject for n, subject in enumerate(SUBJECTS.values())}


SERIAL, ALA = "CERT_SERIAL is no identifier", "ALA_ID is no number"
QUOTE = "SUBJECT holds a quote"
TEXT, LONG = "SUBJECT is no UTF-8", "SUBJECT is longer than 255 characters"
START, STOP = "NOT_BEFORE is no time", "NOT_AFTER is no time"
FIELDS, ORDER = "wrong number of fields", "NOT_AFTER is not after NOT_BEFORE"


def named(subject: bytes) -> bytes:
    return b"B,," + subject + f",{FROM},{TO}".encode()


BAD_LINES: dict[str, tuple[Line, str]] = {
    "no field": ("", FIELDS),
    "four fields": (f"B,,CN=x,{FROM}", FIELDS),
    "six fields": (f"B,,CN=x,{FROM},{TO},", FIELDS),
    "a name without quotes": (f"B,,CN=x,O=y,{FROM},{TO}", FIELDS),
    "no serial": (f",,CN=x,{FROM},{TO}", SERIAL),
    "a serial with a quote": (f"B',,CN=x,{FROM},{TO}", SERIAL),
    "a serial with a blank": (f"B ,,CN=x,{FROM},{TO}", SERIAL),
    "a serial of 65 characters": (f"{'B' * 65},,CN=x,{FROM},{TO}", SERIAL),
    "a serial of 1,000 characters": (f"{'B' * 1000},,CN=x,{FROM},{TO}", SERIAL),
    "an ALA that is none": (f"B,x,CN=x,{FROM},{TO}", ALA),
    "an ALA with a sign": (f"B,-1,CN=x,{FROM},{TO}", ALA),
    "an ALA of ten digits": (f"B,{'1' * 10},CN=x,{FROM},{TO}", ALA),
    "no subject": (f"B,,,{FROM},{TO}", "SUBJECT is missing"),
    "a subject of 256 characters": (named(b"x" * 256), LONG),
    "a subject of 256 characters of two bytes": (named("é".encode() * 256), LONG),
    "a subject of 256 characters of four bytes": (named("\U0001f50c".encode() * 256), LONG),
    "latin-1": (named(b"O=caf\xe9"), TEXT),
    "Shift-JIS": (named("東京".encode("shift-jis")), TEXT),
    "a lonely second byte": (named(b"\x80"), TEXT),
    "a first byte at the end": (named(b"x\xc3"), TEXT),
    "a byte too few": (named(b"\xe6\x9d"), TEXT),
    "two bytes for an ASCII character": (named(b"\xc1\xbf"), TEXT),
    "three bytes for one of two": (named(b"\xe0\x9f\xbf"), TEXT),
    "four bytes for one of three": (named(b"\xf0\x8f\xbf\xbf"), TEXT),
    "a surrogate": (named(b"\xed\xa0\x80"), TEXT),
    "beyond Unicode": (named(b"\xf4\x90\x80\x80"), TEXT),
    "a byte of no UTF-8": (named(b"\xff"), TEXT),
    "a NUL": (named(b"O=\x00"), TEXT),
    "a tab": (named(b"O=\tx"), TEXT),
    "DEL": (named(b"O=\x7f"), TEXT),
    "a quoted part of a subject": (named(b'O="Foo"'), QUOTE),
    "one quote in a subject": (named(b'CN=5" pipe'), QUOTE),
    "a quote behind a subject": (named(b'CN=x"'), QUOTE),
    "doubled quotes": (named(b'CN=""x""'), QUOTE),
    "doubled quotes in a quoted subject": (named(b'"CN=""a, b"",O=""x"""'), QUOTE),
    "a quoted part of a serial": (f'B"1",,CN=x,{FROM},{TO}', SERIAL),
    "the serial NULL": (f"NULL,,CN=x,{FROM},{TO}", SERIAL),
    "the ALA NULL": (f"B,NULL,CN=x,{FROM},{TO}", ALA),
    "the subject NULL": (named(b"NULL"), "SUBJECT is missing"),
    "no first moment": (f"B,,CN=x,,{TO}", START),
    "a day that is none": (f"B,,CN=x,2026-02-30 00:00:00,{TO}", START),
    "no last moment": (f"B,,CN=x,{FROM},", STOP),
    "a time of another form": (f"B,,CN=x,{FROM},20360101000000Z", STOP),
    "a second before no end": (f"B,,CN=x,{FROM},9999-12-31 23:59:58", STOP),
    "no end as a start": (f"B,,CN=x,9999-12-31 23:59:59,{TO}", START),
    "a time too long": (f"B,,CN=x,{FROM},{TO}.000", STOP),
    "an end before the start": (f"B,,CN=x,{TO},{FROM}", ORDER),
    "an end at the start": (f"B,,CN=x,{FROM},{FROM}", ORDER),
}


def test_every_bad_line_is_refused_with_its_number(way: Way) -> None:
    lines = [line for line, _ in BAD_LINES.values()]
    result = way.add(content([*lines, ONE]))
    assert result.code == 0, result
    expected = {what: reason for what, (_, reason) in BAD_LINES.items()}
    assert dict(zip(BAD_LINES, (why for _, why in way.rejects()), strict=True)) == expected
    assert [number for number, _ in way.rejects()] == list(range(2, len(lines) + 2))
    assert way.stored() == [STORED_ONE]
    read = str(len(lines) + 1)
    assert way.logged() == [("CERT.csv", "CERT", read, "1", str(len(lines)), "0")]


OPEN = {"a quote that nothing closes": b'"CN=x', "text behind the quotes": b'"CN=x" y'}


@pytest.mark.parametrize("subject", OPEN.values(), ids=list(OPEN))
def test_a_quote_that_nothing_closes(way: Way, subject: bytes) -> None:
    """LOAD DATA reads on over line ends behind it: no row comes of that, whatever is counted."""
    own = way.config.dialect == "firebird"
    own = own or (way.config.dialect == "mysql" and way.name == "exchange")
    result = way.add(content([named(subject), ONE]))
    assert result.code == (0 if own else 5003), result
    assert way.stored() == ([STORED_ONE] if own else [])
    assert way.rejects() == ([(2, QUOTE)] if own else [])


@pytest.mark.parametrize("count", range(5))
def test_lines_behind_an_open_quote_are_no_certificate(way: Way, count: int) -> None:
    lines = [named(b'"CN=x'), ONE, f'C3,,"CN=y",{FROM},{TO}', TWO]
    text = content(lines).replace(b"#END,4", f"#END,{count}".encode())
    assert way.add(text).code in (0, 5003)
    assert set(way.stored()) <= {STORED_ONE, STORED_TWO, ("C3", None, "CN=y", FROM, TO, "0")}


def test_a_certificate_without_an_end(way: Way) -> None:
    assert way.add(content([ONE.replace(TO, "9999-12-31 23:59:59")])).code == 0
    assert way.stored() == [(*STORED_ONE[:4], "9999-12-31 23:59:59", "0")]


def test_a_subject_longer_than_the_field_is_refused(way: Way) -> None:
    """A field keeps 1,024 bytes, and how an engine cuts one is its own affair."""
    longer = [named(b"x" * 1025), named(b"x" * 1500), named("é".encode() * 600)]
    assert way.add(content([*longer, ONE])).code == 0
    assert way.stored() == [STORED_ONE]
    assert [number for number, _ in way.rejects()] == [2, 3, 4]
    assert {reason for _, reason in way.rejects()} <= {TEXT, LONG}


def test_the_refused_line_is_kept(way: Way) -> None:
    lines = [f'B,x,"O=東京, ""瓦斯""",{FROM},{TO}', f"B,,{'é' * 300},{FROM},{TO}"]
    assert way.add(content(lines)).code == 0
    assert way.refused() == [(lines[0],), (lines[1],)]
    assert way.add(content([f"B,x,{'é' * 500},{FROM},{TO}"]), "OTHER.csv").code == 0
    assert way.ask("vps", "SELECT LINE_TEXT FROM IMPORT_REJECT WHERE FILE_NAME = 'OTHER.csv'") == [
        (f"B,x,{'é' * 500},{FROM},{TO}"[:512],)
    ]


BROKEN = {
    "empty": (b"", 5002),
    "no trailer": (content([ONE]).rpartition(b"#END")[0], 5003),
    "a row more than counted": (content([ONE]).replace(b"#END,1", b"#END,0"), 5003),
    "no header": (content([ONE]).partition(b"\n")[2], 5004),
    "a bill file": (b"LD_ID,SUB_NUMBER,MEASURED_TIME,QUOTE\n#END,0\n", 5004),
    "a column less": (content([ONE], HEADER.removesuffix(",NOT_AFTER")), 5004),
}


def test_a_bad_file_is_refused_and_the_next_proceeds(way: Way) -> None:
    for what, (text, code) in BROKEN.items():
        result = way.add(text)
        assert (what, result.code) == (what, code), result
    assert (way.stored(), way.rejects(), way.logged()) == ([], [], [])
    assert way.add(content([ONE])).code == 0
    assert way.stored() == [STORED_ONE]


def test_a_big_file_is_read_to_its_last_line(way: Way) -> None:
    """Block borders of every reader fall into subjects, quotes and line ends."""
    lines = [f'D{n},1,"O=東京,CN={"é" * (n % 200)}",{FROM},{TO}' for n in range(1000, 2500)]
    assert way.add(content(lines, end="\r\n")).code == 0
    assert way.rejects() == []
    found = {row[0]: row[2] for row in way.stored()}
    assert found == {f"D{n}": f"O=東京,CN={'é' * (n % 200)}" for n in range(1000, 2500)}


# --- What operators see of them ---------------------------------------------------------


def mac(number: int) -> str:
    return f"02{number:010}"


def register(session: Session, table: str, number: int, serial: str | None, **more: object) -> None:
    """A device in the register; more columns of its transaction row."""
    key = 900 + number
    device = {"TABLE_KEY": key, "CO_ID": f"c{number}", "MAC": mac(number), "TYPE_ID": 11}
    transaction = {"TABLE_KEY": key, "CERT_SERIAL": serial, **more}
    for name, row in ((table, device), (f"{table}_TRANSACTION", transaction)):
        marks = ", ".join("?" * len(row))
        statement = f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})"
        session.execute("mdm", statement, list(row.values()))


def certify(session: Session, serial: str, **more: object) -> None:
    row = {"CERT_SERIAL": serial, **more}
    marks = ", ".join("?" * len(row))
    statement = f"INSERT INTO CERTIFICATE_HISTORY ({', '.join(row)}) VALUES ({marks})"
    session.execute("mdm", statement, list(row.values()))


def states(session: Session) -> list[tuple[object, ...]]:
    query = "SELECT CLASS, MAC, CERT_SERIAL, STATE FROM DEVICE_CERTIFICATE ORDER BY MAC"
    return plain_rows(session.execute("mdm", query))


def test_every_device_is_shown_with_its_certificate(session: Session) -> None:
    """The dummies of the head-ends and what was disposed of are no devices in service."""
    now = datetime.now().replace(microsecond=0)
    certify(session, "C1", NOT_AFTER=TO, REVOKED=1, REVOKED_AT=FROM)
    certify(session, "C2", NOT_AFTER=FROM)
    certify(session, "C3", NOT_AFTER=now + timedelta(days=59))
    certify(session, "C4", NOT_AFTER=now + timedelta(days=61))
    certify(session, "C5", NOT_BEFORE=now + timedelta(days=1))
    for number in range(1, 6):
        register(session, "CONTROLLER", number, f"C{number}")
    register(session, "CONCENTRATOR", 6, "C2")
    register(session, "CONTROLLER", 7, "C9")
    register(session, "CONCENTRATOR", 8, None)
    register(session, "CONTROLLER", 9, "C4")
    session.execute("mdm", "UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 909")
    assert states(session) == [
        ("PD", mac(1), "C1", "REVOKED"),
        ("PD", mac(2), "C2", "EXPIRED"),
        ("PD", mac(3), "C3", "EXPIRING"),
        ("PD", mac(4), "C4", "VALID"),
        ("PD", mac(5), "C5", "PENDING"),
        ("CO", mac(6), "C2", "EXPIRED"),
        ("PD", mac(7), "C9", "UNKNOWN"),
        ("CO", mac(8), None, "NONE"),
    ]
    found = session.execute(
        "mdm", "SELECT NOT_AFTER, REVOKED_AT FROM DEVICE_CERTIFICATE WHERE STATE = 'REVOKED'"
    )
    assert plain_rows(found) == [(TO, FROM)]


# --- What a device gets with them -------------------------------------------------------


@pytest.mark.parametrize(("kind", "table"), [("PD", "CONTROLLER"), ("CO", "CONCENTRATOR")])
def test_a_device_whose_certificate_ended_gets_keys_with_a_new_one(
    session: Session, kind: str, table: str
) -> None:
    def call(rule: str, *arguments: object) -> int:
        return session.call("mdm", rule, *arguments).code

    def revise() -> int:
        return call("REVISE_COMMON_KEY", kind, mac(1), None, b"\x01\x04test" + bytes(60), None)

    def open_alerts() -> list[tuple[object, ...]]:
        query = "SELECT MESSAGE FROM MDM_ALERT_HISTORY WHERE CLEARED_AT IS NULL"
        return plain_rows(session.execute("mdm", query))

    for serial in ("C1", "C2", "C3"):
        certify(session, serial, NOT_AFTER=TO)
    register(session, table, 1, "C1", PROV_STAT="C")
    assert call("SET_CONFIG", "ALA_LINKED", "1") == 0
    assert revise() == 0

    session.execute(
        "mdm", f"UPDATE CERTIFICATE_HISTORY SET NOT_AFTER = '{FROM}' WHERE CERT_SERIAL = 'C1'"
    )
    assert states(session) == [(kind, mac(1), "C1", "EXPIRED")]
    assert revise() == 4001
    message = f"{mac(1)} asked for a key, but its certificate C1 has expired"
    assert open_alerts() == [(message,)]
    assert call("RENEW_CERTIFICATE", mac(1), "C2") == 0
    assert states(session) == [(kind, mac(1), "C2", "VALID")]
    assert revise() == 0
    assert open_alerts() == []

    revoked = datetime(2025, 12, 24, 18, 30, 15)
    assert call("REVOKE_CERTIFICATE_AT", "C2", "key compromise", revoked) == 0
    assert states(session) == [(kind, mac(1), "C2", "REVOKED")]
    assert revise() == 4001
    assert call("RENEW_CERTIFICATE", mac(1), "C2") == 3002
    assert call("RENEW_CERTIFICATE", mac(1), "C3") == 0
    assert revise() == 0
    assert states(session) == [(kind, mac(1), "C3", "VALID")]
