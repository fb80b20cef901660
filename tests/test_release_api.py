"""The change in the SQL-API between two releases, and whom it breaks."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from kenshin.config import from_entries
from kenshin.release import api
from kenshin.release.steps import Step, steps
from kenshin.render import Declaration, Unit

LINES = Declaration(
    "session",
    "LINES",
    "Lines of a file.",
    columns={"LINE_NO": ("INTEGER NOT NULL", "Its number."), "VALUE": ("VARCHAR(32)", "Its text.")},
    key=["LINE_NO"],
)
RULE = Declaration(
    "procedure",
    "RULE",
    "Do it.",
    takes={"p_name": "VARCHAR(32)", "p_count": "INTEGER"},
    gives={"NAME": "VARCHAR(32)", "SIZE": "DECIMAL(8,2)"},
    codes={10: "done before", 1001: "an argument is missing"},
    callers=["SHIM", "BILLING"],
    staged="LINES",
)
VIEW = Declaration(
    "view",
    "SHOWN",
    "What is there.",
    columns={"NAME": ("VARCHAR(32)", "Its name."), '"VALUE"': ("INTEGER", "How much.")},
    callers=["READER"],
)


def release(*declarations: Declaration) -> list[Step]:
    return [Step("vps", Unit("vps", "procedures", d.name, (d,), ())) for d in declarations]


def between(old: list[Declaration], new: list[Declaration]) -> list[tuple[str, str, str, bool]]:
    return [
        (change.object, change.what, change.detail, change.breaks)
        for change in api.changes(release(*old), release(*new))
    ]


@pytest.mark.parametrize("engine", ["mysql", "mariadb", "firebird"])
def test_a_release_does_not_differ_from_itself(engine: str, tmp_path: Path) -> None:
    released = steps(from_entries({"engine": engine}, tmp_path))
    assert api.changes(released, released) == []
    assert len(api.changes([], released)) > 50
    assert all(change.breaks for change in api.changes(released, []))


def test_an_object_comes_and_goes() -> None:
    assert between([], [LINES, RULE]) == [("RULE", "added", "for BILLING, SHIM", False)]
    assert between([LINES, RULE], [LINES]) == [
        ("RULE", "removed", "nobody may use it any more", True)
    ]


def test_what_nobody_may_call_is_not_of_the_api() -> None:
    private = replace(RULE, callers=[])
    assert between([private], [replace(private, takes={})]) == []
    assert between([RULE], [private]) == [("RULE", "removed", "nobody may use it any more", True)]


def test_text_for_people_is_not_of_the_api() -> None:
    again = replace(RULE, purpose="Do it well.", means={"p_name": "Whose."})
    assert between([LINES, RULE], [LINES, again]) == []


RULES: list[tuple[dict[str, Any], list[tuple[str, bool]]]] = [
    (
        {"callers": ["SHIM", "VPS"]},
        [("role BILLING may not use it any more", True), ("role VPS may use it", False)],
    ),
    (
        {"takes": RULE.takes | {"p_day": "DATE"}},
        [("argument p_day DATE added", True)],
    ),
    (
        {"takes": {"p_name": "VARCHAR(32)", "p_day": "DATE", "p_count": "INTEGER"}},
        [("argument p_day DATE added as number 2", True)],
    ),
    ({"takes": {"p_name": "VARCHAR(32)"}}, [("argument p_count removed", True)]),
    (
        {"takes": {"p_count": "INTEGER", "p_name": "VARCHAR(32)"}},
        [("arguments stand as p_count, p_name, stood as p_name, p_count", True)],
    ),
    (
        {"takes": {"p_name": "VARCHAR(16)", "p_count": "BIGINT"}},
        [
            ("argument p_count is BIGINT, was INTEGER", False),
            ("argument p_name is VARCHAR(16), was VARCHAR(32)", True),
        ],
    ),
    (
        {"takes": {"p_name": "DATE", "p_count": "SMALLINT"}},
        [
            ("argument p_count is SMALLINT, was INTEGER", True),
            ("argument p_name is DATE, was VARCHAR(32)", True),
        ],
    ),
    (
        {"gives": RULE.gives | {"DAY": "DATE"}},
        [("result column DAY DATE added", True)],
    ),
    ({"gives": {"SIZE": "DECIMAL(8,2)"}}, [("result column NAME removed", True)]),
    (
        {"gives": {"SIZE": "DECIMAL(8,2)", "NAME": "VARCHAR(64)"}},
        [
            ("result column NAME is VARCHAR(64), was VARCHAR(32)", True),
            ("result columns stand as SIZE, NAME, stood as NAME, SIZE", True),
        ],
    ),
    (
        {"codes": {10: "done earlier", 1002: "the name is badly formed"}},
        [
            ("result code 10 says 'done earlier', said 'done before'", True),
            ("result code 1001 removed: an argument is missing", False),
            ("result code 1002 added: the name is badly formed", False),
        ],
    ),
    ({"staged": ""}, [("its rows go into no table, went into LINES", True)]),
]


@pytest.mark.parametrize(("changed", "expected"), RULES)
def test_a_procedure_changes(changed: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    found = between([LINES, RULE], [LINES, replace(RULE, **changed)])
    assert found == [("RULE", "changed", detail, breaks) for detail, breaks in expected]


VIEWS: list[tuple[dict[str, tuple[str, str]], list[tuple[str, bool]]]] = [
    (VIEW.columns | {"DAY": ("DATE", "")}, [("column DAY DATE added", False)]),
    (
        {"DAY": ("DATE", "")} | VIEW.columns,
        [("column DAY DATE added as number 1", True)],
    ),
    ({"NAME": ("VARCHAR(32)", "")}, [("column VALUE removed", True)]),
    (
        {'"VALUE"': ("BIGINT", ""), "NAME": ("VARCHAR(32)", "")},
        [
            ("column VALUE is BIGINT, was INTEGER", True),
            ("columns stand as VALUE, NAME, stood as NAME, VALUE", True),
        ],
    ),
]


@pytest.mark.parametrize(("columns", "expected"), VIEWS)
def test_a_view_changes(
    columns: dict[str, tuple[str, str]], expected: list[tuple[str, bool]]
) -> None:
    found = between([VIEW], [replace(VIEW, columns=columns)])
    assert found == [("SHOWN", "changed", detail, breaks) for detail, breaks in expected]


STAGES: list[tuple[dict[str, str], list[tuple[str, bool]]]] = [
    ({"VALUE": "VARCHAR(64)"}, [("LINES column VALUE is VARCHAR(64), was VARCHAR(32)", False)]),
    (
        {"VALUE": "VARCHAR(32) NOT NULL"},
        [("LINES column VALUE is VARCHAR(32) NOT NULL, was VARCHAR(32)", True)],
    ),
    ({"UNIT": "CHAR(3)"}, [("LINES column UNIT CHAR(3) added", False)]),
    ({"UNIT": "CHAR(3) NOT NULL"}, [("LINES column UNIT CHAR(3) NOT NULL added", True)]),
]


@pytest.mark.parametrize(("columns", "expected"), STAGES)
def test_a_staging_table_changes(columns: dict[str, str], expected: list[tuple[str, bool]]) -> None:
    added = {column: (kind, "") for column, kind in columns.items()}
    found = between([LINES, RULE], [replace(LINES, columns=LINES.columns | added), RULE])
    assert found == [("RULE", "changed", detail, breaks) for detail, breaks in expected]


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        ("DECIMAL(8,2)", "DECIMAL(10,2)", False),
        ("DECIMAL(8,2)", "DECIMAL(8,3)", True),
        ("DECIMAL(8, 2)", "DECIMAL(9, 3)", False),
        ("VARCHAR(8)", "VARCHAR(8) CHARACTER SET OCTETS", True),
        ("INTEGER", "VARCHAR(20)", True),
    ],
)
def test_an_argument_may_take_more_but_not_less(old: str, new: str, breaks: bool) -> None:
    before, after = (replace(RULE, takes={"p_x": kind}) for kind in (old, new))
    (change,) = api.changes(release(before), release(after))
    assert change.breaks is breaks


def test_changes_stand_in_order_and_can_be_told_to_programs() -> None:
    found = api.changes(release(LINES, RULE), release(VIEW, replace(RULE, name="AGAIN"), LINES))
    assert [change.object for change in found] == ["AGAIN", "RULE", "SHOWN"]
    assert json.loads(json.dumps([asdict(change) for change in found]))[0] == {
        "database": "vps",
        "object": "AGAIN",
        "kind": "procedure",
        "what": "added",
        "detail": "for BILLING, SHIM",
        "breaks": False,
    }
