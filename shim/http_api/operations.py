"""The operations of the HTTP-API: its one list. What each takes and gives, its rule declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FACILITY, CUSTOMER, NMS, VPS = "FACILITY", "CUSTOMER", "NMS", "VPS"

Kind = Literal["rows", "page", "meter"]


@dataclass(frozen=True)
class Operation:
    """One path below /api/v1/, called by POST.

    `rules` are those it calls, by the `class` of what they are for where there are several.
    Of the kinds, `rows` calls its rule for each of several rows, `page` gives rows until
    `limit`, and `meter`, which has the fields of its rule, goes through the head-end down to
    the meter.
    """

    path: str
    does: str
    roles: tuple[str, ...]
    kind: Kind
    rules: Mapping[str, str]
    needs: tuple[str, ...] = ()  # fields that must be given; of "mac|serial" one at least
    needs_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the same, by rule
    without: tuple[str, ...] = ()  # arguments of the rule that no caller gives
    whole: tuple[str, ...] = ()  # arguments that are the same for all rows
    also: Mapping[str, str] = field(default_factory=dict)  # more fields, by the rule that has them
    device: tuple[str, ...] = ()  # fields of a row that name the device it is done to
    dhcp: tuple[str, ...] = ()  # fields of a row that name the device to DHCP, which is told of it
    control: str = ""  # the function of `control` that goes to the meter
    pages_by: str = ""  # the column whose last value the next page starts behind
    changes: bool = True  # anything: then it takes an Idempotency-Key
    done: int = 200  # HTTP status of success

    def needed(self, rule: str) -> tuple[str, ...]:
        """What must be given for one of its rules."""
        return (*self.needs, *self.needs_of.get(rule, ()))

    @property
    def tag(self) -> str:
        """The group of paths that it belongs to."""
        return self.path.partition("/")[0]


def _one(rule: str) -> Mapping[str, str]:
    return {"": rule}


_WHO = ("mac", "serial")
_POINT = ("mac", "serial", "ld_id")

OPERATIONS = (
    Operation(
        "devices/register",
        "Take controllers or concentrators into the register.",
        (FACILITY,),
        "rows",
        {"PD": "REGISTER_CONTROLLER", "CO": "REGISTER_CONCENTRATOR"},
        needs=("type_id",),
        needs_of={
            "REGISTER_CONTROLLER": ("pd_id|serial|mac", "ld_type_id"),
            "REGISTER_CONCENTRATOR": ("co_id|serial|mac",),
        },
        without=("password",),
        dhcp=("mac",),
    ),
    Operation(
        "devices/install",
        "Put controllers or concentrators into service where they were mounted.",
        (FACILITY,),
        "rows",
        {"PD": "INSTALL_CONTROLLER", "CO": "INSTALL_CONCENTRATOR"},
        needs=("mac|serial",),
        needs_of={"INSTALL_CONCENTRATOR": ("co_id|heid",)},
        device=_WHO,
    ),
    Operation(
        "devices/clear",
        "Take meters from their points; with `cancel` the contracts end too.",
        (FACILITY, CUSTOMER),
        "rows",
        _one("CLEAR_INSTALLATION"),
        needs=("mac|serial|ld_id",),
        device=_POINT,
    ),
    Operation(
        "devices/dispose",
        "Take devices out of service for good.",
        (FACILITY,),
        "rows",
        _one("DISPOSE_DEVICE"),
        needs=("mac|serial",),
        device=_WHO,
        dhcp=_WHO,
    ),
    Operation(
        "devices/search",
        "Find devices by any column, with their provisioning state.",
        (FACILITY, CUSTOMER, NMS),
        "page",
        _one("SEARCH_DEVICE"),
        pages_by="table_key",
        changes=False,
    ),
    Operation(
        "devices/status",
        "Ask the meter for its present values.",
        (FACILITY, CUSTOMER, NMS),
        "meter",
        _one("LOCATE_DEVICE"),
        needs=("table_key|mac|serial|pd_id|ld_id",),
        control="status",
        changes=False,
    ),
    Operation(
        "devices/reboot",
        "Put devices into the queue of the mass reboot.",
        (FACILITY, CUSTOMER),
        "rows",
        _one("RESERVE_REBOOT"),
        needs=("mac|serial",),
        without=("requested_by",),
        whole=("reservation_id",),
        done=202,
    ),
    Operation(
        "devices/reboot/status",
        "How far a mass reboot has come.",
        (FACILITY, CUSTOMER),
        "page",
        _one("REBOOT_PROGRESS"),
        needs=("reservation_id",),
        changes=False,
    ),
    Operation(
        "logical-devices/add",
        "Add logical devices to physical ones.",
        (FACILITY,),
        "rows",
        _one("ADD_LOGICAL_DEVICE"),
        needs=("pd_table_key", "ld_type_id"),
        device=("pd_table_key",),
    ),
    Operation(
        "polling/start",
        "Reserve moments from which devices are polled.",
        (FACILITY, CUSTOMER),
        "rows",
        _one("RESERVE_POLL_START"),
        needs=("at", "mac|serial|ld_id"),
        device=_POINT,
    ),
    Operation(
        "polling/stop",
        "Reserve moments from which devices are no longer polled.",
        (FACILITY, CUSTOMER),
        "rows",
        _one("RESERVE_POLL_STOP"),
        needs=("at", "mac|serial|ld_id"),
        device=_POINT,
    ),
    Operation(
        "control/relay",
        "Switch the supply of a point on or off at its meter.",
        (CUSTOMER,),
        "meter",
        _one("SET_RELAY_STATE"),
        needs=("ld_id", "relay_state"),
        control="relay",
    ),
    Operation(
        "control/capacity",
        "Change the contract capacity of a point at its meter.",
        (CUSTOMER,),
        "meter",
        _one("SET_CONTRACT_CAPACITY"),
        needs=("ld_id", "contract_capacity"),
        also={"force": "BEGIN_CONTROL"},
        control="capacity",
    ),
    Operation(
        "control/capacity/reserve",
        "Reserve a lower capacity at the meter for a saving action; it cannot be cancelled.",
        (VPS,),
        "meter",
        _one("FINISH_ADR_ACTION"),
        needs=("adr_action_id",),
        without=("state", "message"),
        control="reserve",
    ),
    Operation(
        "quotes/correct",
        "Settle slots by hand: set the usage that is billed.",
        (CUSTOMER,),
        "rows",
        _one("CORRECT_QUOTE"),
        needs=("ld_id", "sub_number", "measured_time", "usage"),
        device=("ld_id",),
    ),
    Operation(
        "usage/query",
        "Usage and quotes of a point for a range of time.",
        (CUSTOMER, VPS),
        "page",
        _one("QUERY_USAGE"),
        needs=("ld_id", "from", "to"),
        pages_by="measured_time",
        changes=False,
    ),
)
