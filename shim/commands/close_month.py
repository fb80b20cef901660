"""The verb that closes billing months."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from kenshin import config as configuration
from kenshin.batch import DONE, FAILED, GAPS, TRY_AGAIN, Batch, batch
from kenshin.catalog import Catalog
from kenshin.engines import Result, base, open_session
from kenshin.rules import Rules
from kenshin.trial import tried

RULE = "CLOSE_MONTH"


class Closing:
    """Months that are closed in one run, oldest first."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.closed: list[dict[str, Any]] = []
        self.stopped: Result | None = None

    def one(self, month: date | None) -> bool:
        """Close a month, without one the oldest; whether another may follow."""
        result = self.rules.answer(RULE, p_month=month)
        if result.code in (base.DONE, base.REPEAT):
            self.closed += self.rules.rows_of(RULE, result)
        else:
            self.stopped = result
        return result.code == base.DONE

    def all(self) -> None:
        """Close every month that is over."""
        while self.one(None):
            pass

    def say(self, run: Batch, would: str, by_name: bool) -> None:
        """What came of it."""
        missing = sum(int(row["MISSING_SLOTS"]) for row in self.closed)
        points = sum(int(row["POINTS"]) for row in self.closed)
        parts = [
            f"{would}{row['MONTH_START']} to {row['MONTH_END']}: {row['POINTS']} points,"
            f" {row['MISSING_SLOTS']} missing slots"
            for row in self.closed
        ]
        status = GAPS if missing else DONE
        if self.stopped is not None and (by_name or self.stopped.code != base.NOTHING):
            said = self.rules.catalog.said(RULE, self.stopped)
            parts.append(f"not closed: {said}")
            waits = not by_name and self.stopped.code == base.STATE_FORBIDS
            status = TRY_AGAIN if waits else FAILED if self.stopped.code != base.NOTHING else status
        line = "; ".join(parts) or "no month waits to be closed"
        run.say(line, status, months=len(self.closed), points=points, missing=missing)


@click.command("close-month")
@click.argument("month", type=click.DateTime(["%Y-%m-%d", "%Y-%m"]), required=False)
@click.option("--dry-run", is_flag=True, help="Say what would be closed, and change nothing.")
@click.pass_obj
def close_month(path: Path, month: datetime | None, dry_run: bool) -> None:
    """Close the billing month in which the day MONTH lies: keep its totals, end its re-polling.

    Without MONTH every month is closed that is over and has slots, oldest first. What is closed
    stays closed.

    Exit status: 0 done, or nothing waits to be closed; 3 closed with slots that are missing for
    good; 1 refused, the line says why; 75 a month is over, but the cycle of its last slot is not
    finished: run it again when it is, or another run is at work.
    """
    config = configuration.load(path)
    with batch("close-month", config) as run, open_session(config) as session:
        rules = Rules(session, Catalog(config.dialect))

        def work() -> Closing:
            made = Closing(rules)
            if month is None:
                made.all()
            else:
                made.one(month.date())
            return made

        made = tried(session, work) if dry_run else work()
        made.say(run, "would close " if dry_run else "", month is not None)
