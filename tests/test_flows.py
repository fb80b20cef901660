"""The business flows of a station, each step by the actor whose it is, with that actor's account.

Nothing reaches a table here but through the SQL-API: what happened is asked of the views and
rules that the actors have. A head-end of its own for each flow keeps them apart.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from actors import Actors
from conftest import Installations
from kenshin import release
from kenshin.engines import Result
from kenshin.secret import KeyRing, check_password, context_of, hash_password

HALF_HOUR = timedelta(minutes=30)
# A snapshot of a week ago, on the grid of intervals.
START = datetime.combine(date.today() - timedelta(days=7), datetime.min.time()).replace(hour=12)
METER, MULTI_METER = 11, 12
CURRENT_TOO, GAS, ENERGY = 101, 102, 103
KEYS = KeyRing([("test-1", b"T" * 32)])


class Station:
    """What the flows have in common: provisioning a meter, reading it, asking for its usage."""

    def __init__(self, actors: Actors, folder: Path) -> None:
        self.actors = actors
        self.folder = folder
        self.files = 0

    def call(self, role: str, rule: str, expect: int = 0, **arguments: object) -> Result:
        result = self.actors.call(role, rule, **arguments)
        said = result.message or self.actors.catalog.meaning(rule, result.code)
        assert result.code == expect, f"{rule} answered {result.code} {said} ({arguments})"
        return result

    def file(self, header: str, rows: list[str]) -> Path:
        self.files += 1
        path = self.folder / f"{self.files}.csv"
        path.write_text("\n".join([header, *rows, f"#END,{len(rows)}"]) + "\n", encoding="utf-8")
        return path

    def give(self, role: str, rule: str, path: Path, *arguments: object) -> Result:
        """Stream a file to a rule that takes rows."""
        catalog = self.actors.catalog
        staged = catalog.declaration(rule).staged
        return self.actors.sessions[role].call_with_file(
            catalog.database_of(rule), rule, arguments, staged, catalog.file_columns(staged), path
        )

    def certify(self, serial: str, mac: str) -> None:
        """ALA issues a certificate that is valid for ten years."""
        rows = [f"{serial},,CN={mac},2020-01-01 00:00:00,2036-01-01 00:00:00"]
        header = "CERT_SERIAL,ALA_ID,SUBJECT,NOT_BEFORE,NOT_AFTER"
        result = self.give(
            "ALA", "ADD_CERTIFICATE_ROWS", self.file(header, rows), f"cert-{serial}.csv"
        )
        assert result.code == 0, result

    def stock(self, number: int, heid: int, type_id: int = METER, ld_type: int = ENERGY) -> int:
        """A meter is made, certified and registered; the result is its TABLE_KEY."""
        mac = mac_of(number)
        self.certify(f"C{number}", mac)
        result = self.call(
            "SHIM",
            "REGISTER_CONTROLLER",
            p_serial=f"S{number}",
            p_mac=mac,
            p_co_id=f"HE{heid}",
            p_type_id=type_id,
            p_ld_type_id=ld_type,
            p_poll_config=1,
            p_cert_serial=f"C{number}",
        )
        return int(result.rows[0][0])

    def provision(self, number: int) -> None:
        """It is switched on: DHCP, configuration, authentication."""
        mac = mac_of(number)
        self.call("PROV", "DHCP_COMPLETED", p_mac=mac, p_ip_address=f"10.0.0.{number}")
        self.call("PROV", "PROV_COMPLETED", p_mac=mac)
        self.call("ALA", "REVISE_COMMON_KEY", **self.keys(number))

    def keys(self, number: int) -> dict[str, object]:
        mac = mac_of(number)
        return {
            "p_class": "PD",
            "p_mac": mac,
            "p_password": KEYS.wrap(b"password", context_of("PASSWORD", mac=mac)),
            "p_common_key": KEYS.wrap(bytes(16), context_of("COMMON_KEY", mac=mac)),
            "p_session_key": KEYS.wrap(bytes(16), context_of("SESSION_KEY", mac=mac)),
        }

    def install(self, number: int, ld_id: str, **arguments: object) -> None:
        self.call("SHIM", "INSTALL_CONTROLLER", p_mac=mac_of(number), p_ld_id=ld_id, **arguments)

    def polled(self) -> dict[int, dict[str, object]]:
        """What the head-ends see after the next synchronisation, by TABLE_KEY."""
        self.call("SHIM", "SYNC_HE")
        rows = self.actors.rows("HE", "HE_POLL_TARGET_CONTROLLER")
        return {int(str(row["PD_TABLE_KEY"])): row for row in rows}

    def read(
        self, heid: int, at: datetime, values: dict[tuple[int, int, int], int | None]
    ) -> Result:
        """The head-end delivers a snapshot: (device, address, item) → register."""
        rows = [
            f"{key},{address},{sub},{at:%Y-%m-%d %H:%M:%S},{'' if value is None else value},"
            f"{1 if value is None else 0}"
            for (key, address, sub), value in values.items()
        ]
        header = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"
        name = f"HE{heid}_{at:%Y%m%d%H%M}_ONTIME.csv"
        return self.give(
            "SHIM",
            "IMPORT_COLLECTION_LOG_ROWS",
            self.file(header, rows),
            heid,
            at,
            "ONTIME",
            name,
        )

    def repoll(
        self, heid: int, cycle: datetime, values: dict[tuple[int, int, int, datetime], int]
    ) -> Result:
        """It delivers what it asked for again."""
        rows = [
            f"{key},{address},{sub},{at:%Y-%m-%d %H:%M:%S},{value},0"
            for (key, address, sub, at), value in values.items()
        ]
        header = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"
        name = f"HE{heid}_{cycle:%Y%m%d%H%M}_PAST_1.csv"
        return self.give(
            "SHIM",
            "IMPORT_COLLECTION_LOG_ROWS",
            self.file(header, rows),
            heid,
            cycle,
            "PAST",
            name,
        )

    def usage(
        self, start: datetime, end: datetime, usage_class: str = "ONTIME"
    ) -> dict[tuple[str, int, datetime], tuple[str, str, str]]:
        """What billing takes: (point, item, slot) → reading, usage, status."""
        path = self.folder / "usage.csv"
        path.unlink(missing_ok=True)
        billing = self.actors.sessions["BILLING"]
        result = billing.stream("vps", "EXPORT_USAGE_ROWS", (start, end, usage_class), path)
        if result.code == 11:
            return {}
        assert result.code == 0
        found = {}
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["LD_ID"] != "#END":
                    at = datetime.fromisoformat(row["MEASURED_TIME"])
                    shown = [plain(row[name]) for name in ("READING", "USAGE_VALUE", "STATUS")]
                    found[row["LD_ID"], int(row["SUB_NUMBER"]), at] = (shown[0], shown[1], shown[2])
        return found

    def alerts(self, text: str) -> list[dict[str, object]]:
        """Open alerts whose message or point has a text in it."""
        return [
            alert
            for alert in self.actors.rows("READER", "OPEN_ALERT")
            if text in f"{alert['MESSAGE']} {alert['LD_ID']}"
        ]


def mac_of(number: int) -> str:
    return f"0200000000{number:02X}"


def plain(text: str) -> str:
    return format(Decimal(text).normalize() + 0, "f") if text else ""


@pytest.fixture(scope="module")
def station(
    engine: str, installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Station]:
    config = installations.new(engine, "flows")
    release.apply(config)
    actors = Actors(config, "f_")
    made = Station(actors, tmp_path_factory.mktemp("flows"))
    made.call("SHIM", "SET_CONFIG", p_name="ALA_LINKED", p_value="1")
    yield made
    actors.close()
    drop_accounts(actors)


def drop_accounts(actors: Actors) -> None:
    from kenshin import access
    from kenshin.engines import open_session

    with open_session(actors.config) as owner:
        for account in access.accounts(owner):
            access.drop_account(owner, account.name)


# --- 2.3.2: installation and provisioning ---------------------------------------------


def test_a_meter_is_installed_provisioned_and_read(station: Station) -> None:
    key = station.stock(1, heid=1)
    assert key not in station.polled()
    station.call("PROV", "DHCP_COMPLETED", p_mac=mac_of(1), p_ip_address="10.0.0.1")
    station.call("PROV", "PROV_COMPLETED", p_mac="02-00-00-00-00-01")
    # With an authentication server linked, a configured meter is not enough.
    assert key not in station.polled()
    station.call("ALA", "REVISE_COMMON_KEY", **station.keys(1))
    seen = station.polled()[key]
    assert KEYS.unwrap(bytes(seen["COMMON_KEY"]), context_of("COMMON_KEY", mac=mac_of(1))) == bytes(
        16
    )
    assert seen["IP_ADDRESS"] == "10.0.0.1"
    # Readings are kept from the moment on which the point has its name.
    station.read(1, START, {(key, 2, 1): 1000})
    assert station.usage(START, START + HALF_HOUR) == {}
    station.install(1, "flow-1", p_contract_capacity=30)
    station.read(1, START + HALF_HOUR, {(key, 2, 1): 1025})
    station.read(1, START + 2 * HALF_HOUR, {(key, 2, 1): 1075})
    taken = station.usage(START, START + 3 * HALF_HOUR)
    assert taken["flow-1", 1, START + 2 * HALF_HOUR] == ("10.75", "0.5", "0")
    progress = station.actors.rows("READER", "PROVISIONING_PROGRESS")
    assert any(row["PROV_STAT"] == "A" and row["HEID"] == 1 for row in progress)


# --- 2.3.5: exchange, disposal, a revoked certificate ---------------------------------


def test_a_meter_is_exchanged_and_the_old_one_disposed_of(station: Station) -> None:
    old = station.stock(2, heid=2)
    new = station.stock(3, heid=2)
    station.provision(2)
    station.install(2, "flow-2")
    station.read(2, START, {(old, 2, 1): 50000})
    station.read(2, START + HALF_HOUR, {(old, 2, 1): 50030})
    station.call("SHIM", "CLEAR_INSTALLATION", p_mac=mac_of(2))
    station.provision(3)
    station.install(3, "flow-2")
    targets = station.polled()
    assert new in targets
    station.read(2, START + 2 * HALF_HOUR, {(new, 2, 1): 10, (old, 2, 1): 50040})
    station.read(2, START + 3 * HALF_HOUR, {(new, 2, 1): 35})
    taken = station.usage(START, START + 4 * HALF_HOUR)
    # The reset register is left as it is, below zero: billing must see it.
    assert taken["flow-2", 1, START + 2 * HALF_HOUR] == ("0.1", "-500.2", "0")
    assert taken["flow-2", 1, START + 3 * HALF_HOUR] == ("0.35", "0.25", "0")
    station.call(
        "SHIM", "DIAGNOSE", p_start=START + 2 * HALF_HOUR, p_end=START + 2 * HALF_HOUR + HALF_HOUR
    )
    assert [alert["ALERT_CODE"] for alert in station.alerts("flow-2")] == ["NEGATIVE"]

    station.call("SHIM", "DISPOSE_DEVICE", p_mac=mac_of(2))
    station.call("ALA", "REVOKE_CERTIFICATE", p_cert_serial="C2", p_revoke_reason="disposed")
    station.call("PROV", "DHCP_COMPLETED", 3002, p_mac=mac_of(2), p_ip_address="10.0.0.9")
    assert station.alerts(mac_of(2)) == []
    station.call("ALA", "REVISE_COMMON_KEY", 3002, **station.keys(2))
    assert len(station.alerts(mac_of(2))) == 1
    assert old not in station.polled()
    station.call(
        "SHIM",
        "REGISTER_CONTROLLER",
        3002,
        p_serial="S2",
        p_mac=mac_of(2),
        p_type_id=METER,
        p_ld_type_id=ENERGY,
    )


def test_a_revoked_certificate_that_asks_for_a_key_raises_an_alert(station: Station) -> None:
    station.stock(4, heid=2)
    station.provision(4)
    station.call("ALA", "REVOKE_CERTIFICATE", p_cert_serial="C4", p_revoke_reason="lost")
    station.call("ALA", "REVISE_COMMON_KEY", 4001, **station.keys(4))
    station.call("ALA", "REVISE_COMMON_KEY", 4001, **station.keys(4))
    assert len(station.alerts(mac_of(4))) == 1


# --- 2.3.6: cancellation and removal --------------------------------------------------


def test_a_contract_is_cancelled_and_the_meter_removed(station: Station) -> None:
    key = station.stock(5, heid=2)
    station.provision(5)
    station.install(5, "flow-5", p_pd_id="pd-5", p_contract_capacity=40)
    open_account(station, "c-5", "flow-5", "five@example.jp")
    station.call(
        "VPS",
        "ADD_VPA_DEVICE",
        p_pd_id="pd-5",
        p_mac="0200000000F5",
        p_signature_type="RSA",
        p_cipher_suite="AES128",
        p_password=KEYS.wrap(b"terminal", context_of("PASSWORD", mac="0200000000F5")),
        p_ld_id="flow-5",
    )
    policy(station, "flow-5", p_target_capacity=20)
    assert key in station.polled()
    at = datetime.now().replace(microsecond=0) - timedelta(minutes=1)
    station.call("SHIM", "RESERVE_POLL_STOP", p_ld_id="flow-5", p_at=at)
    assert key not in station.polled()
    station.call("SHIM", "CLEAR_INSTALLATION", p_mac=mac_of(5), p_cancel=1)
    for role, view in (("VPS", "ADR_VPS_ACCOUNT"), ("VPS", "ADR_POLICY_LIST")):
        assert not [r for r in station.actors.rows(role, view) if r["LD_ID"] == "flow-5"], view
    refused = station.call("VPS", "LOGIN_BEGIN", p_vps_account_id="five@example.jp")
    station.call("VPS", "LOGIN_END", 4001, p_token=refused.rows[0][1], p_ok=1)
    station.call("SHIM", "CLEAR_INSTALLATION", 10, p_mac=mac_of(5), p_cancel=1)


# --- 2.3.7: polling stops and starts again --------------------------------------------


def test_polling_stops_starts_again_and_the_gap_is_repaired(station: Station) -> None:
    key = station.stock(6, heid=3)
    station.provision(6)
    station.install(6, "flow-6")
    at = [START + n * HALF_HOUR for n in range(6)]
    station.read(3, at[0], {(key, 2, 1): 100})
    station.call("SHIM", "RESERVE_POLL_STOP", p_ld_id="flow-6", p_at=at[1])
    station.call("SHIM", "RESERVE_POLL_START", p_ld_id="flow-6", p_at=at[3])
    # The head-end has nothing to read meanwhile, and says so.
    station.read(3, at[1], {})
    station.read(3, at[2], {})
    assert [slot for slot in station.usage(at[1], at[3]) if slot[0] == "flow-6"] == []
    station.read(3, at[3], {(key, 2, 1): None})
    station.read(3, at[4], {(key, 2, 1): 180})
    assert station.usage(at[3], at[5])["flow-6", 1, at[4]] == ("1.8", "", "2")
    station.call("SHIM", "SYNC_HE")
    wanted = station.call("HE", "EXPORT_REPOLL_TARGET", p_heid=3).rows
    assert (key, 2, 1, at[3]) in [tuple(row) for row in wanted]
    assert station.repoll(3, at[5], {(key, 2, 1, at[3]): 150}).code == 0
    past = station.usage(at[5], at[5] + HALF_HOUR, "PAST")
    assert past["flow-6", 1, at[4]] == ("1.8", "0.3", "0")


# --- 2.3.8, 2.3.9, 2.3.10: relay, capacity, reboot ------------------------------------


def test_what_a_head_end_confirmed_is_recorded(station: Station) -> None:
    key = station.stock(7, heid=3)
    station.provision(7)
    station.install(7, "flow-7", p_contract_capacity=30)
    station.call("SHIM", "SET_RELAY_STATE", p_ld_id="flow-7", p_relay_state=0)
    station.call("SHIM", "SET_RELAY_STATE", 10, p_ld_id="flow-7", p_relay_state=0)
    station.call("SHIM", "SET_CONTRACT_CAPACITY", p_ld_id="flow-7", p_contract_capacity=50)
    found = station.call("SHIM", "SEARCH_DEVICE", p_ld_id="flow-7").rows
    columns = list(station.actors.catalog.declaration("SEARCH_DEVICE").gives)
    [device] = [dict(zip(columns, row, strict=True)) for row in found]
    assert (device["RELAY_STATE"], device["CONTRACT_CAPACITY"]) == (0, 50)
    assert device["TABLE_KEY"] == key


def test_a_mass_reboot_is_worked_off(station: Station) -> None:
    for number in (8, 9):
        station.stock(number, heid=3)
        station.provision(number)
        station.call(
            "SHIM",
            "RESERVE_REBOOT",
            p_reservation_id="firmware-2",
            p_mac=mac_of(number),
            p_requested_by="operator",
        )
    columns = list(station.actors.catalog.declaration("NEXT_REBOOT").gives)
    worked = []
    for _ in range(2):
        [row] = station.call("SHIM", "NEXT_REBOOT").rows
        job = dict(zip(columns, row, strict=True))
        worked.append(job["MAC"])
        station.call(
            "SHIM",
            "FINISH_REBOOT",
            p_reservation_id="firmware-2",
            p_table_key=job["TABLE_KEY"],
            p_ok=1,
            p_message="rebooting",
        )
    assert sorted(worked) == [mac_of(8), mac_of(9)]
    station.call("SHIM", "NEXT_REBOOT", 11)
    [progress] = station.actors.rows("READER", "REBOOT_PROGRESS")
    assert progress["DONE"] == 2


# --- 2.3.11: a gas meter is added -----------------------------------------------------


def test_a_gas_meter_is_added_to_a_multi_meter(station: Station) -> None:
    key = station.stock(10, heid=3, type_id=MULTI_METER)
    station.provision(10)
    station.install(10, "flow-10")
    at = START + timedelta(days=1)
    station.read(3, at, {(key, 2, 1): 100})
    station.call(
        "SHIM",
        "ADD_LOGICAL_DEVICE",
        p_pd_table_key=key,
        p_ld_id="flow-10-gas",
        p_ld_address=3,
        p_ld_type_id=GAS,
    )
    assert station.polled()[key]["LD_ADDRESSES"] == "2,3"
    station.read(3, at + HALF_HOUR, {(key, 2, 1): 110, (key, 3, 1): 7})
    station.read(3, at + 2 * HALF_HOUR, {(key, 2, 1): 120, (key, 3, 1): 9})
    taken = station.usage(at, at + 3 * HALF_HOUR)
    assert taken["flow-10-gas", 1, at + 2 * HALF_HOUR] == ("0.09", "0.02", "0")
    assert taken["flow-10", 1, at + 2 * HALF_HOUR] == ("1.2", "0.1", "0")


# --- 2.4.4: the life of an account ----------------------------------------------------


def open_account(station: Station, customer: str, point: str, mail: str) -> None:
    station.call(
        "VPS",
        "ADD_ACCOUNT",
        p_customer_id=customer,
        p_ld_id=point,
        p_start_date=START.date(),
        p_vps_account_id=mail,
        p_password_hash=hash_password("correct horse"),
        p_edit_right=1,
        p_state=1,
        p_ld_name="2F",
    )


def log_in(station: Station, mail: str, password: str) -> Result:
    """As a portal does it: fetch the hash, compare, report."""
    begun = station.call("VPS", "LOGIN_BEGIN", p_vps_account_id=mail)
    stored, token = begun.rows[0][:2]
    good = check_password(str(stored), password)
    return station.actors.call("VPS", "LOGIN_END", p_token=token, p_ok=int(good))


def test_the_life_of_an_account(station: Station) -> None:
    station.stock(11, heid=4)
    station.provision(11)
    station.install(11, "flow-11", p_pd_id="pd-11")
    open_account(station, "c-11", "flow-11", "eleven@example.jp")
    assert log_in(station, "eleven@example.jp", "correct horse").code == 0
    assert log_in(station, "nobody@example.jp", "correct horse").code == 4001
    # The password is lost: failures lock the account, a temporary one opens it.
    for _ in range(5):
        assert log_in(station, "eleven@example.jp", "wrong").code == 4001
    assert log_in(station, "eleven@example.jp", "correct horse").code == 4001
    station.call(
        "VPS",
        "ISSUE_TEMPORARY_PASSWORD",
        p_vps_account_id="eleven@example.jp",
        p_password_hash=hash_password("temporary"),
    )
    entered = log_in(station, "eleven@example.jp", "temporary")
    columns = list(station.actors.catalog.declaration("LOGIN_END").gives)
    said = dict(zip(columns, entered.rows[0], strict=True))
    assert (said["CUSTOMER_ID"], said["TEMPORARY"]) == ("c-11", 1)
    station.call(
        "VPS",
        "EDIT_ACCOUNT",
        p_vps_account_id="eleven@example.jp",
        p_password_hash=hash_password("battery staple"),
    )
    entered = log_in(station, "eleven@example.jp", "battery staple")
    said = dict(zip(columns, entered.rows[0], strict=True))
    assert said["TEMPORARY"] == 0
    # What is his, he sees.
    station.read(4, START, {})
    path = station.folder / "vps-log.csv"
    session = station.actors.sessions["VPS"]
    arguments = ("eleven@example.jp", START, START + timedelta(days=1))
    result = session.stream("vps", "EXPORT_VPS_LOG_ROWS", arguments, path)
    assert result.code == 0
    assert {line.split(",")[0] for line in path.read_text().splitlines()[1:-1]} == {"flow-11"}
    # He leaves; the account goes with the contract.
    station.call("SHIM", "CLEAR_INSTALLATION", p_ld_id="flow-11", p_cancel=1)
    assert log_in(station, "eleven@example.jp", "battery staple").code == 4001


# --- 2.4.6: a saving event ------------------------------------------------------------


def policy(station: Station, point: str, role: str = "VPS", **arguments: object) -> int:
    given = {"p_ld_id": point, "p_sub_number": 1, "p_policy_name": "evening"} | arguments
    return int(station.call(role, "ADD_POLICY", **given).rows[0][0])


def test_a_saving_event_meets_the_policies_that_match(station: Station) -> None:
    for number in range(20, 26):
        station.stock(number, heid=4)
        station.provision(number)
    # The event of a coming Wednesday, from 18:00 to 20:00.
    day = date.today() + timedelta(days=7)
    day += timedelta(days=(2 - day.weekday()) % 7)
    start = datetime.combine(day, datetime.min.time()) + timedelta(hours=18)
    wednesday = 4
    window = {"p_start_time": "17:00:00", "p_end_time": "21:00:00"}
    matching = {
        "adr-level": {"p_min_level": 2, "p_day_mask": wednesday},
        "adr-date": {"p_from_date": day, "p_to_date": day + timedelta(days=1)},
    }
    passed_over = {
        "adr-too-low": {"p_min_level": 3},
        "adr-too-poor": {"p_min_incentive": 100},
        "adr-other-day": {"p_day_mask": 127 - wednesday},
        "adr-other-dates": {"p_from_date": day + timedelta(days=1)},
    }
    points = [*matching, *passed_over]
    for number, point in zip(range(20, 26), points, strict=True):
        station.install(number, point, p_contract_capacity=40)
        policy(station, point, p_target_capacity=20, **window, **(matching | passed_over)[point])
    event = {
        "p_dras_event_id": "dras-1",
        "p_level": 2,
        "p_start_at": start,
        "p_end_at": start + timedelta(hours=2),
        "p_incentive": 50,
        "p_status": "far",
    }
    columns = list(station.actors.catalog.declaration("RECEIVE_ADR_EVENT").gives)
    result = station.call("VPS", "RECEIVE_ADR_EVENT", **event)
    actions = [dict(zip(columns, row, strict=True)) for row in result.rows]
    assert sorted(action["LD_ID"] for action in actions) == sorted(matching)
    assert {(a["FROM_CAPACITY"], a["TO_CAPACITY"], a["STATE"].strip()) for a in actions} == {
        (40, 20, "PLANNED")
    }
    again = station.call("VPS", "RECEIVE_ADR_EVENT", 10, **event)
    assert len(again.rows) == len(actions)
    # The head-end took one reservation and refused the other.
    first, second = (action["ADR_ACTION_ID"] for action in actions)
    station.call("SHIM", "FINISH_ADR_ACTION", p_adr_action_id=first, p_state="RESERVED")
    station.call(
        "SHIM", "FINISH_ADR_ACTION", p_adr_action_id=second, p_state="FAILED", p_message="silent"
    )
    rows = station.actors.rows("VPS", "ADR_ACTION_LOG")
    logged = {r["ADR_ACTION_ID"]: str(r["STATE"]).strip() for r in rows}
    assert logged == {first: "RESERVED", second: "FAILED"}
    path = station.folder / "actions.csv"
    takes = list(station.actors.catalog.declaration("EXPORT_ADR_ACTION_LOG_ROWS").takes)
    filters = [{"p_state": "RESERVED"}.get(name) for name in takes]
    vps = station.actors.sessions["VPS"]
    assert vps.stream("vps", "EXPORT_ADR_ACTION_LOG_ROWS", filters, path).code == 0
    assert len(path.read_text().splitlines()) == 3


def test_an_event_for_a_cluster_leaves_other_points_alone(station: Station) -> None:
    start = datetime.now().replace(microsecond=0) + timedelta(days=30)
    event = {
        "p_dras_event_id": "dras-2",
        "p_level": 9,
        "p_start_at": start,
        "p_end_at": start + timedelta(hours=1),
        "p_cluster_id": "elsewhere",
        "p_incentive": 1000,
    }
    result = station.actors.call("VPS", "RECEIVE_ADR_EVENT", **event)
    assert result.code in (0, 1003)
    assert result.rows == []


def test_a_vpa_adds_and_deactivates_a_policy_and_nothing_else(station: Station) -> None:
    station.stock(30, heid=4)
    station.provision(30)
    station.install(30, "flow-30", p_contract_capacity=40)
    number = policy(station, "flow-30", role="VPA", p_target_capacity=20)

    def listed() -> dict[str, object]:
        rows = station.actors.rows("VPS", "ADR_POLICY_LIST", f"WHERE POLICY_ID = {number}")
        return rows[0]

    before = listed()
    attempts: list[dict[str, object]] = [
        {"p_active": 1},
        {"p_deleted": 1},
        {"p_active": 0, "p_deleted": 1},
        {"p_active": 0, "p_target_capacity": 10},
        {"p_active": 0, "p_policy_name": "VPS"},
        {"p_policy_name": "x' OR 1=1 --"},
        {"p_min_level": 5},
        {"p_min_incentive": 5},
        {"p_day_mask": 1},
        {"p_start_time": "10:00:00"},
        {"p_end_time": "10:00:00"},
        {"p_from_date": date.today()},
        {"p_to_date": date.today() + timedelta(days=9)},
        {"p_ld_id": "flow-1"},
        {"p_sub_number": 2},
    ]
    for arguments in attempts:
        station.call("VPA", "EDIT_POLICY", 4001, p_policy_id=number, **arguments)
        assert listed() == before, arguments
    station.call("VPA", "EDIT_POLICY", p_policy_id=number, p_active=0)
    assert listed()["ACTIVE"] == 0
    station.call("VPA", "EDIT_POLICY", 4001, p_policy_id=number, p_active=1)
    station.call("VPS", "EDIT_POLICY", p_policy_id=number, p_active=1, p_target_capacity=15)
    assert (listed()["ACTIVE"], listed()["TARGET_CAPACITY"]) == (1, 15)


# --- 2.4.7: settlement ----------------------------------------------------------------


def test_a_gap_that_was_never_repaired_is_settled_by_hand(station: Station) -> None:
    key = station.stock(31, heid=4)
    station.provision(31)
    station.install(31, "flow-31")
    at = START + timedelta(days=2)
    station.read(4, at, {(key, 2, 1): 100})
    station.read(4, at + HALF_HOUR, {(key, 2, 1): None})
    slot = at + HALF_HOUR
    assert station.usage(slot, slot + HALF_HOUR)["flow-31", 1, slot] == ("", "", "1")
    given = {"p_ld_id": "flow-31", "p_sub_number": 1, "p_measured_time": slot}
    station.call("SHIM", "CORRECT_QUOTE", **given, p_usage=Decimal("0.4"))
    station.call("SHIM", "CORRECT_QUOTE", 10, **given, p_usage=Decimal("0.4"))
    open_account(station, "c-31", "flow-31", "thirtyone@example.jp")
    path = station.folder / "settled.csv"
    arguments = ("thirtyone@example.jp", at, at + timedelta(days=1))
    vps = station.actors.sessions["VPS"]
    assert vps.stream("vps", "EXPORT_VPS_LOG_ROWS", arguments, path).code == 0
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["MEASURED_TIME"]: row for row in csv.DictReader(file)}
    assert plain(rows[f"{slot:%Y-%m-%d %H:%M:%S}"]["USAGE_VALUE"]) == "0.4"
