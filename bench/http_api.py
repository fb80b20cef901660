"""What the HTTP-API costs: `python -m bench.http_api`.

devices/search over a full register, many clients at a time on keep-alive connections, each sending
its next request as soon as it has the answer; and the same search called over HTTP and called
directly, one after the other, by one client. Clients, server and database share the machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import report
from bench.installation import ENGINES, Installation, installed
from bench.world import World
from http_server import HttpServer
from kenshin.engines import open_session
from kenshin.rules import Rules

PROCESSES = 4  # that the clients are spread over


@dataclass(frozen=True)
class Load:
    """What the clients do."""

    port: int
    key: str
    devices: int
    clients: int
    requests: int
    page: int


def searches(load: Load, seed: int) -> Iterator[dict[str, Any]]:
    """What facility management looks for: a device, a beginning, a page of everything."""
    chance = random.Random(seed)
    while True:
        number = chance.randint(1, load.devices)
        yield chance.choice(
            [
                {"serial": f"S{number}"},
                {"ld_id": f"P{number:09}"},
                {"table_key": number},
                {"serial": f"S{number // 100}*", "limit": load.page},
                {"after": number, "limit": load.page},
                {"prov_stat": "C", "after": number, "limit": load.page},
            ]
        )


def clients(load: Load, seed: int, count: int) -> list[float]:
    """The milliseconds of every request of `count` clients at a time."""
    times: list[float] = []

    def work(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", load.port)
        asked = searches(load, seed * 1000 + number)
        mine = [_ask(connection, load.key, next(asked)) for _ in range(load.requests)]
        times.extend(mine)
        connection.close()

    threads = [Thread(target=work, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _ask(connection: http.client.HTTPConnection, key: str, body: dict[str, Any]) -> float:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    content = json.dumps(body)
    began = time.perf_counter()
    connection.request("POST", "/api/v1/devices/search", content, headers)
    answer = connection.getresponse()
    text = answer.read()
    spent = (time.perf_counter() - began) * 1000
    if answer.status != 200:
        raise SystemExit(f"{body}: {answer.status} {text[:500]!r}")
    return spent


def at_a_time(load: Load) -> dict[str, float]:
    """p50, p95 and requests a second of all clients together."""
    began = time.perf_counter()
    share = load.clients // PROCESSES
    with ProcessPoolExecutor(PROCESSES) as processes:
        found = processes.map(clients, [load] * PROCESSES, range(PROCESSES), [share] * PROCESSES)
        times = [each for some in found for each in some]
    spent = time.perf_counter() - began
    cuts = quantiles(times, n=100)
    return {"p50 ms": median(times), "p95 ms": cuts[94], "requests/s": len(times) / spent}


def overhead(installation: Installation, load: Load) -> dict[str, float]:
    """Medians of one search, called directly and over HTTP in turn."""
    connection = http.client.HTTPConnection("127.0.0.1", load.port)
    asked = searches(load, 7)
    direct, over = [], []
    with open_session(installation.config) as session:
        rules = Rules(session, installation.catalog)
        for _ in range(load.requests):
            body = next(asked)
            arguments = {f"p_{name}": value for name, value in body.items()}
            arguments.setdefault("p_limit", 100)
            direct.append(
                _spent(lambda a=arguments: rules.call("SEARCH_DEVICE", **a))  # type: ignore[misc]
            )
            over.append(_ask(connection, load.key, body))
    between = median(b - a for a, b in zip(direct, over, strict=True))
    return {"direct ms": median(direct), "HTTP ms": median(over), "difference ms": between}


def _spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def measure(engine: str, options: argparse.Namespace) -> dict[str, float]:
    """Everything, for one engine."""
    with installed(engine, "1G") as installation:
        with open_session(installation.config) as session:
            World(session, options.devices, options.devices).build(lambda *_: None)
        served = HttpServer(installation.config, installation.config.inbox, threads=options.threads)
        try:
            load = Load(
                served.port,
                served.keys["NMS"],
                options.devices,
                options.clients,
                options.requests,
                options.page,
            )
            clients(load, 99, PROCESSES)  # warm
            return {**at_a_time(load), **overhead(installation, load)}
        finally:
            served.end()


def main() -> None:
    """Measure on the engines that the command line names."""
    parser = argparse.ArgumentParser("python -m bench.http_api", description=__doc__)
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--devices", type=int, default=80_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--requests", type=int, default=200, help="of each client")
    parser.add_argument("--page", type=int, default=20, help="devices of a page")
    parser.add_argument("--threads", type=int, default=4, help="of each worker")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = {engine: measure(engine, options) for engine in options.engine}
    table = Table("", *found)
    for name in next(iter(found.values())):
        table.add_row(name, *(f"{figures[name]:.1f}" for figures in found.values()))
    Console().print(table)
    if options.json:
        options.json.write_text(
            json.dumps({"machine": report.machine(), "engines": found}, indent=1)
        )


if __name__ == "__main__":
    main()
