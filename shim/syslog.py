"""Messages of RFC 5424: how one is written, and the line that each verb leaves behind."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kenshin.config import FACILITIES, Syslog
from kenshin.syslog_transport import SyslogError, send

__all__ = ["APP_NAME", "Message", "SyslogError", "deliver", "harmless", "log"]

APP_NAME = "kenshin"
# RFC 5612 gives this enterprise number to examples; kenshin has none of its own.
SD_ID = "kenshin@32473"
LONGEST = 8000  # bytes of a message: of more than 8096 rsyslog makes several
_LONGEST_VALUE = 1024  # bytes of a parameter
_LONGEST_DATA = 6000  # bytes of the head and all parameters: text keeps a quarter at least
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Message:
    """What is said, of which kind (`msgid`), with the figures behind it (`fields`, by name)."""

    facility: str
    severity: int
    msgid: str
    text: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def line(self) -> bytes:
        """It as RFC 5424 has it, with the present time; cut to 8000 bytes.

        A field that is null is left out. One that no longer fits is too, and `cut` says so.
        """
        head = f"<{self._priority()}>1 {_now()} {_host()} {APP_NAME} {os.getpid()} "
        start = (head + _name(self.msgid, 32)).encode() + b" "
        line = start + _data(self.fields, _LONGEST_DATA - len(start)) + b" "
        text = harmless(self.text).encode("utf-8", "replace")
        if not text.isascii():
            text = _BOM + text  # so a receiver knows it for UTF-8
        return _cut(line + text, LONGEST)

    def _priority(self) -> int:
        # A facility of ALERT_KIND that is none must not keep an alert back.
        return FACILITIES.get(self.facility, FACILITIES["local4"]) * 8 + min(
            max(self.severity, 0), 7
        )


def deliver(settings: Syslog, messages: Iterable[Message]) -> None:
    """Send messages; returns when the other side has them, as far as its protocol can tell.

    Raises SyslogError when it cannot be reached, or does not take all of them.
    """
    send(settings, [message.line() for message in messages])


def log(
    settings: Syslog, verb: str, severity: int, text: str, fields: Mapping[str, object]
) -> None:
    """Say what a verb has done. Never raises: what syslog does not take goes to standard error."""
    message = Message(settings.facility, severity, verb.upper(), text, fields)
    try:
        deliver(settings, [message])
    except SyslogError as error:
        try:
            said = message.line().replace(_BOM, b"").decode("utf-8", "replace")
            print(f"kenshin: {error}; it was to be told:\n{said}", file=sys.stderr, flush=True)
        except (OSError, ValueError):
            pass  # nobody listens at standard error either


def harmless(text: str) -> str:
    """A text whose control characters are written out, as rsyslog does it: #012 for a line end."""
    return _CONTROL.sub(lambda found: f"#{ord(found[0]):03o}", text)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="microseconds")


def _host() -> str:
    return _name(socket.gethostname(), 255)


def _name(text: str, longest: int) -> str:
    """Printable ASCII without blanks, or the dash that stands for nothing."""
    return re.sub(r"[^\x21-\x7e]", "_", text)[:longest] or "-"


def _data(fields: Mapping[str, object], longest: int) -> bytes:
    known = {name: value for name, value in fields.items() if value is not None}
    if not known:
        return b"-"
    data = f"[{SD_ID}".encode()
    end, whole = b' cut="1"]', True
    for name, value in known.items():
        parameter = _parameter(name, value)
        if len(data) + len(parameter) + len(end) <= longest:
            data += parameter
        else:
            whole = False
    return data + (b"]" if whole else end)


def _parameter(name: str, value: object) -> bytes:
    text = value.isoformat(sep="T") if isinstance(value, datetime) else str(value)
    cut = _cut(harmless(text).encode("utf-8", "replace"), _LONGEST_VALUE)
    escaped = re.sub(rb'(["\\\]])', rb"\\\1", cut)
    return b' %s="%s"' % (re.sub(r'[=\]"]', "_", _name(name, 32)).encode(), escaped)


def _cut(text: bytes, longest: int) -> bytes:
    """So many bytes at most, and no half character."""
    if len(text) <= longest:
        return text
    return text[:longest].decode("utf-8", "ignore").encode()
