"""Whether the settings of a server are those that kenshin recommends."""

from __future__ import annotations

import os
from collections.abc import Iterator

from kenshin.config import Config
from kenshin.engines.facts import Facts, Finding, Unknown
from kenshin.recommended import MANY, SETTINGS, Live

_HERE = ("", "localhost", "127.0.0.1", "::1")


def check(facts: Facts) -> Iterator[Finding]:
    """What is to be set otherwise at every station."""
    yield from judged("settings", _live(facts), many=False)


def check_size(facts: Facts) -> Iterator[Finding]:
    """What is to be set otherwise at a station of this size."""
    devices = int(facts.value("SELECT COUNT(*) FROM LOGICAL_DEVICE", database="mdm"))
    if devices >= MANY:
        yield from judged("settings for its size", _live(facts), many=True)


def judged(what: str, live: Live, *, many: bool) -> Iterator[Finding]:
    """The settings of one kind that are wrong, each with what to do; or that none is."""
    mine = [
        setting
        for setting in SETTINGS
        if setting.wrong is not None and setting.many is many and live.engine in setting.engines
    ]
    wrong = [(setting, found) for setting in mine if (found := setting.judge(live))]
    for setting, found in wrong:
        yield Finding(what, "warning", found, f"{setting.do}: {_low(setting.why)}")
    if not wrong:
        yield Finding(what, "ok", f"as recommended: {', '.join(s.name for s in mine)}")


def _low(text: str) -> str:
    """A reason as the end of a sentence."""
    begin = text[:1] if text[1:2].isupper() else text[:1].lower()
    return (begin + text[1:]).rstrip(".")


def _live(facts: Facts) -> Live:
    if facts.config.dialect == "firebird":
        return _live_of_firebird(facts)
    rows = facts.session.execute("", "SHOW GLOBAL VARIABLES")
    hot, files = _histories(facts)
    return Live(
        facts.config.engine,
        {str(name).lower(): str(value) for name, value in rows},
        hot,
        files,
        _memory(facts.config),
    )


def _histories(facts: Facts) -> tuple[int, int]:
    """The bytes of the partitions that rows still come into, and the number of all partitions."""
    # A day that is packed has a name of nine characters, and nobody writes to it.
    rows = facts.session.execute(
        "",
        "SELECT COALESCE(SUM(CASE WHEN CHAR_LENGTH(p.PARTITION_NAME) = 9 THEN 0"
        " ELSE p.DATA_LENGTH + p.INDEX_LENGTH END), 0), COUNT(*)"
        " FROM information_schema.PARTITIONS p"
        " WHERE p.TABLE_SCHEMA = ? AND p.TABLE_NAME IN ('USAGE_HISTORY', 'QUOTE_HISTORY')",
        [facts.config.places["vps"]],
    )
    ((hot, files),) = rows
    if not files:
        raise Unknown("this account does not see the histories: use the one that installs")
    return int(hot), int(files)


def _live_of_firebird(facts: Facts) -> Live:
    place = facts.config.places["mdm"]
    rows = facts.session.execute(
        place, "SELECT TRIM(c.RDB$CONFIG_NAME), c.RDB$CONFIG_VALUE FROM RDB$CONFIG c"
    )
    if not rows:
        raise Unknown("only the database's owner and SYSDBA see firebird.conf")
    values = {str(name): str(value) for name, value in rows if value is not None}
    query = "SELECT d.MON$PAGE_SIZE, d.MON$PAGE_BUFFERS FROM MON$DATABASE d"
    pages, buffers = zip(*(facts.session.execute(p, query)[0] for p in facts.places), strict=True)
    values["page size"], values["page buffers"] = str(min(pages)), str(min(buffers))
    return Live(facts.config.engine, values)


def _memory(config: Config) -> int | None:
    """The memory of the server's machine, which is known when it is this one."""
    if not config.connection.socket and config.connection.host not in _HERE:
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
