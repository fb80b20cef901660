"""The verbs of the schema release as people and programs run them: what they say, how they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from actors import write_config
from conftest import Installations
from kenshin import release, source
from kenshin.cli import kenshin
from kenshin.config import Config
from kenshin.engines import open_session

DONE, DIFFERENT, FAILED, INTERRUPTED = 0, 1, 2, 130
NEW = source.current().release
OLD = source.earlier()[-1]
# What the SQL-API has had since then.
ADDED = (
    "ALERT_NOTIFIED", "ARCHIVED_MONTH", "ARCHIVE_DUE", "ARCHIVE_QUOTE_ROWS",
    "ARCHIVE_REVISION_ROWS", "ARCHIVE_USAGE_ROWS", "BEGIN_ARCHIVE", "BEGIN_DHCP_CHANGE",
    "DROP_HISTORY", "EXTEND_HISTORY", "FINISH_DHCP_CHANGE", "IMPORT_RESULT", "NEXT_ALERT",
    "NOTE_ARCHIVED", "OPEN_DHCP_CHANGE", "PACK_HISTORY", "RAISE_ALERT", "STATION",
)  # fmt: skip


class Verbs:
    """Runs `kenshin db` on one installation."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config = config
        self.path = write_config(config, folder)

    def run(self, *words: str) -> tuple[int, str]:
        """The exit status, and what was said on both outputs."""
        result = CliRunner().invoke(kenshin, ["--config", str(self.path), "db", *words])
        assert result.exception is None or isinstance(result.exception, SystemExit), words
        return result.exit_code, result.output

    def facts(self, *words: str) -> tuple[int, Any]:
        """The exit status, and the JSON on standard output."""
        result = CliRunner().invoke(kenshin, ["--config", str(self.path), "db", *words, "--json"])
        return result.exit_code, json.loads(result.stdout)

    def do(self, database: str, statement: str) -> None:
        with open_session(self.config) as session, session.transaction():
            session.execute(database, statement)


@pytest.fixture(scope="module")
def verbs(
    engine: str, installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Verbs:
    return Verbs(installations.new(engine, "verbs"), tmp_path_factory.mktemp("verbs"))


def test_install_prove_repair_go_back_and_note(verbs: Verbs) -> None:
    """In the order of a DBA's year."""
    code, said = verbs.run("resume")
    assert code == FAILED and "no run broke off" in said
    code, planned = verbs.facts("plan")
    assert code == DIFFERENT
    assert (planned["from"], planned["to"], planned["problems"]) == (None, NEW, [])
    first = planned["steps"][0]
    assert first["step"] == 1 and first["locks"] and first["statements"]
    assert any("REGISTER_CONTROLLER" in grant for grant in planned["grants"])

    code, found = verbs.facts("apply")
    assert code == DONE
    assert (found["release"], found["differences"]) == (NEW, [])
    assert verbs.run("plan") == (DONE, f"from {NEW} to {NEW}: 0 steps\n")
    assert verbs.run("apply")[0] == DONE
    assert verbs.run("verify") == (DONE, f"no difference from release {NEW}\n")

    # Drift is named, kept out of the record, and repaired.
    verbs.do("mdm", "DROP VIEW OPEN_ALERT")
    code, found = verbs.facts("drift")
    assert code == DIFFERENT
    assert "OPEN_ALERT" in {difference["name"] for difference in found["differences"]}
    code, said = verbs.run("verify")
    assert code == DIFFERENT and "OPEN_ALERT is missing" in said
    code, said = verbs.run("baseline", "--release", NEW, "--because", "it is not")
    assert code == FAILED and "OPEN_ALERT is missing" in said
    code, planned = verbs.facts("plan")
    assert code == DIFFERENT and "OPEN_ALERT" in {step["object"] for step in planned["steps"]}
    assert verbs.run("apply")[0] == DONE
    assert verbs.run("drift") == (DONE, f"no difference from release {NEW}\n")

    # Back, and what that changes for callers.
    assert verbs.run("rollback", "--to", "0.0.1")[0] == FAILED
    code, found = verbs.facts("rollback", "--to", OLD)
    assert (code, found["release"], found["differences"]) == (DONE, OLD, [])
    assert verbs.run("verify") == (DONE, f"no difference from release {OLD}\n")
    code, planned = verbs.facts("plan")
    assert (code, planned["from"]) == (DIFFERENT, OLD)
    changed = {(change["object"], change["what"]) for change in planned["api"]}
    assert changed == {
        *(
            (name, "changed")
            for name in ("CLOSE_MONTH", "CORRECT_QUOTE", "OPEN_ALERT", "SIMULATE_BILL")
        ),
        *((name, "added") for name in ADDED),
    }
    assert verbs.run("apply")[0] == DONE

    code, runs = verbs.facts("history")
    assert code == DONE
    assert [(run["action"], run["release"], run["structure"], run["state"]) for run in runs] == [
        ("apply", NEW, NEW, "DONE"),
        ("apply", NEW, NEW, "DONE"),
        ("rollback", OLD, NEW, "DONE"),
        ("apply", NEW, NEW, "DONE"),
    ]
    code, runs = verbs.facts("history", "--steps")
    assert {step["state"] for run in runs for step in run["steps"]} == {"DONE"}

    # An installation whose record is lost is what it is.
    verbs.do("mdm", "DELETE FROM SCHEMA_HISTORY")
    verbs.do("mdm", "DELETE FROM SCHEMA_RELEASE")
    code, said = verbs.run("drift")
    assert code == DIFFERENT and "is not recorded" in said
    code, found = verbs.facts("baseline", "--release", NEW, "--because", "the record was lost")
    assert (code, found["release"]) == (DONE, NEW)
    assert verbs.run("verify") == (DONE, f"no difference from release {NEW}\n")
    assert verbs.run("plan")[0] == DONE
    assert "the record was lost" in verbs.run("history")[1]


def test_errors_say_what_to_do_and_are_json_for_programs(verbs: Verbs, tmp_path: Path) -> None:
    code, found = verbs.facts("abandon", "1", "--because", "no reason")
    assert code == FAILED and "kenshin db history" in found["error"]
    nowhere = ["--config", str(tmp_path / "none.toml"), "db", "apply"]
    result = CliRunner().invoke(kenshin, nowhere)
    assert result.exit_code == FAILED and "none.toml" in result.output


def test_a_folder_that_cannot_be_written_is_an_error(verbs: Verbs, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for verb in ("render", "export-sqitch"):
        code, found = verbs.facts(verb, "--to", str(tmp_path / "file" / "sql"))
        assert code == FAILED and "Not a directory" in found["error"]
    code, said = verbs.run("render", "--to", str(tmp_path / "file" / "sql"))
    assert code == FAILED and said.startswith("kenshin: ")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, click.Abort])
def test_an_interrupted_verb_says_so(
    verbs: Verbs, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def stopped(*_: object) -> None:
        raise stop

    monkeypatch.setattr(release, "apply", stopped)
    assert verbs.facts("apply") == (INTERRUPTED, {"error": "interrupted"})
    assert verbs.run("apply") == (INTERRUPTED, "kenshin: interrupted\n")


def test_files_are_written_without_a_database(verbs: Verbs, tmp_path: Path) -> None:
    code, found = verbs.facts("render", "--to", str(tmp_path / "sql"))
    assert code == DONE
    written = [path for path in (tmp_path / "sql").rglob("*") if path.is_file()]
    assert len(written) == found["files"]
    manifest = json.loads((tmp_path / "sql" / "manifest.json").read_text())
    assert manifest["release"] == NEW and manifest["objects"]
    if verbs.config.dialect != "firebird":
        assert "NO_BACKSLASH_ESCAPES" in manifest["sql_mode"] and "@" in manifest["definer"]
    assert verbs.run("export-sqitch", "--to", str(tmp_path / "sqitch"))[0] == DONE
    assert list((tmp_path / "sqitch").rglob("sqitch.plan"))


def test_preflight_is_fit(verbs: Verbs) -> None:
    code, found = verbs.facts("preflight")
    assert found["findings"] and code == ("ok", "warning", "error").index(found["state"])
