"""The register and the DHCP server: both are changed, or neither.

A change is noted and committed first. One transaction then changes the register, ends the change
and, as its last deed, tells the server what the register has with it. Whatever breaks off leaves
the change open, and whoever finds it tells the server what is committed. Who works on a MAC holds
its lock, so that nobody settles what is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

from kenshin.config import Config, Dhcp
from kenshin.dhcp.server import DhcpError, NotReached, Refused, Server, open_server
from kenshin.engines import failures
from kenshin.rules import Rules, seconds_left
from kenshin.trial import tried

BEGIN, FINISH, OPEN, TAKE = (
    "BEGIN_DHCP_CHANGE",
    "FINISH_DHCP_CHANGE",
    "OPEN_DHCP_CHANGE",
    "TAKE_LOCK",
)
NOT_LINKED, ENDED = 4002, 2008
_TIMES = 5  # that others may end a change before its lock is had
# A MAC that is being worked on is passed over. But an embedded Firebird tells only those who wait
# that a process which held a lock is gone.
_PATIENCE = 1  # seconds

T = TypeVar("T")
Tell = Callable[[], None]
Say = Callable[[str], None]


class Busy(DhcpError):
    """Others have been at work on the MAC for too long: nothing was done."""


class _Overtaken(Exception):
    """Somebody settled the change before its lock was had."""


@dataclass(frozen=True)
class Change:
    """A row of OPEN_DHCP_CHANGE."""

    change_id: int
    mac: str
    requested_at: datetime
    requested_by: str | None


def together(
    rules: Rules,
    config: Config,
    devices: Iterable[Mapping[str, Any]],
    work: Callable[[], T],
    *,
    by: str | None = None,
    say: Say = lambda _: None,
) -> T:
    """Do work and tell DHCP in one transaction; otherwise as `carry`."""

    def attempt(tell: Tell) -> T:
        with rules.session.transaction():
            done = work()
            tell()
            return done

    def do(tell: Tell) -> T:
        return rules.session.again(lambda: attempt(tell))

    return carry(rules, config, devices, do, by=by, say=say)


def carry(
    rules: Rules,
    config: Config,
    devices: Iterable[Mapping[str, Any]],
    work: Callable[[Tell], T],
    *,
    by: str | None = None,
    say: Say = lambda _: None,
    seconds: int | None = None,
) -> T:
    """Do work that changes the register, and tell the DHCP server of its devices.

    devices: each the arguments of BEGIN_DHCP_CHANGE that name one, p_mac or p_serial; what names
    none is passed over. work: is given a function to call as the last deed in its transaction,
    each time it is tried; what that raises must take the transaction back. by: who asks for it.
    say: is told what stays open. seconds: that the locks of all MACs together may be waited for;
    when None, lock_seconds of [http_api].

    Where PROV is not linked only the work is done. Gives what it gives. Raises DhcpError, and then
    the register is as it was; EngineError when the database fails.
    """
    named = list(devices)
    until = monotonic() + (config.http_api.lock_seconds if seconds is None else seconds)
    for _ in range(_TIMES):
        begun = _begun(rules, named, by)
        if not begun:
            return work(lambda: None)
        try:
            return _Carried(rules, config.dhcp, begun, say).out(work, until)
        except _Overtaken:
            if monotonic() >= until:
                break
    raise Busy("others change the same devices all the time; try again")


def open_changes(rules: Rules) -> list[Change]:
    """The changes of which nobody knows whether the server was told, the oldest first."""
    rows = rules.session.again(lambda: rules.rows(OPEN, "ORDER BY CHANGE_ID"))
    return [
        Change(row["CHANGE_ID"], row["MAC"], row["REQUESTED_AT"], row["REQUESTED_BY"])
        for row in rows
    ]


def settle(
    rules: Rules,
    config: Config,
    say: Say = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Tell the server what the register has of each open change; gives how many are settled.

    What others are at work on is passed over; where PROV is not linked, all of it. say: is told
    of each change that the server refuses. stopping: asked before each, whether to leave the rest.
    Raises DhcpError when the server cannot be asked at all, EngineError.
    """
    changes = open_changes(rules)
    if not changes or not _is_linked(rules, changes[0].mac):
        return 0
    settled = 0
    with open_server(config.dhcp) as server:
        for change in changes:
            if stopping():
                break
            try:
                with _held(rules, [change.mac], _PATIENCE):
                    settled += _settled(rules, server, config.dhcp, change.change_id)
            except Busy:
                continue
            except Refused as error:
                say(f"{change.mac}: change {change.change_id} of DHCP stays open: {error}")
    return settled


def _is_linked(rules: Rules, mac: str) -> bool:
    """Whether PROV is linked, as the rule says that would begin another change."""
    return tried(rules.session, lambda: rules.answer(BEGIN, p_mac=mac)).code != NOT_LINKED


class _Carried:
    """One attempt at work, with its changes noted."""

    def __init__(
        self, rules: Rules, settings: Dhcp | None, begun: Mapping[int, str], say: Say
    ) -> None:
        self._rules = rules
        self._settings = settings
        self._begun = begun  # MACs by the numbers of their changes
        self._say = say
        self._told = False  # anything

    def out(self, work: Callable[[Tell], T], until: float) -> T:
        """Do it, and end what it left open; until: when locks are waited for no longer.

        Raises DhcpError, _Overtaken.
        """
        with self._rules.holding():
            try:
                _hold(self._rules, self._begun.values(), until)
                with open_server(self._settings) as server:
                    done = work(lambda: self._tell(server))
            except Exception as error:
                self._end(error)
                raise
            # It may have been answered without being done, or taken back.
            self._end(None)
            return done

    def _tell(self, server: Server) -> None:
        # All locks of the database first: then the server is told as fast as it can be.
        wanted = [_ended(self._rules, change_id) for change_id in self._begun]
        self._told = True
        _tell(server, self._settings, wanted)

    def _end(self, error: Exception | None) -> None:
        """End the changes that are open still, if that is possible now."""
        if isinstance(error, failures()) or (isinstance(error, NotReached) and self._told):
            self._say(f"changes of DHCP stay open until they are settled: {_list(self._begun)}")
            return
        settled_later: tuple[type[Exception], ...] = DhcpError, *failures()
        try:
            left = [change.change_id for change in open_changes(self._rules)]
            mine = [change_id for change_id in self._begun if change_id in left]
            if mine and self._told:
                with open_server(self._settings) as server:
                    _settled(self._rules, server, self._settings, *mine)
            elif mine:
                _withdrawn(self._rules, mine)
        except settled_later as failed:
            self._say(f"changes of DHCP stay open: {_list(self._begun)}: {type(failed).__name__}")


def _begun(rules: Rules, devices: Sequence[Mapping[str, Any]], by: str | None) -> dict[int, str]:
    """The MACs of the changes that are noted, by their numbers, in the order of the MACs."""

    def attempt() -> dict[int, str]:
        found: list[tuple[str, int]] = []
        with rules.session.transaction():
            for device in devices:
                result = rules.answer(BEGIN, **device, p_requested_by=by)
                if result.code == NOT_LINKED:
                    return {}
                found += [(row["MAC"], row["CHANGE_ID"]) for row in rules.rows_of(BEGIN, result)]
        return {change_id: mac for mac, change_id in sorted(found)}

    return rules.session.again(attempt)


def _settled(rules: Rules, server: Server, settings: Dhcp | None, *changes: int) -> int:
    """Tell the server what is committed, and end changes whose MACs are held.

    Gives how many; 0: one was ended already.
    """

    def attempt() -> int:
        with rules.session.transaction():
            _tell(server, settings, [_ended(rules, change_id) for change_id in changes])
            return len(changes)

    try:
        return rules.session.again(attempt)
    except _Overtaken:
        return 0


def _withdrawn(rules: Rules, changes: Iterable[int]) -> None:
    """End changes of our own of which the server was told nothing."""

    def attempt() -> None:
        with rules.session.transaction():
            for change_id in changes:
                rules.answer(FINISH, p_change_id=change_id)

    rules.session.again(attempt)


def _ended(rules: Rules, change_id: int) -> tuple[str, bool]:
    """End a change in this transaction: its MAC, and whether the server must know it."""
    result = rules.answer(FINISH, p_change_id=change_id)
    if result.code == ENDED:
        raise _Overtaken
    (row,) = rules.rows_of(FINISH, result)
    return row["MAC"], row["WANTED"] == 1


def _tell(server: Server, settings: Dhcp | None, wanted: Iterable[tuple[str, bool]]) -> None:
    if settings is not None:
        server.allow(settings.timeout_seconds)
    for mac, known in wanted:
        if known:
            server.add(mac)
        else:
            server.remove(mac)


# --- Locks ------------------------------------------------------------------------------------


@contextmanager
def _held(rules: Rules, macs: Iterable[str], seconds: int) -> Iterator[None]:
    with rules.holding():
        _hold(rules, macs, monotonic() + seconds)
        yield


def _hold(rules: Rules, macs: Iterable[str], until: float) -> None:
    """Take the locks of MACs, in their order, behind all others. Raises Busy.

    Each once: on Firebird its second transaction would wait for its first one.
    """
    for mac in sorted(set(macs)):
        seconds = seconds_left(until)
        result = rules.hold(TAKE, seconds, p_name=f"dhcp {mac}", p_seconds=seconds)
        if not result.ok:
            raise Busy("another request has been at work on this device for too long; try again")


def _list(begun: Mapping[int, str]) -> str:
    shown = ", ".join(list(begun.values())[:5])
    return shown if len(begun) <= 5 else f"{shown} and {len(begun) - 5} more"
