"""A simulated station in the database: its devices by the rules, its head-ends by their views."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from actors import write_config
from conftest import Installations
from kenshin import release, station
from kenshin.catalog import Catalog
from kenshin.cli import kenshin
from kenshin.config import Config
from kenshin.engines import EngineError, open_session
from kenshin.rules import Rules
from kenshin.simulator import Item
from kenshin.station import MOST_ITEMS, Device, Station, plan, uniform

START = datetime(2026, 3, 2)
SLOT = timedelta(minutes=30)


@pytest.fixture(scope="module")
def config(engine: str, installations: Installations) -> Config:
    made = installations.new(engine, "station")
    release.apply(made)
    made.inbox.mkdir(exist_ok=True)
    return made


@pytest.fixture
def rules(config: Config) -> Iterator[Rules]:
    with open_session(config) as session:
        yield Rules(session, Catalog(config.dialect))


def simulate(config: Config, folder: Path, at: datetime, *words: str) -> list[str]:
    """The logs that one call of the verb writes."""
    # The boxes of the configuration lie beside the file.
    toml = write_config(config, config.inbox.parent)
    arguments = [f"{at:%Y%m%d%H%M}", "--start", f"{START:%Y%m%d%H%M}", *words]
    done = CliRunner().invoke(kenshin, ["--config", str(toml), "simulate", *arguments])
    assert done.exit_code == 0, done.output
    return [line for line in done.stdout.splitlines() if line.startswith("HE")]


def lines(config: Config, name: str) -> list[str]:
    return (config.inbox / name).read_text().splitlines()[1:-1]


# --- The plans of devices -------------------------------------------------------------


@pytest.mark.parametrize("items", [1, 2, 3, 4, 5, MOST_ITEMS])
def test_devices_with_so_many_items(items: int) -> None:
    per_type = {101: 2, 102: 1, 103: 1, 201: 2, 202: 1}
    found = list(uniform(7, items, first=3))
    assert [device.number for device in found] == [3, 4, 5, 6, 7]
    assert {sum(per_type[one] for one in device.logical) for device in found} == {items}


@pytest.mark.parametrize("items", [0, MOST_ITEMS + 1])
def test_no_device_has_so_few_or_many(items: int) -> None:
    with pytest.raises(ValueError):
        list(uniform(1, items))


def test_devices_of_the_demonstration_are_not_gathered() -> None:
    assert next(plan(10**9)) == Device(1, 11, (103,), "night-01")


# --- In the database ------------------------------------------------------------------


def test_a_station_is_made_and_read_and_goes_on_where_it_was_left(
    config: Config, rules: Rules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station, "_PAGE", 4)  # devices of a query, so that there are several
    words = ["--items", "5", "--loss", "0"]
    (log,) = simulate(config, tmp_path, START + SLOT, "--devices", "6", *words)
    assert len(lines(config, log)) == 30

    made = Station(rules, 2026, START, 0.0, 0.0)
    assert [made.first_unknown(count) for count in (3, 6, 9)] == [4, 7, 7]
    made.open_heads(config.inbox)
    (points,) = made.items().values()
    assert len(points) == 30
    first = [item for item in points.values() if item.pd_table_key == min(points)[0]]
    assert [(item.ld_address, item.sub_number) for item in first] == [
        (2, 1),
        (2, 2),
        (3, 1),
        (3, 2),
        (4, 1),
    ]
    assert first[1] == Item(first[1].pd_table_key, 2, 2, "INSTANT", -1, "1-0:31.6.0")

    # Those that are there stay; the missing ones come.
    (log,) = simulate(config, tmp_path, START + 2 * SLOT, "--devices", "9", *words)
    assert len(lines(config, log)) == 45
    content = lines(config, log)
    (again,) = simulate(config, tmp_path, START + 2 * SLOT, "--devices", "9", *words)
    assert (again, lines(config, again)) == (log, content)


def test_what_is_missing_is_asked_for_as_it_comes(config: Config, rules: Rules) -> None:
    made = Station(rules, 2026, START, 0.0, 0.0)
    with pytest.raises(EngineError, match="head-end 9"):
        list(made.targets(9))
    made.open_heads(config.inbox)
    (heid,) = made.heads
    assert list(made.targets(heid)) == []
    # The session can be used again: the stream has ended.
    assert made.first_unknown(999_999) > 1
