"""What MySQL and MariaDB keep in a schema, read from information_schema."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kenshin.engines.base import Code, Table, named
from kenshin.engines.spec import bare_expression, written
from kenshin.render import Index

Query = Callable[[str], list[tuple[Any, ...]]]  # runs a statement whose only parameter is a schema

_TABLES = """
SELECT t.TABLE_NAME, t.ENGINE, t.TABLE_COLLATION, t.TABLE_COMMENT
  FROM information_schema.TABLES t
 WHERE t.TABLE_SCHEMA = ? AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"""
_COLUMNS = """
SELECT c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_COMMENT, c.EXTRA, c.GENERATION_EXPRESSION,
       c.COLUMN_TYPE, c.CHARACTER_SET_NAME, c.COLLATION_NAME, c.COLUMN_DEFAULT, c.IS_NULLABLE
  FROM information_schema.COLUMNS c
 WHERE c.TABLE_SCHEMA = ?
 ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION"""
_INDEXES = """
SELECT s.TABLE_NAME, s.INDEX_NAME, s.NON_UNIQUE, s.COLUMN_NAME, s.SUB_PART, s.COLLATION, {used}
  FROM information_schema.STATISTICS s
 WHERE s.TABLE_SCHEMA = ?
 ORDER BY s.TABLE_NAME, s.INDEX_NAME, s.SEQ_IN_INDEX"""
_PARTITIONS = """
SELECT DISTINCT p.TABLE_NAME, p.PARTITION_METHOD, p.PARTITION_EXPRESSION
  FROM information_schema.PARTITIONS p
 WHERE p.TABLE_SCHEMA = ? AND p.PARTITION_NAME IS NOT NULL"""
_ROUTINES = """
SELECT r.ROUTINE_TYPE, r.ROUTINE_NAME, r.ROUTINE_DEFINITION, r.SQL_MODE, r.CHARACTER_SET_CLIENT,
       r.COLLATION_CONNECTION, r.DATABASE_COLLATION, r.DEFINER, r.SECURITY_TYPE,
       r.SQL_DATA_ACCESS, r.ROUTINE_COMMENT
  FROM information_schema.ROUTINES r
 WHERE r.ROUTINE_SCHEMA = ?
 ORDER BY r.ROUTINE_TYPE DESC, r.ROUTINE_NAME"""
_PARAMETERS = """
SELECT p.ROUTINE_TYPE, p.SPECIFIC_NAME, p.PARAMETER_MODE, p.PARAMETER_NAME, p.DTD_IDENTIFIER,
       p.CHARACTER_SET_NAME, p.COLLATION_NAME
  FROM information_schema.PARAMETERS p
 WHERE p.SPECIFIC_SCHEMA = ?
 ORDER BY p.SPECIFIC_NAME, p.ORDINAL_POSITION"""
_VIEWS = """
SELECT v.TABLE_NAME, v.VIEW_DEFINITION, v.DEFINER, v.SECURITY_TYPE, v.CHECK_OPTION,
       v.CHARACTER_SET_CLIENT, v.COLLATION_CONNECTION
  FROM information_schema.VIEWS v
 WHERE v.TABLE_SCHEMA = ?"""
# What no release has: a kind, a name, and what it does.
_OTHERS = """
SELECT 'TRIGGER', t.TRIGGER_NAME, t.ACTION_STATEMENT
  FROM information_schema.TRIGGERS t WHERE t.TRIGGER_SCHEMA = ?
""", """
SELECT 'EVENT', e.EVENT_NAME, e.EVENT_DEFINITION
  FROM information_schema.EVENTS e WHERE e.EVENT_SCHEMA = ?
""", """
SELECT c.CONSTRAINT_TYPE, CONCAT(c.TABLE_NAME, '.', c.CONSTRAINT_NAME), ''
  FROM information_schema.TABLE_CONSTRAINTS c
 WHERE c.CONSTRAINT_SCHEMA = ? AND c.CONSTRAINT_TYPE IN ('FOREIGN KEY', 'CHECK')
""", """
SELECT t.TABLE_TYPE, t.TABLE_NAME, ''
  FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = ? AND t.TABLE_TYPE = 'SEQUENCE'
"""  # fmt: skip


def tables(query: Query, dialect: str) -> dict[str, Table]:
    """Every table of a schema."""
    columns: dict[str, dict[str, str]] = defaultdict(dict)
    beside: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, comment, extra, generated, *rest in query(_COLUMNS):
        if "INVISIBLE" in extra:
            beside[table][f"column {column}"] = bare_expression(generated or "")
        else:
            columns[table][column] = _column(dialect, extra, generated or "", rest)
            beside[table][f"comment of {column}"] = comment
    for table, method, expression in query(_PARTITIONS):
        beside[table]["division"] = f"{method} ({bare_expression(expression)})"
    keys, indexes = _indexes(query, dialect)
    return {
        str(table): Table(
            columns[table],
            keys.get(table, ()),
            indexes[table],
            settings={
                "engine": engine,
                "collation": collation,
                "comment": comment,
                "division": "",
                **beside[table],
            },
        )
        for table, engine, collation, comment in query(_TABLES)
    }


def _column(dialect: str, extra: str, generated: str, rest: Sequence[Any]) -> str:
    kind, characters, collation, default, nullable = rest
    text = default or ""
    if dialect == "mysql" and default is not None and "DEFAULT_GENERATED" not in extra:
        # MySQL shows the value, MariaDB how it is written.
        text = default if characters is None else "'" + default.replace("'", "''") + "'"
    identity = "AUTO_INCREMENT" if "auto_increment" in extra else ""
    spec = written(
        dialect, kind, characters or "", collation or "", text, nullable == "NO", identity
    )
    changing = re.search(r"on update \S+", extra, re.IGNORECASE)
    return (
        spec
        + (f" GENERATED AS {bare_expression(generated)}" if generated else "")
        + (f" {changing[0].upper().removesuffix('()')}" if changing else "")
    )


def _indexes(
    query: Query, dialect: str
) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, Index]]]:
    """The primary keys and the other indexes of every table."""
    used = "s.IS_VISIBLE = 'YES', s.EXPRESSION" if dialect == "mysql" else "s.IGNORED = 'NO', NULL"
    fields: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for table, name, loose, column, length, order, serves, expression in query(
        _INDEXES.format(used=used)
    ):
        text = str(column or bare_expression(expression or "")).upper()
        text += f"({length})" if length else ""
        text += " DESC" if order == "D" else ""
        fields[table, name, not loose].append(text if serves else f"{text} (not used)")
    keys = {table: tuple(f) for (table, name, _), f in fields.items() if name == "PRIMARY"}
    indexes: dict[str, dict[str, Index]] = defaultdict(dict)
    for (table, name, unique), f in fields.items():
        if name != "PRIMARY":
            indexes[table][name] = Index(tuple(f), unique)
    return keys, indexes


def code(query: Query, dialect: str) -> dict[str, Code]:
    """Every view and routine of a schema, and what no release has."""
    return named([*_routines(query, dialect), *_views(query), *_others(query)])


def _routines(query: Query, dialect: str) -> Iterable[tuple[str, Code]]:
    parameters: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, routine, mode, name, type_, characters, collation in query(_PARAMETERS):
        spec = written(dialect, type_, characters or "", collation or "")
        parameters[kind, routine].append(f"{mode or 'RETURNS'} {(name or '').upper()} {spec}")
    for (
        kind,
        name,
        body,
        mode,
        client,
        connection,
        schema,
        definer,
        security,
        access,
        comment,
    ) in query(_ROUTINES):
        yield (
            str(name),
            Code(
                kind,
                body or "",
                {
                    "parameters": ", ".join(parameters[kind, name]),
                    "sql mode": sql_mode(mode),
                    "character set": client,
                    "collation": connection,
                    "database collation": schema,
                    "definer": definer,
                    "security": security,
                    "data access": access,
                    "comment": comment,
                },
            ),
        )


def _views(query: Query) -> Iterable[tuple[str, Code]]:
    columns: dict[str, list[str]] = defaultdict(list)
    for table, column, *_ in query(_COLUMNS):
        columns[table].append(column)
    for name, body, definer, security, check, client, connection in query(_VIEWS):
        yield (
            str(name),
            Code(
                "VIEW",
                body or "",
                {
                    "columns": ", ".join(columns[name]),
                    "definer": definer,
                    "security": security,
                    "check option": "" if check == "NONE" else check,
                    "character set": client,
                    "collation": connection,
                },
            ),
        )


def _others(query: Query) -> Iterable[tuple[str, Code]]:
    for statement in _OTHERS:
        for kind, name, body in query(statement):
            yield str(name), Code(kind, body or "")


def sql_mode(mode: Any) -> str:
    """The modes in their order; drivers give a set or a text with commas."""
    return ",".join(sorted(mode.split(",") if isinstance(mode, str) else mode))
