"""Messages of RFC 5424: as a real rsyslogd reads them over every transport, and as they come in."""

from __future__ import annotations

import random
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kenshin.config import FACILITIES, ConfigError, Syslog
from kenshin.syslog import Message, SyslogError, deliver, harmless, log
from kenshin.syslog_parse import Unreadable, parse
from servers.base import free_port
from servers.rsyslog import Rsyslog
from serving import Tls, make_tls
from waiting import PATIENCE, until

ODD = 'hé 東京 \U0001f50c "quoted" [x] \\ back'
# RFC 5424, page 8: the grammar of a message.
GRAMMAR = re.compile(
    rb"<(0|[1-9][0-9]{0,2})>1 "
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
    rb" [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} "
    rb'(-|(\[[!#-<>-\\^-~]{1,32}( [!#-<>-\\^-~]{1,32}="([^"\\\]]|\\["\\\]])*")*\])+)( .*)?',
    re.DOTALL,
)


def message(text: str = "text", msgid: str = "RANGE", **fields: Any) -> Message:
    return Message("local4", 4, msgid, text, fields)


# --- A message ------------------------------------------------------------------------------


def test_a_message_is_as_the_rfc_has_it() -> None:
    line = message("done", msgid="CYCLE", status=0, line=None, at='a"b]c\\d').line()
    assert GRAMMAR.fullmatch(line)
    assert line.startswith(b"<164>1 ")
    assert line.endswith(b' CYCLE [kenshin@32473 status="0" at="a\\"b\\]c\\\\d"] done')
    assert message().line().endswith(b" RANGE - text")


def test_text_beyond_ascii_has_the_mark_of_utf8_and_other_text_has_none() -> None:
    assert message("é").line().endswith(b" - \xef\xbb\xbf\xc3\xa9")
    assert message("e").line().endswith(b" - e")


@pytest.mark.parametrize("text", ["a\nb", "a\r\0b", "\x1b[2J", "\x9b", "\u2028", "\ud800"])
def test_control_characters_do_no_harm(text: str) -> None:
    line = message(text, odd=text, msgid=text).line()
    assert GRAMMAR.fullmatch(line)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", line.decode())
    assert harmless("a\nb") == "a#012b"


def test_a_message_that_is_too_long_is_cut_at_a_character() -> None:
    line = message("東" * 5000).line()
    assert 7990 < len(line) <= 8000
    assert parse(line).text.strip("東") == ""
    line = message("end", **{f"p{n}": ']"東' * 900 for n in range(9)}, last="x").line()
    assert len(line) <= 8000
    assert GRAMMAR.fullmatch(line)
    assert parse(line).data["cut"] == "1"
    assert parse(line).data["last"] == "x"
    assert parse(line).text == "end"


def test_what_is_sent_is_read_back() -> None:
    got = parse(message(ODD, odd=ODD, number=7).line())
    assert (got.facility, got.severity, got.app_name, got.msgid) == (20, 4, "kenshin", "RANGE")
    assert (got.text, got.data) == (ODD, {"odd": ODD, "number": "7"})
    assert got.at is not None and got.at.utcoffset() is not None


def test_a_facility_that_is_none_keeps_nothing_back() -> None:
    assert Message("local9", 9, "", "x").line().startswith(b"<167>1 ")


# --- As rsyslogd reads it -------------------------------------------------------------------


@pytest.fixture(scope="module")
def rsyslog() -> Iterator[Rsyslog]:
    with Rsyslog() as server:
        yield server


@pytest.mark.parametrize("way", ["local", "stream", "udp", "tcp"])
def test_rsyslog_reads_what_is_sent(rsyslog: Rsyslog, way: str) -> None:
    to = {
        "local": f"unix:{rsyslog.local}",
        "stream": f"unix:{rsyslog.stream}",
        "udp": f"udp://127.0.0.1:{rsyslog.port}",
        "tcp": f"tcp://localhost:{rsyslog.port}",
    }[way]
    sent = [
        Message("local4", 2, f"M-{way}", f"{ODD}\nsecond", {"odd": ODD, "at": "x\ny"}),
        Message("daemon", 6, f"M-{way}", "x" * 9000, {"n": 1}),
        Message("local4", 6, f"M-{way}", "last", {}),
    ]
    deliver(Syslog(to=to), sent)

    def got() -> list[dict[str, Any]]:
        return [one for one in rsyslog.messages() if one["msgid"] == f"M-{way}"]

    until(lambda: len(got()) >= 3)
    first, long, last = got()
    assert (first["syslogfacility-text"], first["syslogseverity"]) == ("local4", "2")
    assert (first["app-name"], first["hostname"]) == ("kenshin", socket.gethostname())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", first["timereported"])
    # rsyslog gives the mark of UTF-8 on with the text.
    assert first["msg"] == f"\ufeff{ODD}#012second"
    escaped = re.sub(r'(["\\\]])', r"\\\1", ODD)
    assert first["structured-data"] == f'[kenshin@32473 odd="{escaped}" at="x#012y"]'
    assert (long["syslogfacility-text"], long["msg"].strip("x")) == ("daemon", "")
    assert len(long["msg"]) > 7000
    assert (last["msg"], last["structured-data"]) == ("last", "-")


# --- A receiver over TLS, and receivers that fail ---------------------------------------------


@contextmanager
def receiver(
    work: Callable[[socket.socket], bytes | None], host: str = "127.0.0.1"
) -> Iterator[tuple[int, list[bytes]]]:
    """A server that does `work` with each connection; its port, and what it got."""
    got: list[bytes] = []
    listening = socket.create_server((host, 0))
    listening.settimeout(60)

    def serve() -> None:
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            try:
                got.append(work(one) or b"")
            except OSError:
                got.append(b"!")
            finally:
                one.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1], got
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def everything(one: socket.socket) -> bytes:
    data = b""
    while piece := one.recv(65536):
        data += piece
    return data


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"))


def over_tls(
    tls: Tls, work: Callable[[socket.socket], bytes | None]
) -> Callable[[socket.socket], bytes | None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)

    def encrypted(one: socket.socket) -> bytes | None:
        with context.wrap_socket(one, server_side=True) as secured:
            return work(secured)

    return encrypted


def polite(one: socket.socket) -> bytes:
    """Reads to the end, and ends TLS as it should."""
    data = everything(one)
    assert isinstance(one, ssl.SSLSocket)
    one.unwrap()
    return data


@pytest.mark.parametrize("work", [polite, everything])
def test_tls(tls: Tls, work: Callable[[socket.socket], bytes]) -> None:
    with receiver(over_tls(tls, work)) as (port, got):
        settings = Syslog(to=f"tls://localhost:{port}", ca_file=tls.certificate, timeout_seconds=60)
        deliver(settings, [message("one é"), message("two")])
        until(lambda: got)
    frames = got[0]
    for text in ("one é", "two"):
        length, _, frames = frames.partition(b" ")
        assert parse(frames[: int(length)]).text == text
        frames = frames[int(length) :]
    assert frames == b""


def test_tls_of_somebody_else_is_refused(tls: Tls, tmp_path: Path) -> None:
    with receiver(over_tls(tls, everything)) as (port, got):
        with pytest.raises(SyslogError, match="its certificate is not accepted"):
            deliver(Syslog(to=f"tls://localhost:{port}"), [message()])
        missing = Syslog(to=f"tls://localhost:{port}", ca_file=tmp_path / "none.pem")
        with pytest.raises(SyslogError, match=r"ca_file .*none\.pem"):
            deliver(missing, [message()])
    assert set(got) <= {b"!"}


def test_the_name_of_a_tls_server_is_checked(tls: Tls) -> None:
    with receiver(over_tls(tls, everything), "127.0.0.2") as (port, _):
        settings = Syslog(to=f"tls://127.0.0.2:{port}", ca_file=tls.certificate)
        with pytest.raises(SyslogError, match="not accepted: IP address mismatch"):
            deliver(settings, [message()])


def gone_at_once(one: socket.socket) -> None:
    """Takes the connection and drops it."""


def gone_unread(one: socket.socket) -> None:
    """Goes away with something unread."""
    one.recv(1)


@pytest.mark.parametrize("work", [gone_at_once, gone_unread])
@pytest.mark.parametrize("size", [10, 7000])
@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_receiver_that_goes_away_has_not_taken_it(
    tls: Tls, work: Callable[[socket.socket], None], size: int, scheme: str
) -> None:
    behave = over_tls(tls, work) if scheme == "tls" else work
    with receiver(behave) as (port, got):
        ca_file = tls.certificate if scheme == "tls" else None
        settings = Syslog(to=f"{scheme}://localhost:{port}", ca_file=ca_file, timeout_seconds=5)
        for _ in range(20):
            with pytest.raises(SyslogError, match=re.escape(settings.to)):
                deliver(settings, [message("x" * size)] * 3)
        assert got


def test_a_receiver_that_never_closes_has_taken_what_its_machine_has() -> None:
    kept: list[socket.socket] = []

    def holds(one: socket.socket) -> bytes:
        kept.append(one.dup())
        return everything(one)

    with receiver(holds) as (port, got):
        deliver(Syslog(to=f"tcp://localhost:{port}", timeout_seconds=1), [message("held")])
        until(lambda: got)
    assert b"held" in got[0]
    kept[0].close()


def test_a_receiver_that_never_stops_talking_is_left() -> None:
    """It has been sent all, and it has taken it: what it says nobody waits for."""

    def talks(one: socket.socket) -> bytes:
        data = b""
        one.settimeout(0.05)
        while True:
            try:
                one.sendall(b"x")
                data += one.recv(4096)
            except TimeoutError:
                pass
            except OSError:
                return data

    with receiver(talks) as (port, got), ThreadPoolExecutor(1) as pool:
        settings = Syslog(to=f"tcp://localhost:{port}", timeout_seconds=1)
        pool.submit(deliver, settings, [message("said")]).result(PATIENCE)
        until(lambda: got)
    assert b"said" in got[0]


@pytest.mark.parametrize("scheme", ["udp", "tcp", "tls"])
def test_nobody_listens(scheme: str) -> None:
    to = f"{scheme}://127.0.0.1:{free_port()}"
    with pytest.raises(SyslogError, match=f"syslog {to}: Connection refused"):
        for _ in range(2 if scheme == "udp" else 1):
            deliver(Syslog(to=to), [message()])


def test_no_socket_and_no_host(tmp_path: Path) -> None:
    with pytest.raises(SyslogError, match="No such file"):
        deliver(Syslog(to=f"unix:{tmp_path}/log"), [message()])
    with pytest.raises(SyslogError, match=r"syslog udp://no\.such\.host\.invalid:514"):
        deliver(Syslog(to="udp://no.such.host.invalid:514"), [message()])
    with pytest.raises(SyslogError):
        deliver(Syslog(to=f"udp://{'x' * 70}.invalid:514"), [message()])


def test_a_verb_says_it_at_standard_error_instead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log(Syslog(to=f"unix:{tmp_path}/log"), "sync-he", 3, "failed: é", {"status": 1})
    why, line = capsys.readouterr().err.splitlines()
    assert why == (
        f"kenshin: syslog unix:{tmp_path}/log: No such file or directory; it was to be told:"
    )
    got = parse(line.encode())
    assert (got.facility, got.severity, got.msgid) == (FACILITIES["local3"], 3, "SYNC-HE")
    assert (got.text, got.data) == ("failed: é", {"status": "1"})


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"to": "/dev/log"}, "must be unix:/PATH"),
        ({"to": "unix:dev/log"}, "must be unix:/PATH"),
        ({"to": "udp://localhost"}, "HOST:PORT"),
        ({"to": "udp://localhost:70000"}, "HOST:PORT"),
        ({"to": "udp://a b:514"}, "HOST:PORT"),
        ({"to": "udp://user@host:514"}, "HOST:PORT"),
        ({"to": "http://localhost:514"}, "must be unix:/PATH"),
        ({"to": "tcp://::1:514"}, "in brackets"),
        ({"to": "unix:/" + "x" * 107}, "107 bytes"),
        ({"facility": "local8"}, "must be one of kern, user"),
        ({"ca_file": Path("ca.pem")}, "only tls:// has one"),
    ],
)
def test_a_wrong_entry_is_named(entries: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        Syslog(**entries)


def test_addresses() -> None:
    assert Syslog(to="tcp://[fe80::1%lo]:601").address == ("fe80::1%lo", 601)
    assert Syslog(to="udp://nms.example:514").address == ("nms.example", 514)
    assert Syslog(to="unix:/run/log").place == "/run/log"


# --- Messages that come in ------------------------------------------------------------------


def test_messages_of_the_rfc_are_read() -> None:
    """The examples of RFC 5424, 6.5."""
    got = parse(
        b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
        b"\xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8"
    )
    assert (got.facility, got.severity, got.app_name, got.msgid) == (4, 2, "su", "ID47")
    assert got.text == "'su root' failed for lonvick on /dev/pts/8"
    assert str(got.at) == "2003-10-11 22:14:15.003000+00:00"
    got = parse(b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time.")
    assert (got.host, got.msgid, got.text) == ("192.0.2.1", None, "%% It's time.")
    got = parse(
        b"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
        b'[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]'
        b'[examplePriority@32473 class="high"]'
    )
    assert got.text == ""
    assert got.data == {
        "iut": "3", "eventSource": "Application", "eventID": "1011", "class": "high",
    }  # fmt: skip


def test_what_is_not_quite_as_the_rfc_has_it_is_read_too() -> None:
    got = parse(b'<0>1 - - - - - [a@1 b="x]y" b="second" c="\\q"]  text \xff\x1b')
    assert (got.at, got.host, got.app_name, got.msgid) == (None, None, None, None)
    assert got.data == {"b": "x]y", "c": "\\q"}
    assert got.text == "text \ufffd#033"
    assert parse(b"<13>1 2026-02-30T00:00:00Z h a - - - x").at is None
    assert parse(b"<13>1 2026-01-30T00:00:00 h a - - - x").at is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"text",
        b"<13>Jan 14 10:00:00 host su: text",
        b"<192>1 - - - - - - x",
        b"<13>2 - - - - - - x",
        b"<13>1 - - - - -",
        b"<13>1 - - - - - [a",
        b'<13>1 - - - - - [a b="x',
        b'<13>1 - - - - - [a b="x\\"]',
        b"<13>1 - - - - - -x",
    ],
)
def test_what_is_no_message_is_said_to_be_none(line: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(line)


def test_any_bytes_are_a_message_or_none() -> None:
    dice = random.Random(5424)
    seed = b'<12>1 2026-01-14T10:00:00+09:00 h app 1 ID [a@1 b="c\\"\\]"][d e="f"] text'
    read = 0
    for count in range(20_000):
        line = bytearray(dice.randbytes(dice.randrange(200)) if count % 4 == 0 else seed)
        for _ in range(dice.randrange(4)):
            at = dice.randrange(len(line) + 1)
            line[at : at + dice.randrange(3)] = dice.choice([b"", b'"', b"]", b"\\", b" ", b"\xff"])
        try:
            parse(bytes(line))
            read += 1
        except Unreadable:
            pass
    assert 3_000 < read < 18_000
    for begin in (b"[a", b'[a b="', b'[a b="\\', b"[a]", b"[" * 9):
        with pytest.raises(Unreadable):
            parse(b"<12>1 - - - - - " + begin * 20_000 + b"x")
