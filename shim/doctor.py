"""What is wrong with an installation, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kenshin import __version__, dhcp, doctor_settings, preflight, release, source
from kenshin import secret as secrets
from kenshin.config import Config
from kenshin.engines import open_session
from kenshin.engines.facts import Facts, Finding, attempt, facts_of
from kenshin.render import DATABASES
from kenshin.secret import KeyRing, SecretError

APART = 5.0  # seconds that two clocks may differ
FAR_APART = 60.0
NAMED = 5
DAY = timedelta(days=1)
OPEN_FOR = timedelta(minutes=15)  # a change of DHCP, after which nobody seems to settle it

Clock = Callable[[], datetime]


def check(config: Config) -> list[Finding]:
    """Everything that `preflight` looks at, and how the installation does. None raises."""
    found = [_milder(finding) for finding in preflight.check(config)]
    if found[0].what == "server" and found[0].state == "error":
        return [*found, *_keys(config)]
    with open_session(config) as session:
        facts = facts_of(session)
        for what, work in _checks(facts).items():
            found += attempt(session, what, work)
    return [*found, *_keys(config)]


def _milder(finding: Finding) -> Finding:
    # The account that cron uses needs no right to install.
    if finding.what == "privileges" and finding.state == "error":
        return replace(finding, state="warning", do=f"for a release: {finding.do}")
    return finding


def _checks(facts: Facts) -> dict[str, Callable[[], Iterable[Finding]]]:
    missing = sorted(set(facts.config.places.values()) - set(facts.places))
    if missing:
        do = "kenshin db apply"
        nothing = Finding("release", "error", f"{', '.join(missing)} is not there", do)
        return {"release": lambda: [nothing]}
    return {
        "release": lambda: installed(facts),
        "drift": lambda: drift(facts.config),
        "clock": lambda: clock(facts),
        "time zone": lambda: zones(facts),
        "late logs": lambda: late_logs(facts),
        "alerts": lambda: alerts(facts),
        "errors of rules": lambda: rule_errors(facts),
        "dhcp": lambda: dhcp_link(facts),
        "settings": lambda: doctor_settings.check(facts),
        "settings for its size": lambda: doctor_settings.check_size(facts),
    }


# --- The release ----------------------------------------------------------------------


def installed(facts: Facts) -> Iterator[Finding]:
    """Which release is installed, against that of this program."""
    runs = [run for run, _ in release.history(facts.config)]
    if not runs:
        # An account without rights sees no table either: then the engine refuses this.
        facts.value("SELECT COUNT(*) FROM SCHEMA_RELEASE", database="mdm")
        do = "kenshin db apply; or kenshin db baseline, for one that was made otherwise"
        yield Finding("release", "error", "nobody noted what is installed", do)
        return
    for run in runs:
        if run.state == "RUNNING":
            do = "kenshin db resume, or kenshin db rollback, unless it is going on now"
            found = f"run {run.number}, {run.action} {run.release}, has not ended"
            yield Finding("release", "error", found, do)
    now = release.installed(facts.session)
    live = now.release if now else "none"
    found = f"{live} is installed, this program is {__version__}"
    if live == __version__:
        yield Finding("release", "ok", found)
    else:
        older = now is None or source.order(now.structure) <= source.order(__version__)
        do = "kenshin db apply" if older else "run the program of the release that is installed"
        yield Finding("release", "warning", found, do)


def drift(config: Config) -> Iterator[Finding]:
    """Whether the live objects and rights are those of the release."""
    differences = release.verify(config)
    if not differences:
        yield Finding("drift", "ok", "all objects and rights are the release's")
        return
    named = "; ".join(map(str, differences[:NAMED]))
    more = f", and {len(differences) - NAMED} more" if len(differences) > NAMED else ""
    do = "kenshin db verify names all, kenshin db apply puts them back"
    yield Finding("drift", "warning", f"{len(differences)}: {named}{more}", do)


def _one_of_each_place(config: Config) -> list[str]:
    places = [config.places[database] for database in DATABASES]
    return [d for n, d in enumerate(DATABASES) if config.places[d] not in places[:n]]


# --- Clocks ---------------------------------------------------------------------------


def clock(facts: Facts, ours: Clock = lambda: datetime.now(UTC)) -> Iterator[Finding]:
    """The server's clock against ours."""
    before, theirs, after = ours(), facts.utc(), ours()
    asking = (after - before) / 2
    apart = theirs - (before + asking).replace(tzinfo=None)
    # The answer may be as old as the question took.
    surely = (abs(apart) - asking).total_seconds()
    found = f"the server's clock is {abs(apart).total_seconds():.1f} s "
    found += "ahead" if apart > timedelta() else "behind"
    do = "let both machines follow the same time server"
    if surely < APART:
        yield Finding("clock", "ok", found)
    else:
        yield Finding("clock", "error" if surely >= FAR_APART else "warning", found, do)


def zones(facts: Facts, ours: Callable[[datetime], datetime] | None = None) -> Iterator[Finding]:
    """Both sides' local time against the station's standard time, without daylight saving."""
    name = facts.value(
        "SELECT c.\"VALUE\" FROM MDM_CONFIG c WHERE c.NAME = 'STATION_ZONE'", database="mdm"
    )
    try:
        station = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        do = "kenshin config set STATION_ZONE to one like Asia/Tokyo; the package tzdata has them"
        yield Finding("time zone", "warning", f"STATION_ZONE {name!r} is not known here", do)
        return
    at = datetime.now(UTC)
    standard = _offset_of(station, at)
    yield _zone(f"database, {facts.zone()}", facts.local, at, name, standard)
    yield _zone("this machine", ours or _local, at, name, standard)


def _zone(
    side: str,
    local: Callable[[datetime], datetime],
    at: datetime,
    station: str,
    standard: timedelta,
) -> Finding:
    """One side's zone now, and in winter and summer."""
    moments = [
        at.replace(tzinfo=None, microsecond=0),
        datetime(at.year, 1, 15),
        datetime(at.year, 7, 15),
    ]
    now, *seasons = [local(moment) - moment for moment in moments]
    wanted = f"standard time of {station} is {_hours(standard)}"
    do = (
        "set default_time_zone (MySQL, MariaDB), DefaultTimeZone (Firebird), or TZ of this program"
        " and cron, to the station's standard time all year; or kenshin config set STATION_ZONE"
    )
    if now != standard:
        found = f"{side}: {_hours(now)}, but the {wanted}"
        return Finding("time zone", "error", found, do)
    if set(seasons) != {standard}:
        found = f"{side}: daylight saving moves it, but the {wanted}"
        return Finding("time zone", "error", found, do)
    return Finding("time zone", "ok", f"{side}: {_hours(now)}, as the {wanted}")


def _offset_of(station: ZoneInfo, at: datetime) -> timedelta:
    local = at.astimezone(station)
    return (local.utcoffset() or timedelta()) - (local.dst() or timedelta())


def _local(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


def _hours(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


# --- How it does ----------------------------------------------------------------------


def late_logs(facts: Facts) -> Iterator[Finding]:
    """Logs that are overdue, and those that were given up in the last day."""
    rows = facts.session.execute(
        "mdm",
        "SELECT l.STATE, COUNT(*), MIN(l.SNAPSHOT_TIME) FROM LATE_LOG l"
        " WHERE l.STATE = 'OVERDUE' OR (l.STATE = 'MISSING' AND l.SNAPSHOT_TIME >= ?)"
        " GROUP BY l.STATE",
        [_yesterday(facts)],
    )
    do = {
        "OVERDUE": "see whether cron runs kenshin cycle, and whether the head-end delivers",
        "MISSING": "see to the head-end: SELECT * FROM LATE_LOG says which and when",
    }
    for state, count, first in rows:
        found = f"{count} {state}, the first of {first}"
        yield Finding("late logs", "warning", found, do[str(state)])
    if not rows:
        yield Finding("late logs", "ok", "none in the last day")


def alerts(facts: Facts) -> Iterator[Finding]:
    """Alerts that are not cleared."""
    rows = facts.session.execute(
        "mdm",
        "SELECT a.ALERT_CODE, COUNT(*) FROM OPEN_ALERT a GROUP BY a.ALERT_CODE ORDER BY 2 DESC",
    )
    if not rows:
        yield Finding("alerts", "ok", "none is open")
        return
    named = ", ".join(f"{count} {code}" for code, count in rows[:NAMED])
    do = "SELECT * FROM OPEN_ALERT names the points and what was found"
    yield Finding("alerts", "warning", f"{sum(n for _, n in rows)} open: {named}", do)


def rule_errors(facts: Facts) -> Iterator[Finding]:
    """SQL errors of rules in the last day; their texts may hold data, so only rules are named."""
    found: list[str] = []
    for database in _one_of_each_place(facts.config):
        rows = facts.session.execute(
            database,
            "SELECT e.ROUTINE, COUNT(*) FROM RULE_ERROR e WHERE e.OCCURRED_AT >= ?"
            " GROUP BY e.ROUTINE ORDER BY 2 DESC",
            [_yesterday(facts)],
        )
        found += [f"{count} of {routine} in {database}" for routine, count in rows]
    if found:
        do = "SELECT * FROM RULE_ERROR has the texts"
        yield Finding("errors of rules", "warning", ", ".join(found[:NAMED]), do)
    else:
        yield Finding("errors of rules", "ok", "none in the last day")


def dhcp_link(facts: Facts) -> Iterator[Finding]:
    """Whether the DHCP server of a PROV that is linked can be told, and what it was not told."""
    linked = facts.value(
        "SELECT c.\"VALUE\" FROM MDM_CONFIG c WHERE c.NAME = 'PROV_LINKED'", database="mdm"
    )
    long_ago = facts.local(facts.utc().replace(microsecond=0)) - OPEN_FOR
    rows = facts.session.execute(
        "mdm",
        "SELECT COUNT(*), MIN(c.REQUESTED_AT) FROM OPEN_DHCP_CHANGE c WHERE c.REQUESTED_AT < ?",
        [long_ago],
    )
    ((count, first),) = rows
    if linked != "1" and not count:
        return
    do = "kenshin serve settles them; SELECT * FROM OPEN_DHCP_CHANGE says which"
    if linked == "1":
        yield _dhcp_server(facts.config)
    else:
        do = "nobody settles them while PROV is not linked: kenshin config set PROV_LINKED 1, or "
        do += "end those of OPEN_DHCP_CHANGE by FINISH_DHCP_CHANGE"
    if count:
        found = f"{count} changes are open, the first since {first}"
        yield Finding("dhcp", "warning", found, do)


def _dhcp_server(config: Config) -> Finding:
    to = config.dhcp
    where = f"{to.url or f'{to.host}:{to.port}'}: " if to else ""
    try:
        with dhcp.open_server(to):
            return Finding("dhcp", "ok", f"{where}the DHCP server takes what it is told")
    except dhcp.DhcpError as error:
        do = "no device comes or goes until it can be told: see [dhcp] in kenshin.toml"
        return Finding("dhcp", "error", f"{where}{error}", do)


def _yesterday(facts: Facts) -> datetime:
    """A day ago by the clock that rules go by."""
    return facts.local(facts.utc().replace(microsecond=0)) - DAY


def _keys(config: Config) -> Iterator[Finding]:
    """The key-encryption keys: whether this user can read them."""
    try:
        if secrets.ENVIRONMENT in os.environ:
            ring, where = KeyRing.from_environment(), secrets.ENVIRONMENT
        elif config.kek_file is not None:
            ring, where = KeyRing.load(config.kek_file), str(config.kek_file)
        else:
            do = "set kek_file in [secrets], and run kenshin secret new-key, where keys are wrapped"
            yield Finding("keys", "warning", "no file of keys is configured", do)
            return
    except SecretError as error:
        do = "put the file of keys back, for this user alone to read"
        yield Finding("keys", "error", str(error), do)
        return
    yield Finding("keys", "ok", f"{len(ring.ids)} in {where}, {ring.active} is active")
