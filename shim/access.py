"""Who may do what: roles, rights and accounts. The rights are what rules and views declare."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kenshin import scratch
from kenshin.config import Config
from kenshin.engines import EngineError, Right, Session
from kenshin.render import render_macro, template_values

if TYPE_CHECKING:
    from kenshin.release import Step

_PASSWORD = re.compile(r"[A-Za-z0-9_-]{16,128}")
_ACCOUNT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_HOST = re.compile(r"[A-Za-z0-9.:%_/-]{1,255}")
_SHOWN = 5  # rights of a stranger that are named


@dataclass(frozen=True)
class Account:
    """An account of a consumer, and the role that it holds."""

    name: str
    role: str


# --- Rights ---------------------------------------------------------------------------


def roles() -> dict[str, str]:
    """Every consumer of the SQL-API, and what it is there for."""
    return dict(template_values("roles.sql")["roles"])


def declared(config: Config, found: list[Step]) -> set[Right]:
    """The rights that the declarations of a release's steps come to in this installation."""
    rights: set[Right] = set()
    for step in found:
        place = config.places[step.database]
        for declaration in step.unit.declarations:
            for caller in declaration.callers:
                role = config.role(caller)
                if declaration.kind == "view":
                    rights.add(Right(place, "TABLE", declaration.name, "SELECT", role))
                    continue
                rights.add(Right(place, "PROCEDURE", declaration.name, "EXECUTE", role))
                if declaration.staged:
                    stage = f"STAGE_{declaration.staged}"
                    rights.add(Right(place, "PROCEDURE", stage, "EXECUTE", role))
                if config.dialect == "firebird":
                    rights |= set(_beyond(config, found, step, role))
    return rights


def _beyond(config: Config, found: list[Step], step: Step, role: str) -> Iterator[Right]:
    """What a rule needs in other database files: there it has the rights of whoever calls it."""
    givers = {s.unit.name: s for s in found if s.unit.folder == "giver"}
    for used in _reached(config, found, step):
        if used.unit.folder == "alias":
            for name in re.findall(r"GIVE_\w+", used.unit.text):
                place = config.places[givers[name].database]
                yield Right(place, "PROCEDURE", name, "EXECUTE", role)
        for name in scratch.procedures() & scratch.calls(used.unit.text):
            place = scratch.beside(config.places[used.database])
            yield Right(place, "PROCEDURE", name, "EXECUTE", role)


def _reached(config: Config, found: list[Step], step: Step) -> list[Step]:
    """A step, and everything at its place that it mentions, directly or not."""
    here: dict[str, Step] = {}
    for other in found:
        if config.places[other.database] == config.places[step.database]:
            here.setdefault(other.unit.name, other)
            here |= {d.name: other for d in other.unit.declarations}
    reached, todo = [step], [step]
    while todo:
        for name in sorted(todo.pop().unit.mentions):
            used = here.get(name)
            if used is not None and used not in reached:
                reached.append(used)
                todo.append(used)
    return reached


def differences(session: Session, found: list[Step]) -> tuple[set[Right], set[Right]]:
    """The rights that are declared but missing, and those of our grantees that nothing declares."""
    of_roles = declared(session.config, found)
    wanted = of_roles | _of_accounts(session, of_roles) | _of_definer(session.config)
    live = set(_live(session))
    return wanted - live, live - wanted


def _of_accounts(session: Session, of_roles: set[Right]) -> set[Right]:
    """Where accounts do not use their role: its rights, for each account that holds it."""
    if not _values(session.config)["direct"]:
        return set()
    return {
        replace(right, role=grantee)
        for account in _consumers(session)
        for grantee in session.grantees(account.name)
        for right in of_roles
        if right.role == session.config.role(account.role)
    }


def _of_definer(config: Config) -> set[Right]:
    """What `make_definer` gives."""
    values = _values(config)
    rights = {("", privilege) for privilege in values["on_server"]}
    for place in config.places.values():
        schema = str(values["schema"](place)) if values["on_schema"] else place
        rights |= {(schema, privilege) for privilege in values["on_schema"]}
    return {Right(place, "TABLE", "", what, values["definer"]) for place, what in rights}


def _live(session: Session) -> Iterator[Right]:
    """The rights that are there, as far as they are this installation's to give and to take.

    Roles are its own. The definer is that of all installations on a server. An account has its
    role, and with all others, PUBLIC, nothing else of this installation.
    """
    config = session.config
    yield from session.live_rights([config.role(role) for role in roles()])
    definer = _values(config)["definer"]
    for right in session.live_rights([definer] if definer else []):
        if _concerns(session, right):
            yield right
    own = {g: config.role(a.role) for a in _consumers(session) for g in session.grantees(a.name)}
    for right in session.live_rights([*own, "PUBLIC"]):
        is_own = right.kind == "ROLE" and right.name == own.get(right.role)
        if not is_own and _concerns(session, right):
            yield right


def _consumers(session: Session) -> list[Account]:
    """The accounts that were made here, once the table of them is; never who runs this."""
    if not session.live_columns("vps", "ACCOUNT_ROLE"):
        return []
    runs = session.account_name(session.config.connection.user)
    return [account for account in accounts(session) if account.name != runs]


def _concerns(session: Session, right: Right) -> bool:
    """Whether a right reaches into this installation, or to what it keeps accounts in."""
    return _is_at({*session.config.places.values(), *session.access_places(), "mysql"}, right)


def _is_at(ours: set[str], right: Right) -> bool:
    """Whether a right reaches these places; on a whole schema its own place is a pattern."""
    if right.name or right.place in ours:
        return right.place in ours
    pattern = (
        right.place.replace("\\_", "\0").replace("_", "?").replace("%", "*").replace("\0", "_")
    )
    return any(fnmatchcase(place, pattern) for place in ours)


def check_prefix(session: Session) -> None:
    """Raise EngineError when another installation has the roles that this one would use."""
    others = session.other_installations()
    live = session.live_rights([session.config.role(role) for role in roles()]) if others else set()
    taken = sorted({right.place for right in live} & others)
    if taken:
        raise EngineError(
            f"the roles {session.config.role_prefix}… serve the installation at {taken[0]}: "
            "give this one another role_prefix in [access]"
        )


def put(session: Session, found: list[Step]) -> int:
    """Make the roles and bring rights to what is declared; return how many changed."""
    make_roles(session)
    _give_roles(session)
    _rest_roles(session)
    missing, surplus = differences(session, found)
    for right in sorted(surplus):
        _run(session, right.place, "revoke", right)
    for right in sorted(missing):
        _run(session, right.place, "grant", right)
    return len(missing) + len(surplus)


def _give_roles(session: Session) -> None:
    """Give accounts their role wherever they lack it: a scratch file may have been made anew."""
    members = session.live_members()
    for account in _consumers(session):
        role = session.config.role(account.role)
        hosts = _hosts(session, account.name) if session.keeps_logins else {""}
        for place in session.access_places():
            if (place, account.name, role) not in members:
                for host in sorted(hosts):
                    _run(session, place, "give_role", account.name, host, role)


def _rest_roles(session: Session) -> None:
    """Where accounts have their rights themselves, none uses its role: see sql/mysql/login.sql."""
    for name, host in _using_roles(session):
        _run(session, "", "rest_role", name, host)


def _using_roles(session: Session) -> list[tuple[str, str]]:
    if not _values(session.config)["direct"]:
        return []
    ours = {account.name for account in _consumers(session)}
    return sorted((name, host) for name, host, _ in session.live_defaults() if name in ours)


def make_roles(session: Session) -> None:
    """Make the roles that are not there, without a right."""
    there = session.live_roles()
    for place in session.access_places():
        for role in map(session.config.role, roles()):
            if (place, role) not in there:
                _run(session, place, "make_role", role)


def make_definer(session: Session) -> None:
    """Make the locked account whose rights every rule has, where the engine knows such a one."""
    _execute(session, "", "make definer", definer_statements(session.config))


def definer_statements(config: Config) -> list[str]:
    """What makes that account, for a person to run."""
    places = list(dict.fromkeys(config.places.values()))
    return _rendered(config, "make_definer", places)


def role_statements(config: Config) -> list[str]:
    """What makes the roles."""
    return [text for role in roles() for text in _rendered(config, "make_role", config.role(role))]


def account_statements(config: Config) -> list[str]:
    """What brings accounts to the rights of their roles, where they do not use the role."""
    if not _values(config)["direct"]:
        return []
    places = list(dict.fromkeys(config.places.values()))
    given = config.role_prefix, config.places["mdm"], config.places["vps"], places
    return _rendered(config, "settle_accounts", *given)


def grants(config: Config, rights: list[Right]) -> list[str]:
    """What gives rights."""
    return [text for right in rights for text in _rendered(config, "grant", right)]


def revokes(config: Config, rights: list[Right]) -> list[tuple[str, list[str]]]:
    """What takes rights on objects back, each behind a query that gives a row when it is gone."""
    return [
        (_rendered(config, "has_no", right)[0], _rendered(config, "revoke", right))
        for right in rights
    ]


# --- Accounts -------------------------------------------------------------------------


def new_password() -> str:
    """A password that nobody can guess: 192 random bits."""
    return secrets.token_urlsafe(24)


def stray_accounts(session: Session) -> Iterator[tuple[str, str]]:
    """Accounts that are not as they should be: name, and why.

    That is the definer, accounts that rules take for a consumer's and the engine does not, and
    whoever has rights here and is none of ours.
    """
    definer = _values(session.config)["definer"]
    if session.live_rights([definer] if definer else []) and not session.is_locked(definer):
        yield definer, "is not locked"
    for name, _ in _using_roles(session):
        yield name, "uses its role from the login on: kenshin db apply mends it"
    logins = {name for name, _ in session.live_logins()} if session.keeps_logins else set()
    members = session.live_members()
    for account in accounts(session):
        role = session.config.role(account.role)
        if session.keeps_logins and account.name not in logins:
            yield account.name, "stands in ACCOUNT_ROLE only: drop it"
        elif any((place, account.name, role) not in members for place in session.access_places()):
            yield (
                account.name,
                f"does not hold its role {role}: kenshin db apply gives it, or drop the account",
            )
    yield from strangers(session)


def strangers(session: Session) -> Iterator[tuple[str, str]]:
    """Who else has rights here: roles of an earlier prefix, accounts that somebody gave some.

    Whoever may read the whole server, or installs, is none. Nothing of it is taken back.
    """
    config = session.config
    ours = {_values(config)["definer"], "PUBLIC", *map(config.role, roles())}
    ours |= {g for account in accounts(session) for g in session.grantees(account.name)}
    installers = _installers(session)
    places = {*config.places.values(), *session.access_places()} - {""}
    for holder, name in sorted(session.holders().items()):
        if name in installers or {holder, name} & ours:
            continue
        rights = [
            f"{right.privilege} on {right.kind} {right.name or '*'}"
            for right in sorted(session.live_rights([holder]))
            if right.kind != "ROLE" and right.grantor != holder and _is_at(places, right)
        ]
        if rights:
            more = ", …" if len(rights) > _SHOWN else ""
            yield holder, f"is nobody's and has rights here: {', '.join(rights[:_SHOWN])}{more}"


def _installers(session: Session) -> set[str]:
    """The accounts that bring releases in: this one, and those that did."""
    names = {session.account_name(session.config.connection.user)}
    if session.live_columns("mdm", "SCHEMA_HISTORY"):
        rows = session.execute("mdm", "SELECT DISTINCT h.ACCOUNT FROM SCHEMA_HISTORY h")
        names |= {str(account).partition("@")[0] for (account,) in rows}
    return names


def accounts(session: Session) -> list[Account]:
    """Every account of a consumer that was made here."""
    rows = session.execute(
        "vps", "SELECT a.ACCOUNT, a.ROLE_NAME FROM ACCOUNT_ROLE a ORDER BY a.ACCOUNT"
    )
    return [Account(str(name), str(role)) for name, role in rows]


def add_account(session: Session, name: str, role: str, password: str, host: str = "%") -> None:
    """Make an account of a consumer, and let the rules know which consumer it is.

    Raises EngineError for a name that is badly formed or taken, an unknown role, or a password
    that is badly formed. The embedded engine asks for no password and keeps none.
    """
    _check_names(name, host)
    if role not in roles():
        raise EngineError(f"role {role}: there are {', '.join(roles())}")
    if session.keeps_logins and not _PASSWORD.fullmatch(password):
        raise EngineError(
            "the password must be 16 to 128 letters, digits, minus signs and underscores"
        )
    name = session.account_name(name)
    if any(account.name == name for account in accounts(session)):
        raise EngineError(f"account {name} is there already: drop it first")
    if _hosts(session, name):
        raise EngineError(f"the server has an account {name} of its own: take another name")
    # Broken off anywhere from here on, it stays an account that `drop_account` knows.
    with session.transaction():
        session.execute(
            "vps", "INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES (?, ?)", [name, role]
        )
    made = False
    try:
        if session.keeps_logins:
            _run(session, "", "make_login", name, host, password)
        made = True
        for place in session.access_places():
            _run(session, place, "give_role", name, host, session.config.role(role))
        if _values(session.config)["direct"]:
            _give_rights(session, name, session.config.role(role))
    except BaseException:
        _remove(session, name, host, [role] if made else [])
        raise


def _give_rights(session: Session, name: str, role: str) -> None:
    """Give an account the rights that its role has now."""
    for grantee in session.grantees(name):
        for right in sorted(session.live_rights([role])):
            _run(session, right.place, "grant", replace(right, role=grantee))


def drop_account(session: Session, name: str, host: str = "%") -> None:
    """Remove an account of a consumer, or what is left of one, wherever it broke off.

    Raises EngineError when there is none of this name, and when it logs in from another host.
    """
    _check_names(name, host)
    name = session.account_name(name)
    held = {role for _, account, role in session.live_members() if account == name}
    known = {account.role for account in accounts(session) if account.name == name}
    known |= {role for role in roles() if session.config.role(role) in held}
    if not known or name == session.account_name(session.config.connection.user):
        raise EngineError(f"there is no account {name}")
    hosts = _hosts(session, name)
    if hosts and not hosts & {host, ""}:
        raise EngineError(f"account {name} logs in from {', '.join(sorted(hosts))}: say --host")
    _remove(session, name, host, sorted(known))


def _hosts(session: Session, name: str) -> set[str]:
    """From where an account of this name may log in; '' where the engine does not say."""
    if not session.keeps_logins:
        return set()
    return {host for login, host in session.live_logins() if login == name}


def _remove(session: Session, name: str, host: str, held: list[str]) -> None:
    """Remove first what rules go by; the roles by which `drop_account` knows it go last."""
    with session.transaction():
        session.execute("vps", "DELETE FROM ACCOUNT_ROLE WHERE ACCOUNT = ?", [name])
    if held and _hosts(session, name):
        _run(session, "", "drop_login", name, host)
    wanted = {(name, session.config.role(role)) for role in held}
    for place, account, role in sorted(session.live_members()):
        if (account, role) in wanted:
            _run(session, place, "take_role", name, host, role)


def _check_names(name: str, host: str) -> None:
    if not _ACCOUNT.fullmatch(name):
        raise EngineError(f"account {name!r}: a letter, then letters, digits and underscores")
    if not _HOST.fullmatch(host):
        raise EngineError(f"host {host!r}: a name or an address, with % for any")


def _values(config: Config) -> dict[str, Any]:
    return template_values("access.sql", dialect=config.dialect)


def _rendered(config: Config, macro: str, *arguments: object) -> list[str]:
    return render_macro(config.dialect, "access.sql", macro, *arguments)


def _run(session: Session, place: str, macro: str, *arguments: object) -> None:
    rendered = _rendered(session.config, macro, *arguments)
    _execute(session, place, macro.replace("_", " "), rendered)


def _execute(session: Session, place: str, what: str, rendered: list[str]) -> None:
    places = session.access_places()
    where = place if place in places else places[0]
    for statement in rendered:
        try:
            with session.transaction():
                session.execute(where, statement)
        except session.driver_error as error:
            # Not the statement, which may hold a password.
            raise EngineError(f"{what}: {error}") from None
