"""The engines behind one interface."""

from __future__ import annotations

from kenshin.config import Config
from kenshin.engines.base import EngineError, Result, Right, Session, TryAgain

__all__ = ["EngineError", "Result", "Right", "Session", "TryAgain", "open_session"]


def open_session(config: Config) -> Session:
    """A session, not yet connected, of the configuration's engine."""
    # Imported where needed: an installation has the client library of its own engine only.
    if config.dialect == "firebird":
        from kenshin.engines.firebird import FirebirdSession

        return FirebirdSession(config)
    from kenshin.engines.mysql import MySQLSession

    return MySQLSession(config)
