"""The consumers of the SQL-API, each connected with an account of its own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from kenshin import access
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Result, Session, open_session


def as_account(config: Config, name: str, password: str) -> Config:
    """The same installation, reached with another account."""
    return replace(config, connection=replace(config.connection, user=name, password=password))


def write_config(config: Config, folder: Path) -> Path:
    """The kenshin.toml of an installation, as a person would have it."""
    reach = config.connection
    (folder / "secret").write_text(reach.password)
    lines = [f'engine = "{config.engine}"', "[places]"]
    lines += [f'{database} = "{place}"' for database, place in config.places.items()]
    lines += ["[files]", f'exchange = "{config.exchange}"', "[connection]"]
    lines += [f'host = "{reach.host}"', f"port = {reach.port}", f'socket = "{reach.socket}"']
    lines += [f'user = "{reach.user}"', f'password_file = "{folder / "secret"}"']
    lines += ["[access]", f'role_prefix = "{config.role_prefix}"']
    path = folder / "kenshin.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


class Actors:
    """One session for each role: actors.call("BILLING", "EXPORT_USAGE", …)."""

    def __init__(self, config: Config, prefix: str = "t_") -> None:
        self.config = config
        self.catalog = Catalog(config.dialect)
        self.sessions: dict[str, Session] = {}
        self._open = ExitStack()
        passwords = {role: access.new_password() for role in access.roles()}
        with open_session(config) as owner:
            for role, password in passwords.items():
                access.add_account(owner, f"{prefix}{role.lower()}", role, password)
        for role, password in passwords.items():
            mine = as_account(config, f"{prefix}{role.lower()}", password)
            self.sessions[role] = self._open.enter_context(open_session(mine))

    def call(self, role: str, rule: str, **arguments: object) -> Result:
        """Call a rule as its caller does; an argument that is not given is null."""
        takes = self.catalog.declaration(rule).takes
        assert set(arguments) <= set(takes), f"{rule} takes {list(takes)}"
        values = [arguments.get(name) for name in takes]
        return self.sessions[role].call(self.catalog.database_of(rule), rule, *values)

    def rows(self, role: str, view: str, where: str = "") -> list[dict[str, object]]:
        """The rows of a view as a role sees them."""
        names = list(self.catalog.declaration(view).columns)
        database = self.catalog.database_of(view)
        fields = ", ".join(names)
        found = self.sessions[role].execute(database, f"SELECT {fields} FROM {view} {where}")
        return [dict(zip([n.strip('"') for n in names], row, strict=True)) for row in found]

    def close(self) -> None:
        self._open.close()
