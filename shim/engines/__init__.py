"""The engines behind one interface."""

from __future__ import annotations

from kenshin.config import Config
from kenshin.engines.base import (
    Code,
    EngineError,
    LockLost,
    Result,
    Right,
    Session,
    Table,
    TryAgain,
    Unavailable,
)
from kenshin.engines.spec import column_spec
from kenshin.render import Index

__all__ = [
    "Code",
    "EngineError",
    "Index",
    "LockLost",
    "Result",
    "Right",
    "Session",
    "Table",
    "TryAgain",
    "Unavailable",
    "column_spec",
    "driver_errors",
    "failures",
    "open_session",
]


def driver_errors() -> tuple[type[Exception], ...]:
    """What the drivers that are in use may raise: a server that went away, for one."""
    return tuple(session.driver_error for session in Session.__subclasses__())


def failures() -> tuple[type[Exception], ...]:
    """What says that the database is gone, or cannot do it now."""
    return EngineError, *driver_errors()


def open_session(config: Config) -> Session:
    """A session, not yet connected, of the configuration's engine."""
    # Imported where needed: an installation has the client library of its own engine only.
    if config.dialect == "firebird":
        from kenshin.engines.firebird import FirebirdSession

        return FirebirdSession(config)
    from kenshin.engines.mysql import MySQLSession

    return MySQLSession(config)
