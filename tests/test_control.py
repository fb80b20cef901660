"""Controls of meters through a simulated head-end: what the database says is what the meter has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from conftest import Installations
from head_end import AT, SimulatedHeadEnd
from http_station import (
    ADDRESS,
    FIRST,
    METERS,
    Other,
    connection_of,
    context,
    cut,
    installed,
    point,
)
from kenshin.catalog import Catalog
from kenshin.config import Config, HeadEndApi
from kenshin.engines import Session, base, open_session
from kenshin.he_api.client import HeadEnds
from kenshin.http_api import control
from kenshin.http_api.answer import Answer, Problem, write
from kenshin.http_api.idempotency import Kept
from kenshin.http_api.locks import device_held, held
from kenshin.http_api.pool import Pool
from kenshin.http_api.settle import Settler
from kenshin.rules import Rules
from proxy import Wire
from waiting import PATIENCE, until

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
        rules = Rules(session or self.session, self.catalog)
        return context(config or self.config, rules, key)

    @property
    def rules(self) -> Rules:
        return Rules(self.session, self.catalog)

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
        until(lambda: self.meter().items() >= has.items())

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

    def unknown(self, key: str | None = None, done: bool = True) -> None:
        """Leave it open whether the relay was opened."""
        self.behave("SILENCE", done=done)
        self.behave("SILENCE", operations=["get"])
        answer = self.relay(0, key=key, config=self.impatient())
        assert (answer.code, answer.http_status) == (6003, 504)

    def settle(self, config: Config | None = None) -> int:
        with self.settler(config) as settler:
            return settler.look()

    @contextmanager
    def settler(self, config: Config | None = None) -> Iterator[Settler]:
        config = config or self.config
        pool = Pool(config, 1)
        try:
            yield Settler(config, pool, HeadEnds(config))
        finally:
            pool.close()


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
    assert scene.relay(0).code == 0
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
    assert scene.capacity("0").code == 0  # no limit
    assert scene.register()[1] == Decimal(scene.meter()["capacity"]) == 0


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
    assert write(answer, "request")
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


@pytest.mark.parametrize(
    ("ending", "code", "state"), [("NOT_REACHED", 6002, 1), ("HANG_UP", 0, 0), ("UNKNOWN", 0, 0)]
)
def test_what_is_certain_is_told(scene: Scene, ending: str, code: int, state: int) -> None:
    scene.behave(ending)
    assert scene.relay(0).code == code
    assert scene.register()[0] == scene.meter().get("relay_state", 1) == state


def test_an_unknown_outcome_stays_open_until_the_meter_tells(scene: Scene) -> None:
    key = f"unknown-{scene.key}"
    scene.unknown(key)
    assert (scene.states(), scene.register()[0]) == (["OPEN"], 1)
    # Another control must not go on before it is known what became of this one.
    scene.behave("SILENCE", operations=["get"])
    with pytest.raises(Problem) as refused:
        scene.relay(1, config=scene.impatient())
    assert refused.value.code == 3002
    assert refused.value.headers == {"Retry-After": "10"}
    assert scene.states() == ["OPEN"]
    # The same request again finds out, and has been answered with that.
    answer = scene.relay(0, key=key)
    assert isinstance(answer, Kept)
    assert answer.code == 0
    assert scene.history() == [("RELAY", 0, "DONE", 0)]
    assert scene.register()[0] == 0
    assert scene.begun("set-relay") == 1


def test_a_repeat_behind_other_requests_changes_nothing(scene: Scene) -> None:
    key = f"off-{scene.key}"
    scene.unknown(key)
    assert scene.settle() == 1
    assert scene.relay(1).code == 0
    answer = scene.relay(0, key=key)
    assert isinstance(answer, Kept)
    assert (answer.code, answer.http_status) == (0, 200)
    assert scene.begun("set-relay") == 2
    assert scene.meter()["relay_state"] == scene.register()[0] == 1


def test_the_key_of_an_open_control_is_of_its_request(scene: Scene) -> None:
    key = f"taken-{scene.key}"
    scene.unknown(key)
    asked = scene.context(key)
    other = replace(asked, keeping=replace(asked.keeping, fingerprint="b" * 64))
    answer = control.relay(other, {"p_ld_id": scene.point, "p_relay_state": 1})
    assert answer.code == 3001
    assert scene.begun("set-relay") == 1
    assert scene.states() == ["DONE"]


def test_without_the_present_current_a_capacity_needs_force(scene: Scene) -> None:
    with saying(capacity="60") as api:
        config = replace(scene.config, he_api={1: api})
        answer = scene.capacity("60", config=config)
        assert (answer.code, answer.message) == (3002, "the present current is not known")
        assert scene.history() == []
        assert scene.capacity("60", force=1, config=config).code == 0


def test_who_leaves_the_value_out_ends_nothing(scene: Scene) -> None:
    with saying() as api:
        config = replace(scene.config, he_api={1: api})
        assert scene.relay(0, config=config).code == 6003
        assert scene.settle(config) == 0
    assert scene.states() == ["OPEN"]
    assert scene.settle() == 1
    assert scene.history() == [("RELAY", 0, "REFUSED", 1)]


@contextmanager
def saying(**said: Any) -> Iterator[HeadEndApi]:
    """A head-end that says so much of a meter, whatever it is asked."""
    text = json.dumps({"at": f"{AT}:00", **said}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        yield HeadEndApi(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


# --- The worker dies, the database is away ------------------------------------------------


def test_a_worker_that_was_killed_is_followed_up(scene: Scene, others: Callable[[], Other]) -> None:
    """Behind the meter's confirmation and before the database: the next process records it."""
    action = _planned(scene, NOW + HOUR)
    settler, worker, second = others(3)
    name = f"killed-{scene.key}"
    scene.behave("SILENCE", done=True)
    worker.order("relay", scene.key, 0, name)
    scene.until_meter(relay_state=0)
    worker.kill()
    assert (scene.states(), scene.register()[0]) == (["OPEN"], 1)
    until(lambda: settler.asked("settle") == 1)
    assert scene.history() == [("RELAY", 0, "DONE", 0)]
    assert scene.register()[0] == 0
    assert scene.relay(0, key=name).code == 0
    assert scene.begun("set-relay") == 1
    scene.behave("SILENCE", done=True)
    second.order("reserve", action)
    until(lambda: bool(scene.meter()["reserved"]))
    second.kill()
    until(lambda: settler.asked("settle") == 1)
    assert _action(scene, action)[0] == "RESERVED"


def test_a_control_that_never_came_to_the_meter_is_closed(scene: Scene) -> None:
    """As when a worker ends between the two."""
    begun = {"p_kind": "RELAY", "p_ld_id": scene.point, "p_value": 0}
    place = {"p_pd_table_key": scene.key, "p_ld_address": ADDRESS}
    scene.rules.run("BEGIN_CONTROL", **begun, **place)
    assert scene.settle() == 1
    assert scene.history() == [("RELAY", 0, "REFUSED", 1)]
    assert scene.register()[0] == 1
    assert scene.begun("set-relay") == 0


def test_a_control_whose_begin_was_committed_unheard_goes_on(
    scene: Scene, opened: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = opened()
    number, commit = connection_of(asking), asking.commit

    def unheard() -> None:
        commit()
        if scene.states() == ["OPEN"]:
            monkeypatch.undo()
            cut(scene.config, number)
            connection_of(asking)  # raises what the driver says of a lost connection

    monkeypatch.setattr(asking, "commit", unheard)
    assert scene.relay(0, session=asking).code == 0
    assert connection_of(asking) != number
    assert scene.history() == [("RELAY", 0, "DONE", 0)]
    assert scene.begun("set-relay") == 1


def test_an_answer_that_cannot_be_kept_takes_no_record_back(
    scene: Scene, opened: Callable[[], Session]
) -> None:
    """Another request was answered under the key: its lock was lost, for one."""
    asking, key = opened(), f"stands-{scene.key}"
    scene.behave(busy_seconds=10)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(scene.relay, 0, session=asking, key=key)
        until(lambda: scene.begun("set-relay") == 1)
        keeping = scene.context(key).keeping
        assert keeping.once(lambda: Answer(0, "another")).code == 0
        scene.simulator.advance(10)
        answer = asked.result()
    assert (answer.code, answer.data["relay_state"]) == (0, 0)  # type: ignore[index]
    assert "not kept" in answer.message
    assert (scene.states(), scene.register()[0]) == (["DONE"], 0)


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
        until(lambda: scene.begun("set-relay") == 1)
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
        until(lambda: scene.settle() == 1)
    wire.cut()
    assert (scene.states(), scene.register()[0]) == (["DONE"], 0)
    assert scene.relay(0, key=f"away-{scene.key}").code == 0
    assert scene.begun("set-relay") == 1


@pytest.mark.parametrize("ended", [False, True], ids=["open", "ended by hand"])
def test_a_lock_that_was_lost_on_the_way(
    scene: Scene, opened: Callable[[], Session], ended: bool
) -> None:
    """The worker's connection is gone, and another one has the device before it is back.

    While its control is open, that one cannot have told the meter anything.
    """
    asking, rival = opened(), opened()
    number = connection_of(asking)
    # What the worker waits for its first lock is what it waits when it takes it again.
    hasty = replace(scene.config, http_api=replace(scene.config.http_api, lock_seconds=1))
    scene.behave(busy_seconds=10)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(scene.relay, 0, session=asking, config=hasty)
        until(lambda: scene.begun("set-relay") == 1)
        cut(scene.config, number)
        rules = Rules(rival, scene.catalog)
        with device_held(rules, PATIENCE, {"p_ld_id": scene.point}):
            if ended:
                (row,) = rules.rows("OPEN_CONTROL", "WHERE LD_ID = ?", scene.point)
                rules.run("FINISH_CONTROL", p_control_id=row["CONTROL_ID"], p_state="REFUSED")
            scene.simulator.advance(10)
            answer = asked.result()
    assert answer.data["relay_state"] == scene.meter()["relay_state"] == 0  # type: ignore[index]
    if ended:
        assert answer.code == 3002
        assert "register is not changed" in answer.message
    else:
        assert answer.code == 0
    assert scene.register()[0] == (1 if ended else 0)


# --- Points move ------------------------------------------------------------------------------


def test_a_meter_that_is_exchanged_on_the_way(
    scene: Scene, opened: Callable[[], Session], keys: Iterator[int]
) -> None:
    """The worker's connection is gone meanwhile: what the old meter has is the old one's."""
    asking, new = opened(), next(keys)
    number = connection_of(asking)
    scene.behave(busy_seconds=10)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(scene.relay, 0, session=asking)
        until(lambda: scene.begun("set-relay") == 1)
        cut(scene.config, number)
        _exchanged(scene, new)
        scene.simulator.advance(10)
        answer = asked.result()
    assert answer.code == 3004
    assert "not at this meter any more" in answer.message
    assert _at(scene, scene.key) == (None, 0)
    assert _at(scene, new) == (scene.point, 1)
    assert scene.history() == [("RELAY", 0, "DONE", 0)]


def test_a_meter_that_went_to_another_house_is_settled(scene: Scene, keys: Iterator[int]) -> None:
    key, new = f"moved-{scene.key}", next(keys)
    scene.unknown(key)
    _exchanged(scene, new)
    house = {"p_serial": f"S{scene.key}", "p_ld_id": f"house-{scene.key}"}
    scene.rules.run("INSTALL_CONTROLLER", **house)
    # Sent again, it is about the old meter: the new one is told nothing.
    assert scene.relay(0, key=key).code == 3004
    assert _at(scene, scene.key) == (house["p_ld_id"], 0)
    assert _at(scene, new) == (scene.point, 1)
    assert replace(scene, key=new).begun("set-relay") == 0
    assert scene.states() == ["DONE"]


def test_a_point_that_moves_before_it_begins_is_told_nothing(
    scene: Scene, opened: Callable[[], Session], keys: Iterator[int]
) -> None:
    """By a program that takes no lock, while the meter is asked for its current."""
    asking, new = opened(), next(keys)
    wanted = {"key": f"late-{scene.key}", "value": "50"}
    scene.behave(operations=["get"], busy_seconds=10)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(scene.capacity, session=asking, **wanted)  # type: ignore[arg-type]
        until(lambda: scene.begun("get") == 1)
        _exchanged(scene, new, locked=False)
        scene.simulator.advance(10)
        with pytest.raises(Problem) as refused:
            asked.result()
    assert refused.value.code == 3002
    assert refused.value.headers == {"Retry-After": "1"}
    assert scene.begun("set-capacity") == 0
    assert scene.history() == []
    assert scene.capacity(**wanted).code == 0  # type: ignore[arg-type]
    assert Decimal(replace(scene, key=new).meter()["capacity"]) == 50


def test_a_device_is_asked_by_the_head_end_where_it_is_now(scene: Scene) -> None:
    scene.unknown()
    scene.session.execute(
        "mdm", "UPDATE CONTROLLER SET CO_ID = 'HE2' WHERE TABLE_KEY = ?", [scene.key]
    )
    assert scene.settle(replace(scene.config, he_api={2: scene.simulator.api()})) == 1
    assert (scene.states(), scene.register()[0]) == (["DONE"], 0)


def _exchanged(scene: Scene, new: int, locked: bool = True) -> None:
    """Another meter is put up at the point, over the HTTP-API or by a program without locks."""
    serial = {key: {"p_serial": f"S{key}"} for key in (scene.key, new)}
    point_ = {"p_ld_id": scene.point, "p_contract_capacity": 40}
    steps = [
        (new, "CLEAR_INSTALLATION", {}),
        (scene.key, "CLEAR_INSTALLATION", {}),
        (new, "INSTALL_CONTROLLER", point_),
    ]
    with open_session(scene.config) as session:
        rules = Rules(session, scene.catalog)
        for key, rule, more in steps:
            devices = [{"p_table_key": key}] if locked else []
            with held(rules, PATIENCE, devices=devices):
                rules.run(rule, **serial[key], **more)


def _at(scene: Scene, key: int) -> tuple[Any, ...]:
    """Where a meter is, and its relay, as the database has them."""
    query = "SELECT LD_ID, RELAY_STATE FROM LOGICAL_DEVICE WHERE PD_TABLE_KEY = ?"
    return scene.session.execute("mdm", query, [key])[0]


# --- Side by side -------------------------------------------------------------------------


def test_controls_of_one_device_come_one_after_the_other(
    scene: Scene, keys: Iterator[int], others: Callable[[int], list[Other]]
) -> None:
    first, second = others(2)
    scene.behave(busy_seconds=10)
    first.order("relay", scene.key, 0)
    until(lambda: scene.begun("set-relay") == 1)
    second.order("relay", scene.key, 1)
    assert replace(scene, key=next(keys)).relay(0).code == 0  # another device, at the same time
    assert second.is_silent()
    assert scene.simulator.meter(scene.key)["waiting"] == 0  # the database keeps it back
    scene.simulator.advance(10)
    assert [first.answer()[0], second.answer()[0]] == [0, 0]
    assert scene.register()[0] == scene.meter()["relay_state"] == 1


def test_a_control_waits_no_longer_than_its_request_may(
    scene: Scene, opened: Callable[[], Session]
) -> None:
    other = Rules(opened(), scene.catalog)
    late = replace(scene.context(), until=0.0)
    assert late.seconds == 0
    with device_held(other, PATIENCE, {"p_ld_id": scene.point}), pytest.raises(Problem) as refused:
        control.relay(late, {"p_ld_id": scene.point, "p_relay_state": 0})
    assert refused.value.code == 3002
    assert scene.states() == []


def test_the_settler_works_in_the_background(scene: Scene) -> None:
    scene.unknown()
    often = replace(scene.config, http_api=replace(scene.config.http_api, settle_seconds=1))
    down = replace(often, he_api={1: HeadEndApi("http://127.0.0.1:9")})
    for config, settled in ((down, False), (often, True)):
        with scene.settler(config) as settler:
            settler.start()
            if settled:
                until(lambda: scene.states() == ["DONE"])
            settler.stop()
        assert (scene.states() == ["DONE"]) == settled
    assert scene.register()[0] == 0


def test_a_dead_meter_keeps_no_other_waiting(scene: Scene, keys: Iterator[int]) -> None:
    other = replace(scene, key=next(keys))
    for each in (scene, other):
        each.unknown()
    scene.behave("NOT_REACHED", operations=["get"], times=2)  # asked twice in one call
    assert scene.settle() == 1
    assert (scene.states(), other.states()) == (["OPEN"], ["DONE"])
    assert scene.settle() == 1


def test_a_silent_meter_costs_its_head_end_one_call_in_a_look(
    scene: Scene, keys: Iterator[int]
) -> None:
    """And the next look begins with the others."""
    other = replace(scene, key=next(keys))
    for each in (scene, other):
        each.unknown()
    asked = other.begun("get")
    scene.behave("SILENCE", operations=["get"], times=2)
    with scene.settler(scene.impatient()) as settler:
        assert settler.look() == 0
        assert other.begun("get") == asked
        assert settler.look() == 1
        assert (scene.states(), other.states()) == (["OPEN"], ["DONE"])
        assert settler.look() == 1


def test_a_control_that_is_not_recorded_ends_no_look(
    scene: Scene,
    keys: Iterator[int],
    opened: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its row is in use: for longer than anybody waits."""
    monkeypatch.setattr(base, "ATTEMPTS", 1)
    other, rival = replace(scene, key=next(keys)), opened()
    for each in (scene, other):
        each.unknown()
    pool = Pool(scene.config, 1)
    with pool.session() as session:
        session.wait_at_most(1)
    with pytest.raises(_TakenBack), rival.transaction():
        taken = "UPDATE CONTROL_HISTORY SET MESSAGE = 'taken' WHERE LD_ID = ?"
        rival.execute("mdm", taken, [scene.point])
        assert Settler(scene.config, pool, HeadEnds(scene.config)).look() == 1
        raise _TakenBack
    pool.close()
    assert (scene.states(), other.states()) == (["OPEN"], ["DONE"])
    assert scene.settle() == 1


class _TakenBack(Exception):
    """Takes back what a transaction did."""


def test_what_a_saving_action_does_not_take_is_logged(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """It was given up on meanwhile, and another one is planned at that time."""
    action = _planned(scene, NOW + HOUR)
    scene.behave("SILENCE", done=True)
    scene.behave("SILENCE", operations=["get"])
    assert scene.reserve(action, config=scene.impatient()).code == 6003
    scene.rules.run("FINISH_ADR_ACTION", p_adr_action_id=action, p_state="FAILED")
    _planned(scene, NOW + HOUR)
    assert scene.settle() == 1
    assert scene.history() == [("RESERVE", 20, "DONE", 20)]
    assert _action(scene, action)[0] == "FAILED"
    assert "a saving action is not as its meter has it" in caplog.text


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
