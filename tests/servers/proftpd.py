"""ProFTPD as an ordinary process: users with a folder each, plain or with TLS required.

    with ProFtpd({"he1": folder}) as server:
        remote = server.remote("he1", passwords)

Whoever runs the tests owns the files; nobody else's account is needed.
"""

import ctypes
import ctypes.util
import ftplib
import grp
import os
import pwd
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from kenshin.config import Remote

from .base import Server, free_port, port_is_taken
from .programs import installed

MODULES = Path("/usr/lib/proftpd")
PASSIVE_PORTS = 40


def crypted(password: str) -> str:
    """A password as the file of users holds it."""
    crypt = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    made: bytes = crypt(password.encode(), b"$6$kenshin$")
    return made.decode()


class ProFtpd(Server):
    engine: ClassVar[str] = "proftpd"

    def __init__(
        self,
        users: dict[str, Path],
        *,
        certificate: Path | None = None,
        key: Path | None = None,
        more: str = "",
        **options: Any,
    ) -> None:
        """USERS: the home folder of each. MORE: lines of its configuration.

        CERTIFICATE and KEY, on an elliptic curve: TLS is required, and that data connections go
        on with the session of the commands.
        """
        super().__init__(**options)
        self.users = users
        self.certificate = certificate
        self._key = key
        self._more = more
        self._passive = self._free_range()
        self.commands = self.folder / "commands.log"

    @staticmethod
    def _free_range() -> int:
        while True:
            first = free_port()
            if not any(port_is_taken(first + n) for n in range(PASSIVE_PORTS)):
                return first

    def connect(self, user: str | None = None) -> ftplib.FTP:
        ftp = ftplib.FTP(timeout=30)
        ftp.connect(self.host, self.port)
        if user:
            ftp.login(user, self.password)
        return ftp

    def remote(self, user: str, folder: str = "", **fields: Any) -> Remote:
        """How to reach a folder of a user; the certificate is trusted."""
        scheme = "ftps" if self.certificate else "ftp"
        url = f"{scheme}://{user}@{self.host}:{self.port}/{folder}"
        known = {"password_file": self.password_file(), "ca_file": self.certificate}
        return Remote(url, **{**known, **fields})

    def password_file(self, password: str | None = None) -> Path:
        """A file of a password; the right one, unless another is given."""
        path = self.folder / ("password" if password is None else "wrong-password")
        path.touch(0o600)
        path.write_text((self.password if password is None else password) + "\n")
        return path

    def said(self) -> list[str]:
        """What it was asked for, each with the code of the answer and the bytes that went."""
        return self.commands.read_text().splitlines() if self.commands.exists() else []

    def sessions(self) -> list[int]:
        """The processes of its connections."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def cut(self) -> None:
        """Break every connection, as kill -9 of their processes does; new ones are taken."""
        for pid in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)  # so that no session is made meanwhile
            self.cut()
        super().kill()

    def _prepare(self) -> None:
        uid, gid = os.getuid(), os.getgid()
        lines = [
            f"{name}:{crypted(self.password)}:{uid}:{gid}::{home.resolve()}:/bin/sh\n"
            for name, home in self.users.items()
        ]
        passwords = self.folder / "passwd"
        passwords.touch(0o600)
        passwords.write_text("".join(lines))
        groups = self.folder / "group"
        groups.touch(0o600)
        groups.write_text(f"kenshin:x:{gid}:\n")

    def _configuration(self) -> str:
        return f"""
ModulePath {MODULES}
{"LoadModule mod_tls.c" if self.certificate else ""}
ServerName kenshin
ServerType standalone
DefaultAddress {self.host}
SocketBindTight on
Port {self.port}
PassivePorts {self._passive} {self._passive + PASSIVE_PORTS - 1}
UseIPv6 off
UseReverseDNS off
{self._account()}
RootLogin on
RequireValidShell off
AuthOrder mod_auth_file.c
AuthUserFile {self.folder}/passwd
AuthGroupFile {self.folder}/group
ControlsEngine off
PidFile {self.folder}/pid
ScoreboardFile {self.folder}/scoreboard
SystemLog {self.folder}/system.log
TransferLog none
WtmpLog off
DelayEngine off
AllowOverwrite on
AllowRetrieveRestart on
{"" if "AllowStoreRestart" in self._more else "AllowStoreRestart on"}
MaxInstances 20
TimeoutLinger 1
LogFormat asked "%m %s %b %F"
LogFormat offset "%r %s"
ExtendedLog {self.commands} READ,WRITE,DIRS asked
ExtendedLog {self.commands} MISC offset
{self._tls() if self.certificate else ""}
{self._more}
"""

    @staticmethod
    def _account() -> str:
        # As whoever runs the tests: the files are theirs.
        user, group = pwd.getpwuid(os.getuid()), grp.getgrgid(os.getgid())
        return f"User {user.pw_name}\nGroup {group.gr_name}"

    def _tls(self) -> str:
        # Without NoSessionReuseRequired: a data connection without the session is refused.
        return f"""
TLSEngine on
TLSRequired on
TLSProtocol TLSv1.2 TLSv1.3
TLSECCertificateFile {self.certificate}
TLSECCertificateKeyFile {self._key}
TLSLog {self.folder}/tls.log
TLSVerifyClient off
"""

    def _command(self) -> list[str]:
        path = self.folder / "proftpd.conf"
        path.write_text(self._configuration())
        return [installed("proftpd", "proftpd-core"), "-n", "-q", "-c", str(path)]

    def _probe(self) -> str:
        with self.connect() as ftp:
            return ftp.getwelcome()
