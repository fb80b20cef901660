"""The page of the HTTP-API: its tables against the code, its examples run as they stand.

The answer that the page shows behind an example holds where each of its fields is in the real
one; … stands for any value. Run as a program it runs SQL, in a process that has its locks where
the server has them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from conftest import Installations
from http_server import ROLES, HttpServer
from kenshin import config as configuration
from kenshin.engines import open_session
from kenshin.http_api.answer import status_of
from kenshin.http_api.operations import OPERATIONS, Operation

PAGE = Path(__file__).parents[1] / "docs" / "http-api.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|sql|json|text)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
ANY = "…"

# What the page says has come in before: readings of a point, one of them missing.
READINGS = """
INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS)
VALUES ('P-1001', 1, '2026-04-01 09:30:00', 120.5, 0.5, 0);
INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS)
VALUES ('P-1001', 1, '2026-04-01 10:00:00', NULL, NULL, 1);
INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS)
VALUES ('P-1001', 1, '2026-04-01 10:30:00', 121.7, NULL, 2);
INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE)
SELECT u.LD_ID, u.SUB_NUMBER, u.MEASURED_TIME, u.USAGE_VALUE FROM USAGE_HISTORY u;
"""


class Shell:
    """One bash for all examples, for what one of them sets the next one uses."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._errors = folder / "stderr"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                ["bash", "-euo", "pipefail"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=folder,
                env=os.environ | environment,
                text=True,
            )

    def run(self, example: str) -> str:
        """What an example prints. Fails when one of its commands does."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{{\n{example}\n}} </dev/null\nprintf '\\n\\0\\n'\n")
        self._process.stdin.flush()
        said = []
        while (line := self._process.stdout.readline()) != "\0\n":
            assert line, f"{example}\n{self._errors.read_text()}"
            said.append(line)
        return "".join(said)

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def page_http(
    engine: str, installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpServer]:
    """An installation for the page alone: it shows keys that the first rows of tables have."""
    server = HttpServer(installations.new(engine, "page"), tmp_path_factory.mktemp("page"))
    yield server
    server.end()


@pytest.fixture
def shell(page_http: HttpServer, tmp_path: Path) -> Iterator[Shell]:
    for role in ROLES:
        (tmp_path / f"{role.lower()}.key").write_text(page_http.keys[role] + "\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    opened = Shell(
        tmp_path, {"URL": page_http.url, "KENSHIN_CONFIG": str(page_http.toml), "PATH": path}
    )
    yield opened
    opened.close()


def run_sql(toml: Path, text: str) -> None:
    """Run statements, and rules that must not refuse."""
    done = subprocess.run(
        [sys.executable, __file__, str(toml)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def values_in(text: str) -> list[Any]:
    """The JSON values in a text, one behind the other."""
    found = []
    rest = text.strip()
    while rest:
        value, end = json.JSONDecoder().raw_decode(rest)
        found.append(value)
        rest = rest[end:].lstrip()
    return found


def differs(shown: Any, said: Any, where: str = "answer") -> str:
    """Where an answer is not as the page shows it; nothing where it is."""
    if shown == ANY:
        return ""
    if isinstance(shown, dict) and isinstance(said, dict):
        missing = sorted(shown.keys() - said.keys())
        if missing:
            return f"{where} has no {missing[0]}"
        pairs = [(f"{where}.{name}", value, said[name]) for name, value in shown.items()]
    elif isinstance(shown, list) and isinstance(said, list) and len(shown) == len(said):
        pairs = [(f"{where}.{n}", *both) for n, both in enumerate(zip(shown, said, strict=True))]
    else:
        return "" if shown == said else f"{where} is {said!r}, not {shown!r}"
    return next(filter(None, (differs(one, other, at) for at, one, other in pairs)), "")


def test_a_difference_is_seen() -> None:
    said = {"code": 0, "rows": [{"key": 1, "more": 2}]}
    assert not differs({"code": 0, "rows": [{"key": ANY}]}, said)
    for wrong in ({"code": 10}, {"none": 0}, {"rows": []}, {"rows": [{"key": 2}]}, {"code": {}}):
        assert differs(wrong, said), wrong


class Document:
    """The server's own document, of which an answer says nothing that it does not."""

    def __init__(self, http: HttpServer) -> None:
        found = http.get("/openapi.json").json
        self._paths = found["paths"]
        self._components = closed(found["components"])

    def mistakes(self, path: str, status: int, answer: Any) -> list[str]:
        responses = self._paths[f"/api/v1/{path}"]["post"]["responses"]
        schema = closed(responses[str(status)]["content"]["application/json"]["schema"])
        validator = jsonschema_rs.validator_for({**schema, "components": self._components})
        return [f"{path}: {error}" for error in validator.iter_errors(answer)]


def closed(schema: Any) -> Any:
    """A schema in which objects have the properties that are named and no other."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else {}
    return {name: closed(value) for name, value in schema.items()} | more


@pytest.mark.parametrize("engine", ["firebird-embedded"], indirect=True)
def test_every_example_runs(shell: Shell, page_http: HttpServer) -> None:
    document = Document(page_http)
    assert document.mistakes("devices/status", 200, {"result_code": 0, "nobody": "said so"})
    run_sql(page_http.owner_toml, READINGS)
    said, example, calls = "", "", 0
    for (kind, block), (behind, _) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if kind == "sh":
            said, example = shell.run(block), block
            if said.strip():
                calls += 1
                assert behind in ("json", "text"), f"no answer is shown behind\n{block}"
        elif kind == "sql":
            run_sql(page_http.owner_toml, block)
        elif kind == "text":
            assert said.strip() == block.strip()
        else:
            values = values_in(said)
            assert not (wrong := differs(values_in(block), values)), f"{wrong}\n{said}"
            paths = re.findall(r"^api \w+ (\S+)", example, re.MULTILINE)
            for path, answer, status in zip(paths, values[::2], values[1::2], strict=True):
                assert not document.mistakes(path, status, answer), said
    assert calls > len(OPERATIONS)


def test_every_operation_has_an_example() -> None:
    called = set(re.findall(r"^api \w+ (\S+)", TEXT, re.MULTILINE))
    assert called == {operation.path for operation in OPERATIONS}


def row_of(operation: Operation) -> str:
    """An operation in the table of the page."""
    rules = ", ".join(f"[{rule}](sql-api.md#{rule.lower()})" for rule in operation.rules.values())
    roles = ", ".join(operation.roles)
    return f"| `{operation.path}` | {roles} | {operation.kind} | {rules} |"


def test_the_table_has_every_operation() -> None:
    rows = [line for line in TEXT.splitlines() if re.match(r"\| `[a-z/-]+` \| [A-Z]", line)]
    assert rows == [row_of(operation) for operation in OPERATIONS]


def test_the_statuses_are_those_of_the_codes() -> None:
    """Of a range the first and the last code have the status."""
    rows = re.findall(r"^\| (\d+)(?:–(\d+))? \| (\d{3}) \|", TEXT, re.MULTILINE)
    assert len(rows) >= 8
    for first, last, status in rows:
        assert {status_of(int(first)), status_of(int(last or first))} == {int(status)}, first


def main(toml: Path) -> None:
    """Run the SQL on standard input."""
    with open_session(configuration.load(toml)) as session:
        for statement in filter(str.strip, re.split(r";$", sys.stdin.read(), flags=re.MULTILINE)):
            rows = session.execute("vps", statement)
            # A rule gives its code and what it says of it as the last fields of the last row.
            if rows and rows[-1][-2] != 0:
                sys.exit(f"{rows[-1]}\n{statement}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
