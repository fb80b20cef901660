"""The two installations of the simulated month, their engine and their FTP server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import month
from conftest import Installations
from month_plan import Plan
from month_site import Site
from servers import Server
from servers.proftpd import ProFtpd


class OwnServers(Installations):
    """Installations on servers that may be killed: nobody else's tests stand on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: dict[str, Server] = {}
        self.configs = {}
        self.exchange = folder / "exchange"


@dataclass
class Rig:
    """What a simulated month runs on."""

    engine: str
    installations: Installations
    folder: Path
    plan: Plan
    remote: month.Remote
    links: str

    def run(self, progress: month.Progress = lambda _: None) -> month.Verdict:
        """Both runs of the month, and what they gave."""
        sites: list[Site] = []

        def make(name: str) -> Site:
            config = self.installations.new(self.engine, name)
            links = self.links if name == "disturbed" else ""
            sites.append(Site(config, self.plan, self.folder / f"{name}.sock", links))
            return sites[-1]

        try:
            server = self.installations.servers.get(self.engine)
            if self.engine != "firebird-embedded":
                server = self.installations.server(self.engine)
            return month.run(make, make, self.remote, server, self.folder, progress)
        finally:
            for site in sites:
                site.close()


class Ftp(ProFtpd):
    """The FTP server of head-ends and billing, which can be away or slow."""

    def __init__(self, root: Path, heads: int) -> None:
        self.root = root
        for name in ("billing", *(f"he{heid}" for heid in range(1, heads + 1))):
            (root / name).mkdir(parents=True)
        super().__init__({"kenshin": root})

    def up(self) -> None:
        self.start()

    def down(self) -> None:
        self.kill()

    def slow(self, on: bool) -> None:
        """Some bytes a second, so that a transfer can be watched."""
        self.kill()
        self._more = "TransferRate RETR 0.2" if on else ""
        self.start()


def links(url: str, heads: int, more: str) -> str:
    """The tables of the configuration for logs and usage below a URL."""
    lines = []
    for heid in range(1, heads + 1):
        lines += [f"[transfer.logs.{heid}]", f'url = "{url}/he{heid}"', more]
    return "\n".join([*lines, "[transfer.usage]", f'url = "{url}/billing"', more, ""])


@contextmanager
def rig(engine: str, installations: Installations, folder: Path, plan: Plan) -> Iterator[Rig]:
    """An engine of its own, but for the embedded one, which has no server to kill."""
    own = installations if engine == "firebird-embedded" else OwnServers(folder / "installations")
    remote = Ftp(folder / "remote", plan.heads)
    try:
        remote.up()
        url = f"ftp://kenshin@{remote.host}:{remote.port}"
        secret = f'password_file = "{remote.password_file()}"'
        yield Rig(engine, own, folder, plan, remote, links(url, plan.heads, secret))
    finally:
        remote.close()
        if own is not installations:
            own.close()
