"""The client of HE-API: commands to devices, by way of their head-ends.

An error says what is certain about the device: `Refused` and `NotReached` changed nothing, after
`NoAnswer` it may have happened. Messages name no address and no file: they may go to any caller.
What lies behind one is its `__cause__`.
"""

from __future__ import annotations

import math
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from kenshin.config import Config, HeadEndApi
from kenshin.he_api import contract
from kenshin.he_api.contract import Accepted, Command, Failure, Operation, Reservation, Status
from kenshin.he_api.wire import Unanswered, Unsent, Wire
from kenshin.secret import SecretError, private_text

__all__ = [
    "Accepted",
    "Device",
    "HeadEnd",
    "HeadEndError",
    "HeadEnds",
    "NoAnswer",
    "NoConnection",
    "NotReached",
    "Refused",
    "Reservation",
    "Status",
]

# Asked elsewhere nothing was done here; another redirection may come behind a deed.
_ELSEWHERE = (301, 307, 308)
_REQUEST_TIMEOUT = 408  # a proxy that gave up waiting says nothing of what was done
_MANAGEMENT = 1

T = TypeVar("T", bound=contract.Said)


class HeadEndError(Exception):
    """A head-end did not do what it was asked."""


class Refused(HeadEndError):
    """It said no: nothing was changed."""


class NotReached(HeadEndError):
    """Nothing was sent, or nothing went on to the device: nothing was changed."""


class NoConnection(NotReached):
    """The head-end itself cannot be asked, about this device or any other."""


class NoAnswer(HeadEndError):
    """It was sent, and what became of it is unknown."""


@dataclass(frozen=True)
class Device:
    """A device as a head-end knows it: by its key; the rest helps to find it."""

    table_key: int
    ld_address: int = _MANAGEMENT
    mac: str | None = None
    ip_address: str | None = None
    port: int | None = None


class HeadEnds:
    """The head-ends of an installation; threads may share it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[int, HeadEnd] = {}
        self._making = threading.Lock()

    def of(self, heid: int | None) -> HeadEnd:
        """The head-end with this number. Raises NotReached when none is configured."""
        if heid is None:
            raise NotReached("the device belongs to no head-end")
        with self._making:
            if heid not in self._known:
                self._known[heid] = self._made(heid)
            return self._known[heid]

    def _made(self, heid: int) -> HeadEnd:
        if heid not in self._config.he_api:
            raise NoConnection(f"HE{heid}: no HE-API is configured; set url in [he_api.{heid}]")
        return HeadEnd(heid, self._config.he_api[heid])


class HeadEnd:
    """One head-end. Every call takes `timeout_seconds` of its configuration at most."""

    def __init__(self, heid: int, config: HeadEndApi) -> None:
        """Raises NoConnection for a url or ca_file that cannot be used."""
        self.heid = heid
        self._config = config
        entry = "ca_file"
        try:
            trust = ssl.create_default_context(cafile=config.ca_file)
            entry = "url"
            self._wire = Wire(config.url, trust)
        except (OSError, ValueError) as error:
            raise self._unusable(entry) from error

    def get(self, device: Device) -> Status:
        """Read the present state from the device; asked twice if need be, in the same time."""
        deadline = self._deadline()
        try:
            return self._ask(contract.GET, deadline, device)
        except (NotReached, NoAnswer):
            if time.monotonic() >= deadline:
                raise
            return self._ask(contract.GET, deadline, device)

    def set_relay(self, device: Device, state: int) -> Status:
        """Close (1) or open (0) the relay; gives the state read back."""
        return self._ask(contract.SET_RELAY, self._deadline(), device, relay_state=state)

    def set_capacity(self, device: Device, value: Decimal) -> Status:
        """Set the contract capacity, in A; gives the state read back."""
        return self._ask(contract.SET_CAPACITY, self._deadline(), device, capacity=value)

    def reserve_capacity(
        self, device: Device, reservation_id: int, start: datetime, end: datetime, value: Decimal
    ) -> Status:
        """Reserve a capacity, in A, from start until before end; the same id again is safe."""
        status = self._ask(
            contract.RESERVE_CAPACITY,
            self._deadline(),
            device,
            reservation_id=reservation_id,
            start=start,
            end=end,
            value=value,
        )
        if status.reservation(reservation_id) is None:
            raise NoAnswer(f"HE{self.heid}: the answer does not show the reservation")
        return status

    def reboot(self, device: Device) -> Accepted:
        """Restart the device; gives the answer of the head-end, which does not wait for it."""
        return self._ask(contract.REBOOT, self._deadline(), device)

    # --- One call -------------------------------------------------------------------------

    def _deadline(self) -> float:
        return time.monotonic() + self._config.timeout_seconds

    def _ask(self, operation: Operation[T], deadline: float, device: Device, **values: Any) -> T:
        """Send one command; raises Refused, NotReached or NoAnswer."""
        left = max(deadline - time.monotonic(), 0.001)
        command = self._command(operation, math.ceil(left), device, values)
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            **self._token(),
        }
        try:
            status, content = self._wire.post(
                operation.path,
                headers,
                command.model_dump_json(exclude_none=True).encode(),
                deadline,
            )
        except Unsent as error:
            raise NoConnection(f"HE{self.heid}: {error}; nothing was sent") from error
        except Unanswered as error:
            raise NoAnswer(f"HE{self.heid} gave no whole answer; it may have been done") from error
        return self._understood(operation, status, content)

    def _command(
        self, operation: Operation[T], seconds: int, device: Device, values: dict[str, Any]
    ) -> Command:
        try:
            return operation.asks(
                pd_table_key=device.table_key,
                ld_address=device.ld_address,
                mac=device.mac,
                ip_address=device.ip_address,
                port=device.port,
                timeout_seconds=seconds,
                **values,
            )
        except ValidationError as error:
            # What no head-end may be asked, none is asked.
            raise Refused(f"HE-API has no such command: {_first(error)}") from error

    def _token(self) -> dict[str, str]:
        # Read for each call, so that a new token needs no restart.
        if self._config.token_file is None:
            return {}
        try:
            words = private_text(self._config.token_file, "file of a token").split()
        except SecretError as error:
            raise self._unusable("token_file") from error
        if len(words) != 1 or not words[0].isascii():
            raise self._unusable("token_file")
        return {"Authorization": f"Bearer {words[0]}"}

    def _unusable(self, entry: str) -> NoConnection:
        return NoConnection(f"HE{self.heid}: {entry} of [he_api.{self.heid}] cannot be used")

    def _understood(self, operation: Operation[T], status: int, content: bytes) -> T:
        if status == 200:
            try:
                return operation.answers.model_validate_json(content)
            except ValidationError as error:
                raise NoAnswer(
                    f"HE{self.heid}: the answer is not one of HE-API: {_first(error)}"
                ) from error
        raise self._failure(status, content)

    def _failure(self, status: int, content: bytes) -> HeadEndError:
        try:
            said = Failure.model_validate_json(content)
        except ValidationError:
            # Not the head-end's words: a proxy's, or of no head-end at all.
            said = Failure(code="UNKNOWN", message=f"HTTP status {status}")
        message = f"HE{self.heid}: {said.message}"[: contract.MESSAGE_LENGTH]
        if status in _ELSEWHERE or (400 <= status < 500 and status != _REQUEST_TIMEOUT):
            return Refused(message)
        return {"REFUSED": Refused, "NOT_REACHED": NotReached}.get(said.code, NoAnswer)(message)


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
