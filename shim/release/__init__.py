"""Schema releases: what a release is, how an installation gets it, and how it is proved."""

from kenshin.release.files import render
from kenshin.release.inspect import Difference
from kenshin.release.runner import (
    Look,
    Outcome,
    Progress,
    Refused,
    Watch,
    abandon,
    apply,
    baseline,
    history,
    installed,
    look,
    number,
    resume,
    rollback,
    verify,
)
from kenshin.release.sqitch import export as export_sqitch
from kenshin.release.steps import Step, Target, checksums, load_rows, prelude, steps

__all__ = [
    "Difference",
    "Look",
    "Outcome",
    "Progress",
    "Refused",
    "Step",
    "Target",
    "Watch",
    "abandon",
    "apply",
    "baseline",
    "checksums",
    "export_sqitch",
    "history",
    "installed",
    "load_rows",
    "look",
    "number",
    "prelude",
    "render",
    "resume",
    "rollback",
    "steps",
    "verify",
]
