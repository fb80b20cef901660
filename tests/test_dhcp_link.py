"""The register and DHCP change together, whatever breaks off between the two, on every engine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dhcp_station
from actors import write_config
from conftest import Installations
from dhcp_station import DISPOSE, LINK, REGISTER, REGISTER_CO, Station, killed
from http_server import HttpServer
from kenshin import doctor, rules
from kenshin.commands.register_devices import register_devices
from kenshin.config import Config
from kenshin.dhcp import Busy, NotConfigured, NotReached, Refused, link
from kenshin.engines import EngineError, TryAgain, open_session
from kenshin.engines.facts import facts_of
from kenshin.he_api.client import HeadEnds
from kenshin.http_api import locks, perform
from kenshin.http_api.auth import Caller
from kenshin.http_api.operations import OPERATIONS
from kenshin.http_api.pool import Pool
from kenshin.http_api.settle import Settler
from kenshin.rules import Rules
from servers.dhcpd import Dhcpd
from waiting import until

NUMBERS = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Dhcpd]:
    with Dhcpd() as server:
        yield server


@pytest.fixture
def dhcpd(running: Dhcpd) -> Iterator[Dhcpd]:
    yield running.start()
    running.start()


@pytest.fixture(scope="module")
def linked(engine: str, installations: Installations, running: Dhcpd) -> Config:
    return dhcp_station.installed(installations, engine, running)


@pytest.fixture
def station(linked: Config, dhcpd: Dhcpd) -> Iterator[Station]:
    station = Station(linked)
    yield station
    station.close()


@pytest.fixture
def mac() -> str:
    return new_mac()


def new_mac() -> str:
    return f"02000000{next(NUMBERS):04X}"


def agree(station: Station, dhcpd: Dhcpd, mac: str) -> bool:
    """Whether both have the device, or neither, which is what this gives; and nothing is open."""
    assert station.open() == []
    has = station.has(mac)
    assert dhcpd.has(mac) == has
    return has


@pytest.mark.parametrize("rule", [REGISTER, REGISTER_CO], ids=["controller", "concentrator"])
def test_a_device_comes_and_goes_in_both(
    station: Station, dhcpd: Dhcpd, mac: str, rule: tuple[str, dict[str, Any]]
) -> None:
    assert station.do(rule, mac).code == 0
    assert agree(station, dhcpd, mac)
    assert mac in dhcpd.hosts_in_file()
    assert station.do(DISPOSE, mac).code == 0
    assert not agree(station, dhcpd, mac)
    assert mac not in dhcpd.hosts_in_file()


def test_a_device_is_found_by_its_serial_number(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    named = {"p_mac": mac, "p_serial": f"S{mac}"}
    name, more = REGISTER
    assert station.do((name, more | named), mac).code == 0
    assert agree(station, dhcpd, mac)
    assert station.do(DISPOSE, mac, p_serial=f"S{mac}").code == 0
    assert not agree(station, dhcpd, mac)


def test_a_device_without_a_mac_concerns_nobody(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    dhcpd.stop()
    serial = {"p_serial": f"S{mac}"}
    assert station.do((REGISTER[0], REGISTER[1] | serial), mac, **serial).code == 0
    assert station.open() == []


def test_a_repeat_makes_them_agree(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    assert station.do(REGISTER, mac).code == 0
    omapi = dhcpd.connect()
    omapi.del_host(":".join(mac[n : n + 2] for n in range(0, 12, 2)))
    omapi.close()
    assert station.do(REGISTER, mac).code == 10
    assert agree(station, dhcpd, mac)


def test_a_refusal_changes_neither(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    assert station.do(DISPOSE, mac).code == 2001
    assert station.do((REGISTER[0], REGISTER[1] | {"p_type_id": 999}), mac).code == 2009
    assert not agree(station, dhcpd, mac)


def test_a_badly_formed_mac_is_the_rule_s_to_refuse(station: Station) -> None:
    assert station.do(REGISTER, "0200").code == 1002
    assert station.open() == []


@pytest.mark.parametrize("rule", [REGISTER, DISPOSE], ids=["comes", "goes"])
def test_without_dhcpd_nothing_is_done(
    station: Station, dhcpd: Dhcpd, mac: str, rule: tuple[str, dict[str, Any]]
) -> None:
    if rule == DISPOSE:
        station.do(REGISTER, mac)
    before = station.has(mac)
    dhcpd.stop()
    with pytest.raises(NotReached):
        station.do(rule, mac)
    assert (station.has(mac), station.open()) == (before, [])
    dhcpd.start()
    assert agree(station, dhcpd, mac) == before
    assert station.do(rule, mac).code == 0
    assert agree(station, dhcpd, mac) != before


def test_dhcpd_goes_away_when_it_is_told(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    station.config = replace(station.config, dhcp=dhcpd.settings(timeout_seconds=1))

    def work() -> None:
        station.rules.run(REGISTER[0], p_mac=mac, **REGISTER[1])
        dhcpd.pause()

    with pytest.raises(NotReached):
        link.together(
            station.rules, station.config, [{"p_mac": mac}], work, say=station.said.append
        )
    assert not station.has(mac)
    # What was sent may still be done: nobody knows, so it stays open.
    assert station.open() == [mac]
    assert mac in station.said[0]
    with pytest.raises(NotReached):
        station.settle()
    dhcpd.go_on()
    assert station.settle() == 1
    assert not agree(station, dhcpd, mac)


def test_of_several_devices_one_is_refused(station: Station, mac: str) -> None:
    other = new_mac()
    name = f"host kenshin-{other.lower()} {{ hardware ethernet 02:ff:00:00:00:01; }}\n"
    with Dhcpd(more=name) as dhcpd:
        station.config = replace(station.config, dhcp=dhcpd.settings())

        def work() -> None:
            for one in (mac, other):
                station.rules.run(REGISTER[0], p_mac=one, **REGISTER[1])

        devices = [{"p_mac": one} for one in (mac, other)]
        with pytest.raises(Refused):
            link.together(station.rules, station.config, devices, work, say=station.said.append)
        # The first one was added, and is gone again at once.
        for one in (mac, other):
            assert not agree(station, dhcpd, one)


@pytest.mark.parametrize("told", [False, True], ids=["before", "behind"])
def test_what_is_taken_back_is_told_so(
    station: Station, dhcpd: Dhcpd, mac: str, told: bool
) -> None:
    def end() -> None:
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        station.breaks(REGISTER, mac, end, told)
    assert not agree(station, dhcpd, mac)
    station.do(REGISTER, mac)
    with pytest.raises(ValueError, match="something else"):
        station.breaks(DISPOSE, mac, end, told)
    assert agree(station, dhcpd, mac)


def test_work_that_is_done_anew_is_told_anew(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    attempts = count(1)

    def work() -> int:
        rule = REGISTER if next(attempts) == 1 else (DISPOSE[0], {})
        code = station.rules.answer(rule[0], p_mac=mac, **rule[1]).code
        return code

    def attempt(tell: Any) -> None:
        with station.session.transaction():
            code = work()
            tell()
            if code == 0:
                raise TryAgain("a deadlock")

    link.carry(
        station.rules,
        station.config,
        [{"p_mac": mac}],
        lambda tell: station.session.again(lambda: attempt(tell)),
    )
    assert not agree(station, dhcpd, mac)


@pytest.mark.parametrize("told", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("rule", [REGISTER, DISPOSE], ids=["comes", "goes"])
def test_who_is_killed_leaves_what_is_settled(
    station: Station, dhcpd: Dhcpd, mac: str, rule: tuple[str, dict[str, Any]], told: bool
) -> None:
    if rule == DISPOSE:
        station.do(REGISTER, mac)
    before = station.has(mac)
    killed(station.config, rule, mac, told)
    assert station.has(mac) == before
    assert dhcpd.has(mac) == (before != told)
    # An embedded Firebird sees that the process is gone when somebody waits for its locks.
    assert until(station.settle) == 1
    assert agree(station, dhcpd, mac) == before


def test_a_commit_that_nobody_heard_of(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    commit = station.session.commit
    tells = 0

    def attempt(tell: Any) -> int:
        nonlocal tells
        with station.session.transaction():
            code = station.rules.answer(REGISTER[0], p_mac=mac, **REGISTER[1]).code
            tell()
            tells += 1
            if tells == 1:
                station.session.commit = unheard  # type: ignore[method-assign]
        return code

    def unheard() -> None:
        station.session.commit = commit  # type: ignore[method-assign]
        commit()
        raise TryAgain("the connection is lost")

    code = link.carry(
        station.rules,
        station.config,
        [{"p_mac": mac}],
        lambda tell: station.session.again(lambda: attempt(tell)),
    )
    assert code == 10
    assert agree(station, dhcpd, mac)


def test_a_change_that_is_settled_before_its_lock_is_had(
    station: Station, dhcpd: Dhcpd, mac: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, settled = link._hold, []

    def late(*arguments: Any) -> None:
        if not settled:
            settled.append(0)
            other = Station(station.config)
            settled[0] = other.settle()
            other.close()
        hold(*arguments)

    monkeypatch.setattr(link, "_hold", late)
    assert station.do(REGISTER, mac).code == 0
    assert settled == [1]
    assert agree(station, dhcpd, mac)


@pytest.mark.parametrize("second", ["p_mac", "p_serial"])
def test_a_device_that_is_named_twice_is_locked_once(
    station: Station, dhcpd: Dhcpd, mac: str, second: str
) -> None:
    named = {"p_mac": mac, "p_serial": f"S{mac}"}
    assert station.do((REGISTER[0], REGISTER[1] | named), mac).code == 0
    impatient = replace(station.config, http_api=replace(station.config.http_api, lock_seconds=1))
    done = link.together(
        station.rules,
        impatient,
        [{"p_mac": mac}, {second: named[second]}],
        lambda: station.rules.answer(DISPOSE[0], p_mac=mac),
    )
    assert done.code == 0
    assert not agree(station, dhcpd, mac)


def test_all_locks_together_are_waited_for_once(
    station: Station, dhcpd: Dhcpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = ticking(monkeypatch, 10)
    macs = [new_mac() for _ in range(3)]
    devices = [{"p_mac": mac} for mac in macs]
    link.together(station.rules, station.config, devices, lambda: None)
    assert waits == [20, 10, 0]
    assert station.open() == []


def ticking(monkeypatch: pytest.MonkeyPatch, step: int) -> list[int]:
    """Lets so many seconds pass between two looks at the clock; gives the waits for locks."""
    clock, waits = count(0, step), []
    for module in (link, locks, perform, rules):
        monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    hold = Rules.hold

    def noted(self: Rules, rule: str, seconds: int, **arguments: Any) -> Any:
        waits.append(seconds)
        return hold(self, rule, seconds, **arguments)

    monkeypatch.setattr(Rules, "hold", noted)
    return waits


def test_who_is_at_work_is_not_settled(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    other = Station(station.config)
    at_work, go_on = threading.Event(), threading.Event()

    def work() -> None:
        other.rules.run(REGISTER[0], p_mac=mac, **REGISTER[1])
        at_work.set()
        go_on.wait()

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(
            lambda: link.together(other.rules, other.config, [{"p_mac": mac}], work)
        )
        try:
            assert at_work.wait(60)
            assert station.open() == [mac]
            assert station.settle() == 0
            impatient = replace(station.config.http_api, lock_seconds=1)
            station.config = replace(station.config, http_api=impatient)
            with pytest.raises(Busy):
                station.do(REGISTER, mac)
        finally:
            go_on.set()
        done.result()
    other.close()
    assert agree(station, dhcpd, mac)


def test_prov_that_is_not_linked(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    station.config = replace(station.config, dhcp=None)
    with pytest.raises(NotConfigured, match=r"no \[dhcp\]"):
        station.do(REGISTER, mac)
    assert not agree(station, dhcpd, mac)
    station.session.execute("mdm", LINK.replace("'1'", "'0'"))
    try:
        assert station.do(REGISTER, mac).code == 0
        assert not dhcpd.has(mac)
        assert station.open() == []
    finally:
        station.session.execute("mdm", LINK)


def test_what_is_open_stays_so_while_prov_is_not_linked(
    station: Station, dhcpd: Dhcpd, mac: str
) -> None:
    station.rules.run("BEGIN_DHCP_CHANGE", p_mac=mac)
    station.session.execute("mdm", LINK.replace("'1'", "'0'"))
    try:
        dhcpd.stop()
        assert (station.settle(), station.said, station.open()) == (0, [], [mac])
    finally:
        station.session.execute("mdm", LINK)
    dhcpd.start()
    assert station.settle() == 1
    assert station.open() == []


def opened(station: Station, number: int) -> list[str]:
    """So many changes that broke off."""
    macs = [new_mac() for _ in range(number)]
    for mac in macs:
        station.rules.run("BEGIN_DHCP_CHANGE", p_mac=mac)
    return macs


def test_a_look_asks_for_one_connection(
    station: Station, dhcpd: Dhcpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(station, 3)
    open_server, tries = link.open_server, []

    def counted(settings: Any) -> Any:
        tries.append(settings)
        return open_server(settings)

    monkeypatch.setattr(link, "open_server", counted)
    assert station.settle() == 3
    assert len(tries) == 1


def test_a_look_ends_when_it_is_told_to(station: Station, dhcpd: Dhcpd) -> None:
    macs = opened(station, 3)
    asked = count(1)
    settled = link.settle(station.rules, station.config, stopping=lambda: next(asked) > 1)
    assert (settled, station.open()) == (1, macs[1:])
    assert station.settle() == 2


@pytest.fixture
def settler(station: Station) -> Iterator[Settler]:
    pool = Pool(station.config, 1)
    yield Settler(station.config, pool, HeadEnds(station.config))
    pool.close()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged since the last time."""
    found = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    caplog.clear()
    return found


def test_the_log_has_each_reason_once(
    station: Station, dhcpd: Dhcpd, settler: Settler, caplog: pytest.LogCaptureFixture
) -> None:
    opened(station, 3)

    def looks() -> list[str]:
        assert [settler.look_at_dhcp() for _ in range(2)] == [0, 0]
        return warnings(caplog)

    dhcpd.stop()
    (down,) = looks()
    assert "stay open: the DHCP server takes no connection" in down
    assert looks() == []
    dhcpd.start()
    dhcpd.key_file.write_text("c2VjcmV0\n")
    try:
        (refused,) = looks()
        assert "its key is another one" in refused
    finally:
        dhcpd.key_file.write_text(dhcpd.secret + "\n")
    assert settler.look_at_dhcp() == 3
    # What comes back is said again.
    opened(station, 1)
    dhcpd.stop()
    assert looks() == [down]
    dhcpd.start()
    assert settler.look_at_dhcp() == 1


def test_a_settler_that_stops_leaves_the_rest(
    station: Station, dhcpd: Dhcpd, settler: Settler
) -> None:
    macs = opened(station, 2)
    settler.stop()
    assert (settler.look_at_dhcp(), station.open()) == (0, macs)
    assert station.settle() == 2


# --- From lists ---------------------------------------------------------------------------------


def test_lists_begin_with_what_broke_off(
    station: Station, dhcpd: Dhcpd, mac: str, tmp_path: Path
) -> None:
    toml = write_config(station.config, tmp_path)
    folders = f'[files]\ninbox = "{tmp_path}"\n'
    toml.write_text(toml.read_text().replace("[files]\n", folders) + dhcpd.toml)

    def run() -> str:
        done = CliRunner().invoke(register_devices, obj=toml)
        assert done.exit_code == 0, done.output
        return done.output

    killed(station.config, REGISTER, mac, told=True)
    dhcpd.stop()
    # It is a warning: lists may hold devices that DHCP does not know by their MAC.
    assert "0 lists, 0 devices registered, warning: changes of DHCP stay open: the DHCP" in run()
    assert station.open() == [mac]
    dhcpd.start()
    until(lambda: "warning" not in run() and station.open() == [])
    assert not agree(station, dhcpd, mac)


def test_no_change_is_begun_in_a_transaction(station: Station, mac: str) -> None:
    with pytest.raises(EngineError, match="before the transaction"), station.session.transaction():
        station.do(REGISTER, mac)
    assert station.open() == []


def test_the_doctor_looks_at_the_link(station: Station, dhcpd: Dhcpd, mac: str) -> None:
    def states(**more: Any) -> list[str]:
        facts = facts_of(station.session)
        facts.config = replace(station.config, **more)
        return [finding.state for finding in doctor.dhcp_link(facts)]

    assert states() == ["ok"]
    station.rules.run("BEGIN_DHCP_CHANGE", p_mac=mac)
    assert states() == ["ok"]
    station.session.execute("mdm", "UPDATE DHCP_CHANGE SET REQUESTED_AT = '2026-01-01 00:00:00'")
    assert states() == ["ok", "warning"]
    assert states(dhcp=None) == ["error", "warning"]
    assert station.settle() == 1
    dhcpd.stop()
    assert states() == ["error"]
    station.session.execute("mdm", LINK.replace("'1'", "'0'"))
    try:
        assert states() == []
        # Nobody needs the server, and nobody settles what was left.
        station.session.execute(
            "mdm",
            "INSERT INTO DHCP_CHANGE (MAC, REQUESTED_AT) VALUES (?, '2026-01-01 00:00:00')",
            [mac],
        )
        facts = facts_of(station.session)
        facts.config = replace(station.config, dhcp=None)
        (finding,) = doctor.dhcp_link(facts)
        assert finding.state == "warning"
        assert "PROV is not linked" in finding.do and "FINISH_DHCP_CHANGE" in finding.do
        station.session.execute("mdm", "DELETE FROM DHCP_CHANGE")
    finally:
        station.session.execute("mdm", LINK)


# --- Over HTTP --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def http(
    engine: str,
    installations: Installations,
    running: Dhcpd,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[HttpServer]:
    """An installation of its own, whose PROV is linked."""
    config = installations.new(engine, "linkedhttp")
    server = HttpServer(config, tmp_path_factory.mktemp("linked"), more=running.toml)
    link_prov(server)
    server.config = replace(server.config, dhcp=running.settings())
    yield server
    server.end()


@pytest.fixture
def http_station(http: HttpServer, dhcpd: Dhcpd) -> Iterator[Station]:
    station = Station(http.config)
    yield station
    station.close()


def link_prov(http: HttpServer) -> None:
    with open_session(http.config) as session, session.transaction():
        session.execute("mdm", LINK)


def row(mac: str, **more: Any) -> dict[str, Any]:
    return {"class": "PD", "mac": mac, "type_id": 11, "ld_type_id": 101, "co_id": "HE1"} | more


def register(http: HttpServer, *rows: dict[str, Any], key: str = "", **more: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return http.post("FACILITY", "devices/register", {"rows": list(rows)} | more, headers)


def dispose(http: HttpServer, **named: Any) -> Any:
    return http.post("FACILITY", "devices/dispose", {"rows": [named]})


def test_a_registered_device_is_answered_and_a_disposed_one_ignored(
    http: HttpServer, http_station: Station, dhcpd: Dhcpd, mac: str
) -> None:
    assert not dhcpd.offered(mac)
    assert register(http, row(mac, serial=f"S{mac}")).code == 0
    assert agree(http_station, dhcpd, mac)
    assert dhcpd.offered(mac)
    assert dispose(http, serial=f"S{mac}").code == 0
    assert not agree(http_station, dhcpd, mac)
    assert not dhcpd.offered(mac)


def test_several_at_once(http: HttpServer, http_station: Station, dhcpd: Dhcpd) -> None:
    macs = [new_mac() for _ in range(6)]
    co = {"class": "CO", "mac": macs[0], "type_id": 2}
    said = register(http, co, *map(row, macs[1:5]), row(macs[5], type_id=12, ld_type_id=999))
    assert (said.status, [one["result_code"] for one in said.data["rows"]]) == (
        207,
        [0, 0, 0, 0, 0, 2009],
    )
    assert [agree(http_station, dhcpd, mac) for mac in macs] == [True] * 5 + [False]


def test_a_device_may_stand_in_two_rows(
    http: HttpServer, http_station: Station, dhcpd: Dhcpd, mac: str
) -> None:
    said = register(http, row(mac, serial=f"S{mac}"), row(mac, serial=f"S{mac}"))
    assert [one["result_code"] for one in said.data["rows"]] == [0, 10], said.text
    assert agree(http_station, dhcpd, mac)
    rows = {"rows": [{"mac": mac}, {"serial": f"S{mac}"}]}
    said = http.post("FACILITY", "devices/dispose", rows)
    assert [one["result_code"] for one in said.data["rows"]] == [0, 10], said.text
    assert not agree(http_station, dhcpd, mac)


def test_one_deadline_for_all_locks_of_a_request(
    http: HttpServer,
    http_station: Station,
    dhcpd: Dhcpd,
    mac: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert register(http, row(mac)).code == 0
    operation = next(one for one in OPERATIONS if one.path == "devices/dispose")
    work = perform.Work(
        operation,
        Caller("tester", "FACILITY", "key"),
        "id",
        "::1",
        "s",
        mac,
        {"rows": [{"mac": mac}]},
    )
    api = replace(http.config.http_api, lock_seconds=100)
    service = perform.Service(replace(http.config, http_api=api))
    waits = ticking(monkeypatch, 1)
    try:
        assert service.perform(work).code == 0
    finally:
        service.close()
    # Session, Idempotency-Key, device, MAC.
    assert len(waits) == 4 and waits[0] < 100
    assert waits == sorted(set(waits), reverse=True)
    assert not agree(http_station, dhcpd, mac)


def test_all_or_none(http: HttpServer, http_station: Station, dhcpd: Dhcpd, mac: str) -> None:
    said = register(http, row(mac), row(new_mac(), type_id=999), all_or_none=True)
    assert (said.status, said.code) == (404, 2009), said.text
    assert not agree(http_station, dhcpd, mac)


def test_dhcpd_is_down(http: HttpServer, http_station: Station, dhcpd: Dhcpd, mac: str) -> None:
    assert register(http, row(mac), key=mac).code == 0
    other = new_mac()
    dhcpd.stop()
    said = register(http, row(other), key=other)
    assert (said.status, said.code) == (502, 6004), said.text
    assert said.json["message"].startswith("DHCP could not be told, and nothing is changed")
    assert not http_station.has(other) and http_station.open() == []
    gone = dispose(http, mac=mac)
    assert (gone.status, gone.code) == (502, 6004)
    assert http_station.has(mac)
    # What was answered before is answered again, with or without dhcpd; so is a refusal.
    assert register(http, row(mac), key=mac).code == 0
    assert register(http, row(other), key=mac).code == 3001
    refused = {"message": "refused", "reason": "Idempotency-Key", "result_code": 3001}
    until(lambda: any(line.items() >= refused.items() for line in http.served.lines))
    dhcpd.start()
    # A failure is not kept: the same request is done now.
    assert register(http, row(other), key=other).code == 0
    assert agree(http_station, dhcpd, other) and agree(http_station, dhcpd, mac)


def test_a_key_that_is_kept_has_one_effect(
    http: HttpServer, http_station: Station, dhcpd: Dhcpd, mac: str
) -> None:
    first = register(http, row(mac), key=mac)
    assert first.code == 0
    assert dispose(http, mac=mac).code == 0
    assert register(http, row(mac), key=mac).text == first.text
    assert not agree(http_station, dhcpd, mac)


def test_what_a_killed_process_left_the_server_settles(
    http: HttpServer, http_station: Station, dhcpd: Dhcpd, mac: str
) -> None:
    killed(http.config, REGISTER, mac, told=True)
    until(lambda: http_station.open() == [] and not dhcpd.has(mac))
    assert not agree(http_station, dhcpd, mac)
    assert register(http, row(mac)).code == 0
    killed(http.config, DISPOSE, mac, told=True)
    until(lambda: http_station.open() == [] and dhcpd.has(mac))
    assert agree(http_station, dhcpd, mac)
    assert any(line.get("message") == "changes of DHCP are settled" for line in http.served.lines)


def test_many_requests_for_one_mac(
    http: HttpServer, http_station: Station, dhcpd: Dhcpd, mac: str
) -> None:
    def ask(number: int) -> int:
        said = dispose(http, mac=mac) if number == 5 else register(http, row(mac))
        return int(said.code)

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(ask, range(8)))
    assert set(codes) <= {0, 10, 2001, 3002}, codes
    until(lambda: http_station.open() == [])
    agree(http_station, dhcpd, mac)


def test_the_figures_have_what_is_open(http: HttpServer, dhcpd: Dhcpd) -> None:
    assert "kenshin_open_dhcp_changes" in http.get("/metrics").text


def test_a_wrong_key_is_clear_and_shows_nothing(
    http: HttpServer, dhcpd: Dhcpd, mac: str, tmp_path: Path
) -> None:
    dhcpd.key_file.write_text("c2VjcmV0\n")
    try:
        said = register(http, row(mac))
        assert (said.status, said.code) == (502, 6004)
        assert "refuses us: its key is another one" in said.json["message"]
        dhcpd.key_file.chmod(0o644)
        said = register(http, row(mac))
        assert said.json["message"].endswith("it is not set up")
        assert str(dhcpd.key_file) not in said.text
    finally:
        dhcpd.key_file.write_text(dhcpd.secret + "\n")
        dhcpd.key_file.chmod(0o600)
    assert register(http, row(mac)).code == 0
