"""A small station for tests: its devices by plain SQL, the same for the database and the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kenshin.engines import Session
from kenshin.simulator import Item
from oracle import ItemSpec, Oracle

INTERVAL = timedelta(minutes=30)
# Logical device type of the fixtures: its group's polled items.
ITEMS = {
    101: [ItemSpec(1, "CUMULATIVE", -2, True), ItemSpec(2, "INSTANT", -1, False)],
    102: [ItemSpec(1, "CUMULATIVE", -2, False)],
    202: [ItemSpec(1, "CUMULATIVE", -3, False)],
}
OBIS = {(101, 1): "1-0:1.8.0", (101, 2): "1-0:31.6.0", (102, 1): "7-0:3.0.0", (202, 1): "1-0:1.8.0"}


@dataclass(frozen=True)
class Meter:
    """One physical device with one logical device."""

    key: int
    heid: int
    ld_id: str | None
    type_id: int
    cluster: str | None = None
    capacity: int = 0

    def items(self) -> Iterator[Item]:
        for spec in ITEMS[self.type_id]:
            obis = OBIS[self.type_id, spec.sub_number]
            yield Item(self.key, 2, spec.sub_number, spec.kind, spec.scaler, obis)


def meters(count: int, heads: int) -> list[Meter]:
    """`count` meters spread over the head-ends: most electricity, some gas, some sockets."""
    found = []
    for key in range(1, count + 1):
        type_id = 102 if key % 7 == 0 else 202 if key % 5 == 0 else 101
        cluster = {0: "SOLAR", 1: "NIGHT"}.get(key % 4)
        found.append(
            Meter(key, 1 + key % heads, f"point-{key:04}", type_id, cluster, 10 * (1 + key % 6))
        )
    return found


def build(session: Session, oracle: Oracle, found: list[Meter]) -> None:
    """Put meters and prices into the database and the oracle."""
    with session.transaction():
        used = {meter.heid for meter in found}
        for heid in {1, 2, 3, 4} - used:
            session.execute("mdm", f"UPDATE HECONF SET ENABLED = 0 WHERE HEID = {heid}")
        for meter in found:
            add(session, oracle, meter)
        _prices(session, oracle)


def add(session: Session, oracle: Oracle, meter: Meter) -> None:
    """One meter in service; without an LD_ID it is in stock."""
    session.execute(
        "mdm",
        "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, TYPE_ID, POLL_CONFIG)"
        " VALUES (?, ?, ?, 11, 1)",
        [meter.key, f"HE{meter.heid}", f"SERIAL-{meter.key}"],
    )
    session.execute(
        "mdm",
        "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT) VALUES (?, 'C')",
        [meter.key],
    )
    session.execute(
        "mdm",
        "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, CLUSTER_ID, TYPE_ID, CONTRACT_CAPACITY)"
        " VALUES (?, ?, ?, ?, ?)",
        [meter.ld_id, meter.key, meter.cluster, meter.type_id, meter.capacity],
    )
    if meter.ld_id is None:
        oracle.add_device(
            heid=meter.heid, pd_table_key=meter.key, ld_address=2, items=ITEMS[meter.type_id]
        )
    else:
        oracle.add_point(
            ld_id=meter.ld_id,
            heid=meter.heid,
            pd_table_key=meter.key,
            ld_address=2,
            items=ITEMS[meter.type_id],
            capacity=meter.capacity,
            cluster=meter.cluster,
        )


def _prices(session: Session, oracle: Oracle) -> None:
    sets = [
        # PARAM_ID, from, to, factor, CO2, base charge, tier 1 limit and price, 2, 3
        (
            "GLOBAL",
            date(2025, 1, 1),
            date(2026, 1, 5),
            1,
            "0.4530",
            "311.7500",
            20,
            "29.8000",
            60,
            "36.4000",
            "40.4900",
        ),
        (
            "GLOBAL",
            date(2026, 1, 5),
            None,
            1,
            "0.4410",
            "311.7500",
            20,
            "30.5700",
            60,
            "37.1000",
            "41.2300",
        ),
        (
            "WIND",
            date(2026, 1, 2),
            None,
            "1.0205",
            "0.0130",
            "280.0000",
            15,
            "27.5000",
            None,
            "31.0000",
            None,
        ),
        ("OFFPEAK", date(2025, 4, 1), None, 1, "0.4530", "311.7500", None, None, None, None, None),
    ]
    columns = (
        "PARAM_ID, FROM_DATE, TO_DATE, CORRECTION_FACTOR, CO2_FACTOR, BASE_CHARGE_PER_10A,"
        " TIER1_LIMIT, TIER1_PRICE, TIER2_LIMIT, TIER2_PRICE, TIER3_PRICE"
    )
    for row in sets:
        session.execute(
            "vps",
            f"INSERT INTO CORRECTION_PARAM ({columns}) VALUES ({', '.join('?' * 11)})",
            list(row),
        )
        name, start, end, factor, co2, base, l1, p1, l2, p2, p3 = row
        oracle.correction(
            name,
            start,
            end,
            factor,
            co2_factor=co2,
            base_charge_per_10a=base,
            tier1_limit=l1,
            tier1_price=p1,
            tier2_limit=l2,
            tier2_price=p2,
            tier3_price=p3,
        )
    for day_type, start_time, price in [
        ("WEEKDAY", "07:00:00", "38.2000"),
        ("WEEKDAY", "23:00:00", "21.1600"),
        ("SATURDAY", "09:30:00", "25.0000"),
        ("HOLIDAY", "00:00:00", "20.0000"),
    ]:
        session.execute(
            "vps",
            "INSERT INTO TOU_PRICE (PARAM_ID, FROM_DATE, DAY_TYPE, START_TIME, PRICE)"
            " VALUES (?, ?, ?, ?, ?)",
            ["OFFPEAK", date(2025, 4, 1), day_type, start_time, price],
        )
        oracle.tou_price(
            "OFFPEAK",
            date(2025, 4, 1),
            day_type,
            datetime.strptime(start_time, "%H:%M:%S").time(),
            price,
        )
    for cluster, param in (("SOLAR", "WIND"), ("NIGHT", "OFFPEAK")):
        session.execute(
            "vps", "INSERT INTO VPS_CLUSTER (CLUSTER_ID, PARAM_ID) VALUES (?, ?)", [cluster, param]
        )
        oracle.cluster(cluster, param)
    session.execute(
        "vps", "INSERT INTO HOLIDAY (DAY_OFF, NAME) VALUES (?, 'New Year')", [date(2026, 1, 1)]
    )
    oracle.holiday(date(2026, 1, 1))
