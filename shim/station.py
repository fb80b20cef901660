"""A simulated station: meters registered through the rules, and head-ends that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from kenshin.engines import EngineError, Result
from kenshin.rules import Rules
from kenshin.simulator import HeadEnd, LoadCurves, Points, Registers
from kenshin.simulator.head_end import Target

# Types of the fixtures: device, logical devices at addresses 2, 3, …
METER, MULTI_METER, HEMS = 11, 12, 21
ELECTRICITY, GAS, ENERGY_ALONE, HEMS_MAIN, SOCKET = 101, 102, 103, 201, 202
MOST_DEVICES, MOST_ITEMS = 999_999, 32
_TOGETHER = 50  # devices of one transaction
_PAGE = 2000  # devices whose items are read at a time


@dataclass(frozen=True)
class Device:
    """One device of the plan: what it is and the points behind it."""

    number: int
    type_id: int
    logical: tuple[int, ...]
    cluster: str | None = None

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
    """`count` devices: meters, of which some measure current or gas too, and HEMS controllers.

    Their clusters are those of the demonstration's rows.
    """
    clusters = {0: "wind-01", 1: "night-01"}
    for number in range(1, count + 1):
        cluster = clusters.get(number % 3)
        if number % 50 == 0:
            yield Device(number, HEMS, (HEMS_MAIN, SOCKET, SOCKET), cluster)
        elif number % 16 == 0:
            yield Device(number, MULTI_METER, (ELECTRICITY, GAS), cluster)
        else:
            alone = ELECTRICITY if number % 10 == 0 else ENERGY_ALONE
            yield Device(number, METER, (alone,), cluster)


def uniform(count: int, items: int, first: int = 1) -> Iterator[Device]:
    """Devices with the numbers from `first` to `count`, each with so many items that are read.

    ValueError for more than MOST_ITEMS.
    """
    if not 1 <= items <= MOST_ITEMS:
        raise ValueError(f"a device has from 1 to {MOST_ITEMS} items, not {items}")
    # An electricity meter has two items, a gas meter one; no reading of theirs is out of range.
    logical = (ELECTRICITY,) * (items // 2) + (GAS,) * (items % 2)
    type_id = METER if items <= 2 else MULTI_METER
    if items == 1:
        logical = (ENERGY_ALONE,)
    for number in range(first, count + 1):
        yield Device(number, type_id, logical)


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

    def register(
        self, devices: Iterable[Device], progress: Callable[[], None] = lambda: None
    ) -> None:
        """Register, provision and install devices, as facility management and PROV do."""
        coming = iter(devices)
        while batch := list(islice(coming, _TOGETHER)):
            with self.rules.session.transaction():
                for device in batch:
                    self._register(device)
            for _ in batch:
                progress()

    def _register(self, device: Device) -> None:
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
                p_cluster_id=device.cluster,
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
            p_cluster_id=device.cluster,
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
        for (heid,) in self._of_he("SELECT DISTINCT d.HEID FROM HE_POLL_TARGET_CONTROLLER d"):
            self.heads[heid] = HeadEnd(
                heid,
                inbox,
                registers,
                seed=self.seed + heid,
                loss=self.loss,
                unanswered=self.unanswered,
            )

    def first_unknown(self, count: int) -> int:
        """The number behind the last of the devices 1 to `count` that the head-ends read."""
        rows = self._of_he(
            "SELECT MAX(d.SERIAL) FROM HE_POLL_TARGET_CONTROLLER d WHERE d.SERIAL BETWEEN ? AND ?",
            Device(1, METER, ()).serial,
            Device(count, METER, ()).serial,
        )
        last = rows[0][0]
        return 1 if last is None else int(last.rpartition("-")[2]) + 1

    def items(self) -> dict[int, Points]:
        """What each head-end reads now, by its view."""
        found = {heid: Points() for heid in self.heads}
        for heid, device, address, sub_number, kind, scaler, ln in self._item_rows():
            found[heid].add((device, address, sub_number), kind.strip(), scaler, ln or "")
        return found

    def _item_rows(self) -> Iterator[tuple[Any, ...]]:
        """The view's rows in the order of devices, some devices at a time: none are gathered."""
        ((first, last),) = self._of_he(
            "SELECT MIN(d.PD_TABLE_KEY), MAX(d.PD_TABLE_KEY) FROM HE_POLL_TARGET_CONTROLLER d"
        )
        for key in range(first or 0, (last or -1) + 1, _PAGE):
            yield from self._of_he(
                "SELECT i.HEID, i.PD_TABLE_KEY, i.LD_ADDRESS, i.SUB_NUMBER, i.KIND, i.SCALER, i.LN"
                " FROM HE_POLL_TARGET_ITEM i WHERE i.PD_TABLE_KEY BETWEEN ? AND ?"
                " ORDER BY i.PD_TABLE_KEY, i.LD_ADDRESS, i.SUB_NUMBER",
                key,
                key + _PAGE - 1,
            )

    def _of_he(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        database = self.rules.catalog.database_of("HE_POLL_TARGET_CONTROLLER")
        return self.rules.session.execute(database, query, values)

    def targets(self, heid: int) -> Iterator[Target]:
        """The readings that a head-end should ask for again, as they come: none are gathered.

        Until the last one was taken nothing else can be asked of the session.
        """
        rule = "EXPORT_REPOLL_TARGET"
        database, values = self.rules.bound(rule, p_heid=heid)
        with self.rules.session.transaction():
            for answer in self.rules.session.invoke(database, rule, values):
                if not isinstance(answer, Result):
                    yield answer[0], answer[1], answer[2], answer[3]
                elif not answer.ok:
                    said = self.rules.catalog.said(rule, answer)
                    raise EngineError(f"{rule}: {answer.code} {said} (head-end {heid})")


def moments(start: datetime, days: float, interval: timedelta) -> Iterator[datetime]:
    """The snapshots of `days` days from `start`."""
    for slot in range(round(days * (timedelta(days=1) / interval))):
        yield start + slot * interval
