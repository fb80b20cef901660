"""What the operators' views show, on every engine; the cases stand in cases/_views.py."""

from __future__ import annotations

from datetime import datetime

import pytest

from case import do, plain_rows
from cases._station import head_ends
from cases._views import LAST, NEXT, VIEWS, View, setting, taken
from kenshin import __version__
from kenshin.engines import Session
from kenshin.render import DATABASES, render_database
from test_rules import DATABASE_OF

DECLARED = {
    declared.name: (database, ", ".join(declared.columns))
    for database in DATABASES
    for unit in render_database("mysql", database)
    for declared in unit.declarations
    if declared.kind == "view"
}
ALL = [pytest.param(view, id=f"{view.name.lower()}: {view.title}") for view in VIEWS]


@pytest.mark.parametrize("case", ALL)
def test_view(session: Session, case: View) -> None:
    for call in case.given:
        do(session, DATABASE_OF, call)
    database, columns = DECLARED[case.name]
    where = f" WHERE {case.where}" if case.where else ""
    found = session.execute(database, f"SELECT {columns} FROM {case.name}{where} ORDER BY 1, 2, 3")
    assert plain_rows(found) == plain_rows(case.rows)


def test_a_log_that_should_have_come_is_overdue(session: Session) -> None:
    """How late it is by now, the clock decides."""
    for call in [head_ends(1), setting("LOG_GRACE_MINUTES", 0), taken(1, LAST, 7, 0)]:
        do(session, DATABASE_OF, call)
    [(heid, at, state, finished, late)] = session.execute(
        "mdm", "SELECT HEID, SNAPSHOT_TIME, STATE, FINISHED_AT, MINUTES_LATE FROM LATE_LOG"
    )
    assert (heid, at, state, finished) == (1, NEXT, "OVERDUE", None)
    elapsed = (datetime.now() - NEXT).total_seconds() / 60
    assert elapsed - 2 <= late <= elapsed + 1


def test_the_installed_release_is_that_of_the_last_run(session: Session) -> None:
    query = 'SELECT i."RELEASE", i.STRUCTURE, i.STATE FROM INSTALLED_RELEASE i'
    assert session.execute("mdm", query) == [(__version__, __version__, "DONE")]
    session.execute(
        "mdm",
        'INSERT INTO SCHEMA_HISTORY (ACTION, "RELEASE", STRUCTURE, STATE, STARTED_AT, ACCOUNT)'
        f" VALUES ('rollback', '0.1.0', '{__version__}', 'RUNNING', '2026-01-01', 'dba')",
    )
    assert session.execute("mdm", query) == [("0.1.0", __version__, "RUNNING")]
