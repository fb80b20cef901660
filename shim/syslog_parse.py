"""Messages of RFC 5424 as they come in: whatever the bytes are, a message or Unreadable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from kenshin.syslog import harmless

_HEAD = re.compile(
    rb"<(?P<priority>[0-9]{1,3})>1 (?P<time>[^ ]*) (?P<host>[^ ]*) (?P<app>[^ ]*) [^ ]*"
    rb" (?P<id>[^ ]*) (?=[-\[])"
)
_NAME = rb'[^ =\]"\x00-\x1f\x7f]+'
# A value may have a ] without its backslash: not as the RFC has it, and clear all the same.
_PARAMETER = re.compile(rb" +(" + _NAME + rb')="((?:[^"\\]|\\.)*)"', re.DOTALL)
_ELEMENT = re.compile(rb"\[(" + _NAME + rb")")
_BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """No message of RFC 5424; the text says at what it fails."""


@dataclass(frozen=True)
class Received:
    """A message that came in; what it does not say is None."""

    facility: int
    severity: int
    at: datetime | None  # with its zone
    host: str | None
    app_name: str | None
    msgid: str | None
    data: dict[str, str]  # parameters of all elements by name; of two the first
    text: str


def parse(line: bytes) -> Received:
    """Read one message. Raises Unreadable."""
    head = _HEAD.match(line)
    if not head:
        raise Unreadable("it does not begin as a message of RFC 5424 does")
    priority = int(head["priority"])
    if priority > 191:
        raise Unreadable(f"its priority is {priority}; the largest is 191")
    data, end = _structured(line, head.end())
    if end < len(line) and line[end : end + 1] != b" ":
        raise Unreadable("its structured data does not end")
    return Received(
        facility=priority // 8,
        severity=priority % 8,
        at=_time(head["time"]),
        host=_word(head["host"]),
        app_name=_word(head["app"]),
        msgid=_word(head["id"]),
        data=data,
        text=_text(line[end + 1 :].lstrip(b" ").removeprefix(_BOM)),
    )


def _structured(line: bytes, at: int) -> tuple[dict[str, str], int]:
    """The parameters, and where they end."""
    data: dict[str, str] = {}
    if line[at : at + 1] == b"-":
        return data, at + 1
    while element := _ELEMENT.match(line, at):
        at = element.end()
        while parameter := _PARAMETER.match(line, at):
            at = parameter.end()
            value = re.sub(rb'\\(["\\\]])', rb"\1", parameter[2])
            data.setdefault(_text(parameter[1]), _text(value))
        if line[at : at + 1] != b"]":
            raise Unreadable("its structured data does not end")
        at += 1
    return data, at


def _time(text: bytes) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.decode("ascii"))
        return at if at.tzinfo else None
    except ValueError:
        return None


def _word(text: bytes) -> str | None:
    return _text(text) if text not in (b"-", b"") else None


def _text(text: bytes) -> str:
    return harmless(text.decode("utf-8", "replace"))
