"""A folder behind FTP, or FTPS: TLS asked for on the ordinary port, for commands and data alike."""

from __future__ import annotations

import ftplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kenshin.config import Remote
from kenshin.transfer.link import (
    BLOCK,
    Address,
    Block,
    Broken,
    Denied,
    Entry,
    Hopeless,
    Link,
    NoRestart,
    Pace,
    Silent,
    Sink,
    password_of,
    trouble_of,
    words_of,
)

_LONGEST_ANSWER = 64 * 1024  # bytes
_LONGEST_LIST = 16 * 1024 * 1024
_UNKNOWN = ("500", "501", "502", "504")  # a server does not know a command
_EMPTY = ("450", "550")  # what some answer to the list of an empty folder
_NO_CONNECTION = ("421", "425", "426")
_FULL = ("452", "552")
_NO_LOGIN = ("530", "532", "430")
_NO_TLS = ("431", "522", "533", "534", "535", "536")


class Bounded(ftplib.FTP):
    """FTP whose answers come to an end, as a whole and in good time."""

    _room = 0

    def getmultiline(self) -> str:
        """One answer. Raises TimeoutError, and ftplib.Error for one that is too long."""
        if self.sock is None or self.timeout is None:
            raise EOFError
        self._room = _LONGEST_ANSWER
        with _ended_within(self.sock, self.timeout):
            return super().getmultiline()

    def getline(self) -> str:
        """One line of an answer."""
        line = super().getline()
        self._room -= len(line)
        if self._room < 0:
            raise ftplib.error_proto("an answer without end")  # noqa: S321 (no FTP is opened)
        return line


@contextmanager
def _ended_within(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Break a connection off that is at one thing for longer, however often a byte comes."""
    late = threading.Event()

    def end() -> None:
        late.set()
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, EOFError) as error:
        if late.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()


class Tls(Bounded, ftplib.FTP_TLS):
    """FTPS with one TLS session for commands and data, as strict servers demand."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, Any]:
        """Open a data connection under TLS."""
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 (TLS comes here)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        try:
            data = self.context.wrap_socket(plain, server_hostname=self.host, session=session)
            return data, size
        except BaseException:
            plain.close()
            raise


class FtpLink(Link):
    """A folder of an FTP server. Names are UTF-8."""

    def __init__(self, remote: Remote) -> None:
        super().__init__(remote)
        self._ftp: ftplib.FTP | None = None
        self._has_facts = False

    def connect(self) -> None:
        """Log in, in binary, and go to the folder."""
        address = Address.of(self.remote.url)
        password = password_of(self.remote)
        self._ftp = self._made(address)
        with self._told():
            self._ftp.connect(address.host, address.port)
            if isinstance(self._ftp, Tls):
                self._secure(self._ftp)
        with self._told():
            self._log_in(address.user, password)
            if isinstance(self._ftp, Tls):
                self._ftp.prot_p()
            self._ftp.voidcmd("TYPE I")
            self._has_facts = self._knows_facts()
        try:
            with self._told():
                if address.folder:
                    self._ftp.cwd(_wire(address.folder))
        except Denied as error:
            raise Hopeless(f"no way into its folder: {error}") from error

    def _made(self, address: Address) -> ftplib.FTP:
        # Bytes as they come: what is no UTF-8 must not break a reply, or a list.
        timeout, encoding = self.remote.timeout_seconds, "latin-1"
        if address.scheme == "ftp":
            return Bounded(timeout=timeout, encoding=encoding)
        try:
            trust = ssl.create_default_context(cafile=self.remote.ca_file)
        except OSError as error:
            raise Hopeless(f"ca_file {self.remote.ca_file}: {error.strerror or error}") from error
        trust.minimum_version = ssl.TLSVersion.TLSv1_2
        return Tls(timeout=timeout, encoding=encoding, context=trust)

    def _secure(self, ftp: Tls) -> None:
        try:
            ftp.auth()
        except (ftplib.error_perm, ftplib.error_temp) as error:
            raise Hopeless(
                f"it offers no TLS ({words_of(_text(error))}); have it switched on there"
            ) from error
        except ssl.SSLCertVerificationError as error:
            raise Hopeless(
                f"its certificate is not trusted: {error.verify_message}; see who answers there, "
                "and what ca_file holds"
            ) from error
        except ssl.SSLError as error:
            raise Hopeless(f"TLS came to nothing: {error.reason or error}") from error

    def _log_in(self, user: str, password: str) -> None:
        try:
            self._open.login(_wire(user), _wire(password))
        except ftplib.Error as error:
            said = words_of(_text(error).replace(password, "***") if password else _text(error))
            if said.startswith("4") and said[:3] not in _NO_LOGIN:
                raise Broken(said) from None
            raise Hopeless(
                f"the login is refused ({said}); see to the user in url and to password_file"
            ) from None

    def _knows_facts(self) -> bool:
        try:
            return any(
                line.strip().upper().startswith("MLST")
                for line in self._open.sendcmd("FEAT").splitlines()
            )
        except ftplib.error_perm:
            return False

    @property
    def _open(self) -> ftplib.FTP:
        if self._ftp is None:
            raise Broken("there is no connection")
        return self._ftp

    def close(self) -> None:
        """Say good-bye if the server listens, and hang up."""
        ftp, self._ftp = self._ftp, None
        if ftp is None or ftp.sock is None:
            return
        with suppress(*ftplib.all_errors):
            ftp.sock.settimeout(1)
            ftp.putcmd("QUIT")
        with suppress(OSError):
            ftp.close()

    def entries(self) -> list[Entry]:
        """Every ordinary file, of a server that says what is one."""
        with self._told():
            if self._has_facts:
                listed = (_facts(line) for line in self._lines("MLSD"))
                return [entry for entry in listed if entry is not None]
            return self._looked_at()

    def _looked_at(self) -> list[Entry]:
        try:
            names = self._lines("NLST")
        except (ftplib.error_perm, ftplib.error_temp) as error:
            if str(error)[:3] not in _EMPTY:
                raise
            names = []
        plain = (name.removeprefix("./") for name in names)
        return [entry for name in plain if (entry := self._size_and_time(name)) is not None]

    def _lines(self, command: str) -> list[str]:
        data = bytearray()

        def sink(block: bytes) -> None:
            data.extend(block)
            if len(data) > _LONGEST_LIST:
                raise Hopeless("its list has no end, or its folder must be cleared up")

        self._retrieve(command, None, sink)
        lines = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
        return [line for line in lines if line]

    def look(self, name: str) -> Entry | None:
        """One file by the same words that the list uses, so that both can be compared."""
        with self._told():
            if not self._has_facts:
                return self._size_and_time(name)
            try:
                said = self._open.sendcmd(f"MLST {_wire(name)}")
            except ftplib.error_perm as error:
                if str(error)[:3] != "550":
                    raise
                return None
            found = next((line for line in said.splitlines() if line.startswith(" ")), "")
            return _facts(found.strip().partition(" ")[0] + " " + name) or Entry(name, -1)

    def _size_and_time(self, name: str) -> Entry | None:
        try:
            size = self._open.size(_wire(name))
        except ftplib.error_perm as error:
            if str(error)[:3] in _UNKNOWN:
                raise Hopeless(
                    "it knows neither MLST nor SIZE, without which nothing is safe"
                ) from error
            return None  # none, or a folder
        if size is None:
            raise Broken("no answer to SIZE")
        try:
            modified = self._open.voidcmd(f"MDTM {_wire(name)}")[4:].strip()
        except ftplib.error_perm:
            return Entry(name, size)
        return Entry(name, size, modified)

    def read(self, name: str, offset: int, sink: Sink) -> None:
        """Give a file from an offset on."""
        with self._told():
            self._retrieve(f"RETR {_wire(name)}", offset or None, sink)

    def _retrieve(self, command: str, rest: int | None, sink: Sink) -> None:
        with self._transfer(command, rest) as data:
            pace = Pace(self.remote.timeout_seconds)
            while block := data.recv(BLOCK):
                sink(block)
                pace.came(len(block))
            _end(data)
        self._open.voidresp()

    def _transfer(self, command: str, rest: int | None) -> socket.socket:
        try:
            return self._open.transfercmd(command, rest)
        except (ftplib.error_perm, ftplib.error_temp) as error:
            # Many servers allow it for files to get alone, and each refuses in its own words.
            if rest and str(error)[:3] not in _NO_CONNECTION:
                raise NoRestart from error
            raise

    def write(self, name: str, offset: int, block: Block, begun: Callable[[], None]) -> None:
        """Write a file from an offset on.

        By REST, not APPE: were an earlier connection still writing, it would write the same
        bytes at the same place.
        """
        with self._told():
            with self._transfer(f"STOR {_wire(name)}", offset or None) as data:
                if not offset:
                    begun()
                try:
                    while sent := block():
                        data.sendall(sent)
                    _end(data)
                except OSError:
                    self._say_why()
                    raise
            self._open.voidresp()

    def _say_why(self) -> None:
        """Raise what the server says of a data connection that it ended, if it says anything."""
        with suppress(EOFError, OSError):
            self._open.voidresp()

    def rename(self, name: str, to: str) -> None:
        """Give a file another name."""
        with self._told():
            self._open.rename(_wire(name), _wire(to))

    def make_folder(self, name: str) -> None:
        """Make a folder, unless it is there, which servers say in many ways: renaming will tell."""
        with self._told(), suppress(ftplib.error_perm):
            self._open.mkd(_wire(name))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (ftplib.error_perm, ftplib.error_temp) as error:
            raise _meant(error) from error
        except ftplib.Error as error:
            raise Broken(f"what it answers is no FTP: {words_of(_text(error))}") from error
        except EOFError as error:
            raise Broken("it closed the connection") from error
        except TimeoutError as error:
            raise Silent(f"no answer in {self.remote.timeout_seconds} s") from error
        except ssl.SSLCertVerificationError as error:
            raise Hopeless(f"its certificate is not trusted: {error.verify_message}") from error
        except OSError as error:
            raise Broken(trouble_of(error)) from error
        except (ValueError, OverflowError) as error:  # a number that is none, a port of 70000
            raise Broken(f"what it answers is no FTP: {words_of(error)}") from error


def _meant(error: ftplib.Error) -> Exception:
    """What an answer means for us."""
    said = words_of(_text(error))
    code = said[:3]
    if code in _FULL:
        return Hopeless(f"its disk or its quota is full ({said}); have space made there")
    if code in _NO_LOGIN:
        return Hopeless(f"the login is refused ({said})")
    if code in _NO_TLS:
        return Hopeless(f"TLS is refused ({said})")
    if code.startswith("4"):
        return Broken(said)
    if code in _UNKNOWN:
        return Hopeless(f"it does not know what is asked of it ({said})")
    return Denied(f"refused ({said}); look at the rights there")


def _end(data: socket.socket) -> None:
    """End a data connection in due form; whether all came is asked of the size, not of this."""
    if isinstance(data, ssl.SSLSocket):
        with suppress(OSError, ValueError):
            data.unwrap()


def _facts(line: str) -> Entry | None:
    """A line of a list with facts; None for what is no file."""
    facts, blank, name = line.partition(" ")
    known = {
        key.lower(): value
        for key, _, value in (fact.partition("=") for fact in facts.split(";") if fact)
    }
    size = known.get("size", "")
    if not blank or known.get("type", "").lower() != "file" or not size.isdecimal():
        return None
    return Entry(name, int(size), known.get("modify") or None)


def _wire(text: str) -> str:
    """A name as the bytes of its UTF-8, which is how it goes over the wire."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _text(error: Exception) -> str:
    return str(error).encode("latin-1", "replace").decode("utf-8", "replace")
