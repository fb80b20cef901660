"""A simulated station: meters registered through the rules, and head-ends that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kenshin.rules import Rules
from kenshin.simulator import HeadEnd, Item, LoadCurves, Registers

# Types of the fixtures: device, logical devices at addresses 2, 3, …
METER, MULTI_METER, HEMS = 11, 12, 21
ELECTRICITY, GAS, ENERGY_ALONE, HEMS_MAIN, SOCKET = 101, 102, 103, 201, 202


@dataclass(frozen=True)
class Device:
    """One device of the plan: what it is and the points behind it."""

    number: int
    type_id: int
    logical: tuple[int, ...]

    @property
    def serial(self) -> str:
        """Its serial number."""
        return f"KN-{self.number:06}"

    @property
    def mac(self) -> str:
        """Its MAC address, of the locally administered range."""
        return f"0200{self.number:08X}"

    def point(self, place: int) -> str:
        """The LD_ID of its logical device at a place, counted from 0."""
        return f"pt-{self.number:06}-{place + 1}"


def plan(count: int) -> Iterator[Device]:
    """`count` devices: meters, of which some measure current or gas too, and HEMS controllers."""
    for number in range(1, count + 1):
        if number % 50 == 0:
            yield Device(number, HEMS, (HEMS_MAIN, SOCKET, SOCKET))
        elif number % 16 == 0:
            yield Device(number, MULTI_METER, (ELECTRICITY, GAS))
        else:
            yield Device(number, METER, (ELECTRICITY if number % 10 == 0 else ENERGY_ALONE,))


class Station:
    """The devices of a station in the database, and the head-ends that read them."""

    def __init__(
        self, rules: Rules, seed: int, start: datetime, loss: float, unanswered: float
    ) -> None:
        self.rules = rules
        self.seed = seed
        self.start = start
        self.loss = loss
        self.unanswered = unanswered
        self.keys: dict[int, int] = {}
        self.heads: dict[int, HeadEnd] = {}

    def register(self, devices: list[Device], progress: Callable[[], None] = lambda: None) -> None:
        """Register, provision and install devices, as facility management and PROV do."""
        for first in range(0, len(devices), 50):
            batch = devices[first : first + 50]
            with self.rules.session.transaction():
                for device in batch:
                    self._register(device)
            for _ in batch:
                progress()

    def _register(self, device: Device) -> None:
        clusters = {0: "wind-01", 1: "night-01"}
        cluster = clusters.get(device.number % 3)
        capacity = 10 * (1 + device.number % 6)
        result = self.rules.run(
            "REGISTER_CONTROLLER",
            p_serial=device.serial,
            p_mac=device.mac,
            p_type_id=device.type_id,
            p_poll_config=1,
            p_ld_type_id=device.logical[0],
        )
        key = int(result.rows[0][0])
        self.keys[device.number] = key
        for place, type_id in enumerate(device.logical[1:], start=1):
            self.rules.run(
                "ADD_LOGICAL_DEVICE",
                p_pd_table_key=key,
                p_ld_address=2 + place,
                p_ld_type_id=type_id,
                p_ld_id=device.point(place),
                p_cluster_id=cluster,
                p_contract_capacity=0,
            )
        address = f"10.{device.number >> 16 & 255}.{device.number >> 8 & 255}.{device.number & 255}"
        self.rules.run("DHCP_COMPLETED", p_mac=device.mac, p_ip_address=address)
        self.rules.run("PROV_COMPLETED", p_mac=device.mac)
        self.rules.run(
            "INSTALL_CONTROLLER",
            p_mac=device.mac,
            p_ld_address=2,
            p_ld_id=device.point(0),
            p_pd_id=f"pd-{device.number:06}",
            p_cluster_id=cluster,
            p_contract_capacity=capacity,
        )

    def exchange(self, old: Device, new: Device, at: datetime) -> None:
        """Replace a meter by one from stock: the point stays, the register starts anew."""
        self.rules.run("CLEAR_INSTALLATION", p_mac=old.mac, p_removed_at=at)
        result = self.rules.run(
            "REGISTER_CONTROLLER",
            p_serial=new.serial,
            p_mac=new.mac,
            p_type_id=new.type_id,
            p_poll_config=1,
            p_ld_type_id=new.logical[0],
        )
        self.keys[new.number] = int(result.rows[0][0])
        self.rules.run("DHCP_COMPLETED", p_mac=new.mac, p_ip_address="10.255.0.1")
        self.rules.run("PROV_COMPLETED", p_mac=new.mac)
        self.rules.run(
            "INSTALL_CONTROLLER",
            p_mac=new.mac,
            p_ld_address=2,
            p_ld_id=old.point(0),
            p_contract_capacity=40,
            p_installed_at=at,
        )
        for head in self.heads.values():
            head.registers.install(self.keys[new.number], at)
        self.rules.run("SYNC_HE")

    def open_heads(
        self, inbox: Path, rollover: tuple[int, ...] = (), backwards: tuple[int, ...] = ()
    ) -> None:
        """Start the head-ends that HE-DB has devices of."""
        inbox.mkdir(parents=True, exist_ok=True)
        registers = Registers(
            LoadCurves.load(),
            seed=self.seed,
            start=self.start,
            rollover_devices=tuple(self.keys[n] for n in rollover),
            rollover_share=0.0,
            backwards_devices=tuple(self.keys[n] for n in backwards),
        )
        for heid in sorted({row["HEID"] for row in self.rules.rows("HE_POLL_TARGET_CONTROLLER")}):
            self.heads[heid] = HeadEnd(
                heid,
                inbox,
                registers,
                seed=self.seed + heid,
                loss=self.loss,
                unanswered=self.unanswered,
            )

    def items(self) -> dict[int, dict[tuple[int, int, int], Item]]:
        """What each head-end reads now, by its view: head-end → (device, address, item) → item."""
        found: dict[int, dict[tuple[int, int, int], Item]] = {heid: {} for heid in self.heads}
        for row in self.rules.rows(
            "HE_POLL_TARGET_ITEM", "ORDER BY PD_TABLE_KEY, LD_ADDRESS, SUB_NUMBER"
        ):
            item = Item(
                row["PD_TABLE_KEY"],
                row["LD_ADDRESS"],
                row["SUB_NUMBER"],
                row["KIND"].strip(),
                row["SCALER"],
                row["LN"] or "",
            )
            found[row["HEID"]][item.pd_table_key, item.ld_address, item.sub_number] = item
        return found

    def targets(self, heid: int) -> list[tuple[int, int, int, datetime]]:
        """The readings that a head-end should ask for again."""
        result = self.rules.run("EXPORT_REPOLL_TARGET", p_heid=heid)
        return [(row[0], row[1], row[2], row[3]) for row in result.rows]


def moments(start: datetime, days: float, interval: timedelta) -> Iterator[datetime]:
    """The snapshots of `days` days from `start`."""
    for slot in range(round(days * (timedelta(days=1) / interval))):
        yield start + slot * interval
