"""What the statements of a release make, in the words in which an engine's catalogue shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kenshin.engines import Code, Table, column_spec
from kenshin.engines.spec import bare_expression
from kenshin.render import Declaration

_MADE = re.compile(
    r"CREATE (?:OR (?:ALTER|REPLACE) )?(?:DEFINER = (?P<definer>\S+) )?"
    r"(?:SQL SECURITY (?P<security>\w+) )?(?P<temporary>GLOBAL TEMPORARY )?"
    r"(?P<kind>TABLE|VIEW|PROCEDURE|EXCEPTION) (?P<kept>IF NOT EXISTS )?(?P<name>\w+)"
)
_ALIASED = re.compile(r"^(?:SELECT|\s+) ?a\.(\S+?),?$", re.MULTILINE)
_TEXT = r"'((?:[^']|'')*)'"
_COMMENT_ON = re.compile(rf"COMMENT ON (?:PROCEDURE|VIEW) (\w+) IS {_TEXT}")
_COMMENT = re.compile(rf"COMMENT {_TEXT}")
_SECURITY = re.compile(r"SQL SECURITY (\w+)")
_ACCESS = re.compile(r"(?:MODIFIES|READS) SQL DATA|NO SQL|CONTAINS SQL")
_BODY = {
    "mysql": re.compile(r"^(?=BEGIN$)", re.MULTILINE),
    "mariadb": re.compile(r"^(?=BEGIN$)", re.MULTILINE),
    "firebird": re.compile(r"^AS\n", re.MULTILINE),
}
_ENGINE = re.compile(r"ENGINE = (\w+) DEFAULT CHARACTER SET \w+ COLLATE (\w+)")
_PARTITIONS = re.compile(r"PARTITION BY (\w+ COLUMNS \(\w+\))")
_HIDDEN = re.compile(r"^\s*(\w+) \w+ GENERATED ALWAYS AS \((.*)\) VIRTUAL INVISIBLE", re.MULTILINE)


@dataclass
class Wanted:
    """What one step, or several at one place, make."""

    tables: dict[str, Table] = field(default_factory=dict)
    code: dict[str, Code] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)  # stay as they are where they are


def wanted(dialect: str, statements: Iterable[str], declared: Iterable[Declaration] = ()) -> Wanted:
    """What statements make; of a table that is not declared nothing is known but its name."""
    found = Wanted()
    declarations = {declaration.name: declaration for declaration in declared}
    for statement in statements:
        made = _MADE.match(statement)
        comment = _COMMENT_ON.match(statement)
        if made and made["kind"] == "TABLE":
            declaration = declarations.get(made["name"])
            temporary = bool(made["temporary"])
            found.tables[made["name"]] = (
                _table(dialect, statement, declaration, temporary)
                if declaration
                else Table({}, (), {}, temporary)
            )
        elif made:
            if made["kept"]:
                found.kept.add(made["name"])
            found.code[made["name"]] = _code(dialect, made, statement[made.end() :])
        elif comment and comment[1] in found.code:
            found.code[comment[1]].settings["comment"] = comment[2].replace("''", "'")
    return found


def _table(dialect: str, statement: str, declaration: Declaration, temporary: bool) -> Table:
    settings = {"comment": declaration.purpose}
    for column, (_, meaning) in declaration.columns.items():
        settings[f"comment of {_bare(column)}"] = meaning
    settings |= {f"column {m[1]}": bare_expression(m[2]) for m in _HIDDEN.finditer(statement)}
    engine = _ENGINE.search(statement)
    if engine:
        settings |= {"engine": engine[1], "collation": engine[2]}
    partitions = _PARTITIONS.search(statement)
    if partitions:
        settings["division"] = partitions[1]
    return Table(
        {_bare(c): column_spec(dialect, kind) for c, (kind, _) in declaration.columns.items()},
        tuple(_bare(column) for column in declaration.key),
        declaration.indexes,
        temporary,
        settings,
    )


def _code(dialect: str, made: re.Match[str], rest: str) -> Code:
    settings = {}
    if made["definer"]:
        settings["definer"] = made["definer"].replace("'", "")
    if made["kind"] == "EXCEPTION":
        return Code("EXCEPTION", rest.strip()[1:-1].replace("''", "'"), settings)
    if made["kind"] == "VIEW":
        head, body = re.split(r"\bAS\n", rest, maxsplit=1)
        # An alias shows the columns of another table under their own names.
        columns = head.strip(" ()\n").split(",") if "(" in head else _ALIASED.findall(body)
        settings["columns"] = ", ".join(_bare(column.strip()) for column in columns)
        return Code("VIEW", body, settings | {"security": made["security"] or ""})
    head, body = _BODY[dialect].split(rest, maxsplit=1)
    comment, security, access = (p.search(head) for p in (_COMMENT, _SECURITY, _ACCESS))
    settings |= {
        "parameters": ", ".join(_parameters(dialect, _without_texts(head))),
        "security": security[1] if security else "",
        "data access": access[0] if access else "",
        "comment": comment[1].replace("''", "'") if comment else "",
    }
    return Code("PROCEDURE", body, settings)


def _parameters(dialect: str, head: str) -> Iterator[str]:
    """Each with its mode, name and type."""
    for before, text in _brackets(head):
        out = "OUT" if before.endswith("RETURNS") else "IN"
        for parameter in re.split(r",(?![^(]*\))", text):
            words = parameter.split()
            if words:
                mode = words.pop(0) if words[0] in ("IN", "OUT", "INOUT") else out
                spec = column_spec(dialect, " ".join(words[1:]))
                yield f"{mode} {_bare(words[0]).upper()} {spec}"


def _brackets(text: str) -> Iterator[tuple[str, str]]:
    """What stands in brackets that are in no others, and before them."""
    depth, start, before = 0, 0, ""
    for place, character in enumerate(text):
        if character == "(":
            depth += 1
            if depth == 1:
                before, start = text[start:place].strip(), place + 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                yield before, text[start:place]
                start = place + 1


def _without_texts(sql: str) -> str:
    return re.sub(_TEXT, "''", sql)


def _bare(name: str) -> str:
    return name.strip('"')
