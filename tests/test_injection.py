"""Hostile text in every text argument of every rule: data, or refused; never run, never a path."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from case import Case, do
from kenshin.config import Config
from kenshin.engines import Session
from kenshin.render import DATABASES, Declaration, render_database

CASES = Path(__file__).parent / "cases"
WRITTEN = Path(tempfile.gettempdir()) / f"kenshin-hostile-{os.getpid()}"
HOSTILE = (
    "' OR 1 = 1 -- ",
    "'; DROP TABLE CONTROLLER; -- ",
    "''; DELETE FROM MDM_CONFIG; --",
    'x" UNION SELECT PASSWORD FROM CONTROLLER_TRANSACTION --',
    "x\\'; DROP PROCEDURE DHCP_COMPLETED; -- ",
    "x` ; DROP TABLE CONTROLLER ; `",
    "%_*?[]{}()$1:p_mac",
    "a\nb\r\nc\td\x1a",
    "\u0000",
    "\u540d\u524d \U0001f50c",
    "x" * 1024,
    "",
)
PATHS = (
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "a/b.csv",
    "C:\\x",
    f"x.csv' INTO OUTFILE '{WRITTEN}",
    "x y",
    "x" * 129,
)


def rules() -> Iterator[tuple[str, Declaration]]:
    for database in DATABASES:
        for unit in render_database("mysql", database):
            for declared in unit.declarations:
                if declared.kind == "procedure" and declared.callers:
                    yield database, declared


RULES = {declared.name: (database, declared) for database, declared in rules()}
DATABASE_OF = {
    declared.name: database
    for database in DATABASES
    for unit in render_database("mysql", database)
    for declared in unit.declarations
    if declared.kind == "procedure"
}


def good_case(rule: str) -> Case:
    """A case that succeeds, or whatever the rule has, as the ground for a hostile argument."""
    spec = importlib.util.spec_from_file_location("cases_of", CASES / f"{rule.lower()}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cases: list[Case] = list(module.CASES)
    return next((case for case in cases if case.code == 0), cases[0])


def everything(session: Session) -> dict[str, list[str]]:
    return {database: sorted(session.live_objects(database)) for database in DATABASES}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_hostile_text_is_data_or_refused(rule: str, session: Session) -> None:
    database, declared = RULES[rule]
    case = good_case(rule)
    for call in case.given:
        do(session, DATABASE_OF, call)
    settings = session.execute("mdm", "SELECT COUNT(*) FROM MDM_CONFIG")
    for place, (name, type_) in enumerate(declared.takes.items()):
        for text in (*HOSTILE, *PATHS) if type_.startswith("VARCHAR") else ():
            arguments = list(case.arguments)
            arguments[place] = text
            result = session.call(database, rule, *arguments)
            assert result.code < 9000, f"{name} = {text!r}: {result.message}"
            if name == "p_file_name":
                assert result.code in (1001, 1002), f"{name} = {text!r}: {result.code}"
    assert session.execute("mdm", "SELECT COUNT(*) FROM MDM_CONFIG") == settings


def test_nothing_was_executed(config: Config) -> None:
    """Runs behind the others: every object of the release is still there."""
    from kenshin import release

    assert release.verify(config) == []
    assert not WRITTEN.exists()
