"""Transfers in trouble: what is wrong is said to whoever can act, and nothing is lost by it."""

from __future__ import annotations

import os
import resource
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from kenshin.config import Remote
from kenshin.simulator.ftp import Options
from kenshin.simulator.ftp import Server as Simulator
from kenshin.transfer import (
    FileRefused,
    Patience,
    TransferError,
    deliver_all,
    fetch_new,
    open_place,
)
from odd_ftp import ENDLESS, OddFtp, odd_ftp
from other_side import USER, Side, forked, side_of
from servers.proftpd import ProFtpd
from servers.sftp import SftpServer
from serving import Tls, make_tls

ONCE = Patience(pauses=())
AT_ONCE = Patience(pauses=(0, 0))
LOG = b"A,B\n1,2\n#END,1\n"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trouble")


@pytest.fixture(scope="module")
def tls(folder: Path) -> Tls:
    return make_tls(folder)


@contextmanager
def proftpd(home: Path, more: str = "", tls: Tls | None = None) -> Iterator[ProFtpd]:
    home.mkdir(exist_ok=True)
    secure = {"certificate": tls.certificate, "key": tls.key} if tls else {}
    with ProFtpd({USER: home}, more=more, **secure) as server:
        yield server


@pytest.fixture(scope="module")
def plain(folder: Path) -> Iterator[ProFtpd]:
    with proftpd(folder / "plain") as server:
        yield server


@pytest.fixture(scope="module")
def secure(folder: Path, tls: Tls) -> Iterator[ProFtpd]:
    with proftpd(folder / "secure", tls=tls) as server:
        yield server


@pytest.fixture(scope="module")
def sftp(folder: Path) -> Iterator[SftpServer]:
    home = folder / "sftp"
    home.mkdir()
    with SftpServer({USER: home}) as server:
        yield server


def complaint(remote: Remote, patience: Patience = ONCE) -> str:
    """What is said when a place cannot be used."""
    with pytest.raises(TransferError) as caught, open_place(remote, patience) as place:
        place.entries("*")
    said = str(caught.value)
    assert said.startswith(remote.url)
    return said


# --- Logins -----------------------------------------------------------------------------


def test_a_wrong_password(plain: ProFtpd, secure: ProFtpd, sftp: SftpServer) -> None:
    for server in (plain, secure, sftp):
        said = complaint(server.remote(USER, password_file=server.password_file("perhaps")))
        assert "the login is refused" in said
        assert "password_file" in said
        assert "perhaps" not in said


def test_a_password_file_that_others_may_read(plain: ProFtpd, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(plain.password)
    path.chmod(0o644)
    said = complaint(plain.remote(USER, password_file=path))
    assert "chmod 600" in said
    assert plain.password not in said


def test_a_key_instead_of_a_password(sftp: SftpServer, tmp_path: Path) -> None:
    remote = sftp.remote(USER, password_file=None, key_file=sftp.key)
    with open_place(remote, ONCE) as place:
        assert place.entries("*.none") == []
    other = tmp_path / "other.key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(other)
    other.chmod(0o600)
    refused = sftp.remote(USER, password_file=None, key_file=other)
    assert "the login is refused" in complaint(refused)
    locked = tmp_path / "locked.key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(
        locked, "pkcs8-pem", passphrase="perhaps"
    )
    locked.chmod(0o600)
    for given in (None, sftp.password_file("perhaps not")):
        said = complaint(sftp.remote(USER, password_file=given, key_file=locked))
        assert "passphrase" in said


def test_a_server_whose_key_is_not_known(sftp: SftpServer, tmp_path: Path) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    hosts = tmp_path / "known_hosts"
    hosts.write_text(f"[127.0.0.1]:{sftp.port} {stranger}")
    assert "its key is not the one in" in complaint(sftp.remote(USER, known_hosts_file=hosts))
    hosts.write_text("")
    assert "its key is not the one in" in complaint(sftp.remote(USER, known_hosts_file=hosts))
    hosts.write_text("garbage\n")
    assert str(hosts) in complaint(sftp.remote(USER, known_hosts_file=hosts))
    hosts.unlink()
    assert "is missing" in complaint(sftp.remote(USER, known_hosts_file=hosts))


def test_a_certificate_that_is_not_trusted(secure: ProFtpd, tmp_path: Path) -> None:
    stranger = make_tls(tmp_path, "stranger")
    for trusted in (stranger.certificate, None):
        said = complaint(secure.remote(USER, ca_file=trusted))
        assert "its certificate is not trusted" in said
        assert "ca_file" in said
    assert "ca_file" in complaint(secure.remote(USER, ca_file=tmp_path / "none.pem"))
    asked = [line for line in secure.said() if line.startswith(("USER", "PASS"))]
    assert asked == []


def test_a_certificate_of_another_host(folder: Path, tls: Tls) -> None:
    class Elsewhere(ProFtpd):
        host = "127.0.0.2"  # of which the certificate says nothing

    home = folder / "elsewhere"
    home.mkdir()
    with Elsewhere({USER: home}, certificate=tls.certificate, key=tls.key) as server:
        said = complaint(server.remote(USER))
    assert "its certificate is not trusted" in said
    assert "127.0.0.2" in said


def test_tls_on_one_side_alone(plain: ProFtpd, secure: ProFtpd, tls: Tls) -> None:
    there = plain.remote(USER)
    tls_wanted = Remote(there.url.replace("ftp:", "ftps:"), there.password_file, tls.certificate)
    assert "it offers no TLS" in complaint(tls_wanted)
    demanded = secure.remote(USER)
    without = Remote(demanded.url.replace("ftps:", "ftp:"), demanded.password_file)
    assert "refused" in complaint(without)


def test_the_strict_server_demands_the_session_of_the_commands(
    secure: ProFtpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the other tests say nothing of it."""
    monkeypatch.setattr(ssl.SSLSocket, "session", property(lambda _: None))
    assert "425" in complaint(secure.remote(USER))


# --- Servers ----------------------------------------------------------------------------


def test_nobody_answers(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.touch(0o600)
    hosts = tmp_path / "hosts"
    hosts.touch()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for scheme in ("ftp", "ftps", "sftp"):
            there = Remote(f"{scheme}://he1@127.0.0.1:{port}/out", password, None, None, hosts, 1)
            assert "no answer in 1 s" in complaint(there)
    for scheme in ("ftp", "ftps", "sftp"):
        there = Remote(f"{scheme}://he1@127.0.0.1:{port}/out", password, None, None, hosts, 1)
        said = complaint(there, AT_ONCE)
        assert "refused" in said
        assert "3 tries" in said


def test_a_folder_that_is_not_there(plain: ProFtpd, sftp: SftpServer, tmp_path: Path) -> None:
    for remote in (plain.remote(USER, "none"), sftp.remote(USER, "none")):
        assert "folder" in complaint(remote)
    assert "not mounted" in complaint(Remote(f"file://{tmp_path}/none"))


def test_a_file_that_may_not_be_read_stops_no_other(folder: Path, tmp_path: Path) -> None:
    deny = "<Directory /*/denied>\n<Limit RNFR>\nDenyAll\n</Limit>\n</Directory>"
    home = folder / "rights"
    (home / "denied").mkdir(parents=True)
    with proftpd(home, deny) as server:
        for name in ("a.csv", "b.csv"):
            (home / "denied" / name).write_bytes(LOG)
        with pytest.raises(TransferError) as caught:
            fetch_new(server.remote(USER, "denied"), tmp_path, "*.csv", print, ONCE)
        assert "cannot move a.csv to done/" in str(caught.value)
        assert "cannot move b.csv to done/" in str(caught.value)
        assert [path.name for path in caught.value.done] == ["a.csv", "b.csv"]
        # They came, and are not brought again, even when they are taken in here meanwhile.
        (tmp_path / "a.csv").unlink()
        with pytest.raises(TransferError) as caught:
            fetch_new(server.remote(USER, "denied"), tmp_path, "*.csv", print, ONCE)
        assert [path.name for path in caught.value.done] == ["b.csv"]


def test_a_server_that_goes_on_with_no_upload(folder: Path, tmp_path: Path) -> None:
    """The ordinary setting of ProFTPD."""
    content = b"%015d\n" * MIB % tuple(range(MIB))
    (tmp_path / "u.csv").write_bytes(content)
    with proftpd(folder / "no-restart", "AllowStoreRestart off") as server:
        cuts: list[str] = []

        def progress(text: str) -> None:
            if not cuts and text.endswith("60 %"):
                cuts.append(text)
                server.cut()

        remote = server.remote(USER)
        assert deliver_all(remote, tmp_path, "*.csv", progress, AT_ONCE)
        assert cuts
        restarts = [n for n, line in enumerate(server.said()) if line.startswith("REST ")]
        assert any(server.said()[n + 1].startswith("STOR 4") for n in restarts)
        assert (folder / "no-restart/u.csv").read_bytes() == content


@pytest.mark.parametrize("kind", ("file", "ftp", "sftp"))
def test_no_space_at_the_other_side(kind: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "u.csv").write_bytes(bytes(MIB))
    with side_of(kind, tmp_path) as side:
        # A file that takes nothing: opened and found full by a real write.
        (side.home / ".u.csv.part").symlink_to("/dev/full")
        with pytest.raises(TransferError) as caught:
            deliver_all(side.remote(""), here, "*.csv", print, ONCE)
    said = str(caught.value)
    assert "u.csv" in said
    assert "space" in said
    assert (here / "u.csv").exists()


def test_no_space_on_our_side(plain: ProFtpd, folder: Path, tmp_path: Path) -> None:
    (folder / "plain/big.csv").write_bytes(bytes(MIB))

    def full() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MIB // 2, MIB // 2))
        try:
            fetch_new(plain.remote(USER), tmp_path, "big.csv", lambda _: None, ONCE)
        except TransferError as error:
            return str(error)
        return ""

    said = forked(full)
    assert "on our side" in said
    assert "free space" in said
    assert not (tmp_path / "big.csv").exists()
    assert fetch_new(plain.remote(USER), tmp_path, "big.csv", print, Patience((), 0))


# --- Other servers ----------------------------------------------------------------------


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Callable[..., tuple[Simulator, Remote, Path]]]:
    started: list[Simulator] = []

    def start(**settings: Any) -> tuple[Simulator, Remote, Path]:
        directory = tmp_path / "simulated"
        directory.mkdir()
        password = tmp_path / "password"
        password.touch(0o600)
        password.write_text("open sesame\n")
        server = Simulator(Options("127.0.0.1:0", directory, USER, "open sesame"))
        for name, value in settings.items():
            setattr(server._server.handler, name, value)
        server.start()
        started.append(server)
        return server, Remote(server.url, password), directory

    yield start
    for server in started:
        server.stop()


def test_the_simulator_serves_its_directory(
    simulated: Callable[..., tuple[Simulator, Remote, Path]], tmp_path: Path
) -> None:
    _, remote, directory = simulated()
    for name in ("HE1_ä.csv", "HE1_b.csv"):
        (directory / name).write_bytes(LOG)
    came = fetch_new(remote, tmp_path, "HE1_*.csv", print, ONCE)
    assert [path.name for path in came] == ["HE1_b.csv", "HE1_ä.csv"]
    assert len(list((directory / "done").iterdir())) == 2
    assert deliver_all(remote, tmp_path, "HE1_*.csv", print, ONCE)
    assert "the login is refused" in complaint(Remote(remote.url.replace("he1@", "eve@")))


@pytest.mark.parametrize("missing", (("MLSD", "MLST", "FEAT"), ("MLSD", "MLST", "MDTM")))
def test_an_old_server(
    missing: tuple[str, ...],
    simulated: Callable[..., tuple[Simulator, Remote, Path]],
    tmp_path: Path,
) -> None:
    from pyftpdlib.handlers import FTPHandler

    old = {name: what for name, what in FTPHandler.proto_cmds.items() if name not in missing}
    _, remote, directory = simulated(proto_cmds=old)
    assert fetch_new(remote, tmp_path, "*.csv", print, ONCE) == []
    (directory / "folder.csv").mkdir()
    for name in ("b.csv", "a.csv"):
        (directory / name).write_bytes(LOG)
    (directory / "c.csv").write_bytes(b"A\n")
    came = fetch_new(remote, tmp_path, "*.csv", print, ONCE)
    assert [path.name for path in came] == ["a.csv", "b.csv"]
    assert len(fetch_new(remote, tmp_path, "*.csv", print, Patience((), 0))) == 1
    assert len(deliver_all(remote, tmp_path, "*.csv", print, ONCE)) == 3


def test_a_server_that_lists_what_lies_elsewhere(
    simulated: Callable[..., tuple[Simulator, Remote, Path]], tmp_path: Path
) -> None:
    from pyftpdlib.handlers import FTPHandler

    class Liar(FTPHandler):  # type: ignore[misc]
        def ftp_MLSD(self, path: str) -> None:
            lines = [
                f"type=file;size=15;modify=20260101000000; {name}\r\n".encode()
                for name in ("../x.csv", "/tmp/x.csv", "a.csv", "a\x7f.csv")
            ]
            self.push_dtp_data(b"".join([*lines, b"nonsense.csv\r\n"]), cmd="MLSD")

    _, remote, directory = simulated(ftp_MLSD=Liar.ftp_MLSD)
    (directory / "a.csv").write_bytes(LOG)
    os.utime(directory / "a.csv", (1767225600, 1767225600))  # 2026-01-01, as is listed
    here = tmp_path / "here"
    with pytest.raises(TransferError) as caught:
        fetch_new(remote, here, "*.csv", print, ONCE)
    assert str(caught.value).count("is left alone") == 3
    assert [path.name for path in caught.value.done] == ["a.csv"]
    assert sorted(p.name for p in here.iterdir()) == ["a.csv"]


def test_the_verb_serves_the_directory(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text("open sesame\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/HE1.csv").write_bytes(LOG)
    options = {"--listen": "127.0.0.1:0", "--ftp": "127.0.0.1:0", "--directory": tmp_path / "out"}
    command = [sys.executable, "-m", "kenshin.cli", "he-simulator", "--ftp-password-file", password]
    for name, value in options.items():
        command += [name, value]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("FTP at ").strip()
            came = fetch_new(Remote(url, password), tmp_path, "HE1*.csv", print, ONCE)
        finally:
            process.terminate()
    assert [path.name for path in came] == ["HE1.csv"]


# --- Odd servers ------------------------------------------------------------------------


def odd(server: OddFtp, folder: Path, **fields: Any) -> Remote:
    password = folder / "password"
    password.touch(0o600)
    password.write_text("open sesame\n")
    return Remote(f"ftp://he1@127.0.0.1:{server.port}/", password, **fields)


THREE = {f"{name}.csv": LOG for name in "abc"}


@pytest.mark.parametrize("answer", ("451 disk error", "450 busy", "501 bad name", "550 no"))
def test_a_file_that_cannot_be_read_stops_no_other(answer: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    with odd_ftp(THREE, {"RETR a.csv": answer}) as server, pytest.raises(FileRefused) as caught:
        fetch_new(odd(server, tmp_path), here, "*.csv", print, AT_ONCE)
    assert [path.name for path in caught.value.done] == ["b.csv", "c.csv"]
    assert "cannot fetch a.csv" in str(caught.value)
    assert answer in str(caught.value)


@pytest.mark.parametrize("answer", ("451 disk error", "501 bad name"))
def test_a_file_that_cannot_be_written_stops_no_other(answer: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    for name in THREE:
        (here / name).write_bytes(b"")
    stored = {f".{name}.part": b"" for name in "bc.csv"}
    with odd_ftp(stored, {"STOR": answer}) as server, pytest.raises(FileRefused) as caught:
        deliver_all(odd(server, tmp_path), here, "*.csv", print, AT_ONCE)
    assert str(caught.value).count(answer) == 3


def test_a_place_that_lists_no_more_is_no_matter_of_a_file(tmp_path: Path) -> None:
    answers = {"RETR": "451 no"}
    with odd_ftp(THREE, answers) as server, open_place(odd(server, tmp_path), AT_ONCE) as place:
        [entry, *_] = place.entries("*.csv")
        answers["MLSD"] = "451 no"
        with pytest.raises(TransferError) as caught:
            place.fetch(entry, tmp_path)
    assert not isinstance(caught.value, FileRefused)


@pytest.mark.parametrize("what", ("GREETING", "USER", "LIST"))
def test_what_drips_without_end_is_no_answer(what: str, tmp_path: Path) -> None:
    with odd_ftp(THREE, {what: ENDLESS}) as server:
        assert "no answer in 1 s" in complaint(odd(server, tmp_path, timeout_seconds=1))


def test_a_file_that_drips_is_no_answer(tmp_path: Path) -> None:
    with odd_ftp({"a.csv": bytes(MIB)}, {"DATA": ENDLESS}) as server:
        remote = odd(server, tmp_path, timeout_seconds=1)
        with pytest.raises(TransferError, match="no answer in 1 s"):
            fetch_new(remote, tmp_path / "here", "*.csv", lambda _: None, ONCE)


def test_an_answer_or_a_list_without_end(tmp_path: Path) -> None:
    with odd_ftp({}, {"GREETING": b"220-\r\n" * 20_000}) as server:
        assert "an answer without end" in complaint(odd(server, tmp_path))
    with odd_ftp({"x" * 150 + f"{n}.csv": b"" for n in range(90_000)}, {}) as server:
        assert "its list has no end" in complaint(odd(server, tmp_path))


def test_the_last_line_of_a_list_may_have_no_end(tmp_path: Path) -> None:
    with odd_ftp(THREE, {}) as server:
        came = fetch_new(odd(server, tmp_path), tmp_path / "here", "*.csv", print, ONCE)
    assert [path.name for path in came] == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.parametrize(
    ("command", "answer"),
    (("PASV", "227 ok (x)"), ("SIZE", "213 many")),
)
def test_a_number_that_is_none(command: str, answer: str, tmp_path: Path) -> None:
    old = {"FEAT": "500 what", "NLST": "150 here"} if command == "SIZE" else {}
    with odd_ftp(THREE, {command: answer, **old}) as server:
        remote = odd(server, tmp_path)
        if command == "SIZE":
            with pytest.raises(TransferError, match="no FTP"), open_place(remote, ONCE) as place:
                place.move("a.csv", "done")
        else:
            assert "no FTP" in complaint(remote)


@pytest.mark.parametrize(
    "answer", ("421 no open sesame today", "530 open sesame is wrong", "999 x")
)
def test_no_password_in_what_a_server_says_of_it(answer: str, tmp_path: Path) -> None:
    with odd_ftp({}, {"PASS": answer}) as server:
        assert "open sesame" not in complaint(odd(server, tmp_path))


def test_who_is_silent_is_not_waited_for_again_at_once(tmp_path: Path) -> None:
    with odd_ftp({}, {"GREETING": ENDLESS}) as server:
        complaint(odd(server, tmp_path, timeout_seconds=1), AT_ONCE)
        assert server.connections == 1


# --- Size -------------------------------------------------------------------------------


def rss(field: str) -> int:
    """Bytes of memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


@pytest.mark.parametrize("kind", ("file", "ftp", "ftps", "sftp"))
def test_a_large_file_takes_no_more_memory_than_a_small_one(kind: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    size = 64 * MIB if kind == "sftp" else 200 * MIB  # the server is slow, and writes a log
    with side_of(kind, tmp_path) as side:
        with (side.home / "a.csv").open("wb") as file:
            file.seek(size)
            file.write(b"\n#END,0\n")
        grown = int(forked(lambda: _grown(side, here)))
    assert grown < 40 * MIB
    assert (side.home / "a.csv").stat().st_size == size + 8


def _grown(side: Side, here: Path) -> int:
    before = rss("VmRSS")
    fetch_new(side.remote(""), here, "*.csv", lambda _: None, ONCE)
    deliver_all(side.remote(""), here, "*.csv", lambda _: None, ONCE)
    return rss("VmHWM") - before
