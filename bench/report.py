"""What was measured: on the terminal, as JSON that can be merged, and in the documentation."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from bench import charts
from bench.floor import PHASES
from bench.main_job import FURTHER, JOB
from bench.rows import ROWS, Row, bar_shown, shown, verdict
from bench.station import medians

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN = "<!-- figures: written by python -m bench --publish -->"
END = "<!-- end of figures -->"
LABELS = {"mysql": "MySQL", "mariadb": "MariaDB", "firebird-embedded": "Firebird, embedded"}
_PHASES = (
    *(f"job: {phase}" for phase in JOB),
    "job",
    *(f"floor: {phase}" for phase in PHASES),
    "floor",
    "ratio",
    *(f"further: {phase}" for phase in FURTHER),
)

World = dict[str, Any]  # as `bench.measure` tells it


def machine() -> dict[str, Any]:
    """The machine as far as it matters to a time."""
    cpuinfo = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else [])
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "memory_gib": round(memory / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def merged(paths: Iterable[Path]) -> list[World]:
    """The worlds of several files; of a row that was measured twice the later file's counts."""
    found: dict[tuple[str, int], World] = {}
    for path in paths:
        for world in json.loads(path.read_text(encoding="utf-8"))["worlds"]:
            before = found.get((world["engine"], world["points"]))
            found[world["engine"], world["points"]] = _joined(before, world) if before else world
    return sorted(found.values(), key=lambda w: (list(LABELS).index(w["engine"]), w["points"]))


def _joined(before: World, world: World) -> World:
    new = {result["row"] for result in world["results"]}
    kept = [result for result in before["results"] if result["row"] not in new]
    results = sorted([*kept, *world["results"]], key=lambda r: list(ROWS).index(r["row"]))
    gone = {result["row"] for result in results}
    parts = {
        part: {k: v for k, v in {**before[part], **world[part]}.items() if k not in gone}
        for part in ("skipped", "failed")
    }
    return {**world, **parts, "results": results}


def result_of(world: World, row: str) -> dict[str, Any] | None:
    """What was measured of a row."""
    return next((result for result in world["results"] if result["row"] == row), None)


def verdicts(worlds: Sequence[World]) -> list[list[str]]:
    """The table of all rows: a row for each size, engines across; its first row is the header."""
    engines = _engines(worlds)
    table = [["", "points", "bar", *(LABELS[engine] for engine in engines)]]
    for row in ROWS.values():
        for points in sorted({world["points"] for world in worlds}):
            here = {w["engine"]: w for w in worlds if w["points"] == points}
            cells = [_cell(row, here.get(engine)) for engine in engines]
            if any(cells):
                bar = _bars(row, engines) if not row.asked or points in row.asked else ""
                table.append([row.title, f"{points:,}", bar, *(cell or "–" for cell in cells)])
    return table


def _bars(row: Row, engines: Sequence[str]) -> str:
    by_bar: dict[str, list[str]] = {}
    for engine in engines:
        if text := bar_shown(row, engine):
            by_bar.setdefault(text, []).append(LABELS[engine])
    if len(by_bar) == 1:
        return next(iter(by_bar))
    return "; ".join(f"{', '.join(names)}: {bar}" for bar, names in by_bar.items())


def _cell(row: Row, world: World | None) -> str:
    result = result_of(world, row.name) if world else None
    if world is None or result is None:
        return ""
    if result["value"] is None:
        return str(result["note"])
    judged = ""
    if result["judged"]:
        judged = verdict(row, world["engine"], world["points"], result["value"])
    return f"{shown(row, result['value'])}{', ' if judged else ''}{judged}"


def _engines(worlds: Sequence[World]) -> list[str]:
    there = {world["engine"] for world in worlds}
    return [engine for engine in LABELS if engine in there]


def phases(worlds: Sequence[World]) -> list[list[str]]:
    """The phases of the main job and its floor, seconds; a column for each engine and size."""
    columns = [(w, r["runs"]) for w in worlds if (r := result_of(w, "snapshot"))]
    figures = [medians(runs) for _, runs in columns]
    table = [["", *(f"{LABELS[w['engine']]}, {w['points']:,}" for w, _ in columns)]]
    for phase in _PHASES:
        if any(phase in each for each in figures):
            bold = "**" if phase in ("job", "floor", "ratio") else ""
            unit = " ×" if phase == "ratio" else ""
            cells = (f"{e[phase]:.2f}{unit}" if phase in e else "–" for e in figures)
            name = {"ratio": "job / floor"}.get(phase, phase)
            table.append([f"{bold}{name}{bold}", *(f"{bold}{cell}{bold}" for cell in cells)])
    return table if columns else []


def terminal_tables(worlds: Sequence[World]) -> list[Table]:
    """Both tables for people at a terminal, and what was left out or failed."""
    titles = ("less is better", "one snapshot, seconds, medians")
    tables = []
    for title, rows in zip(titles, (verdicts(worlds), phases(worlds)), strict=True):
        if len(rows) > 1:
            table = Table(title=title)
            for place, name in enumerate(rows[0]):
                table.add_column(name, justify="right" if place else "left")
            for row in rows[1:]:
                table.add_row(*(_coloured(cell.replace("**", "")) for cell in row))
            tables.append(table)
    left = [
        (world, kind, name, why)
        for world in worlds
        for kind in ("skipped", "failed")
        for name, why in world[kind].items()
    ]
    if left:
        table = Table("", "row", "why", title="not measured")
        for world, kind, name, why in left:
            where = f"{LABELS[world['engine']]}, {world['points']:,}"
            table.add_row(where, name, why, style="red" if kind == "failed" else None)
        tables.append(table)
    return tables


def _coloured(cell: str) -> str:
    if "missed by" in cell:
        return f"[red]{cell}[/red]"
    return f"[green]{cell}[/green]" if cell.endswith("met") else cell


def publish(worlds: Sequence[World]) -> None:
    """Write what lies between the two markers of docs/performance.md, and the charts."""
    path = DOCS / "performance.md"
    before, rest = path.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    drawn = {
        "performance.png": charts.job(worlds, DOCS / "performance.png"),
        "performance-growth.png": charts.growth(worlds, DOCS / "performance-growth.png"),
    }
    links = [f"![{says}]({name})\n" for name, says in drawn.items() if says]
    text = "\n".join([_markdown(worlds), *links])
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def _markdown(worlds: Sequence[World]) -> str:
    days = sorted({world["at"] for world in worlds})
    parts = [f"Measured {' to '.join(dict.fromkeys((days[0], days[-1])))}; less is better."]
    parts += [_table(rows) for rows in (verdicts(worlds),)]
    if len(rows := phases(worlds)) > 1:
        parts += ["One snapshot, seconds, medians:", _table(rows)]
    machines = {json.dumps(world["machine"]): world["machine"] for world in worlds}
    parts.append("\n".join([*map(_machine, machines.values()), *map(_described, worlds)]))
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> str:
    header, *others = rows
    lines = [f"| {' | '.join(header)} |", f"| --- |{' ---: |' * (len(header) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in others)])


def _machine(of: dict[str, Any]) -> str:
    return (
        f"- Machine: {of['cores']} cores ({of['processor']}), {of['memory_gib']} GiB,"
        f" Linux {of['kernel']}, Python {of['python']}."
    )


def _described(world: World) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in world["settings"].items())
    layout = "partitions" if world["partitioned"] else "no partitions"
    lines = [
        f"- {LABELS[world['engine']]} {world['version']}, {world['points']:,} points: a history of"
        f" {world['history']:,} rows, {layout}, {world['runs']} runs; {settings}."
    ]
    if snapshot := result_of(world, "snapshot"):
        runs = snapshot["runs"]
        jobs, floors = (" ".join(f"{r[k]:.2f}" for r in runs) for k in ("job", "floor"))
        lines.append(f"  Jobs {jobs}, floors {floors}.")
    loads = [run["load"] for r in world["results"] for run in r["runs"] if "load" in run]
    if loads:
        lines.append(f"  Load of the machine before the runs {min(loads):.1f} to {max(loads):.1f}.")
    notes = [f"{ROWS[r['row']].title}: {r['note']}" for r in world["results"] if r["note"]]
    lines += [f"  {note}." for note in notes]
    for result in world["results"]:
        lines += [
            f"  {name} failed: {why.splitlines()[0]}." for name, why in result["failed"].items()
        ]
    for kind, said in (("skipped", "not measured"), ("failed", "failed")):
        lines += [f"  {name} {said}: {why.splitlines()[0]}." for name, why in world[kind].items()]
    if space := result_of(world, "bytes-live"):
        figures = ", ".join(f"{name} {value:.0f}" for name, value in space["runs"][0].items())
        lines.append(f"  Bytes of a reading: {figures}.")
    return "\n".join(lines)
