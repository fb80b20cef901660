"""DHCP servers as kenshin speaks to them: a real dhcpd, a real Kea, and one with more commands."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kenshin.config import Dhcp
from kenshin.dhcp import DhcpError, NotConfigured, NotReached, Refused, open_server
from kenshin.dhcp.kea import RESERVED
from servers.dhcpd import Dhcpd
from servers.kea import Kea, Reservations

MAC, OTHER = "02000000000A", "02000000000B"


@pytest.fixture(scope="module")
def running() -> Iterator[Dhcpd]:
    with Dhcpd() as server:
        yield server


@pytest.fixture
def dhcpd(running: Dhcpd) -> Iterator[Dhcpd]:
    """It, without a host of a test."""
    yield running.start()
    running.start()
    with open_server(running.settings()) as server:
        for mac in (MAC, OTHER):
            server.remove(mac)


@pytest.fixture(scope="module")
def reservations() -> Iterator[Reservations]:
    with Reservations() as server:
        yield server


@pytest.fixture(params=["isc", "kea"])
def settings(request: pytest.FixtureRequest) -> Dhcp:
    """Either server, as kenshin.toml has it."""
    if request.param == "isc":
        return request.getfixturevalue("dhcpd").settings()
    stand_in: Reservations = request.getfixturevalue("reservations")
    stand_in.clear()
    return stand_in.settings()


def test_devices_come_and_go(settings: Dhcp) -> None:
    with open_server(settings) as server:
        assert not server.has(MAC)
        server.add(MAC)
        assert server.has(MAC) and not server.has(OTHER)
        server.add(OTHER)
        server.remove(MAC)
        assert server.has(OTHER) and not server.has(MAC)


def test_what_is_done_before_is_done(settings: Dhcp) -> None:
    with open_server(settings) as server:
        server.remove(MAC)
        for _ in range(2):
            server.add(MAC)
        assert server.has(MAC)
        for _ in range(2):
            server.remove(MAC)
        assert not server.has(MAC)
        server.add(MAC)
        assert server.has(MAC)


def test_another_connection_sees_it(settings: Dhcp) -> None:
    with open_server(settings) as server, open_server(settings) as other:
        server.add(MAC)
        assert other.has(MAC)
        other.remove(MAC)
        assert not server.has(MAC)


# --- dhcpd ------------------------------------------------------------------------------------


def test_what_is_added_and_removed_outlasts_dhcpd(dhcpd: Dhcpd) -> None:
    with open_server(dhcpd.settings()) as server:
        for mac in (MAC, OTHER):
            server.add(mac)
        server.remove(OTHER)
    assert (dhcpd.has(MAC), dhcpd.has(OTHER)) == (True, False)
    assert MAC in dhcpd.hosts_in_file() and OTHER not in dhcpd.hosts_in_file()
    for end in (dhcpd.kill, dhcpd.stop):
        end()
        dhcpd.start()
        assert (dhcpd.has(MAC), dhcpd.has(OTHER)) == (True, False)


def test_only_a_device_that_is_known_gets_an_offer(dhcpd: Dhcpd) -> None:
    assert not dhcpd.offered(MAC)
    with open_server(dhcpd.settings()) as server:
        server.add(MAC)
        assert dhcpd.offered(MAC) and not dhcpd.offered(OTHER)
        server.remove(MAC)
    assert not dhcpd.offered(MAC)


def test_hosts_of_the_configuration_file_go_too() -> None:
    hosts = "".join(
        f"host {name} {{ hardware ethernet 02:00:00:00:00:0a;{more} }}\n"
        for name, more in (("one", ""), ("two", " fixed-address 10.77.0.9;"))
    )
    with Dhcpd(more=hosts) as dhcpd, open_server(dhcpd.settings()) as server:
        assert server.has(MAC)
        server.add(MAC)  # it is known, and that is enough
        server.remove(MAC)
        dhcpd.stop()
        dhcpd.start()
        assert not dhcpd.has(MAC)


def test_a_name_that_another_device_has(dhcpd: Dhcpd) -> None:
    other = Dhcpd(more=f"host kenshin-{MAC.lower()} {{ hardware ethernet 02:00:00:00:00:0b; }}\n")
    with other, open_server(other.settings()) as server:
        with pytest.raises(Refused, match="makes no host: can't update object"):
            server.add(MAC)
        assert not other.has(MAC)


def test_a_key_that_dhcpd_does_not_know(dhcpd: Dhcpd, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="key_name"):
        opened(dhcpd.settings(key_name="another"))
    with pytest.raises(Refused, match="key_file"):
        opened(dhcpd.settings(key_file=key_file(tmp_path, "c2VjcmV0\n")))


def test_a_key_that_is_none(dhcpd: Dhcpd, tmp_path: Path) -> None:
    for settings, why in (
        (dhcpd.settings(key_name=""), "key_name and key_file must be set"),
        (dhcpd.settings(key_file=None), "key_name and key_file must be set"),
        (dhcpd.settings(key_file=tmp_path / "none"), "No such file"),
        (dhcpd.settings(key_file=key_file(tmp_path, "no base 64!")), "no base 64"),
        (dhcpd.settings(key_file=key_file(tmp_path, "c2VjcmV0", 0o644)), "chmod 600"),
        (dhcpd.settings(timeout_seconds=0), "timeout_seconds"),
        (None, r"no \[dhcp\]"),
    ):
        with pytest.raises(NotConfigured, match=why):
            opened(settings)


def test_dhcpd_that_is_down_or_says_nothing(dhcpd: Dhcpd) -> None:
    dhcpd.pause()
    try:
        with pytest.raises(NotReached, match="no answer in time"):
            opened(dhcpd.settings(timeout_seconds=1))
    finally:
        dhcpd.go_on()
    dhcpd.stop()
    with pytest.raises(NotReached, match="takes no connection"):
        opened(dhcpd.settings())


def test_dhcpd_that_goes_away_meanwhile(dhcpd: Dhcpd) -> None:
    with open_server(dhcpd.settings()) as server:
        server.allow(1)
        dhcpd.pause()
        try:
            with pytest.raises(NotReached, match="in time"):
                server.add(MAC)
        finally:
            dhcpd.go_on()
    with open_server(dhcpd.settings()) as server:
        dhcpd.kill()
        with pytest.raises(NotReached, match="broke"):
            server.remove(MAC)


def test_who_says_a_byte_now_and_then_keeps_nobody(dhcpd: Dhcpd) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                while not over.wait(0.2):
                    connection.sendall(b"\0")

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(NotReached, match="in time"):
            opened(dhcpd.settings(port=listener.getsockname()[1], timeout_seconds=1))
        over.set()
        thread.join()


def test_what_is_no_dhcpd(dhcpd: Dhcpd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"SSH-2.0-other\r\n")
                connection.recv(100)

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(Refused, match="protocol"):
            opened(dhcpd.settings(port=listener.getsockname()[1]))
        thread.join()


def test_no_error_shows_the_key(dhcpd: Dhcpd) -> None:
    for settings in (dhcpd.settings(key_name="x"), dhcpd.settings(port=1)):
        with pytest.raises(DhcpError) as caught:
            opened(settings)
        assert dhcpd.secret not in str(caught.value)


# --- Kea --------------------------------------------------------------------------------------


def test_a_kea_without_the_commands_is_refused() -> None:
    with Kea() as kea, pytest.raises(NotConfigured, match=r"reservation-add.*host_cmds"):
        opened(kea.settings())


def test_a_real_kea_takes_a_reservation_like_ours() -> None:
    def taken(reservation: dict[str, Any]) -> bool:
        settings = kea.asked("config-get")["arguments"]
        settings.pop("hash", None)
        settings["Dhcp4"]["subnet4"] = [
            {"id": 1, "subnet": "10.77.0.0/16", "reservations": [reservation]}
        ]
        return kea.asked("config-test", settings)["result"] == 0

    with Kea() as kea:
        assert taken({"hw-address": "02:00:00:00:00:0a", **RESERVED})
        assert not taken({"hw-address": "02:00:00:00:00:0a"})


def test_a_kea_that_does_not_run_behind_its_agent() -> None:
    with Kea() as kea:
        kea.end_dhcp4()
        with pytest.raises(NotReached, match="behind its control agent"):
            opened(kea.settings())
        kea.stop()
        with pytest.raises(NotReached, match="takes no connection"):
            opened(kea.settings())


def test_reservations_are_of_the_subnet(reservations: Reservations) -> None:
    reservations.clear()
    with open_server(reservations.settings(subnet_id=7)) as server:
        server.add(MAC)
    assert reservations.kept == {(7, "02:00:00:00:00:0a")}
    with open_server(reservations.settings()) as server:
        assert not server.has(MAC)


def test_older_words_for_what_is_not_there(reservations: Reservations) -> None:
    reservations.clear()
    reservations.empty = 0  # reservation-get said so before Kea 2.3
    try:
        with open_server(reservations.settings()) as server:
            assert not server.has(MAC)
            server.add(MAC)
            assert server.has(MAC)
    finally:
        reservations.empty = 3


def test_a_kea_that_refuses(reservations: Reservations) -> None:
    reservations.clear()
    with open_server(reservations.settings()) as server:
        reservations.refuses = True
        try:
            with pytest.raises(Refused, match="no hosts-database"):
                server.add(MAC)
        finally:
            reservations.refuses = False


def test_who_comes_into_kea(reservations: Reservations, tmp_path: Path) -> None:
    password = key_file(tmp_path, "word\n")
    reservations.login = "kenshin:word"
    try:
        opened(reservations.settings(user="kenshin", password_file=password))
        for settings in (
            reservations.settings(),
            reservations.settings(user="other", password_file=password),
        ):
            with pytest.raises(Refused, match="user and password_file"):
                opened(settings)
        with pytest.raises(NotConfigured, match="password_file must be set"):
            opened(reservations.settings(user="kenshin"))
        with pytest.raises(NotConfigured, match="chmod 600"):
            password.chmod(0o644)
            opened(reservations.settings(user="kenshin", password_file=password))
    finally:
        reservations.login = ""


def test_a_url_that_is_none(reservations: Reservations) -> None:
    for url in ("", "localhost:8000", "ftp://localhost/"):
        with pytest.raises(NotConfigured, match="url"):
            opened(replace(reservations.settings(), url=url))


def test_what_is_no_agent(reservations: Reservations) -> None:
    reservations.garbage = b'{"result": 0}'
    try:
        with pytest.raises(NotReached, match="no control agent"):
            opened(reservations.settings())
    finally:
        reservations.garbage = b""


# ----------------------------------------------------------------------------------------------


def opened(settings: Dhcp | None) -> None:
    with open_server(settings):
        pass


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / f"key-{len(list(folder.iterdir()))}"
    path.write_text(text)
    path.chmod(mode)
    return path
