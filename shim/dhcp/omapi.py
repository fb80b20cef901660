"""ISC dhcpd, over OMAPI: a host for each device, which dhcpd keeps in its leases file."""

from __future__ import annotations

import base64
import binascii
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pypureomapi  # type: ignore[import-untyped]
from pypureomapi import OMAPI_OP_STATUS, OMAPI_OP_UPDATE, OmapiError, OmapiMessage

from kenshin.config import Dhcp
from kenshin.dhcp.server import NotConfigured, NotReached, Refused, left, pairs
from kenshin.secret import SecretError, private_text

_YES = _ETHERNET = struct.pack("!I", 1)
_NOT_FOUND = 23  # result of OMAPI
_NOBODY = "000000000000"
_HOSTS = 16  # that dhcpd.conf may have with one MAC, in several subnets


class Isc:
    """A connection to dhcpd's OMAPI, signed with HMAC-MD5."""

    def __init__(self, settings: Dhcp) -> None:
        """Connect, and see that the key is the server's. Raises DhcpError."""
        key = _key(settings)
        until = time.monotonic() + settings.timeout_seconds
        with _in_words():
            self._omapi = _Omapi(settings.host, settings.port or 7911, until)
        try:
            with _in_words("it knows no key of this name: see key_name in [dhcp]"):
                self._omapi.initialize_authenticator(
                    pypureomapi.OmapiHMACMD5Authenticator(settings.key_name.encode(), key)
                )
            with _in_words("its key is another one: see key_file in [dhcp]"):
                self._asked(_host(_NOBODY))
        except BaseException:
            self.close()
            raise

    def allow(self, seconds: float) -> None:
        """Give all that is asked from now on so many seconds together."""
        self._omapi.until = time.monotonic() + seconds

    def has(self, mac: str) -> bool:
        """Whether dhcpd has a host with this MAC, wherever it was declared."""
        with _in_words():
            return self._found(mac) is not None

    def add(self, mac: str) -> None:
        """Make a host of this MAC, unless there is one."""
        message = _host(mac)
        message.message += [(b"create", _YES), (b"exclusive", _YES)]
        message.obj.append((b"name", f"kenshin-{mac.lower()}".encode()))
        with _in_words():
            if self._found(mac) is not None:
                return
            answer = self._asked(message)
            # Another client may have been faster; or the name is another device's.
            if answer.opcode != OMAPI_OP_UPDATE and self._found(mac) is None:
                raise Refused(f"the DHCP server makes no host: {_said(answer)}")

    def remove(self, mac: str) -> None:
        """Delete every host with this MAC; dhcpd remembers those of dhcpd.conf as deleted."""
        with _in_words():
            for _ in range(_HOSTS):
                handle = self._found(mac)
                if handle is None:
                    return
                answer = self._asked(OmapiMessage.delete(handle))
                if _result(answer) not in (0, _NOT_FOUND):
                    raise Refused(f"the DHCP server deletes no host: {_said(answer)}")
        raise Refused(f"the DHCP server has more than {_HOSTS} hosts of one MAC")

    def close(self) -> None:
        """End the connection."""
        self._omapi.close()

    def _found(self, mac: str) -> int | None:
        """The handle of a host with this MAC."""
        answer = self._asked(_host(mac))
        if answer.opcode == OMAPI_OP_UPDATE:
            return int(answer.handle)
        if _result(answer) != _NOT_FOUND:
            raise Refused(f"the DHCP server looks for no host: {_said(answer)}")
        return None

    def _asked(self, message: OmapiMessage) -> OmapiMessage:
        return self._omapi.query_server(message)


class _Omapi(pypureomapi.Omapi):  # type: ignore[misc]
    """The library's client, which a server cannot keep longer than until a moment.

    A timeout of the socket alone would begin anew with each byte that comes.
    """

    def __init__(self, host: str, port: int, until: float) -> None:
        self.until = until
        super().__init__(host, port, timeout=left(until))

    def recv_protocol_initialization(self) -> None:
        self._fill()
        super().recv_protocol_initialization()

    def receive_message(self) -> OmapiMessage:
        self._fill()
        return super().receive_message()

    def _fill(self) -> None:
        while not self.recv_message_queue:
            connection = self.transport.connection
            if connection is None:
                raise OmapiError("not connected")
            connection.settimeout(left(self.until))
            self.transport.fill_inbuffer()


def _host(mac: str) -> OmapiMessage:
    """The message that opens a host by its MAC."""
    message = OmapiMessage.open(b"host")
    message.obj += [
        (b"hardware-address", pypureomapi.pack_mac(pairs(mac))),
        (b"hardware-type", _ETHERNET),
    ]
    return message


def _result(answer: OmapiMessage) -> int:
    """The result that a status has; 0 is none or success."""
    if answer.opcode != OMAPI_OP_STATUS:
        return 0
    return int.from_bytes(dict(answer.message).get(b"result", b""), "big")


def _said(answer: OmapiMessage) -> str:
    said = dict(answer.message).get(b"message", b"").decode(errors="replace")
    return f"{said or 'it does not say why'} ({_result(answer):#x})"


def _key(settings: Dhcp) -> bytes:
    """The key as the library wants it, in base 64. Raises NotConfigured."""
    if settings.key_file is None or not settings.key_name:
        raise NotConfigured("[dhcp]: key_name and key_file must be set")
    try:
        text = private_text(settings.key_file).strip()
        base64.b64decode(text, validate=True)
    except SecretError as error:
        raise NotConfigured(f"[dhcp] key_file: {error}") from None
    except (binascii.Error, ValueError):
        raise NotConfigured(f"[dhcp] key_file {settings.key_file}: is no base 64") from None
    return text.encode()


@contextmanager
def _in_words(why: str = "") -> Iterator[None]:
    """What the library raises as what it means; `why`: what a refusal does here."""
    try:
        yield
    except TimeoutError as error:
        raise NotReached("the DHCP server gave no answer in time") from error
    except OSError as error:
        raise NotReached("the DHCP server takes no connection, or broke it off") from error
    except OmapiError as error:
        if str(error) in ("connection closed", "not connected"):
            raise NotReached("the DHCP server broke the connection off") from error
        raise Refused(f"the DHCP server refuses us: {why or error}") from error
