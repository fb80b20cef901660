"""An installation whose PROV is linked, and a process that is killed in the midst of a change.

Run as a program it is that process: it changes one device, and ends as kill -9 would.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kenshin import dhcp, release
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Result, open_session
from kenshin.rules import Rules

if TYPE_CHECKING:
    from conftest import Installations
    from servers.dhcpd import Dhcpd

REGISTER = ("REGISTER_CONTROLLER", {"p_type_id": 11, "p_ld_type_id": 101, "p_co_id": "HE1"})
REGISTER_CO = ("REGISTER_CONCENTRATOR", {"p_type_id": 2})
DISPOSE: tuple[str, dict[str, Any]] = ("DISPOSE_DEVICE", {})
LINK = "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'PROV_LINKED'"


def installed(installations: Installations, engine: str, dhcpd: Dhcpd) -> Config:
    config = installations.new(engine, "linked")
    release.apply(config)
    with open_session(config) as session, session.transaction():
        session.execute("mdm", LINK)
    return replace(config, dhcp=dhcpd.settings())


class Station:
    """One session of an installation; what it does is told to DHCP."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.session = open_session(config)
        self.session.connect()
        self.rules = Rules(self.session, Catalog(config.dialect))
        self.said: list[str] = []

    def do(self, rule: tuple[str, dict[str, Any]], mac: str, **named: Any) -> Result:
        """Call a rule that a device comes or goes by."""
        name, more = rule
        named = named or {"p_mac": mac}
        work = lambda: self.rules.answer(name, **more | named)  # noqa: E731
        return dhcp.together(
            self.rules, self.config, [named], work, by="tester", say=self.said.append
        )

    def breaks(
        self, rule: tuple[str, dict[str, Any]], mac: str, end: Callable[[], None], told: bool
    ) -> None:
        """The same, but its end comes before its commit, or even before DHCP is told."""
        name, more = rule

        def attempt(tell: Callable[[], None]) -> None:
            with self.session.transaction():
                self.rules.answer(name, p_mac=mac, **more)
                if told:
                    tell()
                end()

        dhcp.carry(self.rules, self.config, [{"p_mac": mac}], attempt, say=self.said.append)

    def settle(self) -> int:
        return dhcp.settle(self.rules, self.config, self.said.append)

    def open(self) -> list[str]:
        """The MACs of the changes that are open."""
        return [change.mac for change in dhcp.open_changes(self.rules)]

    def has(self, mac: str) -> bool:
        """Whether the register has a device in service with this MAC."""
        query = " UNION ALL ".join(
            f"SELECT d.TABLE_KEY FROM {table} d WHERE d.MAC = ? AND d.DELETED = 0"
            for table in ("CONTROLLER", "CONCENTRATOR")
        )
        return bool(self.session.execute("mdm", query, [mac, mac]))

    def close(self) -> None:
        self.session.close()


def killed(config: Config, rule: tuple[str, dict[str, Any]], mac: str, told: bool) -> None:
    """A process changes a device, and is killed before the commit."""
    order = pickle.dumps((config, rule, mac, told))
    done = subprocess.run([sys.executable, __file__], input=order, check=False)
    assert done.returncode == -signal.SIGKILL


def main() -> None:
    config, rule, mac, told = pickle.load(sys.stdin.buffer)
    Station(config).breaks(rule, mac, lambda: os.kill(os.getpid(), signal.SIGKILL), told)


if __name__ == "__main__":
    main()
