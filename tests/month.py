"""A month of operation twice from one seed: once calmly, once with everything breaking.

The calm run calls the cycle after each snapshot; its head-ends write the logs, of which the plan
loses, delays, cuts and doubles some. What the head-ends wrote is kept, so that the disturbed run
gets the very same files: there the cycle is a program that is killed at random moments, or its
database is, or the FTP server that logs come from and usage goes to. At the end both must have the
same tables and the same usage files, and every reading that is missing must be one that the ledger
or the simulator's dice explain.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from kenshin.simulator import Outcome
from month_child import Call
from month_plan import INTERVAL, Fault
from month_site import Said, Site
from servers import Server
from test_kill import TABLES

# An event stands closed at the moment of the wall's clock at which it was told.
COMPARED = TABLES | {
    "MDM_ALERT_HISTORY": (
        "mdm: ALERT_CODE, SOURCE, DEVICE, SEVERITY, LD_ID, SUB_NUMBER, MEASURED_TIME, MESSAGE,"
        " CASE WHEN CLEARED_AT IS NULL THEN 0 ELSE 1 END"
    )
}
IN_GRACE, BEHIND_GRACE = timedelta(minutes=5), timedelta(minutes=25)
DONE = (0, 3)
ATTEMPTS = 12
REJECTS = "SELECT COUNT(*) FROM IMPORT_REJECT WHERE FILE_NAME = '{}'"
Script = dict[datetime, list[tuple[int, str, bytes]]]  # what comes at a snapshot: HEID, name, text
Progress = Callable[[str], None]


class Remote(Protocol):
    """Where the logs of the head-ends lie, and where usage is delivered to."""

    root: Path

    def up(self) -> None: ...
    def down(self) -> None: ...
    def slow(self, on: bool) -> None:
        """Send so slowly that a transfer can be watched."""


@dataclass
class Verdict:
    """What the two runs gave. Everything that must be empty is a list of what was found."""

    days: float = 0
    meters: int = 0
    snapshots: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    server_kills: int = 0
    outages: int = 0
    broken_transfers: int = 0
    calls: dict[str, int] = field(default_factory=dict)  # of the disturbed run, by exit status
    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    usage_files: int = 0
    missing: dict[str, int] = field(default_factory=dict)  # readings that never came, by reason
    without_usage: int = 0
    exact: int = 0  # usages that are the registers'
    balanced: int = 0  # points whose usages add up to the difference of their registers
    differing_tables: list[str] = field(default_factory=list)
    differing_files: list[str] = field(default_factory=list)
    # The same lines in another order, which no engine promises without being asked for one.
    reordered_files: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Everything that must not be."""
        return [
            *(f"table differs: {one}" for one in self.differing_tables),
            *(f"file differs: {one}" for one in self.differing_files),
            *(f"missing without a reason: {one}" for one in self.unexplained),
            *(f"wrong usage: {one}" for one in self.wrong),
            *(f"nothing tells of: {one}" for one in self.unseen),
        ]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Calm:
    """The month as it goes when only data is faulty; it keeps what the head-ends wrote."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.month = site, site.month
        self.script: Script = defaultdict(list)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        site.open_heads(folder)

    def run(self, progress: Progress = lambda _: None) -> None:
        """Every snapshot in its time."""
        for number, at in enumerate(self.month.snapshots):
            progress(f"calm {number + 1} of {len(self.month.snapshots)}")
            self._collect(at)
            for _, name, text in self.script[at]:
                put(self.site.config.inbox, name, text)
            said = self.site.run(
                "cycle", f"{at:%Y%m%d%H%M}", "--now", f"{at + BEHIND_GRACE:%Y%m%d%H%M}"
            )
            assert said.status in DONE, said

    def _collect(self, at: datetime) -> None:
        heads = self.site.station.heads
        with self.site.rules() as rules:
            targets = {heid: self.site.targets(rules, heid) for heid in heads}
        for heid, head in heads.items():
            if self.month.fault(heid, at, "down"):
                continue
            if path := head.repoll(at, targets[heid], self.site.items[heid]):
                self._send(heid, at, path, self.month.fault(heid, at, "unreachable"))
            items = self.site.items[heid].values()
            path = head.collect(
                at, (one for one in items if not self.site.is_mute(one.pd_table_key, at))
            )
            assert path is not None
            self._send(
                heid,
                at,
                path,
                self.month.fault(
                    heid, at, "lost", "late", "cut", "spoilt", "doubled", "unreachable"
                ),
            )

    def _send(self, heid: int, at: datetime, path: Path, fault: Fault | None) -> None:
        """Note when a log will come, and in what state."""
        text = path.read_bytes()
        path.unlink()
        comes = [(at, text)]
        match fault.kind if fault else "":
            case "lost":
                comes = []
            case "late":
                assert fault
                comes = [(at + self.month.late_by(fault), text)]
            case "cut":
                comes = [(at, cut(text)), (at + 2 * INTERVAL, text)]
            case "spoilt":
                comes = [(at, spoilt(text, at))]
            case "doubled":
                comes = [(at, text), (at + INTERVAL, text)]
            case "unreachable":
                assert fault
                comes = [(fault.until, text)]
        for when, what in comes:
            self.script[when].append((heid, path.name, what))

    def alone(self) -> set[datetime]:
        """Snapshots at which something of another one comes, or that nobody can reach."""
        late = {
            at
            for at, comes in self.script.items()
            if any(f"_{at:%Y%m%d%H%M}_" not in name for _, name, _ in comes)
        }
        outages = [f for f in self.month.faults if f.kind == "unreachable"]
        return late | {at for at in self.month.snapshots for f in outages if f.covers(1, at)}


class Disturbed:
    """The same month through real programs, which are killed, as are those that they talk to."""

    def __init__(
        self, site: Site, calm: Calm, remote: Remote, server: Server | None, verdict: Verdict
    ) -> None:
        self.site, self.month, self.calm = site, site.month, calm
        self.remote, self.server, self.verdict = remote, server, verdict
        self.dice = random.Random(self.month.seed + 7)
        self.calls: Counter[int] = Counter()
        self.startup, self.each = 0.3, 0.3  # seconds: of a call, and of each of its snapshots

    def run(self, progress: Progress = lambda _: None) -> None:
        """All pieces in their order; kills are spread over those that nothing else happens to."""
        pieces = list(self.month.pieces(self.calm.alone()))
        special = {*self.month.short_outages, *self.month.broken_transfers}
        plain = [n for n, p in enumerate(pieces) if not (set(p) & special or self._out(p[0]))]
        struck = set(self.dice.sample(plain, min(self._server_kills(), len(plain))))
        calm_left = [n for n in plain if n not in struck]
        for number, piece in enumerate(pieces):
            progress(
                f"disturbed, snapshot {self.month.snapshots.index(piece[-1]) + 1} of "
                f"{len(self.month.snapshots)}, {self.verdict.kills} kills"
            )
            self._put(piece)
            if self._out(piece[0]):
                self._without_remote(piece[0])
            elif piece[0] in self.month.short_outages:
                self._short_outage(piece[0])
            elif piece[0] in self.month.broken_transfers:
                self._broken_transfer(piece[0])
            elif number in struck:
                self._kill_server(piece)
            elif calm_left:
                self._kill_some(piece, len([n for n in calm_left if n >= number]))
            self._finish(piece)
        self.verdict.calls = {str(status): n for status, n in sorted(self.calls.items())}

    def _server_kills(self) -> int:
        return self.month.server_kills if self.server else 0

    def _out(self, at: datetime) -> bool:
        return self.month.fault(1, at, "unreachable") is not None

    def _put(self, piece: list[datetime]) -> None:
        for at in piece:
            for heid, name, text in self.calm.script[at]:
                put(self.remote.root / f"he{heid}", name, text)
            for heid in range(1, self.month.heads + 1):
                # What lies there when nobody can fetch it: it is there when somebody can again.
                put(self.remote.root / f"he{heid}", f"HE{heid}_{at:%Y%m%d%H%M}.part", b"half")

    def _start(self, piece: list[datetime], behind: timedelta) -> Call:
        last = piece[-1]
        return self.site.start(
            "cycle", f"{last:%Y%m%d%H%M}", "--now", f"{last + behind:%Y%m%d%H%M}"
        )

    def _call(self, piece: list[datetime], behind: timedelta = BEHIND_GRACE) -> Said:
        said = Said(*self._start(piece, behind).wait())
        self.calls[said.status] += 1
        return said

    def _finish(self, piece: list[datetime]) -> None:
        """As cron does: again, until it is done."""
        said = Said(1, "")
        for _ in range(ATTEMPTS):
            began = time.monotonic()
            said = self._call(piece)
            if said.status in DONE:
                self.each = max(0.05, (time.monotonic() - began - self.startup) / len(piece))
                return
            if self._out(piece[0]) and said.status == 1:
                return  # usage is delivered when the FTP server is there again
        raise AssertionError(f"{piece[-1]}: {said}")

    def _expected(self, piece: list[datetime]) -> float:
        return self.startup + self.each * len(piece)

    def _kill_some(self, piece: list[datetime], left: int) -> None:
        """SIGKILL at random moments; one that comes too late is tried again, earlier."""
        due, longest = self.month.kills - self.verdict.kills, self._expected(piece)
        share = -(-due // left)
        while share:
            process = self._start(piece, BEHIND_GRACE)
            time.sleep(self.dice.random() * longest)
            if process.kill():
                self.verdict.kills += 1
                share -= 1
            else:
                longest /= 2

    def _kill_server(self, piece: list[datetime]) -> None:
        assert self.server is not None
        process = self._start(piece, BEHIND_GRACE)
        time.sleep(self.startup + self.dice.random() * self.each * len(piece))
        self.server.kill()
        self.server.start()
        self.calls[process.wait()[0]] += 1
        self.verdict.server_kills += 1

    def _short_outage(self, at: datetime) -> None:
        """Nobody can fetch the logs for some minutes; the cycle is tried again until it can."""
        self.remote.down()
        said = self._call([at], IN_GRACE)
        assert said.status in (1, 75), said
        self.remote.up()
        self.verdict.outages += 1

    def _without_remote(self, at: datetime) -> None:
        """Hours without logs: snapshots are closed without them, as in the calm run."""
        self.remote.down()
        try:
            said = self._call([at], IN_GRACE)
            assert said.status in (1, 75), said
            said = self._call([at])
            assert said.status in (1, 3), said
        finally:
            if not self._out(at + INTERVAL):
                self.remote.up()
                self.verdict.outages += 1

    def _broken_transfer(self, at: datetime) -> None:
        """The FTP server goes in the middle of a file; a part of a log is never taken in."""
        self.remote.slow(True)
        process = self._start([at], IN_GRACE)
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            if any(self.site.config.inbox.rglob("*.part")):
                self.verdict.broken_transfers += 1
                break
            time.sleep(0.005)
        self.remote.down()
        self.calls[process.wait()[0]] += 1
        self.remote.slow(False)
        self.remote.up()


def cut(text: bytes) -> bytes:
    """A log that lost rows, though not its last line: it says how many there should be."""
    lines = text.splitlines(keepends=True)
    return b"".join([*lines[: len(lines) * 2 // 3], lines[-1]])


def spoilt(text: bytes, at: datetime) -> bytes:
    """A log with lines that are refused one by one, while the rest counts."""
    lines = text.decode().splitlines()
    first = lines[1].split(",")
    lines[-1:] = [
        f"999999,2,1,{at},1,0",
        ",".join([first[0], "9", *first[2:]]),
        ",".join([*first[:3], "2025-02-30 00:00:00", *first[4:]]),
        "only,three,fields",
    ]
    return "\n".join([*lines, f"#END,{len(lines) - 1}", ""]).encode()


def put(folder: Path, name: str, text: bytes) -> None:
    """Write a file as a head-end does: whole under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{name}.new"
    part.write_bytes(text)
    part.replace(folder / name)


# What came out ------------------------------------------------------------------------


def judge(calm: Calm, disturbed: Disturbed, verdict: Verdict) -> None:
    """Compare the two runs, and the calm one with the registers of its meters."""
    month = calm.month
    verdict.days, verdict.meters = month.days, month.meters
    verdict.snapshots, verdict.faults = len(month.snapshots), month.kinds()
    wanted, found = calm.site.dump(COMPARED), disturbed.site.dump(COMPARED)
    verdict.rows = {table: len(rows) for table, rows in wanted.items()}
    verdict.differing_tables += [
        _difference(t, wanted[t], found[t]) for t in COMPARED if wanted[t] != found[t]
    ]
    _compare_files(calm, disturbed, verdict)
    _account(calm, verdict)
    _balance(calm, verdict)
    _incidents(calm, disturbed, verdict)


def _difference(table: str, wanted: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> str:
    lost, more = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    both = ((lost, "calm"), (more, "disturbed"))
    parts = [f"{sum(rows.values())} rows only {run} {list(rows)[:3]}" for rows, run in both]
    return f"{table}: {', '.join(parts)}"


def _compare_files(calm: Calm, disturbed: Disturbed, verdict: Verdict) -> None:
    wanted = {p.name: p.read_bytes() for p in calm.site.config.outbox.rglob("USAGE_*.csv")}
    delivered = disturbed.remote.root / "billing"
    found = {p.name: p.read_bytes() for p in delivered.rglob("*") if p.is_file()}
    verdict.usage_files = len(wanted)
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) == found.get(name):
            continue
        if sorted(wanted.get(name, b"").splitlines()) == sorted(found.get(name, b"").splitlines()):
            verdict.reordered_files.append(name)
        else:
            why = "not delivered" if name not in found else "too much" if name not in wanted else ""
            verdict.differing_files.append(f"{name} {why}".strip())


def _known(calm: Calm) -> set[tuple[int, int, int, str]]:
    """Every reading that came in a whole log: device, address, item, moment."""
    known = set()
    for comes in calm.script.values():
        for _, _, text in comes:
            lines = text.decode().splitlines()
            if lines[-1] == f"#END,{len(lines) - 2}":
                for line in lines[1:-1]:
                    device, address, sub, at, value, *_ = [*line.split(","), "", "", ""]
                    if value:
                        known.add((int(device), int(address), int(sub), at))
    return known


def _account(calm: Calm, verdict: Verdict) -> None:
    """Each slot: its usage is the registers', or a reading is missing for a known reason."""
    known = _known(calm)
    used = {
        (str(ld).strip(), int(sub), str(at)[:19]): usage
        for ld, sub, at, usage in calm.site.rows(
            "vps", "SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE FROM QUOTE_HISTORY"
        )
    }
    reasons: Counter[str] = Counter()
    for heid, at, item, name in _slots(calm):
        key = (item.pd_table_key, item.ld_address, item.sub_number)
        here, before = (*key, f"{at}") in known, (*key, f"{at - INTERVAL}") in known
        if not here:
            reason = _reason(calm, heid, at, item)
            reasons[reason] += 1
            if not reason:
                verdict.unexplained.append(f"{name} {at}")
        slot = (name, item.sub_number, f"{at}")
        if slot not in used:
            verdict.unexplained.append(f"{name} {at}: no row")
            continue
        wanted = (
            _usage(calm, heid, item, at) if here and (before or item.kind == "INSTANT") else None
        )
        usage = used.pop(slot)
        verdict.without_usage += usage is None
        if usage != wanted:
            verdict.wrong.append(f"{name}/{item.sub_number} {at}: {usage}, not {wanted}")
        elif usage is not None:
            verdict.exact += 1
    verdict.wrong += [f"{slot}: nobody measures it" for slot in used]
    verdict.missing = dict(reasons)


def _slots(calm: Calm) -> Iterator[tuple[int, datetime, Any, str]]:
    for heid, items in calm.site.items.items():
        for item in items.values():
            name = calm.site.devices[item.pd_table_key].point(item.ld_address - 2)
            for at in calm.month.snapshots:
                yield heid, at, item, name


def _usage(calm: Calm, heid: int, item: Any, at: datetime) -> Decimal:
    registers = calm.site.station.heads[heid].registers
    if item.kind == "INSTANT":
        raw = registers.register(item, at)
    else:
        raw = registers.counted(item, at - INTERVAL, at)
    assert raw is not None
    return Decimal(raw).scaleb(item.scaler)


def _reason(calm: Calm, heid: int, at: datetime, item: Any) -> str:
    """Why a reading never came: its log, or the meter; and asking again did not help in time."""
    if calm.site.is_mute(item.pd_table_key, at):
        return "meter silent for good"
    if fault := calm.month.fault(heid, at, "lost", "late", "cut", "down", "unreachable"):
        return fault.kind
    if calm.site.station.heads[heid].outcome(item, at) is not Outcome.READ:
        return "meter not read"
    return ""


def _balance(calm: Calm, verdict: Verdict) -> None:
    rows = calm.site.rows(
        "vps",
        "SELECT LD_ID, SUB_NUMBER, USAGE_SUM, FIRST_READING, LAST_READING, OPEN_SLOTS"
        " FROM USAGE_BALANCE",
    )
    counting = {
        (calm.site.devices[i.pd_table_key].point(i.ld_address - 2), i.sub_number)
        for items in calm.site.items.values()
        for i in items.values()
        if i.kind == "CUMULATIVE"
    }
    for ld, sub, used, first, last, gaps in rows:
        if (str(ld).strip(), int(sub)) in counting and gaps == 0:
            if used != last - first:
                verdict.wrong.append(f"{ld}/{sub}: {used} used, registers say {last - first}")
            verdict.balanced += 1


def _incidents(calm: Calm, disturbed: Disturbed, verdict: Verdict) -> None:
    """Each fault of the ledger left a trace that a person can find."""
    for site in (calm.site, disturbed.site):
        logs = site.rows(
            "mdm", "SELECT HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE FROM COLLECTION_LOG"
        )
        missing = {
            (int(h), str(at)[:19])
            for h, at, kind, _, state in logs
            if str(state).strip() == "MISSING"
        }
        past = {str(name).strip() for _, _, kind, name, _ in logs if str(kind).strip() == "PAST"}
        for fault in calm.month.faults:
            verdict.unseen += [
                f"{one} in {site.folder.name}" for one in _unseen(site, fault, missing, past)
            ]
    if verdict.outages and not disturbed.site.said("TRANSFER_FAILED|failed|cannot|refused"):
        verdict.unseen.append("the FTP server that was away")


def _unseen(
    site: Site, fault: Fault, missing: set[tuple[int, str]], past: set[str]
) -> Iterator[str]:
    heads = range(1, site.month.heads + 1) if not fault.heid else (fault.heid,)
    for heid in heads:
        at = fault.at
        while at < fault.until:
            name = f"HE{heid}_{at:%Y%m%d%H%M}_ONTIME.csv"
            if fault.kind == "spoilt" and site.rows("vps", REJECTS.format(name)) != [(4,)]:
                yield f"spoilt {name}: its lines are not in IMPORT_REJECT"
            if fault.kind not in ("doubled", "spoilt") and (heid, f"{at}") not in missing:
                yield f"{fault.kind} {name}: not MISSING"
            if fault.kind in ("late", "cut", "unreachable") and name not in past:
                yield f"{fault.kind} {name}: not taken in as PAST"
            if fault.kind == "cut" and not site.said(rf"{name}"):
                yield f"cut {name}: no line in syslog"
            at += INTERVAL


def run(
    make: Callable[[str], Site],
    make_disturbed: Callable[[str], Site],
    remote: Remote,
    server: Server | None,
    folder: Path,
    progress: Progress = lambda _: None,
) -> Verdict:
    """Both runs, and the verdict."""
    verdict = Verdict()
    began = time.monotonic()
    calm = Calm(make("calm"), folder / "heads")
    calm.run(progress)
    verdict.seconds["calm"] = round(time.monotonic() - began, 1)
    began = time.monotonic()
    site = make_disturbed("disturbed")
    disturbed = Disturbed(site, calm, remote, server, verdict)
    try:
        disturbed.run(progress)
    finally:
        remote.down()
    verdict.seconds["disturbed"] = round(time.monotonic() - began, 1)
    judge(calm, disturbed, verdict)
    return verdict
