"""Write sql-api.md beside this file: what other programs may call, read from the declarations.

    python docs/sql_api.py            write it
    python docs/sql_api.py --check    fail when it is not what the declarations say

The examples are the first cases of the rules' tests that succeed, so they have run.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from kenshin.access import roles
from kenshin.catalog import Catalog
from kenshin.render import DATABASES, Declaration, render_macro

HERE = Path(__file__).resolve().parent
PAGE = HERE / "sql-api.md"
TESTS = HERE.parent / "tests"

HEAD = """\
# The SQL-API

What other programs call in the database, each with an account of its own (see
[access](access.md)). Generated from the declarations of the rules by `make docs`.

Every procedure also returns `RESULT_CODE` and `SQL_ERROR`: on MySQL and MariaDB as its last two
OUT parameters, on Firebird as the last two columns of its last row. A call is all or nothing. On
MySQL and MariaDB it opens and commits a transaction of its own unless the caller has one open; on
Firebird the caller commits. A call that is repeated with the same arguments is safe.

A caller with a transaction of his own begins it as READ COMMITTED, on MySQL and MariaDB with
`SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`: under REPEATABLE READ, their default, a
rule would decide on what that transaction saw first. Without one there is nothing to set.

On Firebird begin with `SET TRANSACTION READ COMMITTED`: then a rule waits for a row that another
one changes, and goes on; under SNAPSHOT, the default, it answers 9000 with `40001`.

Below 1000 the work is done: 0 done, 10 done before, 11 nothing matched. From 1000 it is refused
for the reason given; nothing was changed unless the rule says so. 9000: the engine refused a
statement; `SQL_ERROR` begins with the SQLSTATE, and everything was taken back. After `40001` call
again.

Types are MySQL's; on Firebird DATETIME is TIMESTAMP. Times are station standard time. A file name
is a bare name in the exchange directory. Keys and passwords of devices are wrapped, passwords of
people hashed, before they come here (see [secrets](secrets.md)).
"""


CATALOG = Catalog("mysql")


def public(kind: str) -> list[tuple[str, Declaration]]:
    found = [
        (database, declared)
        for database in DATABASES
        for unit in CATALOG.units[database]
        for declared in unit.declarations
        if declared.kind == kind and declared.callers
    ]
    return sorted(found, key=lambda entry: entry[1].name)


def literal(value: object) -> str:
    """A value as both clients take it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | Decimal | float):
        return str(value)
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, datetime):
        return f"'{value:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, date | time):
        return f"'{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


# For rules that need a file or a staged batch, which a case of arguments does not have.
SAMPLES: dict[str, object] = {
    "p_heid": 1,
    "p_snapshot_time": datetime(2026, 4, 1, 9, 30),
    "p_start": datetime(2026, 4, 1),
    "p_end": datetime(2026, 4, 2),
    "p_class": "ONTIME",
    "p_vps_account_id": "portal@example.jp",
    "p_file_name": "HE1_202604010930_ONTIME.csv",
}
FILES = {"IMPORT_BILL": "bills.csv", "ADD_CERTIFICATE": "certificates.csv"}


def example(declared: Declaration) -> list[object]:
    """The arguments of the first case that succeeds."""
    for folder in (TESTS, TESTS / "cases"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    cases = importlib.import_module(declared.name.lower()).CASES
    good = [case.arguments for case in cases if case.code == 0]
    if good:
        return list(good[0])
    file = FILES.get(declared.name.removesuffix("_ROWS"))
    samples = SAMPLES | ({"p_file_name": file} if file else {})
    return [samples.get(name) for name in declared.takes]


def stage(database: str, declared: Declaration, file: str) -> tuple[str, str]:
    """What fills the staging table before the call: from a file by mysql, from a text by isql."""
    if not declared.staged:
        return "", ""
    made = (d for unit in CATALOG.units[database] for d in unit.declarations)
    staging = next(d for d in made if d.kind == "session" and d.name == declared.staged)
    fields = [name.strip('"') for name in staging.columns if name != "LINE_NO"]
    clause = render_macro("mysql", "frame.sql", "load_clause", declared.staged, fields, "'\\n'")[
        0
    ].removeprefix("IGNORE ")
    loaded = f"CALL STAGE_{declared.staged}();\nLOAD DATA LOCAL INFILE {file} {clause};\n"
    header = ",".join(fields[:-1])  # behind the last one only what is too much
    lines = f"'{header}' || ASCII_CHAR(10) || '#END,0' || ASCII_CHAR(10)"
    return loaded, f"SELECT * FROM STAGE_{declared.staged}({lines}, 0);\n"


def call(database: str, declared: Declaration) -> Iterator[str]:
    arguments = dict(zip(declared.takes, map(literal, example(declared)), strict=True))
    loaded, staged = stage(database, declared, arguments.get("p_file_name", ""))
    outs = ", ".join([*arguments.values(), "@code", "@error"])
    done = f"CALL {declared.name}({outs});\nSELECT @code, @error;"
    yield f"```sql\n-- mysql {database}\n{loaded}{done}\n```"
    given = f"({', '.join(arguments.values())})" if arguments else ""
    done = f"SELECT * FROM {declared.name}{given};\nCOMMIT;"
    yield f"```sql\n-- isql {database}\n{staged}{done}\n```"


def table(titles: str, rows: list[tuple[str, ...]]) -> str:
    count = titles.count("|") + 1
    lines = [f"| {titles} |", "|" + " --- |" * count]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def procedure(database: str, declared: Declaration) -> Iterator[str]:
    yield f"### {declared.name}"
    yield f"{declared.purpose} Database `{database}`; called by {', '.join(declared.callers)}."
    if declared.staged:
        yield (
            f"The caller first fills `{declared.staged}` in the same transaction: after"
            f" `CALL STAGE_{declared.staged}()` by LOAD DATA LOCAL on MySQL and MariaDB, on"
            f" Firebird by `STAGE_{declared.staged}(piece, 0)` and so on with the line number that"
            " it gives."
        )
    if declared.takes:
        yield table(
            "argument | type | meaning",
            [
                (f"`{name}`", type_, CATALOG.says(declared.name, name))
                for name, type_ in declared.takes.items()
            ],
        )
    if declared.gives:
        yield table(
            "gives | type | meaning",
            [
                (f"`{name}`", type_, CATALOG.says(declared.name, name))
                for name, type_ in declared.gives.items()
            ],
        )
    yield table("code | meaning", [(str(c), text) for c, text in sorted(declared.codes.items())])
    yield from call(database, declared)


def view(database: str, declared: Declaration) -> Iterator[str]:
    yield f"### {declared.name}"
    yield f"{declared.purpose} Database `{database}`; read by {', '.join(declared.callers)}."
    columns = declared.columns.items()
    yield table(
        "column | type | meaning",
        [(f"`{name.strip(chr(34))}`", type_, comment) for name, (type_, comment) in columns],
    )


def by_role() -> str:
    rows = []
    for role, purpose in roles().items():
        names = [
            f"[{d.name}](#{d.name.lower()})"
            for kind in ("procedure", "view")
            for _, d in public(kind)
            if role in d.callers
        ]
        rows.append((role, purpose, " ".join(names)))
    return table("role | for | may use", rows)


def reference() -> str:
    parts = [HEAD.rstrip(), "## Roles", by_role(), "## Procedures"]
    for database, declared in public("procedure"):
        parts += procedure(database, declared)
    parts.append("## Views")
    for database, declared in public("view"):
        parts += view(database, declared)
    return "\n\n".join(parts) + "\n"


def main() -> None:
    text = reference()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/sql-api.md is not what the declarations say: run `make docs`")


if __name__ == "__main__":
    main()
