"""The rate of requests: one limit over several processes, by a clock that the test sets."""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kenshin.http_api.answer import Problem
from kenshin.http_api.rate import FAILURES_PER_MINUTE, Limiter, Rate
from waiting import until


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


# A process takes what it is told to take, at the time that it is told.
CHILD = """
import json, sys
from pathlib import Path
from kenshin.http_api.rate import Limiter
now = [0.0]
limiter = Limiter(Path(sys.argv[1]), lambda: now[0])
print("ready", flush=True)
for line in sys.stdin:
    name, per_minute, times, now[0] = json.loads(line)
    print(sum(limiter.take(name, per_minute) == 0 for _ in range(times)), flush=True)
"""


class Process:
    """Another process with the same file."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.read() == "ready"

    def read(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def ask(self, name: str, per_minute: int, times: int, now: float) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps([name, per_minute, times, now]) + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rates"


@pytest.fixture
def processes(path: Path) -> Iterator[list[Process]]:
    started = [Process(path) for _ in range(3)]
    yield started
    for process in started:
        process.end()


def test_a_minute_has_so_many_and_then_one_every_interval(path: Path) -> None:
    clock = Clock()
    limiter = Limiter(path, clock)
    assert [limiter.take("a", 6) for _ in range(6)] == [0.0] * 6
    assert limiter.take("a", 6) == pytest.approx(10.0)
    clock.now += 9.9
    assert limiter.take("a", 6) == pytest.approx(0.1)
    clock.now += 0.1
    assert limiter.take("a", 6) == 0.0
    assert limiter.take("a", 6) == pytest.approx(10.0)
    clock.now += 3600  # a long silence gives no more than a minute's worth
    assert [limiter.take("a", 6) for _ in range(7)] == [0.0] * 6 + [pytest.approx(10.0)]


def test_looking_takes_nothing(path: Path) -> None:
    limiter = Limiter(path, Clock())
    assert [limiter.look("a", 1) for _ in range(3)] == [0.0] * 3
    assert limiter.take("a", 1) == 0.0
    assert limiter.look("a", 1) == pytest.approx(60.0)


def test_each_name_has_its_own(path: Path) -> None:
    limiter = Limiter(path, Clock())
    names = [f"client {n}" for n in range(500)]
    assert [limiter.take(name, 1) for name in names] == [0.0] * 500
    assert all(limiter.take(name, 1) > 0 for name in names)


def test_processes_share_the_limit(path: Path, processes: list[Process]) -> None:
    for process in processes:  # all at once: no request may be lost or counted twice
        process.ask("a", 1000, 600, 50.0)
    assert sum(int(process.read()) for process in processes) == 1000
    processes[0].ask("a", 1000, 10, 50.6)  # 0.6 s are worth ten
    assert int(processes[0].read()) == 10
    processes[1].ask("a", 1000, 10, 50.6)
    assert int(processes[1].read()) == 0


def waits(pid: int) -> bool:
    """Whether a process waits for a lock of a file."""
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any(line[1] == "->" and int(line[5]) == pid for line in lines)


def test_a_killed_process_leaves_no_lock(path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, os, sys\n"
            "file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
            "fcntl.lockf(file, fcntl.LOCK_EX)\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()\n",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout and holder.stdout.readline() == b"held\n"
    waiter = Process(path)
    waiter.ask("a", 5, 6, 10.0)
    until(lambda: waits(waiter.process.pid), "nobody waited for the lock")
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    assert waiter.read() == "5"
    waiter.end()


def test_a_full_bucket_gives_the_slot_that_is_paid_first(path: Path) -> None:
    clock = Clock()
    limiter = Limiter(path, clock)
    limiter.take("a", 60)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as slots:
        slot = struct.Struct("=Qd")
        at = next(at for at in range(0, len(slots), 16) if slot.unpack_from(slots, at)[0])
        bucket = at // 128 * 128
        for n in range(8):  # eight others, of whom the fourth has the least to wait for
            slot.pack_into(slots, bucket + 16 * n, n + 1, clock.now + (1 if n == 3 else 50))
        limiter.take("a", 60)
        keys = [slot.unpack_from(slots, bucket + 16 * n)[0] for n in range(8)]
    assert keys[:3] + keys[4:] == [1, 2, 3, 5, 6, 7, 8]
    assert keys[3] not in range(1, 9)


# --- The limits of the HTTP-API -------------------------------------------------------


def test_over_the_rate_is_429_and_says_when(path: Path) -> None:
    clock = Clock()
    rate = Rate(Limiter(path, clock), 2)
    rate.request("NIGHT", "192.0.2.1")
    rate.request("NIGHT", "192.0.2.2")
    with pytest.raises(Problem) as raised:
        rate.request("NIGHT", "192.0.2.3")
    assert (raised.value.status, raised.value.code) == (429, 3003)
    assert raised.value.headers == {"Retry-After": "30"}
    rate.request("DAY", "192.0.2.1")
    clock.now += 30
    rate.request("NIGHT", "192.0.2.1")


@pytest.mark.parametrize(
    ("source", "same", "other"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"),
        ("fe80::1%eth0", "fe80::2", "2001:db8::1"),
        ("", "nonsense", "192.0.2.1"),
    ],
)
def test_failures_count_for_their_source(path: Path, source: str, same: str, other: str) -> None:
    clock = Clock()
    rate = Rate(Limiter(path, clock), 10)
    for _ in range(FAILURES_PER_MINUTE):
        rate.may_fail(source)
        rate.failed(source)
    for address in (source, same):
        with pytest.raises(Problem) as raised:
            rate.may_fail(address)
        assert raised.value.status == 429
    rate.may_fail(other)
    clock.now += 60 / FAILURES_PER_MINUTE
    rate.may_fail(same)
