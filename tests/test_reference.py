"""The examples of the reference, run as they stand by the clients that they are for."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import Installations
from kenshin import release
from kenshin.config import Config
from servers.firebird import PROGRAMS, FirebirdServer
from servers.programs import fetched, installed

PAGE = Path(__file__).parents[1] / "docs" / "sql-api.md"
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"```sql\n-- (mysql|isql) (\w+)\n(.*?)```", re.DOTALL)


def examples(client: str) -> dict[str, tuple[str, str]]:
    """By procedure: its database, and the text of its example for a client."""
    return {
        name: (database, text)
        for name, section in SECTION.findall(PAGE.read_text(encoding="utf-8"))
        for its, database, text in EXAMPLE.findall(section)
        if its == client
    }


@pytest.fixture(scope="module")
def fresh(engine: str, installations: Installations) -> Config:
    config = installations.new(engine, "reference")
    release.apply(config)
    return config


def mysql(config: Config, database: str, text: str, folder: Path) -> str:
    """What the client prints: a code and what is said of it, the last of its lines."""
    for name in re.findall(r"LOCAL INFILE '([^']+)'", text):
        (folder / name).write_text("no such header\n")
    reach = config.connection
    command = [installed("mariadb", "mariadb-client-core"), "--skip-column-names", "--batch"]
    command += ["--local-infile"]
    command += [f"--socket={reach.socket}", f"--user={reach.user}", config.places[database]]
    environment = os.environ | {"MYSQL_PWD": reach.password}
    done = subprocess.run(
        command,
        input=text,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split("\t")[0]


def isql(config: Config, server: FirebirdServer, database: str, text: str) -> str:
    """The last code that isql prints, a column a line."""
    reach = config.connection
    place = f"{reach.host}/{reach.port}:{config.places[database]}"
    program = fetched("firebird-4.0").command(f"{PROGRAMS}/isql-fb")
    done = subprocess.run(
        [*program, "-q", "-b", "-ch", "UTF8", place],
        input=f"SET LIST ON;\n{text}",
        env=os.environ
        | server._environment()
        | {"ISC_USER": reach.user, "ISC_PASSWORD": reach.password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return re.findall(r"^RESULT_CODE +(\d+)", done.stdout, re.MULTILINE)[-1]


def test_every_procedure_has_an_example_for_each_client() -> None:
    text = PAGE.read_text(encoding="utf-8").split("\n## Views")[0]
    named = set(re.findall(r"^### (\w+)", text, re.MULTILINE))
    assert named == set(examples("mysql")) == set(examples("isql"))


def test_every_example_runs(
    engine: str, fresh: Config, installations: Installations, tmp_path: Path
) -> None:
    """Nothing is in the tables, so most rules refuse, each with a code of its own."""
    if engine == "firebird-embedded":
        pytest.skip("isql is a program of the server")
    wrong = []
    for name, (database, text) in examples("isql" if "fire" in engine else "mysql").items():
        if fresh.dialect == "firebird":
            server = installations.server(engine)
            assert isinstance(server, FirebirdServer)
            code = isql(fresh, server, database, text)
        else:
            code = mysql(fresh, database, text, tmp_path)
        if not code.isdigit() or int(code) >= 9000:
            wrong.append(f"{name}: {code}")
    assert not wrong, "\n".join(wrong)
