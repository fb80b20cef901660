"""A folder behind SFTP. The server's key is always checked; login by key or by password."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncssh
from asyncssh import constants

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
    Silent,
    Sink,
    password_of,
    secret_of,
    trouble_of,
    words_of,
)

_MOST_LISTED = 100_000
_GOODBYE_SECONDS = 2

T = TypeVar("T")


class SftpLink(Link):
    """A folder of an SFTP server, as a program without other tasks sees it. Names are UTF-8."""

    def __init__(self, remote: Remote) -> None:
        super().__init__(remote)
        self.slack = BLOCK  # asked for, or sent, in some pieces at once
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._folder = b"."

    def connect(self) -> None:
        """Log in, and see whether the folder is there."""
        address = Address.of(self.remote.url)
        options = self._options(address)
        self._folder = address.folder.encode() or b"."
        self._loop = asyncio.new_event_loop()
        with self._told():
            try:
                self._connection = self._do(asyncssh.connect(address.host, **options))
            except ValueError as error:
                hosts = options["known_hosts"]
                raise Hopeless(f"known_hosts_file {hosts}: {words_of(error)}") from error
            self._client = self._do(self._connection.start_sftp_client())
        try:
            with self._told():
                is_folder = self._do(self._open.isdir(self._folder))
        except Denied as error:
            raise Hopeless(f"no way into its folder: {error}") from error
        if not is_folder:
            raise Hopeless("there is no such folder; make it there, or mend url")

    def _options(self, address: Address) -> dict[str, Any]:
        key = self._key()
        hosts = self.remote.known_hosts_file or Path("~/.ssh/known_hosts").expanduser()
        if not os.access(hosts, os.R_OK):
            raise Hopeless(f"known_hosts_file {hosts} is missing or may not be read")
        named = {"username": address.user} if address.user else {}
        return {
            **named,
            "port": address.port or 22,
            "known_hosts": str(hosts),
            "x509_trusted_certs": None,
            "client_keys": [key] if key else None,
            "password": None if key else password_of(self.remote),
            "preferred_auth": "publickey" if key else "password,keyboard-interactive",
            # Nothing of the user who happens to run it.
            "config": None,
            "agent_path": None,
            "gss_host": None,
            "connect_timeout": self.remote.timeout_seconds,
            "login_timeout": self.remote.timeout_seconds,
        }

    def _key(self) -> asyncssh.SSHKey | None:
        path = self.remote.key_file
        if path is None:
            return None
        text = secret_of(path, "file of a private key")
        try:
            return asyncssh.import_private_key(text, password_of(self.remote) or None)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            raise Hopeless(
                f"key_file {path}: no private key, or its passphrase is not in password_file"
            ) from None

    @property
    def _open(self) -> asyncssh.SFTPClient:
        if self._client is None:
            raise Broken("there is no connection")
        return self._client

    def _do(self, work: Awaitable[T]) -> T:
        if self._loop is None:
            raise Broken("there is no connection")
        return self._loop.run_until_complete(asyncio.wait_for(work, self.remote.timeout_seconds))

    def close(self) -> None:
        """Hang up."""
        loop, connection = self._loop, self._connection
        self._loop = self._connection = self._client = None
        if loop is None:
            return
        if connection is not None:
            connection.close()
            with suppress(OSError, TimeoutError, asyncssh.Error):
                loop.run_until_complete(
                    asyncio.wait_for(connection.wait_closed(), _GOODBYE_SECONDS)
                )
            connection.abort()
        loop.run_until_complete(_ended(loop))
        loop.close()

    def entries(self) -> list[Entry]:
        """Every ordinary file; links are none."""
        with self._told():
            return self._do(self._listed())

    async def _listed(self) -> list[Entry]:
        found: list[Entry] = []
        async for one in self._open.scandir(self._folder):
            if len(found) == _MOST_LISTED:
                raise Hopeless(f"more than {_MOST_LISTED} files are in its folder; clear it up")
            if _is_file(one.attrs):
                name = os.fsencode(one.filename).decode("utf-8", "surrogateescape")
                found.append(_entry(name, one.attrs))
        return found

    def look(self, name: str) -> Entry | None:
        """One file, or None."""
        with self._told():
            try:
                attributes = self._do(self._open.lstat(self._path(name)))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None
        return _entry(name, attributes) if _is_file(attributes) else Entry(name, -1)

    def read(self, name: str, offset: int, sink: Sink) -> None:
        """Give a file from an offset on."""
        with self._told(), self._file(name, asyncssh.FXF_READ) as file:
            while data := cast(bytes, self._do(file.read(BLOCK, offset))):
                offset += len(data)
                sink(data)

    def write(self, name: str, offset: int, block: Block, begun: Callable[[], None]) -> None:
        """Write a file from an offset on."""
        anew = 0 if offset else asyncssh.FXF_TRUNC
        flags = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | anew
        with self._told(), self._file(name, flags) as file:
            if not offset:
                begun()
            while data := block():
                self._do(file.write(data, offset))
                offset += len(data)
            with suppress(asyncssh.SFTPOpUnsupported):
                self._do(file.fsync())

    def rename(self, name: str, to: str) -> None:
        """Give a file another name."""
        with self._told():
            self._do(self._open.rename(self._path(name), self._path(to)))

    def make_folder(self, name: str) -> None:
        """Make a folder, unless it is there, which servers say in many ways: renaming will tell."""
        with self._told(), suppress(asyncssh.SFTPError):
            self._do(self._open.mkdir(self._path(name)))

    @contextmanager
    def _file(self, name: str, flags: int) -> Iterator[asyncssh.SFTPClientFile]:
        file: asyncssh.SFTPClientFile = self._do(
            self._open.open(self._path(name), flags, encoding=None)
        )
        try:
            yield file
        except BaseException:
            with suppress(OSError, TimeoutError, asyncssh.Error):
                self._do(file.close())
            raise
        # What a server could not write it may say at the end alone.
        self._do(file.close())

    def _path(self, name: str) -> bytes:
        return self._folder.rstrip(b"/") + b"/" + name.encode("utf-8", "surrogateescape")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except asyncssh.HostKeyNotVerifiable as error:
            hosts = self.remote.known_hosts_file or "~/.ssh/known_hosts"
            raise Hopeless(
                f"its key is not the one in {hosts}; ask its owner for its key, and do not go on "
                "before"
            ) from error
        except (asyncssh.PermissionDenied, asyncssh.IllegalUserName) as error:
            raise Hopeless(
                "the login is refused; see to the user in url, and to password_file or key_file"
            ) from error
        except asyncssh.KeyExchangeFailed as error:
            raise Hopeless(f"no encryption in common: {words_of(error.reason)}") from error
        except asyncssh.SFTPError as error:
            raise _meant(error) from error
        except asyncssh.Error as error:
            raise Broken(words_of(error.reason) or "it closed the connection") from error
        except TimeoutError as error:
            raise Silent(f"no answer in {self.remote.timeout_seconds} s") from error
        except OSError as error:
            raise Broken(trouble_of(error)) from error


async def _ended(loop: asyncio.AbstractEventLoop) -> None:
    """Let what is still going on in a loop come to its end."""
    others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _meant(error: asyncssh.SFTPError) -> Exception:
    """What an error of SFTP means for us."""
    said = words_of(error.reason or type(error).__name__)
    lost = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.SFTPEOFError)
    full = (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded)
    if isinstance(error, lost):
        return Broken(said)
    # Older protocols have no code for it, only words.
    if isinstance(error, full) or "space" in said.lower() or "quota" in said.lower():
        return Hopeless(f"its disk or its quota is full ({said}); have space made there")
    return Denied(f"refused ({said}); look at the rights and the space there")


def _is_file(attributes: asyncssh.SFTPAttrs) -> bool:
    return attributes.type == constants.FILEXFER_TYPE_REGULAR


def _entry(name: str, attributes: asyncssh.SFTPAttrs) -> Entry:
    modified = attributes.mtime
    return Entry(name, attributes.size or 0, None if modified is None else str(modified))
