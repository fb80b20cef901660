"""What must hold before a schema release is applied: each check, what it found, what to do."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kenshin.config import Config
from kenshin.engines import EngineError, open_session
from kenshin.engines.facts import Facts, Finding, Unknown, attempt, facts_of, one_line

__all__ = ["Finding", "attempt", "check", "worst"]

OLDER = 10  # seconds that a transaction may be old before it counts as being in the way
SCARCE = 1 << 30  # bytes of free disk below which a release may not fit
NAMED = 5
STATES = ("ok", "warning", "error")

# The lines of versions that this release is tried with: older ones lack what rules use.
_LINES = {
    "mysql": ((8, 4), (9, 7)),
    "mariadb": ((10, 11), (11, 8)),
    "firebird": ((4, 0), (5, 0)),
}
_HERE = ("", "localhost", "127.0.0.1", "::1")
_PROBE = "kenshin-probe"

Check = Callable[[], Iterable[Finding]]


def check(config: Config, older: int = OLDER) -> list[Finding]:
    """Everything that a release needs, looked at without changing the databases.

    `older` is in seconds: transactions and calls as old as this are named. A check that
    cannot be made is a warning; none raises.
    """
    session = open_session(config)
    try:
        session.connect()
        facts = facts_of(session)
        found = [_server(facts)]
    except (EngineError, session.driver_error) as error:
        do = "start the server, or correct [connection] of the configuration"
        return [Finding("server", "error", str(error), do)]
    try:
        for what, work in {
            **facts.checks(),
            "transactions": lambda: _blockers(facts, older),
            "disk": lambda: _disk(facts),
            "exchange directory": lambda: _exchange(facts),
        }.items():
            found += attempt(session, what, work)
    finally:
        session.close()
    return found


def worst(findings: Iterable[Finding]) -> str:
    """The worst state of all: ok, warning or error."""
    return max((finding.state for finding in findings), key=STATES.index, default="ok")


def _server(facts: Facts) -> Finding:
    version = facts.version()
    lines = _LINES[facts.config.dialect]
    tried = " and ".join(".".join(map(str, line)) for line in lines)
    numbers = re.search(r"(\d+)\.(\d+)", version)
    line = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    found = f"{facts.config.engine} {version}"
    if line < lines[0]:
        return Finding("server", "error", found, f"update the server: {tried} are supported")
    if line in lines or line > lines[-1]:
        return Finding("server", "ok", found)
    return Finding("server", "warning", found, f"take a long-term line: {tried} are supported")


def _blockers(facts: Facts, older: int) -> Iterator[Finding]:
    blockers = facts.blockers(older)
    do = "let it end, or end it: a change of the schema waits for it"
    for blocker in blockers[:NAMED]:
        yield Finding("transactions", "warning", str(blocker), do)
    if len(blockers) > NAMED:
        yield Finding("transactions", "warning", f"and {len(blockers) - NAMED} more", do)
    if not blockers:
        yield Finding("transactions", "ok", f"none is older than {older} s")


# --- Disk -----------------------------------------------------------------------------


def _disk(facts: Facts) -> Iterator[Finding]:
    yield from _free("exchange", facts.config.exchange)
    if not _is_here(facts.config):
        do = "the server is on another machine: see to its disk there"
        yield Finding("disk", "warning", "the server's free disk is unknown", do)
        return
    try:
        folders = facts.folders()
    except Unknown as error:
        yield Finding("disk", "warning", "the server's free disk is unknown", str(error))
        return
    for folder in folders:
        yield from _free("data", Path(folder))


def _free(what: str, folder: Path) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(next(f for f in (folder, *folder.parents) if f.exists())).free
    except OSError as error:
        do = "see to its free disk by hand"
        yield Finding("disk", "warning", f"{what}: {folder}: {error.strerror}", do)
        return
    found = f"{what}: {free / (1 << 30):.1f} GiB free at {folder}"
    if free < SCARCE:
        yield Finding("disk", "warning", found, "make room: a release copies what it changes")
    else:
        yield Finding("disk", "ok", found)


def _is_here(config: Config) -> bool:
    given = config.connection
    embedded = config.engine == "firebird-embedded"
    return embedded or bool(given.socket) or given.host in _HERE


# --- The exchange directory -----------------------------------------------------------


def _exchange(facts: Facts) -> Iterator[Finding]:
    """Whether both sides see one directory: each writes a file that the other reads."""
    folder = facts.config.exchange
    if not folder.is_dir():
        do = "make it, or mount the server's there, or set exchange in [files]"
        yield Finding("exchange directory", "warning", f"no folder {folder} on this side", do)
        return
    with _alone(folder):
        yield _seen_there(facts, folder)


def _seen_there(facts: Facts, folder: Path) -> Finding:
    what = "exchange directory"
    token = secrets.token_hex(16).encode()
    if _read_by_server(facts, folder / _PROBE, token) != token:
        do = f"make {folder} and the server's exchange directory one, for the server's user to read"
        return Finding(what, "warning", f"the server does not see what is put in {folder}", do)
    back = folder / f"{_PROBE}-back"
    back.unlink(missing_ok=True)
    try:
        facts.writes(back.name, token)
        if back.read_bytes() == token:
            return Finding(what, "ok", f"both sides read and write {folder}")
        found = f"the server wrote something else into {folder}"
    except facts.session.driver_error as error:
        found = f"the server cannot write into {folder}: {one_line(str(error))}"
    except OSError as error:
        found = f"this side cannot read what the server writes: {error}"
    finally:
        back.unlink(missing_ok=True)
    do = f"let the server's user and this one write into {folder} and read each other's files"
    return Finding(what, "warning", found, do)


def _read_by_server(facts: Facts, probe: Path, token: bytes) -> bytes:
    try:
        probe.write_bytes(token)
        probe.chmod(0o644)  # the server is another user
        return facts.reads(probe.name)
    finally:
        probe.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One check at a time puts files there: they have one name, so that none can pile up."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
