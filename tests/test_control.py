"""Controls of meters through a simulated head-end: what the database says is what the meter has."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from conftest import Installations
from head_end import AT, SimulatedHeadEnd
from http_station import (
    ADDRESS,
    FIRST,
    METERS,
    PATIENCE,
    Other,
    connection_of,
    context,
    cut,
    installed,
    point,
    write,
)
from kenshin.catalog import Catalog
from kenshin.config import Config, HeadEndApi
from kenshin.engines import Session, base, open_session
from kenshin.he_api.client import HeadEnds
from kenshin.http_api import control
from kenshin.http_api.answer import Answer, Problem
from kenshin.http_api.idempotency import Kept
from kenshin.http_api.locks import device_held
from kenshin.http_api.pool import Pool, call
from kenshin.http_api.settle import Settler
from proxy import Wire

SET = ["set-relay", "set-capacity", "reserve-capacity"]
HOUR = timedelta(hours=1)
NOW = datetime.fromisoformat(AT)


@dataclass
class Scene:
    """A meter that no other test has touched, and what is known of it on either side."""

    config: Config
    catalog: Catalog
    simulator: SimulatedHeadEnd
    session: Session
    key: int

    @property
    def point(self) -> str:
        return point(self.key)

    def relay(self, state: int, **context_: Any) -> Answer:
        arguments = {"p_ld_id": self.point, "p_relay_state": state}
        return control.relay(self.context(**context_), arguments)

    def capacity(self, value: str, force: int | None = None, **context_: Any) -> Answer:
        arguments = {"p_ld_id": self.point, "p_contract_capacity": Decimal(value)}
        return control.capacity(self.context(**context_), {**arguments, "p_force": force})

    def reserve(self, action: int, **context_: Any) -> Answer:
        return control.reserve(self.context(**context_), {"p_adr_action_id": action})

    def context(
        self, key: str | None = None, config: Config | None = None, session: Session | None = None
    ) -> control.Context:
        return context(config or self.config, session or self.session, self.catalog, key)

    def impatient(self) -> Config:
        """A head-end that has a second for each command."""
        return replace(self.config, he_api={1: self.simulator.api(1)})

    def behave(self, ending: str = "ANSWER", **order: Any) -> None:
        self.simulator.behave(self.key, ending, **{"operations": SET, **order})

    def meter(self) -> dict[str, Any]:
        """The point as the meter has it."""
        points = self.simulator.meter(self.key)["points"]
        return dict(points.get(str(ADDRESS), {}))

    def begun(self, operation: str) -> int:
        return int(self.simulator.meter(self.key)["begun"].get(operation, 0))

    def until_meter(self, **has: Any) -> None:
        _until(lambda: self.meter().items() >= has.items())

    def register(self) -> tuple[int, Decimal]:
        """Relay and capacity as the database has them."""
        query = "SELECT RELAY_STATE, CONTRACT_CAPACITY FROM LOGICAL_DEVICE WHERE LD_ID = ?"
        ((relay, capacity),) = self.session.execute("mdm", query, [self.point])
        return int(relay), capacity

    def history(self) -> list[tuple[Any, ...]]:
        """Kind, value, state and found value of the point's controls."""
        query = (
            'SELECT KIND, "VALUE", STATE, FOUND_VALUE FROM CONTROL_HISTORY'
            " WHERE LD_ID = ? ORDER BY CONTROL_ID"
        )
        return self.session.execute("mdm", query, [self.point])

    def states(self) -> list[str]:
        return [row[2] for row in self.history()]

    def settle(self) -> int:
        pool = Pool(self.config, 1)
        try:
            return Settler(self.config, pool, HeadEnds(self.config)).look()
        finally:
            pool.close()


def _until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def simulator(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedHeadEnd]:
    """One for each engine, which have the same meters."""
    made = SimulatedHeadEnd(tmp_path_factory.mktemp("he"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def station(engine: str, installations: Installations, simulator: SimulatedHeadEnd) -> Config:
    return replace(installed(installations, engine), he_api={1: simulator.api()})


@pytest.fixture(scope="module")
def catalog(station: Config) -> Catalog:
    return Catalog(station.dialect)


@pytest.fixture
def opened(station: Config) -> Iterator[Callable[[], Session]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_session(station))


@pytest.fixture(scope="module")
def others(station: Config) -> Iterator[Callable[[int], list[Other]]]:
    """Gives so many processes; one that no test has killed serves the next one too."""
    made: list[Other] = []

    def living(count: int) -> list[Other]:
        found = [other for other in made if other.is_alive]
        while len(found) < count:
            found.append(Other(station))
            made.append(found[-1])
        return found[:count]

    yield living
    for other in made:
        other.close()


@pytest.fixture(scope="module")
def keys(engine: str) -> Iterator[int]:
    return iter(range(FIRST, FIRST + METERS))


@pytest.fixture
def scene(
    station: Config,
    catalog: Catalog,
    simulator: SimulatedHeadEnd,
    opened: Callable[[], Session],
    keys: Iterator[int],
) -> Scene:
    return Scene(station, catalog, simulator, opened(), next(keys))


# --- It works -----------------------------------------------------------------------------


def test_the_relay_goes_to_the_meter_and_into_the_register(scene: Scene) -> None:
    answer = scene.relay(0)
    assert (answer.code, answer.http_status) == (0, 200)
    assert answer.data == {
        "control_id": answer.data["control_id"],  # type: ignore[index]
        "ld_id": scene.point,
        "relay_state": 0,
    }
    assert scene.meter()["relay_state"] == 0
    assert scene.register()[0] == 0
    assert scene.history() == [("RELAY", 0, "DONE", 0)]
    assert scene.relay(0).code == 10
    assert scene.begun("set-relay") == 2
    assert scene.states() == ["DONE", "DONE"]


def test_the_same_key_tells_the_meter_once(scene: Scene) -> None:
    first, again = (scene.relay(0, key=f"relay-{scene.key}") for _ in "12")
    assert isinstance(first, Kept)
    assert isinstance(again, Kept)
    assert first.text == again.text
    assert scene.begun("set-relay") == 1


def test_a_capacity_below_the_present_current_is_refused_unless_forced(scene: Scene) -> None:
    answer = scene.capacity("0.1", key=f"capacity-{scene.key}")
    assert (answer.code, answer.http_status) == (3002, 409)
    assert "present current" in answer.message
    assert scene.begun("set-capacity") == 0
    assert scene.history() == []
    assert scene.capacity("0.1", force=1).code == 0
    assert scene.register()[1] == Decimal("0.1")
    assert Decimal(scene.meter()["capacity"]) == Decimal("0.1")
    assert scene.capacity("50").code == 0
    assert scene.register()[1] == 50


def test_a_saving_action_is_reserved_at_the_meter(scene: Scene) -> None:
    action = _planned(scene, NOW + HOUR)
    scene.behave("REFUSED", message="not now")
    refused = scene.reserve(action)
    assert (refused.code, refused.http_status) == (6001, 502)
    assert _action(scene, action) == ("FAILED", "HE1: not now")
    answer = scene.reserve(action)
    assert (answer.code, answer.data["reserved_capacity"]) == (0, 20)  # type: ignore[index]
    assert _action(scene, action)[0] == "RESERVED"
    (reserved,) = scene.meter()["reserved"]
    assert (reserved["id"], reserved["start"]) == (action, (NOW + HOUR).isoformat())
    begun = scene.begun("reserve-capacity")
    assert scene.reserve(action).code == 10
    assert scene.begun("reserve-capacity") == begun
    assert scene.states() == ["REFUSED", "DONE"]


def test_an_action_that_cannot_be_recorded_is_not_reserved(scene: Scene) -> None:
    """It failed, and by now the point has another one at that time."""
    failed, other = _planned(scene, NOW + HOUR, "FAILED"), _planned(scene, NOW + HOUR)
    assert scene.reserve(failed).code == 3002
    assert scene.begun("reserve-capacity") == 0
    assert (_action(scene, failed)[0], _action(scene, other)[0]) == ("FAILED", "PLANNED")
    with pytest.raises(Problem) as unknown:
        scene.reserve(10**9)
    assert unknown.value.code == 2008


def test_status_gives_what_the_meter_measures(scene: Scene) -> None:
    answer = control.status(scene.context(), {"p_ld_id": scene.point})
    assert isinstance(answer.data, dict)
    assert answer.data["device"]["table_key"] == scene.key
    assert answer.data["live"]["relay_state"] == 1
    assert answer.data["live"]["current"] > 0
    assert write(answer)
    scene.simulator.behave(scene.key, "REFUSED", operations=["get"], message="no")
    answer = control.status(scene.context(), {"p_ld_id": scene.point})
    assert (answer.code, answer.message) == (6001, "HE1: no")
    with pytest.raises(Problem) as unknown:
        control.status(scene.context(), {"p_serial": "nobody"})
    assert unknown.value.code == 2001


@pytest.mark.parametrize(("value", "code"), [(None, 1001), (2, 1004)])
def test_what_no_meter_can_be_told_stays_here(scene: Scene, value: int, code: int) -> None:
    assert scene.relay(value).code == code
    assert scene.begun("set-relay") == 0
    assert scene.history() == []


# --- The head-end fails -------------------------------------------------------------------


def test_what_the_head_end_refuses_changes_nothing(scene: Scene) -> None:
    key = f"refused-{scene.key}"
    scene.behave("REFUSED", message="the meter is being read")
    answer = scene.relay(0, key=key)
    assert (answer.code, answer.http_status) == (6001, 502)
    assert answer.message == "HE1: the meter is being read"
    assert (scene.register()[0], scene.states()) == (1, ["REFUSED"])
    assert scene.relay(0, key=key).code == 0  # a failure is not kept


def test_a_head_end_that_is_down_was_told_nothing(scene: Scene) -> None:
    down = replace(scene.config, he_api={1: HeadEndApi("http://127.0.0.1:9")})
    none = replace(scene.config, he_api={})
    for config in (down, none):
        answer = scene.relay(0, config=config)
        assert (answer.code, answer.http_status) == (6002, 502)
        assert scene.capacity("50", config=config).code == 6002
    action = _planned(scene, NOW + HOUR)
    assert scene.reserve(action, config=down).code == 6002
    assert _action(scene, action)[0] == "PLANNED"
    assert scene.register() == (1, 40)
    assert scene.states() == ["REFUSED"] * 3


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_behind_a_timeout_the_meter_is_asked(scene: Scene, done: bool) -> None:
    scene.behave("SILENCE", done=done, times=3)
    answer = scene.relay(0, config=scene.impatient())
    assert answer.code == (0 if done else 6001)
    assert "relay_state 1" in answer.message or done
    assert scene.register()[0] == scene.meter().get("relay_state", 1) == (0 if done else 1)
    answer = scene.capacity("50", config=scene.impatient())
    assert answer.code == (0 if done else 6001)
    assert scene.register()[1] == (50 if done else 60)  # what the meter came with
    action = _planned(scene, NOW + HOUR)
    answer = scene.reserve(action, config=scene.impatient())
    assert answer.code == (0 if done else 6001)
    assert _action(scene, action)[0] == ("RESERVED" if done else "FAILED")
    assert scene.states() == ["DONE" if done else "REFUSED"] * 3


def test_an_unknown_outcome_stays_open_until_the_meter_tells(scene: Scene) -> None:
    key = f"unknown-{scene.key}"
    scene.behave("SILENCE")
    scene.behave("SILENCE", operations=["get"])
    answer = scene.relay(0, key=key, config=scene.impatient())
    assert (answer.code, answer.http_status) == (6003, 504)
    assert (scene.states(), scene.register()[0]) == (["OPEN"], 1)
    # Another control must not go on before it is known what became of this one.
    scene.behave("SILENCE", operations=["get"])
    with pytest.raises(Problem) as refused:
        scene.relay(1, config=scene.impatient())
    assert refused.value.code == 3002
    assert scene.states() == ["OPEN"]
    # The same request again finds out, and then does it.
    assert scene.relay(0, key=key).code == 10
    assert scene.states() == ["DONE", "DONE"]
    assert scene.register()[0] == 0


# --- The worker dies, the database is away ------------------------------------------------


def test_a_worker_that_was_killed_is_followed_up(scene: Scene, others: Callable[[], Other]) -> None:
    """Behind the meter's confirmation and before the database: the next process records it."""
    action = _planned(scene, NOW + HOUR)
    settler, worker, second = others(3)
    scene.behave("SILENCE", done=True)
    worker.order("relay", scene.key, 0)
    scene.until_meter(relay_state=0)
    worker.kill()
    assert (scene.states(), scene.register()[0]) == (["OPEN"], 1)
    _until(lambda: settler.asked("settle") == 1)
    assert scene.history() == [("RELAY", 0, "DONE", 0)]
    assert scene.register()[0] == 0
    scene.behave("SILENCE", done=True)
    second.order("reserve", action)
    _until(lambda: bool(scene.meter()["reserved"]))
    second.kill()
    _until(lambda: settler.asked("settle") == 1)
    assert _action(scene, action)[0] == "RESERVED"


def test_a_control_that_never_came_to_the_meter_is_closed(scene: Scene) -> None:
    """As when a worker ends between the two."""
    wanted = {"p_kind": "RELAY", "p_ld_id": scene.point, "p_value": 0, "p_request_id": "request-1"}
    assert call(scene.session, scene.catalog, "BEGIN_CONTROL", **wanted).code == 0
    assert scene.settle() == 1
    assert scene.history() == [("RELAY", 0, "REFUSED", 1)]
    assert scene.register()[0] == 1
    assert scene.begun("set-relay") == 0


def test_a_database_that_is_away_records_it_later(
    scene: Scene, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "firebird-embedded":
        pytest.skip("the embedded engine is in the worker itself: it cannot be away")
    monkeypatch.setattr(base, "ATTEMPTS", 3)
    reach = scene.config.connection
    wire = Wire(reach.host, reach.port)
    far = replace(
        scene.config, connection=replace(reach, socket="", port=wire.port, host="127.0.0.1")
    )
    scene.behave(busy_seconds=10)  # until the simulator's clock is moved
    with ThreadPoolExecutor(1) as thread, open_session(far) as session:
        asked = thread.submit(scene.relay, 0, session=session, key=f"away-{scene.key}")
        _until(lambda: scene.begun("set-relay") == 1)
        wire.cut()
        scene.simulator.advance(10)
        answer = asked.result()
    assert (answer.code, answer.http_status) == (9000, 500)
    assert "the meter has relay_state 0" in answer.message
    assert "as soon as the database can" in answer.message
    assert scene.meter()["relay_state"] == 0
    assert (scene.states(), scene.register()[0]) == (["OPEN"], 1)
    wire.mend()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene, "config", far)
        # The server may not have noticed yet that the worker's connection is gone.
        _until(lambda: scene.settle() == 1)
    wire.cut()
    assert (scene.states(), scene.register()[0]) == (["DONE"], 0)
    assert scene.relay(0, key=f"away-{scene.key}").code == 10


@pytest.mark.parametrize("settled", [False, True], ids=["waits", "settled too early"])
def test_a_lock_that_was_lost_on_the_way(
    scene: Scene, opened: Callable[[], Session], settled: bool
) -> None:
    """The worker's connection is gone, and another one has the device before it is back."""
    asking, rival = opened(), opened()
    number = connection_of(asking)
    patient = replace(scene.config, http_api=replace(scene.config.http_api, lock_seconds=PATIENCE))
    # What the worker waits for its first lock is what it waits when it takes it again.
    hasty = replace(patient, http_api=replace(patient.http_api, lock_seconds=1))
    scene.behave(busy_seconds=10)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(scene.relay, 0, session=asking, config=hasty)
        _until(lambda: scene.begun("set-relay") == 1)
        cut(scene.config, number)
        with device_held(rival, scene.catalog, PATIENCE, {"p_ld_id": scene.point}):
            if settled:
                query = "SELECT CONTROL_ID FROM OPEN_CONTROL WHERE LD_ID = ?"
                ((control_id,),) = rival.execute("mdm", query, [scene.point])
                ended = {"p_control_id": control_id, "p_state": "REFUSED", "p_found_value": 1}
                assert call(rival, scene.catalog, "FINISH_CONTROL", **ended).code == 0
            scene.simulator.advance(10)
            if not settled:
                # It is answered while the rival has the device.
                answer = asked.result()
        if settled:
            answer = asked.result()
    if not settled:
        assert answer.code == 9000
        assert scene.settle() == 1
    assert scene.meter()["relay_state"] == scene.register()[0] == 0


def test_a_point_that_moved_is_not_told_what_its_old_meter_has(scene: Scene) -> None:
    scene.behave("SILENCE")
    scene.behave("SILENCE", operations=["get"])
    assert scene.relay(0, config=scene.impatient()).code == 6003
    query = "UPDATE LOGICAL_DEVICE SET PD_TABLE_KEY = ?, LD_ADDRESS = ? WHERE LD_ID = ?"
    scene.session.execute("mdm", query, [FIRST + METERS - 1, ADDRESS + scene.key, scene.point])
    assert scene.settle() == 1
    assert (scene.states(), scene.register()[0]) == (["REFUSED"], 1)


# --- Side by side -------------------------------------------------------------------------


def test_controls_of_one_device_come_one_after_the_other(
    scene: Scene, keys: Iterator[int], others: Callable[[int], list[Other]]
) -> None:
    first, second = others(2)
    scene.behave(busy_seconds=10)
    first.order("relay", scene.key, 0)
    _until(lambda: scene.begun("set-relay") == 1)
    second.order("relay", scene.key, 1)
    assert replace(scene, key=next(keys)).relay(0).code == 0  # another device, at the same time
    assert second.is_silent()
    assert scene.simulator.meter(scene.key)["waiting"] == 0  # the database keeps it back
    scene.simulator.advance(10)
    assert [first.answer()[0], second.answer()[0]] == [0, 0]
    assert scene.register()[0] == scene.meter()["relay_state"] == 1


def test_the_settler_works_in_the_background(scene: Scene) -> None:
    scene.behave("SILENCE")
    scene.behave("SILENCE", operations=["get"])
    assert scene.relay(0, config=scene.impatient()).code == 6003
    often = replace(scene.config, http_api=replace(scene.config.http_api, settle_seconds=1))
    down = replace(often, he_api={1: HeadEndApi("http://127.0.0.1:9")})
    for config, settled in ((down, False), (often, True)):
        pool = Pool(config, 1)
        settler = Settler(config, pool, HeadEnds(config)).start()
        if settled:
            _until(lambda: scene.states() == ["DONE"])
        settler.stop()
        pool.close()
        assert (scene.states() == ["DONE"]) == settled
    assert scene.register()[0] == 0


def _planned(scene: Scene, start: datetime, state: str = "PLANNED") -> int:
    """A saving action of the point, an hour long, to 20 A."""
    count = scene.session.execute("vps", "SELECT COUNT(*) FROM ADR_ACTION_HISTORY")[0][0]
    scene.session.execute(
        "vps",
        "INSERT INTO ADR_ACTION_HISTORY (DIRECTED_TIME, ADR_EVENT_ID, POLICY_ID, LD_ID,"
        " FROM_CAPACITY, TO_CAPACITY, START_AT, END_AT, STATE)"
        " VALUES (?, ?, 1, ?, 40, 20, ?, ?, ?)",
        [NOW, count + 1, scene.point, start, start + HOUR, state],
    )
    query = "SELECT MAX(ADR_ACTION_ID) FROM ADR_ACTION_HISTORY WHERE LD_ID = ?"
    return int(scene.session.execute("vps", query, [scene.point])[0][0])


def _action(scene: Scene, action: int) -> tuple[Any, ...]:
    query = "SELECT STATE, MESSAGE FROM ADR_ACTION_HISTORY WHERE ADR_ACTION_ID = ?"
    return scene.session.execute("vps", query, [action])[0]
