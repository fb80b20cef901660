"""Messages of other applications: into the database once, and on to monitoring."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from alerted import Alerted, T, line, piped, verb
from kenshin import ingest
from kenshin.config import ConfigError, Syslog
from kenshin.config import Ingest as Settings
from kenshin.engines import Result
from kenshin.held import held
from kenshin.ingest import Ingest, Lines
from kenshin.rules import Rules
from proxy import Wire
from servers.base import free_port
from servers.rsyslog import Deployed, Rsyslog
from waiting import PATIENCE, until

MAC = "AABBCC000001"
FULL = "GENERATED_TIME, ALERT_CODE, SOURCE, SEVERITY, DEVICE, LD_ID, SUB_NUMBER, MESSAGE"


@pytest.fixture
def station(alerted: Alerted) -> Alerted:
    alerted.empty()
    return alerted


# --- One message ----------------------------------------------------------------------------


def test_a_message_becomes_an_alert(station: Alerted) -> None:
    subject = f'[x@1 device="{MAC}" ldId="P1"][y@2 subNumber="2"]'
    taken = station.ingest(
        line("\ufeffé \\ \"'", "portal", "LOGIN_STORM", 3, subject),
        line("no word", "billing", "a=b", 4, at="2026-01-14T01:00:00.9Z"),
        line("no id", "dhcpd", severity=0, at="2026-01-14T02:30:00+01:00"),
        line("item out of range", "x", "Y", data='[a@1 subNumber="12345678"]'),
        line("long" * 1000, "x" * 48),
    )
    assert taken.answers == ["OK"] * 6
    assert station.alerts(FULL) == [
        (T, "LOGIN_STORM", "portal", 3, MAC, "P1", 2, "é \\ \"'"),
        (T, "billing", "billing", 4, None, None, None, "no word"),
        (datetime(2026, 1, 14, 10, 30), "dhcpd", "dhcpd", 0, None, None, None, "no id"),
        (T, "Y", "x", 4, None, None, None, "item out of range"),
        (T, "x" * 32, "x" * 48, 4, None, None, None, ("long" * 128)),
    ]
    assert taken.report["stored"] == 5
    assert station.read("SELECT COUNT(*) FROM MDM_ALERT_HISTORY WHERE CLEARED_AT IS NULL") == [(0,)]


def test_times_are_the_standard_time_of_the_station(station: Alerted) -> None:
    setting = "UPDATE MDM_CONFIG SET \"VALUE\" = '{}' WHERE NAME = 'STATION_ZONE'"
    try:
        station.write(setting.format("Europe/Berlin"))
        station.ingest(line("summer", at="2026-07-01T12:00:00+02:00"))
        station.write(setting.format("Nowhere/Atall"))
        station.ingest(line("nowhere", at="2026-07-01T12:00:00+02:00"))
        station.ingest(line("none", at="-"), line("year 1", at="0001-01-01T00:00:00+14:00"))
        station.ingest(line("year 9999", at="9999-12-31T23:59:59-14:00"))
    finally:
        station.write(setting.format("Asia/Tokyo"))
    summer, nowhere, none, first, last = station.alerts("GENERATED_TIME")
    assert (summer, nowhere) == (datetime(2026, 7, 1, 11), datetime(2026, 7, 1, 12))
    assert min(none, first) > datetime(2026, 7, 2)
    assert last < datetime(9000, 1, 1)


def test_an_alert_of_an_application_is_open_until_it_ends(station: Alerted) -> None:
    raised, cleared = (f'[a@1 state="{state}" ldId="P1"]' for state in ("RAISED", "CLEARED"))
    one = line("down", "nms", "LINK", 3, raised)
    station.ingest(one, one)
    with station.rules() as rules:
        assert [row["ALERT_CODE"] for row in rules.rows("OPEN_ALERT")] == ["LINK"]
    station.ingest(line("up", "nms", "LINK", 5, cleared))
    with station.rules() as rules:
        assert rules.rows("OPEN_ALERT") == []
    assert station.alerts("MESSAGE") == ["down"]
    until(lambda: [one["state"] for one in station.heard()] == ["RAISED", "CLEARED"])


def test_a_device_is_configured(station: Alerted) -> None:
    station.add_device(MAC)
    done = line("done", "prov", "PROV_COMPLETED", 6, f'[p@1 mac="{MAC}"]')
    taken = station.ingest(done, done)
    assert station.states() == ["C"]
    assert (station.alerts(), taken.report["completed"]) == ([], 2)


def test_a_device_is_configured_by_the_text_of_the_message(station: Alerted) -> None:
    station.add_device(MAC)
    station.ingest(line("tftpd: configured device aa:bb:cc:00:00:01 in 3 s", "tftpd"))
    assert (station.states(), station.alerts()) == (["C"], [])


@pytest.mark.parametrize(
    ("mac", "said"),
    [
        (MAC, f"{MAC}: 3002 the device was disposed of, or has no address from DHCP yet"),
        ("AABBCC00FFFF", "AABBCC00FFFF: 2001 no device has this MAC"),
        ("nonsense", "nonsense: 1002 the MAC is badly formed"),
        ("", ": 1002 the MAC is badly formed"),
    ],
)
def test_what_the_rules_refuse_is_an_alert(station: Alerted, mac: str, said: str) -> None:
    station.add_device(MAC, "N")
    done = line("done", "prov", "PROV_COMPLETED", 6, f'[p@1 mac="{mac}"]')
    taken = station.ingest(done, done)
    assert station.states() == ["N"]
    assert station.alerts(FULL) == [(T, "PROV_REFUSED", "prov", 4, mac, None, None, said)]
    assert (taken.report["refused"], taken.answers) == (2, ["OK"] * 3)


def test_a_refusal_that_no_rule_takes_is_kept_as_text(
    station: Alerted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No text of today does that; a rule of tomorrow may."""
    answer = Rules.answer

    def strict(self: Rules, rule: str, **arguments: Any) -> Result:
        if arguments.get("p_code") == "PROV_REFUSED":
            arguments["p_code"] = "two words"
        return answer(self, rule, **arguments)

    monkeypatch.setattr(Rules, "answer", strict)
    station.ingest(line("done", "prov", "PROV_COMPLETED", 6, '[p@1 mac="x"]'))
    assert station.alerts() == [
        (
            "UNREADABLE",
            "prov",
            6,
            "PROV_REFUSED: 1002 the code or the point is badly formed, or a text is too long:"
            " x: 1002 the MAC is badly formed",
        )
    ]


def test_a_completion_without_a_mac_is_an_alert(station: Alerted) -> None:
    station.ingest(line("done", "prov", "PROV_COMPLETED", 6))
    assert station.alerts() == [("PROV_COMPLETED", "prov", 6, "done")]


def test_its_own_messages_are_left_alone(station: Alerted) -> None:
    taken = station.ingest(line("x", "kenshin", "CYCLE", 3), line("y", "kenshin2"))
    assert (station.alerts("MESSAGE"), taken.report["own"]) == (["y"], 1)
    assert taken.answers == ["OK"] * 3


def test_a_repeat_is_no_second_alert(station: Alerted) -> None:
    lines = [line("one"), line("two"), line("one", at="2026-01-14T10:00:01+09:00")]
    station.ingest(*lines)
    station.ingest(*lines, *lines)
    assert station.alerts("MESSAGE") == ["one", "two", "one"]


def test_what_no_rule_takes_is_kept_as_text(station: Alerted) -> None:
    taken = station.ingest(
        line("wrong state", "portal", "UP", 2, '[a@1 state="up"]'),
        line("wrong point", "portal", "UP", 2, '[a@1 ldId="P 1"]'),
        line("long point", "portal", "UP", 2, f'[a@1 ldId="{"x" * 5000}"]'),
        line("wrong item", "portal", "UP", 2, '[a@1 subNumber="99999"]'),
    )
    assert station.alerts() == [
        ("UNREADABLE", "portal", 2, f"UP: {said}") for said in (
            "1003 the state is none of RAISED, CLEARED and EVENT: wrong state",
            "1002 the code or the point is badly formed, or a text is too long: wrong point",
            "1002 the code or the point is badly formed, or a text is too long: long point",
            "1004 the severity is not 0 to 7, or the item not 0 to 32767: wrong item",
        )
    ]  # fmt: skip
    assert taken.report["unreadable"] == 4


def test_whatever_comes_is_answered_and_kept(station: Alerted) -> None:
    huge = line("x" * 200_000, "portal", "HUGE")
    garbage = [b"", b"no message", b"\xff\x00\x1b[2J" * 300, b"<999>1 - - - - - - x"]
    taken = station.ingest(*garbage, huge, line("behind", "portal", "NEXT"))
    assert taken.answers == ["OK"] * 7
    *unread, long, behind = station.alerts()
    assert [row[:3] for row in unread] == [("UNREADABLE", "syslog-ingest", 4)] * 4
    assert unread[1][3] == "it does not begin as a message of RFC 5424 does: no message"
    assert "\ufffd#000#033[2J" * 20 in unread[2][3]
    assert unread[3][3].startswith("its priority is 999")
    assert (long[0], len(long[3]), behind[3]) == ("HUGE", 512, "behind")


def test_what_is_not_whole_is_not_taken(station: Alerted) -> None:
    """rsyslog went away in mid-message, and hands it over again."""
    source, sink = os.pipe()
    os.write(sink, line("whole") + b"\n" + line("half"))
    os.close(sink)
    answers: list[str] = []
    with station.rules() as rules:
        Ingest(rules, station.config, answers.append).run(Lines(source))
    os.close(source)
    assert (station.alerts("MESSAGE"), answers) == (["whole"], ["OK"] * 2)


def test_any_bytes_are_taken(station: Alerted) -> None:
    lines = [
        bytes(range(1, 10)),
        bytes(range(11, 256)),
        *(bytes([n]) * 3 for n in range(0, 256, 17)),
    ]
    seed = line("text é", "portal", "CODE", data='[a@1 device="d" ldId="P"]')
    lines += [seed[:n] + bytes([n % 256]) + seed[n + 1 :] for n in range(len(seed)) if n != 10]
    taken = station.ingest(*lines)
    assert taken.answers == ["OK"] * (len(lines) + 1)


@pytest.mark.parametrize(
    ("pattern", "said"), [("(", r"\[ingest\] completed"), ("configured (.*)", "needs a group mac")]
)
def test_a_wrong_pattern_is_named(pattern: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Settings(pattern)


# --- Monitoring and the database go away ----------------------------------------------------


def test_monitoring_that_is_away_keeps_nothing_out(
    station: Alerted, capsys: pytest.CaptureFixture[str]
) -> None:
    away = replace(station.config, nms=Syslog(to=f"tcp://127.0.0.1:{free_port()}"))
    taken = station.ingest(*(line(f"alert {n}") for n in range(50)), config=away)
    assert taken.answers == ["OK"] * 51
    assert len(station.alerts()) == 50
    assert capsys.readouterr().err.count("monitoring is not told") == 1
    assert station.heard() == []
    # The next one tells what was left, without any message.
    assert station.ingest().report["told"] == 50
    until(lambda: len(station.heard()) == 50)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_database_that_is_away_is_waited_for(
    station: Alerted, engine: str, stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is answered meanwhile; when it shall stop, rsyslog keeps the message."""
    if engine not in ("mariadb", "firebird-server"):
        pytest.skip("MySQL has the session of MariaDB; the embedded engine cannot go away")
    monkeypatch.setattr(ingest, "LONGEST_WAIT", 0.4)
    reach = station.config.connection
    wire = Wire(reach.host, reach.port)
    connection = replace(reach, host="127.0.0.1", port=wire.port, socket="")
    config = replace(station.config, connection=connection)
    source, sink = os.pipe()
    answers: list[str] = []
    with station.rules(config) as rules, ThreadPoolExecutor(1) as pool:
        said: list[str] = []
        one = Ingest(rules, config, answers.append)
        monkeypatch.setattr(one, "_say", lambda _, text: said.append(text))
        running = pool.submit(one.run, Lines(source))
        os.write(sink, line("before") + b"\n")
        until(lambda: len(answers) == 2 or running.done())
        wire.cut()
        os.write(sink, line("while") + b"\n")
        until(lambda: [text for text in said if "tried again" in text] or running.done())
        assert len(answers) == 2
        if stopped:
            one.stop.ask()
        else:
            wire.mend()
            until(lambda: len(answers) == 3 or running.done())
            os.close(sink)
        running.result(PATIENCE)
    wire.cut()
    os.close(source)
    if stopped:
        os.close(sink)
    assert station.alerts("MESSAGE") == (["before"] if stopped else ["before", "while"])
    assert len(answers) == (2 if stopped else 3)


def test_a_storm_keeps_no_message_out(station: Alerted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Monitoring is told one batch, then a message that waits is taken; and so it is stopped."""
    monkeypatch.setattr(ingest, "BATCH", 2)
    monkeypatch.setattr(ingest, "_BURST", 0.0)  # between two messages a batch may always be told
    with station.rules() as rules, piped([line(f"m{n}") for n in range(3)]) as source:
        for number in range(20):
            rules.run("RAISE_ALERT", p_time=T, p_code=f"C{number}", p_source="x", p_state="RAISED")
        told: list[int] = []
        one = Ingest(rules, station.config, lambda _: told.append(one.report.told))

        def stored_all() -> bool:
            return len(told) == 4 and one.report.told > told[-1]

        monkeypatch.setattr(one.stop, "asked", stored_all)
        one.run(Lines(source))
    assert told == [0, 0, 2, 4]
    # One batch behind the last message, and one when it stops.
    assert one.report.told == 8
    assert len(station.alerts()) == 23


def test_the_message_in_hand_outlasts_the_process(station: Alerted) -> None:
    """Another that begins takes it in first; what one that lives has in hand it leaves alone."""
    inbox = station.config.inbox
    with held(inbox) as living, held(inbox) as dead:
        living.keep(line("of one that lives"))
        dead.keep(line("of one that was killed"))
        (inbox / ".syslog-ingest-held-dead").write_bytes(dead.path.read_bytes())
        dead.let_go()
        (inbox / ".syslog-ingest-held-half").write_bytes(line("half"))
        taken = station.ingest(line("new"))
        assert station.alerts("MESSAGE") == ["of one that was killed", "new"]
        assert (taken.answers, taken.report["stored"]) == (["OK"] * 2, 2)
        assert set(inbox.glob(".syslog-ingest-held-*")) <= {living.path, dead.path}
        living.let_go()


# --- The verb -------------------------------------------------------------------------------


class Verb:
    """`kenshin syslog-ingest` in a process of its own."""

    def __init__(self, station: Alerted, folder: Path) -> None:
        self.process = subprocess.Popen(
            verb(station.toml(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def answer(self) -> bytes:
        assert self.process.stdout
        return self.process.stdout.readline()

    def tell(self, text: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(text + b"\n")
        self.process.stdin.flush()

    def ended(self) -> tuple[int, str]:
        """Exit status and the last line at standard error."""
        out, error = self.process.communicate(timeout=PATIENCE)
        assert out == b""
        return self.process.returncode, error.decode().splitlines()[-1]


def test_the_verb_answers_each_message_and_ends_with_its_input(
    station: Alerted, tmp_path: Path
) -> None:
    one = Verb(station, tmp_path)
    assert one.answer() == b"OK\n"
    one.tell(line("one"))
    assert one.answer() == b"OK\n"
    assert station.alerts("MESSAGE") == ["one"]
    status, said = one.ended()
    assert (status, said) == (
        0,
        "syslog-ingest: 0 devices configured, 0 refused, 1 alerts stored,"
        " 0 messages unreadable, 1 alerts told",
    )
    until(lambda: len(station.heard()) == 1)

    def says() -> list[str]:
        found = [one for one in station.nms.messages() if one["msgid"] == "SYSLOG-INGEST"]
        return [one["msg"] for one in found if one["procid"] == str(process)]

    process = one.process.pid
    until(lambda: len(says()) == 2)
    assert says() == ["begins", f"ended: {said.partition(': ')[2]}"]


def test_a_signal_ends_the_verb_between_two_messages(station: Alerted, tmp_path: Path) -> None:
    one = Verb(station, tmp_path)
    assert one.answer() == b"OK\n"
    one.tell(line("one"))
    assert one.answer() == b"OK\n"
    one.process.send_signal(signal.SIGTERM)
    one.process.wait(PATIENCE)
    assert one.process.returncode == 0
    assert station.alerts("MESSAGE") == ["one"]


# --- rsyslogd with the configuration that is shipped ----------------------------------------


def program(station: Alerted, folder: Path) -> Path:
    """What rsyslogd starts; the number of its process is in `pids`."""
    path = folder / "ingest"
    command = " ".join(f"'{word}'" for word in verb(station.toml(folder)))
    path.write_text(
        f"#!/bin/sh\necho $$ >> {folder}/pids\nexec {command} 2>> {folder}/errors\n",
        encoding="utf-8",
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def deployed(station: Alerted, tmp_path: Path) -> Iterator[Deployed]:
    """What it forwards to monitoring, and what kenshin says, goes over its local socket."""
    with Deployed(station.nms, str(program(station, tmp_path))) as server:
        yield server


def test_the_configuration_that_is_shipped_is_right(station: Alerted, tmp_path: Path) -> None:
    said = Deployed(station.nms, "/bin/true").checked()
    assert "End of config validation run" in said
    assert "error" not in said.lower()


def over_syslog(to: str, app: str, msgid: str, severity: int, text: str, **fields: str) -> None:
    """A message of another application."""
    data = "".join(f' {name}="{value}"' for name, value in fields.items())
    data = f"[x@1{data}]" if data else "-"
    message = f"<{16 * 8 + severity}>1 2026-01-14T10:00:00+09:00 prov {app} 1 {msgid} {data} {text}"
    kind, _, place = to.partition(":")
    if kind == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(message.encode(), ("127.0.0.1", int(place)))
        return
    with socket.create_connection(("127.0.0.1", int(place))) as one:
        one.sendall(f"{len(message.encode())} {message}".encode())


def test_from_another_application_to_the_database_and_to_monitoring(
    station: Alerted, deployed: Deployed, tmp_path: Path
) -> None:
    station.add_device(MAC)
    local = replace(station.config, syslog=Syslog(to=f"unix:{deployed.local}"))
    # kenshin speaks to its own rsyslogd, which forwards to monitoring.
    path = tmp_path / "kenshin.toml"
    path.write_text(path.read_text().replace(station.config.syslog.to, local.syslog.to))
    udp, tcp = f"udp:{deployed.port}", f"tcp:{deployed.port}"
    over_syslog(udp, "prov", "PROV_COMPLETED", 6, "done", mac=MAC)
    over_syslog(tcp, "portal", "LOGIN_STORM", 3, "é many\nlogins", device="p1")
    over_syslog(tcp, "portal", "LOGIN", 6, "of no concern")
    over_syslog(tcp, "kenshin", "CYCLE", 3, "its own")
    until(lambda: station.states() == ["C"])
    until(lambda: station.heard())
    [heard] = station.heard()
    assert station.alerts(FULL) == [
        (T, "LOGIN_STORM", "portal", 3, "p1", None, None, "é many#012logins")
    ]
    assert (heard["msgid"], heard["text"]) == ("LOGIN_STORM", "é many#012logins")
    assert (heard["state"], heard["device"], heard["severity"]) == ("EVENT", "p1", "3")
    kept = deployed.folder / "kenshin.log"
    until(lambda: "CYCLE" in kept.read_text() or "its own" in kept.read_text())
    assert "begins" in kept.read_text()


def test_a_message_in_hand_outlasts_a_stop_while_the_database_is_away(
    station: Alerted, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rsyslog forgets the one message that is not answered when it stops."""
    if engine not in ("mariadb", "firebird-server"):
        pytest.skip("MySQL has the session of MariaDB; the embedded engine cannot go away")
    reach = station.config.connection
    wire = Wire(reach.host, reach.port)
    connection = replace(reach, host="127.0.0.1", port=wire.port, socket="")
    monkeypatch.setattr(station, "config", replace(station.config, connection=connection))
    errors = tmp_path / "errors"
    texts = [f"m{number}" for number in range(10)]
    with Deployed(station.nms, str(program(station, tmp_path)), patience=1000) as server:
        over_syslog(f"tcp:{server.port}", "portal", "X", 3, "before")
        until(lambda: station.alerts("MESSAGE") == ["before"])
        wire.cut()
        for text in texts:
            over_syslog(f"tcp:{server.port}", "portal", "X", 3, text)
        until(lambda: "tried again" in errors.read_text())
        server.stop()
        wire.mend()
        server.start()
        until(lambda: len(station.alerts("MESSAGE")) > len(texts))
        assert station.alerts("MESSAGE") == ["before", *texts]
    wire.cut()


def unread(sender: socket.socket) -> int:
    """Bytes of a local socket that the other side has not read yet."""
    return int.from_bytes(fcntl.ioctl(sender, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


SLOW = """#!/bin/sh
echo OK
while read -r line; do
    echo "$line" >> {0}/got
    [ -e {0}/fast ] || sleep 0.1
    echo OK
done
"""


def test_a_backlog_outlasts_a_stop(nms: Rsyslog, tmp_path: Path) -> None:
    """Each message is handed over, in order; of two queues in a row one lost 10 000.

    The message in hand at the stop may be heard and not answered, so that it comes again; or
    rsyslogd, which had written it to a program that it then stopped, lets it go.
    """
    count = 25_000
    slow = tmp_path / "slow"
    slow.write_text(SLOW.format(tmp_path), encoding="utf-8")
    slow.chmod(0o755)
    got = tmp_path / "got"

    def numbers() -> list[int]:
        # The last line may not be whole yet.
        lines = got.read_bytes().split(b"\n")[:-1] if got.exists() else []
        return [int(one.split(b" X")[1].split()[0]) for one in lines]

    with Deployed(nms, str(slow), patience=1000) as server:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.connect(str(server.local))
            for number in range(count):
                one.send(line("of a storm", "portal", f"X{number}"))
            # What rsyslogd has not read yet stands in the kernel, where its stop lets it fall.
            until(lambda: not unread(one))
        until(numbers)
        server.stop()
        before = len(numbers())
        assert before < count / 2
        (tmp_path / "fast").touch()
        server.start()
        until(lambda: numbers()[-1] == count - 1)
        start = (before - 1, before, before + 1)
        assert numbers() in [[*range(before), *range(first, count)] for first in start]


def test_nothing_is_lost_or_doubled_when_it_is_killed_and_rsyslogd_restarted(
    station: Alerted, deployed: Deployed, tmp_path: Path
) -> None:
    count = 80
    sent = threading.Event()

    def stored() -> list[str]:
        return [str(text) for text in station.alerts("MESSAGE")]

    def pids() -> list[int]:
        path = tmp_path / "pids"
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def send() -> None:
        for number in range(count):
            with socket.create_connection(("127.0.0.1", deployed.port)) as one:
                text = line(f"message {number}", "portal", "STORM").decode()
                one.sendall(f"{len(text)} {text}".encode())
                one.shutdown(socket.SHUT_WR)
                one.recv(1)
        sent.set()

    sender = threading.Thread(target=send)
    sender.start()
    until(lambda: len(stored()) > 20)
    os.kill(pids()[-1], signal.SIGKILL)
    until(lambda: len(pids()) > 1 and len(stored()) > 40)
    sender.join(PATIENCE)
    assert sent.is_set()
    deployed.stop()
    left = count - len(stored())
    deployed.start()
    until(lambda: len(set(stored())) == count, f"{left} were left when it stopped")
    assert sorted(stored()) == sorted(f"message {number}" for number in range(count))
