"""What is in the databases of an installation, against what its release puts there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from kenshin import access, link, scratch
from kenshin.engines import Code, Session, Table, open_session
from kenshin.release.steps import Step, prelude
from kenshin.render import DATABASES, plain
from kenshin.wanted import Wanted, wanted

_FOREIGN = "is not of this release"
_PATIENCE = 2  # seconds that a call waits for rows that others hold


@dataclass(frozen=True)
class Difference:
    """An object of a database that is not as it should be, and what is wrong with it."""

    database: str
    name: str
    what: str
    is_record: bool = False  # it is in what SCHEMA_RELEASE says, and in nothing else

    def __str__(self) -> str:
        return f"{self.database}.{self.name} {self.what}".lstrip(".")


@dataclass
class Place:
    """What one place has, read once, and what the steps seen so far want there."""

    database: str  # the first one that is there
    tables: dict[str, Table]
    code: dict[str, Code]
    frozen: dict[str, str]
    recorded: dict[str, tuple[str, str]]  # by the key of a step: its checksum, its fingerprint
    wanted: Wanted = field(default_factory=Wanted)


def differences(session: Session, steps: list[Step]) -> list[Difference]:
    """Compare what is live with what the steps make; an empty list means all is as it should be.

    What no step makes is listed too, and left alone: it may be another program's.
    """
    places = read(session, set(session.config.places.values()))
    found = []
    for place in places.values():
        wrong = _code(session.config.dialect, place, place.wanted)
        found += [Difference(place.database, name, what) for name, what in wrong]
    for step in steps:
        place = places[session.config.places[step.database]]
        made = wanted(session.config.dialect, step.unit.statements, step.unit.declarations)
        place.wanted.tables |= made.tables
        place.wanted.code |= made.code
        everything = [*_tables(place, made), *_code(session.config.dialect, place, made, step.key)]
        found += [Difference(step.database, name, what) for name, what in everything]
        found += list(_record(place, step))
    for place in places.values():
        found += list(_foreign(place))
    for beside in (scratch, link):
        found += [Difference(*wrong) for wrong in beside.differences(session)]
    return found + list(_access(session, steps, places))


def altered(
    session: Session, steps: list[Step], places: dict[str, Place]
) -> Iterator[tuple[Step, set[str]]]:
    """Steps whose views or routines are not as they make them, by what was read of the places.

    With each come those of its routines that the step's own statements would leave as they are.
    """
    for step in steps:
        made = wanted(session.config.dialect, step.unit.statements, step.unit.declarations)
        place = places[session.config.places[step.database]]
        wrong = {name for name, _ in _code(session.config.dialect, place, made, step.key)}
        if wrong:
            yield step, wrong & made.kept


def read(session: Session, asked: set[str]) -> dict[str, Place]:
    """What each of the places that are asked for has; they must be there."""
    dialect = session.config.dialect
    places: dict[str, Place] = {}
    for database in DATABASES:
        where = session.config.places[database]
        if where in places or where not in asked:
            continue
        if dialect != "firebird":
            for statement in prelude(dialect):
                session.execute(database, statement)
        tables = session.live_tables(database)
        places[where] = Place(
            database,
            tables,
            session.live_code(database),
            session.frozen(database),
            _recorded(session, database, tables),
        )
        if dialect == "firebird":
            places[where].wanted = wanted(dialect, prelude(dialect))
    return places


def _recorded(
    session: Session, database: str, tables: dict[str, Table]
) -> dict[str, tuple[str, str]]:
    known = tables.get("SCHEMA_RELEASE")
    if known is None:
        return {}
    # A record that is older than fingerprints gets the column by the next `apply`.
    fingerprint = "r.FINGERPRINT" if "FINGERPRINT" in known.columns else "NULL"
    rows = session.execute(
        database, f"SELECT r.OBJECT, r.CHECKSUM, {fingerprint} FROM SCHEMA_RELEASE r"
    )
    return {str(key): (str(checksum), str(text or "")) for key, checksum, text in rows}


# --- What a step makes ----------------------------------------------------------------


def _record(place: Place, step: Step) -> Iterator[Difference]:
    checksum, _ = place.recorded.get(step.key, ("", ""))
    if checksum != step.checksum:
        what = "is recorded with another text" if checksum else "is not recorded"
        yield Difference(step.database, step.key, what, is_record=True)


def _tables(place: Place, made: Wanted) -> Iterator[tuple[str, str]]:
    """Each name and what is wrong with it."""
    for name, table in made.tables.items():
        live = place.tables.get(name)
        if live is None:
            yield name, "is missing"
        else:
            yield from _table(name, table, live, place.frozen)


def _code(dialect: str, place: Place, made: Wanted, key: str = "") -> Iterator[tuple[str, str]]:
    """Each name and what is wrong with it."""
    for name, code in made.code.items():
        live = place.code.get(name)
        if live is None:
            yield name, "is missing"
        elif live.kind != code.kind:
            yield name, f"is a {live.kind}, not a {code.kind}"
        else:
            if not _same_body(dialect, code, live, place.recorded.get(key)):
                yield name, "has another body"
            for what in _settings(code.settings, live.settings, place.frozen):
                yield name, what


def _same_body(dialect: str, code: Code, live: Code, recorded: tuple[str, str] | None) -> bool:
    if code.kind == "VIEW" and dialect != "firebird":
        # The server has written it in its own words: they must be those of the first time.
        return recorded is None or recorded[1] in ("", live.fingerprint)
    return plain(code.body) == plain(live.body)


def _table(
    name: str, table: Table, live: Table, frozen: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for column, spec in table.columns.items():
        there = live.columns.get(column)
        if there is None:
            yield f"{name}.{column}", "is missing"
        elif there != spec:
            yield f"{name}.{column}", f"is {there}, not {spec}"
    for column in sorted(live.columns.keys() - table.columns.keys()):
        yield f"{name}.{column}", _FOREIGN
    common = [column for column in live.columns if column in table.columns]
    if common != [column for column in table.columns if column in live.columns]:
        yield name, "has its columns in another order"
    if live.key != table.key:
        yield name, f"has the primary key ({', '.join(live.key)}), not ({', '.join(table.key)})"
    if live.temporary != table.temporary:
        yield name, "keeps its rows" if table.temporary else "does not keep its rows"
    yield from _indexes(name, table, live)
    foreign = {f"comment of {column}" for column in live.columns.keys() - table.columns.keys()}
    settings = {key: text for key, text in live.settings.items() if key not in foreign}
    for what in _settings(table.settings, settings, frozen):
        yield name, what


def _indexes(name: str, table: Table, live: Table) -> Iterator[tuple[str, str]]:
    for index in sorted(live.indexes.keys() - table.indexes.keys()):
        yield f"index {name}.{index}", _FOREIGN
    for index, declared in table.indexes.items():
        there = live.indexes.get(index)
        if there is None:
            yield f"index {name}.{index}", "is missing"
        elif (there.fields, there.unique) != (declared.fields, declared.unique):
            is_, not_ = (
                f"{'unique ' if i.unique else ''}({', '.join(i.fields)})" for i in (there, declared)
            )
            yield f"index {name}.{index}", f"is {is_}, not {not_}"


def _settings(
    declared: dict[str, str], live: dict[str, str], frozen: dict[str, str]
) -> Iterator[str]:
    for setting, there in live.items():
        wanted = declared.get(setting, frozen.get(setting, ""))
        if there != wanted and setting.startswith("comment"):
            yield f"has another {setting}"
        elif there != wanted:
            yield f"has {setting} {there or '(none)'}, not {wanted or '(none)'}"


# --- What no step makes ---------------------------------------------------------------


def _foreign(place: Place) -> Iterator[Difference]:
    for name in sorted(place.tables.keys() - place.wanted.tables.keys()):
        yield Difference(place.database, name, _FOREIGN)
    for name in sorted(place.code.keys() - place.wanted.code.keys()):
        yield Difference(place.database, name, f"{_FOREIGN}: {place.code[name].kind.lower()}")


def _access(session: Session, steps: list[Step], places: dict[str, Place]) -> Iterator[Difference]:
    missing, surplus = access.differences(session, steps)
    for right in sorted(missing):
        yield Difference(right.place, str(right), "is missing")
    for right in sorted(surplus):
        yield Difference(right.place, str(right), "is nobody's")
    yield from _definers(session, places.values())
    if "ACCOUNT_ROLE" in places[session.config.places["vps"]].tables:
        for name, what in access.stray_accounts(session):
            yield Difference("vps", f"account {name}", what)


def _definers(session: Session, places: Iterable[Place]) -> Iterator[Difference]:
    """Without the account that it runs as, no call of a rule is possible."""
    names = {c.settings.get("definer", "") for place in places for c in place.wanted.code.values()}
    accounts = {name for name in names if "@" in name}
    logins = {f"{name}@{host}" for name, host in session.live_logins()} if accounts else set()
    for name in sorted(accounts - logins):
        yield Difference("", f"account {name}", "is missing")


# --- What fails when it is used -------------------------------------------------------


def probe(session: Session, steps: list[Step]) -> list[Difference]:
    """Select no row of every view, and call every rule once with nulls: what fails.

    Calls are harmless for a reason that the engine gives, not the rules: each is a transaction
    that may read only. A rule that would write is stopped at its first write, and has worked so
    far. No file is written either: a rule refuses a file that has no name.
    """
    # What is done to a connection for this ends with it.
    with open_session(session.config) as trial:
        trial.wait_at_most(_PATIENCE)
        return list(_probed(trial, steps))


def _probed(session: Session, steps: list[Step]) -> Iterator[Difference]:
    for database in DATABASES:
        mine = [step for step in steps if step.database == database]
        views, helpers, rules = _used(session.config.dialect, mine)
        for view in views:
            select = partial(session.execute, database, f"SELECT v.* FROM {view} v WHERE 1 = 0")
            why = session.refusal(select)
            if why:
                yield Difference(database, view, f"fails when selected from: {why}")
        for name, why in session.failing(database, helpers, rules):
            yield Difference(database, name, f"fails when called: {why}")


def _used(dialect: str, steps: list[Step]) -> tuple[list[str], list[str], dict[str, int]]:
    """Views; procedures that take and give nothing, for they make what rules use; rules.

    Rules come with the number of their arguments.
    """
    views: list[str] = []
    helpers: list[str] = []
    rules: dict[str, int] = {}
    for step in steps:
        kinds = {d.name: d.kind for d in step.unit.declarations}
        for name, code in wanted(dialect, step.unit.statements).code.items():
            if code.kind == "VIEW":
                views.append(name)
            elif code.settings.get("parameters") == "" and kinds.get(name) != "body":
                helpers.append(name)
        rules |= {d.name: len(d.takes) for d in step.unit.declarations if d.kind == "procedure"}
    return views, helpers, rules
