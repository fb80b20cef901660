"""The charts of docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.floor import PHASES
from bench.main_job import JOB
from bench.station import medians

# Okabe and Ito: told apart by every eye.
_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#D55E00", "#E69F00", "#CC79A7", "#999999")
_KINDS = (("job", JOB), ("floor", PHASES))
_SHORT = {"mysql": "MySQL", "mariadb": "MariaDB", "firebird-embedded": "Firebird"}


def job(worlds: Sequence[dict[str, Any]], path: Path) -> str:
    """Draw job and floor of each world, phase on phase; what it shows, empty when nothing."""
    measured = [(w, medians(runs)) for w in worlds if (runs := _runs(w, "snapshot"))]
    if not measured:
        return ""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(8, 1.4 + 0.9 * len(measured)), layout="constrained")
    names: list[str] = []
    seen: set[str] = set()
    for world, figures in measured:
        for kind, phases in _KINDS:
            note = f"{figures[kind]:.2f} s"
            if kind == "job":
                note += f"  ({figures['ratio']:.1f} × floor)"
            end = _stack(axes, len(names), kind, phases, figures, seen)
            axes.text(end, len(names), f" {note}", va="center", fontsize=9)
            names.append(f"{_SHORT[world['engine']]} {world['points']:,}, {kind}")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("seconds")
    axes.set_title("One snapshot, file in to file out", loc="left")
    figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=3)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return "Seconds of the job and its floor on each engine"


def _stack(
    axes: Any,
    place: int,
    kind: str,
    phases: Sequence[str],
    figures: Mapping[str, float],
    seen: set[str],
) -> float:
    """One bar, phase on phase; where it ends, which may differ a little from the median sum."""
    left = 0.0
    for number, phase in enumerate(phases):
        name = f"{kind}: {phase}"
        seconds = figures.get(name, 0.0)
        colour = _COLOURS[number + (len(JOB) if kind == "floor" else 0)]
        label = None if name in seen else name
        axes.barh(place, seconds, left=left, color=colour, label=label)
        seen.add(name)
        left += seconds
    return left


def growth(worlds: Sequence[dict[str, Any]], path: Path) -> str:
    """Draw the time of a snapshot over the size of the history, a line for each world."""
    measured = [(w, runs) for w in worlds if (runs := _runs(w, "growth"))]
    if not measured:
        return ""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(8, 4), layout="constrained")
    for (world, runs), colour in zip(measured, _COLOURS * len(measured), strict=False):
        histories = sorted({run["history"] for run in runs})
        times = [medians([r for r in runs if r["history"] == h])["job"] for h in histories]
        label = f"{_SHORT[world['engine']]}, {world['points']:,} readings"
        axes.plot([h / 1e6 for h in histories], times, marker="o", color=colour, label=label)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("rows of the history, millions")
    axes.set_ylabel("seconds of a snapshot")
    axes.set_title("A snapshot over the history behind it", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return "Seconds of a snapshot over the rows of the history"


def _runs(world: dict[str, Any], row: str) -> list[dict[str, float]]:
    return next((result["runs"] for result in world["results"] if result["row"] == row), [])


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
