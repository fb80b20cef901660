"""An SFTP server in a process of its own: users with a folder each, by password or key.

As a program it serves what a JSON file says: `python sftp.py SETTINGS`.
"""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any, ClassVar

import asyncssh

if __name__ != "__main__":
    from kenshin.config import Remote

    from .base import Server

    class SftpServer(Server):
        engine: ClassVar[str] = "sftp"

        def __init__(self, users: dict[str, Path], **options: Any) -> None:
            """USERS: the home folder of each, which is all it sees."""
            super().__init__(**options)
            self.users = users
            self.traffic = self.folder / "traffic.log"
            self.known_hosts = self.folder / "known_hosts"
            self.key = self.folder / "user.key"

        def connect(self) -> socket.socket:
            return socket.create_connection((self.host, self.port), timeout=30)

        def remote(
            self, user: str, folder: str = "", port: int | None = None, **fields: Any
        ) -> "Remote":
            """How to reach a folder of a user by password; its key is known."""
            self.know(port or self.port)
            url = f"sftp://{user}@{self.host}:{port or self.port}/{folder}"
            known = {"password_file": self.password_file(), "known_hosts_file": self.known_hosts}
            return Remote(url, **{**known, **fields})

        def know(self, port: int) -> None:
            """Write the file of known hosts."""
            public = (self.folder / "host.pub").read_text().strip()
            self.known_hosts.write_text(f"[{self.host}]:{port} {public}\n")

        def password_file(self, password: str | None = None) -> Path:
            """A file of a password; the right one, unless another is given."""
            path = self.folder / ("password" if password is None else "wrong-password")
            path.touch(0o600)
            path.write_text((self.password if password is None else password) + "\n")
            return path

        def said(self) -> list[list[str]]:
            """Reads and writes: what, file, offset, bytes."""
            lines = self.traffic.read_text().splitlines() if self.traffic.exists() else []
            return [line.split("\t") for line in lines]

        def _prepare(self) -> None:
            host = asyncssh.generate_private_key("ssh-ed25519")
            host.write_private_key(self.folder / "host.key")
            host.write_public_key(self.folder / "host.pub")
            own = asyncssh.generate_private_key("ssh-ed25519")
            own.write_private_key(self.key)
            self.key.chmod(0o600)
            own.write_public_key(self.folder / "user.pub")

        def _command(self) -> list[str]:
            settings = {
                "port": self.port,
                "password": self.password,
                "folder": str(self.folder),
                "users": {user: str(home.resolve()) for user, home in self.users.items()},
            }
            path = self.folder / "settings.json"
            path.touch(0o600)
            path.write_text(json.dumps(settings))
            return [sys.executable, __file__, str(path)]

        def _probe(self) -> str:
            with self.connect() as probe:
                said = probe.recv(64)
            if not said.startswith(b"SSH-2.0"):
                raise OSError("not yet")
            return said.decode()


def serve(settings: dict[str, Any]) -> None:
    folder, users = Path(settings["folder"]), settings["users"]
    traffic = (folder / "traffic.log").open("a", buffering=1)

    class Guard(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return username in users and password == settings["password"]

    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: asyncssh.SSHServerChannel) -> None:
            home = users[chan.get_extra_info("username")]
            super().__init__(chan, chroot=os.fsencode(home))

        def read(self, file_obj: Any, offset: int, size: int) -> bytes:
            data = super().read(file_obj, offset, size)
            traffic.write(
                f"READ\t{os.path.basename(os.fsdecode(file_obj.name))}\t{offset}\t{len(data)}\n"
            )
            return data

        def write(self, file_obj: Any, offset: int, data: bytes) -> int:
            traffic.write(
                f"WRITE\t{os.path.basename(os.fsdecode(file_obj.name))}\t{offset}\t{len(data)}\n"
            )
            return super().write(file_obj, offset, data)

    async def run() -> None:
        await asyncssh.listen(
            "127.0.0.1",
            settings["port"],
            server_factory=Guard,
            server_host_keys=[str(folder / "host.key")],
            authorized_client_keys=str(folder / "user.pub"),
            sftp_factory=Files,
        )
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    serve(json.loads(Path(sys.argv[1]).read_text()))
