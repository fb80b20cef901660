"""Every rule by its cases (tests/cases/<rule>.py), on every engine, each taken back."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from case import Case, check
from kenshin.engines import Session
from kenshin.render import DATABASES, render_database

CASES = Path(__file__).parent / "cases"
DATABASE_OF = {
    declaration.name: database
    for database in DATABASES
    for unit in render_database("mysql", database)
    for declaration in unit.declarations
    if declaration.kind == "procedure"
}


def cases_of(path: Path) -> list[Case]:
    spec = importlib.util.spec_from_file_location(f"cases_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.CASES)


ALL = [
    pytest.param(path.stem.upper(), case, id=f"{path.stem}: {case.title}")
    for path in sorted(CASES.glob("[a-z]*.py"))
    for case in cases_of(path)
]


@pytest.mark.parametrize(("rule", "case"), ALL)
def test_case(session: Session, rule: str, case: Case) -> None:
    check(session, DATABASE_OF, rule, case)
