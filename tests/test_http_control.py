"""Down to the meter and back: relay, capacity, demand response, over all real processes."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import urllib3

from http_server import HttpServer
from kenshin.catalog import Catalog
from kenshin.engines import Session, open_session
from kenshin.rules import Rules
from waiting import until

NUMBERS = count(1)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def meter(http: HttpServer) -> tuple[str, int]:
    """An installed meter that no other test uses: its LD_ID and its TABLE_KEY."""
    return new_meter(http)


def new_meter(http: HttpServer) -> tuple[str, int]:
    number = next(NUMBERS)
    register = {
        "class": "PD",
        "serial": f"M{number}",
        "mac": f"0200000A{number:04X}",
        "type_id": 11,
        "ld_type_id": 101,
        "poll_config": 1,
        "co_id": "HE1",
    }
    said = http.post("FACILITY", "devices/register", {"rows": [register]})
    assert said.code == 0, said.text
    key = said.data["rows"][0]["pd_table_key"]
    install = {
        "class": "PD",
        "serial": f"M{number}",
        "ld_id": f"m-{number}",
        "pd_id": f"md-{number}",
        "contract_capacity": 60,
    }
    assert http.post("FACILITY", "devices/install", {"rows": [install]}).code == 0
    return f"m-{number}", key


def recorded(http: HttpServer, point: str) -> tuple[int, Decimal]:
    """Relay and capacity as the database has them."""
    with open_session(http.config) as session:
        ((relay, capacity),) = session.execute(
            "mdm",
            "SELECT l.RELAY_STATE, l.CONTRACT_CAPACITY FROM LOGICAL_DEVICE l WHERE l.LD_ID = ?",
            [point],
        )
    return int(relay), Decimal(capacity)


def at_meter(http: HttpServer, key: int) -> dict[str, Any]:
    """What the meter itself has at its first point."""
    return dict(http.head.meter(key)["points"].get("2", {}))


def live(http: HttpServer, point: str) -> dict[str, Any]:
    """What the meter says over all the way."""
    said = http.post("NMS", "devices/status", {"ld_id": point})
    assert said.code == 0, said.text
    return dict(said.data["live"])


def clock_at(http: HttpServer, moment: datetime) -> None:
    """Let it be this moment at the meter."""
    away = moment - datetime.fromisoformat(http.head.clock())
    http.head.advance(away.total_seconds())


def controls(http: HttpServer, point: str) -> list[str]:
    with open_session(http.config) as session:
        rows = session.execute(
            "mdm",
            "SELECT c.STATE FROM CONTROL_HISTORY c WHERE c.LD_ID = ? ORDER BY c.CONTROL_ID",
            [point],
        )
    return [str(state).strip() for (state,) in rows]


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("control/relay", {"relay_state": 0}),
        ("control/capacity", {"contract_capacity": "30.5000", "force": 1}),
    ],
    ids=["relay", "capacity"],
)
def test_what_is_ordered_the_meter_has_and_the_register(
    http: HttpServer, meter: tuple[str, int], path: str, order: dict[str, Any]
) -> None:
    point, key = meter
    said = http.post("CUSTOMER", path, {"ld_id": point, **order})
    assert (said.status, said.code) == (200, 0), said.text
    ((field, value),) = [one for one in order.items() if one[0] != "force"]
    assert said.data[field] == value
    its = at_meter(http, key)
    assert (its["relay_state"], Decimal(its["capacity"])) == recorded(http, point)
    assert Decimal(its[field.removeprefix("contract_")]) == Decimal(value)
    assert controls(http, point) == ["DONE"]


def test_one_effect_of_two_at_once_with_one_key(http: HttpServer, meter: tuple[str, int]) -> None:
    point, _ = meter
    body, key = {"ld_id": point, "relay_state": 0}, {"Idempotency-Key": f"relay-{point}"}
    with ThreadPoolExecutor(4) as threads:
        said = list(
            threads.map(lambda _: http.post("CUSTOMER", "control/relay", body, key), range(4))
        )
    assert {one.text for one in said} == {said[0].text}
    assert said[0].code == 0, said[0].text
    assert controls(http, point) == ["DONE"]


def test_requests_on_one_device_are_one_after_another(
    http: HttpServer, meter: tuple[str, int]
) -> None:
    """Over both workers; the meter would refuse none of them at once."""
    point, key = meter
    with ThreadPoolExecutor(6) as threads:
        said = list(
            threads.map(
                lambda n: http.post(
                    "CUSTOMER", "control/relay", {"ld_id": point, "relay_state": n % 2}
                ),
                range(6),
            )
        )
    assert {one.status for one in said} == {200}, [one.text for one in said]
    assert at_meter(http, key)["relay_state"] == recorded(http, point)[0]
    assert controls(http, point) == ["DONE"] * 6


def test_a_worker_killed_before_it_could_record(http: HttpServer, meter: tuple[str, int]) -> None:
    """Between the head-end's confirmation and the database: the next workers record the truth."""
    point, key = meter
    order, once = {"ld_id": point, "relay_state": 0}, {"Idempotency-Key": f"lost-{point}"}
    # Done at once, and the answer comes so late that nobody is there to take it.
    http.head.behave(key, operations=["set-relay"], done=True, ending="SILENCE")
    with ThreadPoolExecutor(1) as thread:
        lost = thread.submit(http.post, "CUSTOMER", "control/relay", order, once)
        until(lambda: at_meter(http, key).get("relay_state") == 0)
        assert recorded(http, point)[0] == 1
        for worker in http.served.workers():
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(urllib3.exceptions.HTTPError):
            lost.result()
    until(lambda: recorded(http, point)[0] == 0, "the meter's state was never recorded")
    until(lambda: controls(http, point) == ["DONE"], "the control stayed open")
    http.pool.clear()
    again = http.post("CUSTOMER", "control/relay", order, once)
    assert (again.status, again.code, again.data["relay_state"]) == (200, 0, 0), again.text
    assert controls(http, point) == ["DONE"]


# --- Demand response ----------------------------------------------------------------------


def portal(session: Session, http: HttpServer, point: str, target: int) -> Rules:
    """What the portal does before an event comes: an account, and a policy of the point."""
    rules = Rules(session, Catalog(http.config.dialect))
    rules.run(
        "ADD_ACCOUNT",
        p_customer_id=f"c-{point}",
        p_ld_id=point,
        p_start_date=datetime.now().date(),
        p_vps_account_id=f"{point}@example.jp",
        p_password_hash="$argon2id$v=19$m=65536,t=3,p=4$" + "A" * 22 + "$" + "B" * 43,
        p_edit_right=1,
        p_state=1,
        p_ld_name="home",
    )
    rules.run(
        "ADD_POLICY",
        p_ld_id=point,
        p_sub_number=1,
        p_policy_name="evenings",
        p_target_capacity=target,
    )
    return rules


def test_demand_response_from_the_event_to_the_incentive(
    http: HttpServer, meter: tuple[str, int], tmp_path: Path
) -> None:
    """Event, planned action, reservation, the meter switches and switches back, the log for
    incentives.
    """
    point, _ = meter
    start = datetime.now().replace(microsecond=0) + timedelta(hours=2)
    end = start + timedelta(hours=1)
    with open_session(http.config) as session:
        vps_role(session, http)
        rules = portal(session, http, point, 20)
        planned = rules.run(
            "RECEIVE_ADR_EVENT",
            p_dras_event_id=f"e-{point}",
            p_level=3,
            p_start_at=start,
            p_end_at=end,
            p_incentive=10,
        )
        actions = [
            dict(zip(rules.catalog.declaration("RECEIVE_ADR_EVENT").gives, row, strict=True))
            for row in planned.rows
        ]
        (action,) = [one for one in actions if one["LD_ID"] == point]
        number = action["ADR_ACTION_ID"]

        said = http.post("VPS", "control/capacity/reserve", {"adr_action_id": number})
        assert (said.status, said.code) == (200, 0), said.text
        again = http.post("VPS", "control/capacity/reserve", {"adr_action_id": number})
        assert again.code == 10, again.text

        for moment, capacity in (
            (start - A_MINUTE, 60),
            (start, 20),
            (end - A_MINUTE, 20),
            (end, 60),
        ):
            clock_at(http, moment)
            assert Decimal(live(http, point)["capacity_in_force"]) == capacity, moment

        (row,) = rules.rows("ADR_ACTION_LOG", "WHERE ADR_ACTION_ID = ?", number)
        assert (row["STATE"].strip(), row["TO_CAPACITY"]) == ("RESERVED", 20)
        log = tmp_path / "actions.csv"
        result = session.stream(
            "vps", "EXPORT_ADR_ACTION_LOG_ROWS", arguments(rules, p_ld_id=point), log
        )
        assert result.code == 0, result.message
        assert point in log.read_text() and "RESERVED" in log.read_text()


def vps_role(session: Session, http: HttpServer) -> None:
    """The account that the tests are may do what the portal's may."""
    name = session.account_name(http.config.connection.user)
    if session.execute("vps", "SELECT 1 FROM ACCOUNT_ROLE a WHERE a.ACCOUNT = ?", [name]):
        return
    session.execute(
        "vps", "INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES (?, 'VPS')", [name]
    )


def arguments(rules: Rules, **given: Any) -> list[Any]:
    return rules.bound("EXPORT_ADR_ACTION_LOG_ROWS", **given)[1]
