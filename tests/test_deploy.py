"""What ships for cron, systemd, logrotate and tmpfiles.d, against the verbs that there are."""

from __future__ import annotations

import configparser
import dataclasses
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kenshin import config as configuration
from kenshin.cli import kenshin
from servers.programs import installed

DEPLOY = Path(__file__).parents[1] / "deploy"
SYSTEMD = DEPLOY / "systemd"
CRON = DEPLOY / "cron.d" / "kenshin"
SAMPLE = DEPLOY / "kenshin.toml"
TMPFILES = DEPLOY / "tmpfiles.d" / "kenshin.conf"
PROGRAM = "/opt/kenshin/bin/kenshin"
# Every verb of the night's operation; syslog-ingest is started by rsyslog.
EVERY_CYCLE = {"sync-he", "cycle", "import-bill"}
DAILY = {"add-certificates", "register-devices", "purge"}
MONTHLY = {"close-month"}
BY_TIME = EVERY_CYCLE | DAILY | MONTHLY
FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def check_command(words: list[str]) -> str:
    """The verb of a command line. Fails when there is no such verb, or option of it."""
    parent = click.Context(kenshin)
    command = kenshin.get_command(parent, words[0])
    assert command is not None, f"there is no verb {words[0]}"
    with command.make_context(words[0], words[1:], parent=parent) as context:
        assert context.command is command
    return words[0]


# --- cron -------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Job:
    """One line of a crontab of the system."""

    times: list[str]
    user: str
    words: list[str]


def jobs() -> Iterator[Job]:
    for line in CRON.read_text().splitlines():
        if line and not line.startswith("#") and not re.match(r"[A-Z_]+=", line):
            *times, user, command = line.split(None, 6)
            assert "%" not in command, "cron takes % for a line end"
            yield Job(times, user, shlex.split(command))


def matching(field: str, first: int, last: int) -> set[int]:
    """The numbers that a field of a crontab stands for."""
    found: set[int] = set()
    for part in field.split(","):
        match = re.fullmatch(r"(\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", part)
        assert match, field
        low = first if match[1] == "*" else int(match[2])
        high = last if match[1] == "*" else int(match[3] or match[2])
        assert first <= low <= high <= last, field
        found |= set(range(low, high + 1, int(match[4] or 1)))
    return found


def test_cron_runs_each_verb_at_its_period() -> None:
    seen = {}
    for job in jobs():
        assert job.user == "kenshin"
        assert job.words[0] == f"{PROGRAM}-cron"
        minutes, hours, days, months, weekdays = (
            matching(field, *bounds) for field, bounds in zip(job.times, FIELDS, strict=True)
        )
        assert (len(months), len(weekdays)) == (12, 8)
        seen[check_command(job.words[1:])] = (len(minutes), len(hours), days)
    assert set(seen) == BY_TIME
    for verb, (minutes_, hours_, days) in seen.items():
        if verb in EVERY_CYCLE:
            assert (minutes_ >= 2, hours_, len(days)) == (True, 24, 31), verb
        else:
            assert (minutes_, hours_) == (1, 1), verb
            assert (len(days) == 31) == (verb in DAILY), verb
    # Repeated within the grace, behind the closing day, and before the last cycle of the grace.
    assert seen["cycle"][0] >= 6
    assert min(seen["close-month"][2]) > 2


@pytest.mark.parametrize(
    ("status", "expected"), [(0, 0), (3, 0), (75, 0), (1, 1), (2, 2), (137, 137)]
)
def test_cron_mails_failures_alone(tmp_path: Path, status: int, expected: int) -> None:
    program = tmp_path / "kenshin"
    program.write_text(f'#!/bin/sh\necho "said $1 $2"\necho loudly >&2\nexit {status}\n')
    program.chmod(0o755)
    done = subprocess.run(
        [DEPLOY / "kenshin-cron", "purge", "a b"],
        env={**os.environ, "KENSHIN": str(program)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (expected, "")
    wanted = f"kenshin purge a b: exit status {status}\nsaid purge a b\nloudly\n"
    assert done.stdout == (wanted if expected else "")


# --- systemd ----------------------------------------------------------------------------


def unit(path: Path) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(path.read_text())
    return parsed


def test_systemd_has_the_same_verbs_and_periods() -> None:
    timers = {path.stem.split("@")[1]: unit(path) for path in SYSTEMD.glob("kenshin@*.timer")}
    assert set(timers) == BY_TIME
    by_cron = {job.words[1]: job.times for job in jobs()}
    for verb, timer in timers.items():
        minutes, hours, days = by_cron[verb][:3]
        when = timer["Timer"]["OnCalendar"]
        assert timer["Install"]["WantedBy"] == "timers.target"
        if verb in EVERY_CYCLE:
            assert when == f"*:{minutes.replace('*/', '0/')}", verb
        else:
            clock = f"{int(hours):02}:{int(minutes):02}"
            first, _, last = days.partition("-")
            day = f"*-*-{int(first):02}..{int(last):02} " if last else ""
            assert when == day + clock, verb
        check_command([verb])


def test_services_run_verbs_that_there_are() -> None:
    for path in SYSTEMD.glob("*.service"):
        service = unit(path)["Service"]
        if path.name.startswith("kenshin-failed"):
            continue
        program, *words = shlex.split(service["ExecStart"])
        assert program == PROGRAM
        if words != ["%i"]:
            check_command(words)
        assert service["User"] == "kenshin"
        assert service["ProtectSystem"] == "strict"
        assert service["CapabilityBoundingSet"] == ""
    once = unit(SYSTEMD / "kenshin@.service")
    assert once["Service"]["SuccessExitStatus"] == "3 75"
    assert once["Service"]["Type"] == "oneshot"
    assert once["Unit"]["OnFailure"] == "kenshin-failed@%n.service"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for path in SYSTEMD.iterdir():
        # The program is not installed where the tests run.
        (tmp_path / path.name).write_text(path.read_text().replace(f"{PROGRAM} ", "/bin/true "))
    named = [path for path in tmp_path.iterdir() if "@." not in path.name]
    named += [tmp_path / f"kenshin@{verb}.service" for verb in sorted(BY_TIME)]
    named.append(tmp_path / "kenshin-failed@kenshin-serve.service")
    assert _said(tmp_path, named) == ""
    broken = tmp_path / "kenshin@cycle.timer"
    broken.write_text(broken.read_text().replace("OnCalendar=*", "OnCalendar=x"))
    assert "calendar" in _said(tmp_path, [broken])


def _said(folder: Path, units: list[Path]) -> str:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "kenshin" in line]
    return "\n".join(ours)


# --- Files that grow --------------------------------------------------------------------


def test_logrotate_turns_the_logs(tmp_path: Path) -> None:
    logs = tmp_path / "log"
    logs.mkdir(mode=0o755)
    (logs / "kenshin.log").write_text("a line\n")
    text = (DEPLOY / "logrotate" / "kenshin").read_text()
    written = re.findall(r'file="(\S+)"', (DEPLOY / "rsyslog" / "kenshin.conf").read_text())
    assert [f"{path} {{" for path in written] == re.findall(r"^/.*", text, re.MULTILINE)
    rules = tmp_path / "kenshin"
    rules.write_text(text.replace("/var/log", str(logs)))
    rules.chmod(0o644)
    for more in (["--debug"], ["--force"]):
        done = subprocess.run(
            [installed("logrotate", "logrotate"), "--state", tmp_path / "state", *more, rules],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "error" not in done.stderr
    assert [path.read_text() for path in logs.glob("kenshin.log-*")] == ["a line\n"]


def cleaned() -> dict[str, int]:
    """The folders that are emptied by age, with the days that files are kept."""
    found = {}
    for line in TMPFILES.read_text().splitlines():
        if line and not line.startswith("#"):
            kind, path, *_, age = line.split()
            if kind == "e":
                assert re.fullmatch(r"\d+d", age), line
                found[path] = int(age[:-1])
            else:
                assert (kind, age) == ("d", "-"), line
    return found


def test_only_what_is_done_with_is_removed() -> None:
    """Nothing that still waits, and what proves something is kept for a year at least."""
    folders = cleaned()
    for folder, days in folders.items():
        assert folder.rsplit("/", 1)[1] in {"done", "rejected", "sent"}, folder
        evidence = re.search("/(bills|certificates|devices)/", folder)
        assert days >= (365 if evidence else 60), folder
    assert {f"/srv/kenshin/{path}" for path in ("inbox/done", "inbox/rejected", "outbox/sent")} <= (
        folders.keys()
    )


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="there is no systemd here")
def test_systemd_accepts_the_rules_of_tmpfiles(tmp_path: Path) -> None:
    text = TMPFILES.read_text().replace(" kenshin kenshin ", " - - ")
    for word, fits in (("d    ", True), ("wrong", False)):
        rules = tmp_path / "kenshin.conf"
        rules.write_text(text.replace("d    ", word, 1))
        done = subprocess.run(
            ["systemd-tmpfiles", "--clean", f"--root={tmp_path}", rules],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == fits, done.stderr


# --- The sample configuration -----------------------------------------------------------

# What stands in the file under a table of its own, by the field of the whole.
TABLES = {
    configuration.Connection: r"connection",
    configuration.HttpApi: r"http_api",
    configuration.HeadEndApi: r"he_api\.\d+",
    configuration.Remote: r"transfer\.\S+",
    configuration.Syslog: r"syslog|nms",
    configuration.Dhcp: r"dhcp",
    configuration.Ingest: r"ingest",
}
ENTRIES = {"password": "password_file"}  # what no file may hold
IN_TABLES = {
    **dict.fromkeys(("exchange", "inbox", "outbox", "archive"), "files"),
    "role_prefix": "access",
    "kek_file": "secrets",
}


def entries() -> dict[str, set[str]]:
    """The names of each table of the sample, commented out or not."""
    found: dict[str, set[str]] = {"": set()}
    table = ""
    for line in SAMPLE.read_text().splitlines():
        if match := re.match(r"(?:# )?\[([\w.]+)\]", line):
            table = match[1]
            found.setdefault(table, set())
        elif match := re.match(r"(?:# )?([a-z_]+) = ", line):
            found[table].add(match[1])
    return found


def test_the_sample_has_every_entry() -> None:
    found = entries()
    for form, pattern in TABLES.items():
        tables = [names for table, names in found.items() if re.fullmatch(pattern, table)]
        assert tables, pattern
        for field in dataclasses.fields(form):
            name = ENTRIES.get(field.name, field.name)
            assert any(name in names for names in tables), f"[{pattern}] {name} is not in it"
    for field in dataclasses.fields(configuration.Transfer):
        assert any(re.match(rf"transfer\.{field.name}\b", table) for table in found), field.name
    for field in dataclasses.fields(configuration.Config):
        table = IN_TABLES.get(field.name)
        place = found[table] if table else found[""] | {name.split(".")[0] for name in found}
        assert field.name in place, f"{field.name} is not in it"


@pytest.mark.parametrize("everything", [False, True])
def test_the_sample_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    """As it stands, and with every entry that is commented out."""
    monkeypatch.setenv("KENSHIN_PASSWORD", "secret")
    text = SAMPLE.read_text()
    if everything:
        text = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)
    path = tmp_path / "kenshin.toml"
    path.write_text(text)
    config = configuration.load(path)
    assert config.dhcp is not None
    assert config.nms is not None
    assert config.transfer.usage is not None
    assert set(config.transfer.logs) == {1, 2}
    assert (config.archive is not None) == everything
    assert re.compile(config.ingest.completed).groupindex.keys() == {"mac"}


def test_what_the_sample_says_is_the_default_is_it() -> None:
    """Entries that are not an example stand in the sample as the code has them."""
    found = configuration.from_entries({}, Path("/etc/kenshin"))
    text = SAMPLE.read_text()
    for name, value in vars(found.http_api).items():
        if isinstance(value, int) and value is not None:
            assert re.search(rf"^{name} = {value}\b", text, re.MULTILINE), name
    assert f'to = "{found.syslog.to}"' in text
    assert f'facility = "{found.syslog.facility}"' in text


# --- The page ---------------------------------------------------------------------------


def test_the_page_of_operations_is_true() -> None:
    """Its links lead somewhere, it has every verb, and files are kept as long as it says."""
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    for link in re.findall(r"\]\(([^)#:]+)\)", page):
        assert list((DEPLOY.parent / "docs").glob(link)) or "*" in link, link
    for verb in BY_TIME:
        assert f"`{verb}`" in page, verb
    ages = cleaned()
    logs, refused, sent = (
        ages[f"/srv/kenshin/{f}"] for f in ("inbox/done", "inbox/rejected", "outbox/sent")
    )
    assert f"| {logs} days; {refused} days |" in page
    assert f"| usage that is delivered | {sent} days |" in page
    assert {days for path, days in ages.items() if "bills" in path} == {5 * 366}
    for verb in re.findall(r"^\$ kenshin ([a-z-]+)", page, re.MULTILINE):
        check_command([verb])
