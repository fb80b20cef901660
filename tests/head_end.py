"""A simulated head-end in a process of its own, and what tests order it to do."""

from __future__ import annotations

import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import urllib3

from kenshin.config import HeadEndApi
from serving import Served
from waiting import PATIENCE, until

AT = "2026-04-01T18:00"


class SimulatedHeadEnd:
    """`kenshin he-simulator` at a free port, with a clock that stands unless it is moved."""

    def __init__(
        self, folder: Path, *options: str, ca: Path | None = None, token: str = ""
    ) -> None:
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._pool = urllib3.PoolManager(ca_certs=str(ca) if ca else None, retries=False)
        words = ["he-simulator", "--listen", "127.0.0.1:0", "--start", AT, "--speed", "0", *options]
        home = folder / f"he-simulator-{time.monotonic_ns()}"
        home.mkdir()
        self._served = Served([sys.executable, "-m", "kenshin.cli", *words], home)
        try:
            self.url = str(until(self._its_url))
            self.clock()
        except BaseException:
            self._served.end()
            raise

    def _its_url(self) -> str | None:
        said = self._served.log.read_text()
        assert self._served.process.poll() is None, said
        found = re.search(r"HE-API at (http\S+)\n", said)
        return found and found[1]

    def close(self) -> None:
        """End it, without waiting for connections that callers keep."""
        self._served.process.send_signal(signal.SIGINT)
        self._served.process.wait(PATIENCE)

    def api(self, timeout_seconds: int = 60, **entries: Any) -> HeadEndApi:
        """How the client reaches it."""
        return HeadEndApi(self.url, timeout_seconds=timeout_seconds, **entries)

    def behave(self, key: int, ending: str = "ANSWER", **order: Any) -> None:
        """Order what becomes of the next command to a device; see `Order` of the simulator."""
        self._post("behave", {"pd_table_key": key, "ending": ending, **order})

    def clock(self) -> str:
        """What its clock shows."""
        return str(self._answer("GET", "clock")["at"])

    def advance(self, seconds: float) -> None:
        """Move its clock."""
        self._post("clock", {"advance_seconds": seconds})

    def meter(self, key: int) -> dict[str, Any]:
        """What it knows of a device."""
        return self._answer("GET", f"meters/{key}")

    def until(self, key: int, **shown: Any) -> None:
        """Wait until it knows this of a device."""
        until(lambda: (found := self.meter(key)) | shown == found, f"it does not become {shown}")

    def reboots(self, key: int) -> int:
        """How often a device was restarted."""
        return int(self.meter(key)["reboots"])

    def _post(self, path: str, order: dict[str, Any]) -> None:
        self._answer("POST", path, json=order)

    def _answer(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        url = f"{self.url}/simulator/{path}"
        answer = self._pool.request(method, url, headers=self._headers, timeout=PATIENCE, **body)
        assert answer.status == 200, answer.data
        return dict(answer.json())
