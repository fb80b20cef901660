"""Every rendered routine and view under sqlfluff, for MySQL and MariaDB.

A template passes sqlfluff without being read, so what is read is what it renders to.
Firebird's SQL has no dialect there: its engine compiles it in the other tests.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlfluff

from kenshin.paths import ROOT
from kenshin.render import DATABASES, render_template

SETTINGS = str(Path(__file__).resolve().parents[1] / "setup.cfg")
DIALECTS = ("mysql", "mariadb")
MADE_IN = (*DATABASES, "common")

# What sqlfluff cannot read at all, and why. A routine that it can read has no place here.
UNREAD = {
    ("mysql", "READ_"): "JSON_TABLE, and strings that end in a backslash",
    ("mariadb", "READ_"): "EXECUTE IMMEDIATE",
    ("mysql", "EXPORT_USAGE"): "PREPARE from a variable and EXECUTE … USING",
    ("mysql", "EXPORT_USAGE_ROWS"): "its parser loses its place: each half alone is read",
    ("mysql", "EXPORT_ADR_"): "as EXPORT_USAGE and EXPORT_USAGE_ROWS",
    ("mysql", "EXPORT_VPS_LOG"): "as EXPORT_USAGE",
    ("mysql", "EXPORT_VPS_LOG_ROWS"): "as EXPORT_USAGE_ROWS",
}

# What a routine does on purpose, and where it says why.
ON_PURPOSE = {"NEXT_ALERT": "AM09"}

# What it cannot read in an otherwise readable text, and the same in words that it knows.
REWRITTEN = (
    (re.compile(r"(?:RELEASE |ROLLBACK TO )?SAVEPOINT \w+;"), "COMMIT;"),
    (re.compile(r" WITH CONSISTENT SNAPSHOT"), ""),
    (re.compile(r"STRAIGHT_JOIN"), "JOIN"),
    (re.compile(r" (?:FORCE|IGNORE) INDEX \([^)]*\)(?=\s+ON )"), ""),
    (re.compile(r"(HANDLER FOR \d+)(?:, \d+)+"), r"\1"),
    (re.compile(r'"([A-Z_]+)"'), r"`\1`"),
    (re.compile(r"(\.|AS )TEXT\b"), r"\1TEXTS"),
    (re.compile(r" FROM (\d+|[pv]_\w+(?: [+-] \w+)*) FOR "), r", \1, "),
    (re.compile(r" FROM ([pv]_\w+(?: [+-] \w+)*)\)"), r", \1)"),
    (re.compile(r"POSITION\((.*?)(\s+)IN ", re.DOTALL), r"LOCATE(\1,\2"),
    (re.compile(r" FROM (\d+ [+-] LOCATE|LOCATE)"), r", \1"),
)


def readable(sql: str) -> str:
    for pattern, words in REWRITTEN:
        sql = pattern.sub(words, sql)
    return sql + "\n"


def lint(dialect: str, sql: str) -> list[str]:
    found = sqlfluff.lint(readable(sql), dialect=dialect, config_path=SETTINGS)
    return [f"line {v['start_line_no']}: {v['code']} {v['description']}" for v in found]


def objects(dialect: str, path: str) -> dict[str, str]:
    """The statement that makes each routine and view of a template, by name."""
    made = {}
    for statement in render_template(dialect, path)[1]:
        # Tables are declarations of the data model; the engines check them.
        head = re.match(r"CREATE [^(]*?(?:PROCEDURE|VIEW) (?:IF NOT EXISTS )?(\w+)", statement)
        if head:
            made[head[1]] = statement
    return made


def templates() -> list[str]:
    places = ("sql/*", "procedures/*", "views/*")
    paths = [path for place in places for path in sorted(ROOT.glob(f"{place}/*.sql"))]
    return [p.relative_to(ROOT).as_posix() for p in paths if p.parent.name in MADE_IN]


def body(statement: str) -> str:
    """What follows the head of a routine; a view whole."""
    return statement.partition("\nBEGIN\n")[2] or statement


def is_unread(dialect: str, name: str) -> bool:
    name = name.removesuffix("_BODY")
    return any(
        dialect == d and (name.startswith(start) if start.endswith("_") else name == start)
        for d, start in UNREAD
    )


@pytest.mark.parametrize("path", templates())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_clean(dialect: str, path: str) -> None:
    # Reading takes most of a second, so what MariaDB shares with MySQL is read once.
    others = objects("mysql", path).values() if dialect != "mysql" else ()
    read_before = {body(statement) for statement in others}
    for name, statement in objects(dialect, path).items():
        assert "/*" not in statement, f"{name}: MariaDB's client leaves it out, and a hint in it"
        if body(statement) in read_before:
            continue
        found = lint(dialect, statement)
        if is_unread(dialect, name):
            found = [line for line in found if " PRS " not in line and " LXR " not in line]
        if meant := ON_PURPOSE.get(name.removesuffix("_BODY")):
            found = [line for line in found if f" {meant} " not in line]
        assert not found, "\n".join([*found, readable(statement)])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_planted_keyword_is_found(dialect: str) -> None:
    """The rules are read to their last line, inside blocks within blocks."""
    made = objects(dialect, "procedures/mdm/dhcp_completed.sql")
    sql = made["DHCP_COMPLETED_BODY" if dialect == "mysql" else "DHCP_COMPLETED"]
    # The last of the rule's own statements, not of the frame's.
    place = sql.rindex("UPDATE CONCENTRATOR_TRANSACTION")
    planted = sql[:place] + sql[place:].replace("WHERE", "where", 1)
    line = planted[: planted.index("where")].count("\n") + 1
    [found] = lint(dialect, planted)
    assert found.startswith(f"line {line}: CP01")


def test_every_exception_has_its_object() -> None:
    named = {path.split("/")[-1].removesuffix(".sql").upper() for path in templates()}
    staged = {f"READ_{name}" for name in named}
    for _, start in UNREAD:
        assert any(name.startswith(start) for name in named | staged), f"{start}: no such routine"
