"""Kea, over the HTTP of its control agent: a reservation for each device.

They are the commands of the hook library host_cmds. ISC gave it to subscribers alone before Kea
2.7.7; changing the whole configuration instead, as config-set does, would undo what others change
at the same time.
"""

from __future__ import annotations

import base64
import json
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from kenshin.config import Dhcp
from kenshin.dhcp.server import NotConfigured, NotReached, Refused, pairs
from kenshin.he_api.wire import Unanswered, Unsent, Wire
from kenshin.secret import SecretError, private_text

_NEEDED = ("reservation-add", "reservation-del", "reservation-get")
# Kea takes no reservation of nothing; a class changes nothing for the device.
RESERVED = {"client-classes": ["kenshin"]}
_DONE, _FAILED, _EMPTY = 0, 1, 3  # results of commands
_NO_ENTRY = (401, 403)


class Kea:
    """The reservations of one subnet, or the global ones."""

    def __init__(self, settings: Dhcp) -> None:
        """See that the server has the commands. Raises DhcpError."""
        self._subnet = settings.subnet_id
        self._headers = {"Content-Type": "application/json", "Connection": "close"}
        if settings.user:
            self._headers["Authorization"] = f"Basic {_credentials(settings)}"
        self._wire, self._path = _wire(settings)
        self.allow(settings.timeout_seconds)
        offered = self._done("list-commands").get("arguments", [])
        missing = [command for command in _NEEDED if command not in offered]
        if missing:
            raise NotConfigured(
                f"the DHCP server has no {missing[0]}: let Kea load libdhcp_host_cmds.so, and give "
                "it a hosts-database"
            )

    def allow(self, seconds: float) -> None:
        """Give all that is asked from now on so many seconds together."""
        self._until = time.monotonic() + seconds

    def has(self, mac: str) -> bool:
        """Whether there is a reservation for this MAC."""
        answer = self._said("reservation-get", self._of(mac))
        if answer["result"] not in (_DONE, _EMPTY):
            raise _refused(answer)
        return bool(answer.get("arguments"))

    def add(self, mac: str) -> None:
        """Make a reservation, of a class and no address, unless there is one."""
        if self.has(mac):
            return
        reservation = {"subnet-id": self._subnet, "hw-address": pairs(mac), **RESERVED}
        answer = self._said("reservation-add", {"reservation": reservation})
        # Another client may have been faster.
        if answer["result"] != _DONE and not self.has(mac):
            raise _refused(answer)

    def remove(self, mac: str) -> None:
        """Delete the reservation for this MAC, if there is one."""
        if not self.has(mac):
            return
        answer = self._said("reservation-del", self._of(mac))
        if answer["result"] not in (_DONE, _EMPTY) and self.has(mac):
            raise _refused(answer)

    def close(self) -> None:
        """Each command had a connection of its own."""

    def _of(self, mac: str) -> dict[str, Any]:
        return {
            "subnet-id": self._subnet,
            "identifier-type": "hw-address",
            "identifier": pairs(mac),
        }

    def _done(self, command: str) -> dict[str, Any]:
        answer = self._said(command)
        if answer["result"] != _DONE:
            raise _refused(answer)
        return answer

    def _said(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer of dhcp4. Raises DhcpError."""
        asked: dict[str, Any] = {"command": command, "service": ["dhcp4"]}
        if arguments:
            asked["arguments"] = arguments
        body = json.dumps(asked).encode()
        try:
            status, content = self._wire.post(self._path, self._headers, body, self._until)
        except Unsent as error:
            raise NotReached(f"the DHCP server is not reached: {error}") from error
        except Unanswered as error:
            raise NotReached("the DHCP server gave no answer in time") from error
        if status in _NO_ENTRY:
            raise Refused("the DHCP server refuses us: see user and password_file in [dhcp]")
        return _answer_in(content, status)


def _answer_in(content: bytes, status: int) -> dict[str, Any]:
    try:
        (answer,) = json.loads(content)
        if isinstance(answer["result"], int):
            return dict(answer)
    except (ValueError, TypeError, KeyError):
        pass
    raise NotReached(f"what answers for the DHCP server is no control agent of Kea ({status})")


def _refused(answer: dict[str, Any]) -> Refused | NotReached:
    said = str(answer.get("text", ""))[:200]
    # The agent is there, and the server behind it is not.
    if answer["result"] == _FAILED and "unable to forward command" in said:
        return NotReached("the DHCP server does not run behind its control agent")
    return Refused(f"the DHCP server refuses: {said or answer['result']}")


def _wire(settings: Dhcp) -> tuple[Wire, str]:
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotConfigured("[dhcp] url: must be https:// or http:// of Kea's control agent")
    try:
        trust = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise NotConfigured(f"[dhcp] ca_file {settings.ca_file}: {error.strerror}") from None
    return Wire(settings.url, trust), "/"


def _credentials(settings: Dhcp) -> str:
    if settings.password_file is None:
        raise NotConfigured("[dhcp] user: password_file must be set too")
    try:
        password = private_text(settings.password_file, "password file").rstrip("\n")
    except SecretError as error:
        raise NotConfigured(f"[dhcp] password_file: {error}") from None
    return base64.b64encode(f"{settings.user}:{password}".encode()).decode()
