"""Verbs of the keys to the HTTP-API."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from kenshin import config as configuration
from kenshin.catalog import Catalog
from kenshin.engines import EngineError, Result, Session, open_session
from kenshin.render import template_values
from kenshin.rules import Rules
from kenshin.secret import new_private

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _span(_context: click.Context, _param: click.Parameter, text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if match is None:
        raise click.BadParameter("a number with m, h or d behind it: 30m, 24h, 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


FILE = click.option(
    "--file",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Put the key into this new file, for you alone to read, and print nothing of it.",
)


@click.group()
def key() -> None:
    """Add, rotate and revoke the keys of the HTTP-API's clients.

    A key is shown once, when it is made: the database has only its hash. Only the account that
    installs makes, rotates and revokes keys.
    """


@key.command("add")
@click.option("--client", required=True, help="Who calls with it; its name in logs and limits.")
@click.option(
    "--role", required=True, type=click.Choice(list(template_values("api_roles.sql")["api_roles"]))
)
@click.option(
    "--network",
    "networks",
    multiple=True,
    help="Address or network that it is good from, as 192.0.2.0/24; several: give it again.",
)
@click.option("--expires", type=MOMENT, help="From when on it is refused, by the database's clock.")
@click.option("--note", help="What there is to say of it.")
@FILE
@click.pass_obj
def add(
    path: Path,
    client: str,
    role: str,
    networks: tuple[str, ...],
    expires: datetime | None,
    note: str | None,
    target: Path | None,
) -> None:
    """Make a key for a client; without --network it is good from anywhere."""
    allowed = ",".join(_network(text) for text in networks) or None
    with _rules(path) as rules, _made(target) as (key_id, digest):
        _run(
            rules,
            "ADD_API_KEY",
            p_key_id=key_id,
            p_client=client,
            p_key_hash=digest,
            p_role=role,
            p_networks=allowed,
            p_expires_at=expires,
            p_note=note,
        )


@key.command("rotate")
@click.argument("key_id")
@click.option(
    "--overlap",
    callback=_span,
    default="24h",
    show_default=True,
    help="How long the old key is good beside the new one: 30m, 24h, 7d.",
)
@FILE
@click.pass_obj
def rotate(path: Path, key_id: str, overlap: timedelta, target: Path | None) -> None:
    """Make a key that replaces KEY_ID, with the same client, role and networks."""
    with _rules(path) as rules, _made(target) as (new_key_id, digest):
        _run(
            rules,
            "ROTATE_API_KEY",
            p_key_id=key_id,
            p_new_key_id=new_key_id,
            p_key_hash=digest,
            p_expires_at=_now(rules.session) + overlap,
        )


@key.command("revoke")
@click.argument("key_id")
@click.option("--at", type=MOMENT, help="From when on it is refused, instead of now.")
@click.pass_obj
def revoke(path: Path, key_id: str, at: datetime | None) -> None:
    """End key KEY_ID; every server refuses it within 5 seconds."""
    with _rules(path) as rules:
        result = _run(rules, "EXPIRE_API_KEY", p_key_id=key_id, p_expires_at=at)
    said = "had ended already, or ends earlier" if result.code else "revoked"
    click.echo(f"key {key_id}: {said}")


@key.command("list")
@click.pass_obj
def list_(path: Path) -> None:
    """List the keys: id, client, role, state, end, networks, note."""
    with _rules(path) as rules:
        rows = rules.rows("API_KEY_LIST", "ORDER BY CLIENT, CREATED_AT, KEY_ID")
    columns = ("KEY_ID", "CLIENT", "ROLE_NAME", "STATE", "EXPIRES_AT", "NETWORKS", "NOTE")
    for row in rows:
        click.echo(
            "\t".join("" if row[name] is None else str(row[name]).rstrip() for name in columns)
        )


@contextmanager
def _rules(path: Path) -> Iterator[Rules]:
    config = configuration.load(path)
    with open_session(config) as session:
        yield Rules(session, Catalog(config.dialect))


@contextmanager
def _made(target: Path | None) -> Iterator[tuple[str, str]]:
    """The id and hash of a fresh key, which is handed over when the work inside is done.

    Its file is made first: a key that nobody can have must not come into the database.
    """
    # Imported here: only these verbs and the server need it.
    from kenshin.http_api.auth import new_key

    key_id, text, digest = new_key()
    if target is None:
        yield key_id, digest
        click.echo(text)
        return
    try:
        with new_private(target) as file:
            file.write(f"{text}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise EngineError(f"{target}: {error.strerror}") from None
    try:
        yield key_id, digest
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    click.echo(f"key {key_id}: it is in {target}")


def _run(rules: Rules, rule: str, **arguments: Any) -> Result:
    """Call a rule. Raises EngineError with what it says when it refuses."""
    result = rules.call(rule, **arguments)
    if not result.ok:
        raise EngineError(f"{rule}: {result.code} {rules.catalog.said(rule, result)}")
    return result


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--network") from None


def _now(session: Session) -> datetime:
    """The time of the database, by which keys expire."""
    one_row = template_values("type.sql", dialect=session.config.dialect)["one_row"]
    query = f"SELECT LOCALTIMESTAMP(0) FROM {one_row}"  # noqa: S608 - names of the release
    ((now,),) = session.execute("mdm", query)
    return datetime.fromisoformat(str(now)).replace(microsecond=0)
