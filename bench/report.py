"""What was measured, as a table on the terminal, in the documentation, as JSON and as a chart."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from bench.main_job import FLOOR, FURTHER, JOB, Run

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN = "<!-- figures: written by python -m bench --publish -->"
END = "<!-- end of figures -->"
_LABELS = {"mysql": "MySQL", "mariadb": "MariaDB", "firebird-embedded": "Firebird, embedded"}
# Okabe and Ito: told apart by every eye.
_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#D55E00", "#E69F00", "#CC79A7")
_KINDS = (("job", JOB), ("floor", FLOOR), ("further", FURTHER))


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


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Medians of the phases, of the sums and of their ratio, taken run by run."""
    found: dict[str, Any] = {}
    for kind, phases in _KINDS:
        rows = [getattr(run, kind) for run in runs]
        found[kind] = {
            p: median(row[p] for row in rows) for p in phases if all(p in row for row in rows)
        }
    jobs = [sum(run.job.values()) for run in runs]
    floors = [sum(run.floor.values()) for run in runs]
    found["job seconds"] = median(jobs)
    found["floor seconds"] = median(floors)
    found["ratio"] = median(job / floor for job, floor in zip(jobs, floors, strict=True))
    return found


def rows_of(measured: dict[str, Any]) -> list[list[str]]:
    """The table, phases downwards and engines across; its first row is the header."""
    engines = measured["engines"]
    median_of = {engine: engines[engine]["median"] for engine in engines}
    table = [["", *(_LABELS[engine] for engine in engines)]]
    for kind, phases in _KINDS:
        for phase in phases:
            values = [median_of[e][kind].get(phase) for e in engines]
            if any(value is not None for value in values):
                table.append([f"{kind}: {phase}", *(_seconds(value) for value in values)])
        if kind != "further":
            totals = (median_of[e][f"{kind} seconds"] for e in engines)
            table.append([f"**{kind}, seconds**", *(f"**{_seconds(t)}**" for t in totals)])
        if kind == "floor":
            ratios = (median_of[e]["ratio"] for e in engines)
            table.append(["**job / floor**", *(f"**{ratio:.1f} ×**" for ratio in ratios)])
    return table


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def terminal_table(measured: dict[str, Any]) -> Table:
    """The same table for people at a terminal."""
    header, *rows = rows_of(measured)
    title = f"one snapshot of {measured['rows']:,} readings, seconds, median of {measured['runs']}"
    table = Table(title=title)
    for place, name in enumerate(header):
        table.add_column(name, justify="right" if place else "left")
    for row in rows:
        table.add_row(*(cell.replace("**", "") for cell in row))
    return table


def publish(measured: dict[str, Any]) -> None:
    """Write the table between the two markers of docs/performance.md, and the chart."""
    path = DOCS / "performance.md"
    before, rest = path.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n\n{_markdown(measured)}\n{END}{after}", encoding="utf-8")
    chart(measured, DOCS / "performance.png")


def _markdown(measured: dict[str, Any]) -> str:
    header, *rows = rows_of(measured)
    lines = [
        f"Measured {measured['at']}: one snapshot of {measured['rows']:,} readings into a history"
        f" of {measured['history']:,} rows; seconds, median of {measured['runs']} runs.",
        "",
        f"| {' | '.join(header)} |",
        f"| --- |{' ---: |' * (len(header) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]
    of = measured["machine"]
    lines.append(
        f"- Machine: {of['cores']} cores ({of['processor']}), {of['memory_gib']} GiB,"
        f" Linux {of['kernel']}, Python {of['python']}."
    )
    for engine, part in measured["engines"].items():
        settings = ", ".join(f"{name} {value}" for name, value in part["settings"].items())
        loads = ", ".join(f"{run['load']:.1f}" for run in part["runs"])
        spread = " ".join(f"{sum(run['job'].values()):.2f}" for run in part["runs"])
        floors = " ".join(f"{sum(run['floor'].values()):.2f}" for run in part["runs"])
        lines.append(
            f"- {_LABELS[engine]} {part['version']}: {settings}. Jobs {spread}, floors {floors};"
            f" load of the machine before each run {loads}."
        )
        failed = {phase: why for run in part["runs"] for phase, why in run["failed"].items()}
        lines += [
            f"- {_LABELS[engine]}: {p} failed: {why.splitlines()[0]}" for p, why in failed.items()
        ]
    return "\n".join(lines) + "\n"


def chart(measured: dict[str, Any], path: Path) -> None:
    """Job and floor of each engine, phase on phase."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    engines = measured["engines"]
    figure, axes = pyplot.subplots(figsize=(8, 1.4 + 1.1 * len(engines)), layout="constrained")
    names: list[str] = []
    seen: set[str] = set()
    for engine, part in engines.items():
        for kind, phases in _KINDS[:2]:
            left = 0.0
            for place, phase in enumerate(phases):
                seconds = part["median"][kind].get(phase, 0.0)
                label = f"{kind}: {phase}"
                axes.barh(
                    len(names),
                    seconds,
                    left=left,
                    color=_COLOURS[place + (3 if kind == "floor" else 0)],
                    label=None if label in seen else label,
                )
                seen.add(label)
                left += seconds
            # The median of the sums: the bar adds medians of the phases, which may differ a little.
            note = f"{part['median'][f'{kind} seconds']:.2f} s"
            if kind == "job":
                note += f"  ({part['median']['ratio']:.1f} × floor)"
            axes.text(left, len(names), f" {note}", va="center", fontsize=9)
            names.append(f"{_LABELS[engine]}, {kind}")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("seconds")
    axes.set_title(
        f"One snapshot of {measured['rows']:,} readings, file in to file out", loc="left"
    )
    figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=3)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
