"""Alerts to monitoring: what a real rsyslogd hears of them, and what is noted."""

from __future__ import annotations

import csv
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from alerted import Alerted, T
from kenshin import alerts
from kenshin.config import FACILITIES, Syslog
from kenshin.paths import ROOT
from kenshin.render import render_database
from kenshin.rules import Rules
from kenshin.syslog import SyslogError
from servers.base import free_port
from test_syslog import everything, receiver
from waiting import PATIENCE, until

KINDS = list(csv.DictReader((ROOT / "fixtures/tables/mdm/alert_kind.csv").open(encoding="utf-8")))


@pytest.fixture
def station(alerted: Alerted) -> Alerted:
    alerted.empty()
    return alerted


def say(rules: Rules, state: str, code: str = "LINK_DOWN", message: str = "m", **more: Any) -> None:
    given = {"p_time": T, **more}
    rules.run(
        "RAISE_ALERT", p_code=code, p_source="billing", p_state=state, p_message=message, **given
    )


def told(station: Alerted) -> list[tuple[int, int]]:
    """For each alert, whether it is noted that it was told, and that its end was."""
    noted = (
        "CASE WHEN NOTIFIED_AT IS NULL THEN 0 ELSE 1 END,"
        " CASE WHEN CLEAR_NOTIFIED_AT IS NULL THEN 0 ELSE 1 END"
    )
    return [(int(a), int(b)) for a, b in station.alerts(noted)]


def test_monitoring_hears_of_each_alert_and_of_its_end(station: Alerted) -> None:
    with station.rules() as rules:
        say(
            rules,
            "RAISED",
            message='é "x]\nnext',
            p_device="AABBCC000001",
            p_ld_id="P1",
            p_sub_number=1,
        )
        say(rules, "EVENT", "SECURITY", "stranger")
        assert alerts.notify(rules, station.config).count == 2
        assert alerts.notify(rules, station.config).count == 0
        assert told(station) == [(1, 0), (1, 1)]
        say(rules, "CLEARED", p_device="AABBCC000001", p_ld_id="P1", p_sub_number=1)
        say(rules, "RAISED", "SECURITY", "short", p_time=None)
        say(rules, "CLEARED", "SECURITY", p_time=None)
        assert alerts.notify(rules, station.config).count == 2
        assert told(station) == [(1, 1), (1, 1), (1, 1)]
    until(lambda: len(station.heard()) == 4)
    raised, event, cleared, short = station.heard()
    first, second, third = (str(key) for key in station.alerts("ALERT_ID"))
    assert raised == {
        "alertId": first, "state": "RAISED", "code": "LINK_DOWN", "source": "billing",
        "device": "AABBCC000001", "ldId": "P1", "subNumber": "1", "stationId": "STATION1",
        "generatedTime": "2026-01-14T10:00:00", "msgid": "LINK_DOWN", "text": 'é "x]#012next',
        "facility": "local4", "severity": "4",
    }  # fmt: skip
    assert cleared == {**raised, "state": "CLEARED", "clearedTime": "2026-01-14T10:00:00"}
    assert (event["alertId"], event["state"], event["msgid"]) == (second, "EVENT", "SECURITY")
    assert (event["facility"], event["severity"], event["text"]) == ("local5", "2", "stranger")
    assert (short["alertId"], short["state"]) == (third, "EVENT")


def test_what_monitoring_did_not_get_is_sent_later(station: Alerted) -> None:
    away = replace(station.config, nms=Syslog(to=f"tcp://127.0.0.1:{free_port()}"))
    with station.rules() as rules:
        say(rules, "RAISED")
        with pytest.raises(SyslogError, match="Connection refused"):
            alerts.notify(rules, away)
        assert told(station) == [(0, 0)]
        assert [row["ALERT_CODE"] for row in rules.rows("OPEN_ALERT")] == ["LINK_DOWN"]
        assert alerts.notify(rules, station.config).count == 1
    until(station.heard)


def test_what_was_sent_before_it_went_away_stays_noted(station: Alerted) -> None:
    connections: list[int] = []

    def once(one: object) -> bytes:
        connections.append(1)
        return everything(one) if len(connections) == 1 else b""  # type: ignore[arg-type]

    with station.rules() as rules, receiver(once) as (port, got):
        for code in ("A", "B", "C", "D"):
            say(rules, "RAISED", code)
        nms = Syslog(to=f"tcp://127.0.0.1:{port}", timeout_seconds=PATIENCE)
        with pytest.raises(SyslogError):
            alerts.notify(rules, replace(station.config, nms=nms), most=2)
        assert told(station) == [(1, 0), (1, 0), (0, 0), (0, 0)]
        assert got[0].count(b"alertId=") == 2
        assert alerts.notify(rules, station.config).count == 2
    until(lambda: [one["code"] for one in station.heard()] == ["C", "D"])


def test_two_at_once_lose_none(station: Alerted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may be heard twice; that it ended is heard behind that it was raised."""
    monkeypatch.setattr(alerts, "BATCH", 3)
    count = 40
    start = threading.Barrier(3)

    def tell() -> int:
        with station.rules() as rules:
            start.wait(PATIENCE)
            return sum(alerts.notify(rules, station.config, most=7).count for _ in range(5))

    def end() -> None:
        with station.rules() as rules:
            start.wait(PATIENCE)
            for number in range(count):
                say(rules, "CLEARED", f"C{number}", p_time=None)

    with station.rules() as rules:
        for number in range(count):
            say(rules, "RAISED", f"C{number}")
    with ThreadPoolExecutor(3) as pool:
        for work in [pool.submit(tell), pool.submit(tell), pool.submit(end)]:
            work.result(PATIENCE)
    with station.rules() as rules:
        alerts.notify(rules, station.config)
    assert told(station) == [(1, 1)] * count
    states: dict[str, list[str]] = {}

    def all_heard() -> bool:
        states.clear()
        for one in station.heard():
            states.setdefault(one["code"], []).append(one["state"])
        return len(states) == count and all(
            known[-1] != "RAISED" or "RAISED" not in known for known in states.values()
        )

    until(all_heard, "the end of some alert was not heard last")


def test_a_storm_is_told_in_parts(station: Alerted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over one connection so many, and behind the one at hand it ends when it shall."""
    monkeypatch.setattr(alerts, "BATCH", 2)
    connections: list[bytes] = []

    def taken(one: socket.socket) -> bytes:
        connections.append(everything(one))
        return connections[-1]

    with station.rules() as rules, receiver(taken) as (port, _):
        for code in "ABCDEFG":
            say(rules, "RAISED", code)
        nms = Syslog(to=f"tcp://127.0.0.1:{port}", timeout_seconds=PATIENCE)
        config = replace(station.config, nms=nms)
        assert alerts.notify(rules, config, seconds=0, most=3) == alerts.Told(3, more=True)
        assert alerts.notify(rules, config, most=3, stop=lambda: True) == alerts.Told(3, more=True)
        assert told(station) == [(1, 0)] * 6 + [(0, 0)]
        assert alerts.notify(rules, config, seconds=0, most=3) == alerts.Told(1)
        assert alerts.notify(rules, config) == alerts.Told()
    heard = [re.findall(rb' code="([A-Z])"', data) for data in connections]
    assert heard == [[b"A", b"B", b"C"], [b"D", b"E", b"F"], [b"G"]]


READS = {
    "firebird": "SELECT r.MON$RECORD_SEQ_READS + r.MON$RECORD_IDX_READS FROM MON$RECORD_STATS r"
    " JOIN MON$ATTACHMENTS a ON a.MON$STAT_ID = r.MON$STAT_ID"
    " WHERE a.MON$ATTACHMENT_ID = CURRENT_CONNECTION",
    "mysql": "SHOW SESSION STATUS LIKE 'Handler_read%'",
}
HISTORY = 4096


def reads(rules: Rules, engine: str) -> int:
    """The rows that this connection has read."""
    query = READS["firebird" if engine.startswith("firebird") else "mysql"]
    return sum(int(row[-1]) for row in rules.session.execute("mdm", query))


def test_no_history_is_read(station: Alerted, engine: str) -> None:
    """What was told long ago, and what ended before monitoring was told of anything."""
    old = "'2026-01-01 00:00:00'"
    columns = "GENERATED_TIME, SEVERITY, ALERT_CODE, CLEARED_AT, NOTIFIED_AT, CLEAR_NOTIFIED_AT"
    rows = [f"({old}, 4, 'RANGE', {old}, NULL, NULL)", f"({old}, 4, 'RANGE', {old}, {old}, {old})"]
    station.write(*(f"INSERT INTO MDM_ALERT_HISTORY ({columns}) VALUES {row}" for row in rows))
    for _ in range(11):
        station.write(
            f"INSERT INTO MDM_ALERT_HISTORY ({columns}) SELECT {columns} FROM MDM_ALERT_HISTORY"
        )
    with station.rules(station.owner) as rules:
        if not engine.startswith("firebird"):
            station.write("ANALYZE TABLE MDM_ALERT_HISTORY")
        say(rules, "RAISED")
        before = reads(rules, engine)
        result = rules.run("NEXT_ALERT", p_most=100)
        assert len(result.rows) == 1
        assert reads(rules, engine) - before < HISTORY / 8
        before = reads(rules, engine)
        say(rules, "RAISED", p_device="D")
        say(rules, "RAISED", p_ld_id="P1")
        say(rules, "EVENT")
        assert reads(rules, engine) - before < HISTORY / 8


@pytest.mark.parametrize(
    "noted",
    ["NULL, NULL, NULL", "{now}, NULL, NULL", "{now}, {now}, NULL"],
    ids=["raised", "over", "cleared"],
)
def test_of_a_storm_no_more_is_read_than_given(station: Alerted, engine: str, noted: str) -> None:
    """So telling all of it takes as long as it is, and no more."""
    now = "'2026-01-14 10:00:00'"
    columns = "GENERATED_TIME, SEVERITY, ALERT_CODE, CLEARED_AT, NOTIFIED_AT, CLEAR_NOTIFIED_AT"
    row = f"{now}, 4, 'RANGE', {noted.format(now=now)}"
    station.write(f"INSERT INTO MDM_ALERT_HISTORY ({columns}) VALUES ({row})")
    for _ in range(12):
        station.write(
            f"INSERT INTO MDM_ALERT_HISTORY ({columns}) SELECT {columns} FROM MDM_ALERT_HISTORY"
        )
    with station.rules(station.owner) as rules:
        if not engine.startswith("firebird"):
            station.write("ANALYZE TABLE MDM_ALERT_HISTORY")
        before = reads(rules, engine)
        given = rules.run("NEXT_ALERT", p_most=100, p_now=T).rows
        assert len(given) == 100
        assert reads(rules, engine) - before < HISTORY / 4


def test_every_kind_of_alert_is_described() -> None:
    """Whatever a rule raises has its row, and a facility and a severity that there are."""
    codes = {kind["ALERT_CODE"] for kind in KINDS}
    raised = set()
    for database in ("mdm", "vps"):
        for unit in render_database("mysql", database):
            for statement in unit.statements:
                if "INSERT INTO MDM_ALERT_HISTORY" in statement:
                    raised |= set(re.findall(r"k\.ALERT_CODE = '([A-Z_]+)'", statement))
    assert raised >= {"NEGATIVE", "RANGE", "ZERO_RUN", "NULL_RUN", "SECURITY", "REBOOT_FAILED"}
    assert raised <= codes
    assert {kind["FACILITY"] for kind in KINDS} <= set(FACILITIES)
    assert all(0 <= int(kind["SEVERITY"]) <= 7 for kind in KINDS)


def test_the_documentation_has_every_kind() -> None:
    text = (ROOT / "docs/syslog.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\w+) \| (\d) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [
        (kind["ALERT_CODE"], kind["FACILITY"], kind["SEVERITY"], kind["DESCRIPTION"])
        for kind in KINDS
    ]
