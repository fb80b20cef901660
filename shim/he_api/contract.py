"""HE-API: what a head-end is asked and what it answers.

One declaration for the client, for the simulated head-end and for docs/he-api.json. What the
operations mean beyond their fields stands in docs/he-api.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

VERSION = "1.0"
PREFIX = "/he-api/v1"  # another one when a head-end of today could not follow
# Of a code of Failure: the HTTP status that carries it, where no other 4xx fits better.
REFUSED, NOT_REACHED, UNKNOWN = "REFUSED", "NOT_REACHED", "UNKNOWN"
STATUS_OF = {REFUSED: 409, NOT_REACHED: 503, UNKNOWN: 504}
MESSAGE_LENGTH = 512

_DECIMAL = r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"


def _decimal(given: object) -> object:
    # A JSON number goes through binary floating point in most readers, a text is exact.
    if isinstance(given, str):
        if not re.fullmatch(_DECIMAL, given):
            raise ValueError("must be a plain decimal, at most 14 digits and 4 behind the point")
        return Decimal(given)
    if isinstance(given, Decimal):
        return given
    raise ValueError("must be a text, so that it stays exact")


def _moment(given: object) -> object:
    if isinstance(given, str):
        if not re.fullmatch(_MOMENT, given):
            raise ValueError("must be YYYY-MM-DDTHH:MM:SS, without an offset")
        return datetime.fromisoformat(given)
    if isinstance(given, datetime) and given.tzinfo is None:
        return given.replace(microsecond=0)
    raise ValueError("must be station standard time, without an offset")


# Both sides see the same digits: a Decimal in Python, a text in JSON.
_Exact = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=4),
    BeforeValidator(_decimal),
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
]
Amount = Annotated[_Exact, WithJsonSchema({"type": "string", "pattern": _DECIMAL})]
Capacity = Annotated[
    _Exact,
    Field(ge=0),
    WithJsonSchema({"type": "string", "pattern": _DECIMAL.replace("-?", ""), "examples": ["40"]}),
]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _MOMENT, "examples": ["2026-04-01T09:30:00"]}),
]
Key = Annotated[int, Field(ge=1, lt=2**63)]
Relay = Annotated[Literal[0, 1], Field(description="1 closed (power on), 0 open.")]
Message = Annotated[str, Field(max_length=MESSAGE_LENGTH)]


class Said(BaseModel):
    """A part of what is said, on either side; a reader passes over fields that it does not know."""

    model_config = ConfigDict(strict=True, frozen=True)


# --- What is asked ------------------------------------------------------------------------


class Command(Said):
    """The device that a command is for, and how long the caller waits."""

    model_config = ConfigDict(extra="forbid")

    pd_table_key: Key = Field(description="PD_TABLE_KEY of the device, as in the poll targets.")
    ld_address: int = Field(ge=0, le=65535, description="Logical device in it; 1 is management.")
    mac: str | None = Field(
        default=None, pattern="^[0-9A-F]{12}$", description="Its MAC address, where it has one."
    )
    ip_address: str | None = Field(
        default=None, max_length=45, description="Where it was last seen."
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Its port, where it is not usual."
    )
    timeout_seconds: int = Field(
        ge=1, le=3600, description="A command that is not begun by then must not be begun at all."
    )


class Get(Command):
    """Ask for the present state of a device."""


class SetRelay(Command):
    """Switch the relay."""

    relay_state: Relay


class SetCapacity(Command):
    """Set the contract capacity, which limits the current."""

    capacity: Capacity = Field(description="A; 0 no limit.")


class ReserveCapacity(Command):
    """Reserve another capacity for a time."""

    reservation_id: Key = Field(description="The caller's; the same one again changes nothing.")
    start: Moment = Field(description="First moment of the reserved capacity.")
    end: Moment = Field(description="End of it, excluded: then the capacity that is set holds.")
    value: Capacity = Field(description="Reserved capacity, A.")

    @model_validator(mode="after")
    def _ordered(self) -> ReserveCapacity:
        if self.start >= self.end:
            raise ValueError("start must be before end")
        return self


class Reboot(Command):
    """Restart a device."""


# --- What is answered ---------------------------------------------------------------------


class Register(Said):
    """A register of the device at this moment."""

    ln: str = Field(max_length=32, description="Its logical name (OBIS), as 1-0:1.8.0.")
    sub_number: int | None = Field(
        default=None, description="SUB_NUMBER of the poll target, if it is one."
    )
    reading: Amount = Field(description="Its value in the unit, scaler applied.")
    unit: str = Field(max_length=16, description="kWh, m3, A, V, kW.")


class Reservation(Said):
    """A reserved capacity that the device holds."""

    id: Key = Field(description="The caller's reservation_id.")
    start: Moment
    end: Moment
    value: Capacity = Field(description="A.")
    state: Literal["WAITING", "ACTIVE", "DONE"]


class Status(Said):
    """The state of a logical device, read from the device itself for this answer."""

    at: Moment = Field(description="When it was read.")
    relay_state: Relay | None = Field(default=None, description="1 closed, 0 open; null: no relay.")
    capacity: Capacity | None = Field(
        default=None,
        description="Contract capacity that is set, A; 0 no limit; null: it cannot limit.",
    )
    capacity_in_force: Capacity | None = Field(
        default=None,
        description="Capacity at this moment, A: of an active reservation, else that set.",
    )
    current: Amount | None = Field(default=None, description="Present current, A.")
    power: Amount | None = Field(
        default=None, description="Present power, W; negative: it feeds in."
    )
    registers: tuple[Register, ...] = ()
    reservations: tuple[Reservation, ...] = Field(
        default=(),
        description="Those that wait or are active, and those that ended in the last 7 days.",
    )

    def reservation(self, reservation_id: int) -> Reservation | None:
        """The reservation with this id, if the device holds it."""
        return next((held for held in self.reservations if held.id == reservation_id), None)


class RelayStatus(Status):
    """The state of a logical device whose relay was set."""

    relay_state: Relay


class CapacityStatus(Status):
    """The state of a logical device whose contract capacity was set."""

    capacity: Capacity = Field(description="Contract capacity that is set, A; 0 no limit.")


class ReservationStatus(Status):
    """The state of a logical device that took a reservation."""

    reservations: tuple[Reservation, ...] = Field(
        min_length=1, description="As in Status; the one that was asked for is among them."
    )


class Accepted(Said):
    """The command was passed on to the device."""

    at: Moment = Field(description="When it was passed on.")
    message: Message = ""


class Failure(Said):
    """Why there is nothing better to answer, and what is certain about the device."""

    code: Literal["REFUSED", "NOT_REACHED", "UNKNOWN"] = Field(
        description="REFUSED it will not be done; NOT_REACHED nothing went to the device, so "
        "nothing changes; UNKNOWN it was sent to the device: what became of it shows the next get."
    )
    message: Message


# --- The operations -----------------------------------------------------------------------

A = TypeVar("A", bound=Said)


@dataclass(frozen=True)
class Operation(Generic[A]):
    """One operation: its name in the path, its models."""

    name: str
    asks: type[Command]
    answers: type[A]

    @property
    def path(self) -> str:
        """Its path, below the url of the head-end."""
        return f"{PREFIX}/{self.name}"


GET = Operation("get", Get, Status)
SET_RELAY = Operation("set-relay", SetRelay, RelayStatus)
SET_CAPACITY = Operation("set-capacity", SetCapacity, CapacityStatus)
RESERVE_CAPACITY = Operation("reserve-capacity", ReserveCapacity, ReservationStatus)
REBOOT = Operation("reboot", Reboot, Accepted)
OPERATIONS: tuple[Operation[Any], ...] = (
    GET,
    SET_RELAY,
    SET_CAPACITY,
    RESERVE_CAPACITY,
    REBOOT,
)
