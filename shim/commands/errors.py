"""Errors that say what is wrong to whoever runs a verb."""

from __future__ import annotations

from kenshin.config import ConfigError
from kenshin.engines import EngineError, driver_errors
from kenshin.secret import SecretError
from kenshin.syslog import SyslogError
from kenshin.transfer import TransferError


def known(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What a verb may raise; a driver's errors, when the server went away in mid-work, too."""
    return (
        *more,
        ConfigError,
        EngineError,
        SecretError,
        SyslogError,
        TransferError,
        *driver_errors(),
    )
