"""The verbs that cron runs: what they say and do, alone, at once, broken off and again."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from batches import INTERVAL, LATE, SOON, START, VERBS, Site, names, stamp
from cases._station import log_taken, slot
from kenshin import config as configuration
from kenshin.batch import batch
from kenshin.lock import locked
from servers.proftpd import ProFtpd

NEXT = START + INTERVAL
BILL_HEADER = "LD_ID,SUB_NUMBER,MEASURED_TIME,QUOTE"
CERTIFICATE_HEADER = "CERT_SERIAL,ALA_ID,SUBJECT,NOT_BEFORE,NOT_AFTER"
USAGE = f"USAGE_ONTIME_{stamp(START)}_{stamp(NEXT)}.csv"
EMBEDDED = "firebird-embedded"


@pytest.fixture
def here(site: Site) -> Site:
    site.configure()
    site.clear()
    return site


def both(here: Site, at: datetime, one: Path | None = None, two: Path | None = None) -> None:
    here.log(1, at, one)
    here.log(2, at, two)


def heads(one: Path, two: Path) -> str:
    return "".join(
        f'[transfer.logs.{heid}]\nurl = "file://{folder}"\n'
        for heid, folder in ((1, one), (2, two))
    )


# --- The cycle and the folders of others --------------------------------------------------


def test_logs_are_fetched_and_usage_is_delivered(here: Site) -> None:
    one, two, usage = (here.remote(name) for name in ("he1", "he2", "usage"))
    for folder in (one, two, usage):
        folder.mkdir(parents=True, exist_ok=True)
    here.configure(heads(one, two) + f'[transfer.usage]\nurl = "file://{usage}"\n')
    both(here, START, one, two)
    outcome = here.cycle(START, START + SOON)
    assert outcome.status == 0, outcome.said
    assert outcome.said == (
        "cycle: 2026-01-14 10:00, 2 logs taken in, 0 new alerts, 1 usage files, 1 delivered\n"
    )
    assert names(usage) == [USAGE]
    assert names(here.outbox) == []
    assert names(here.outbox / "sent") == [USAGE]
    assert names(here.inbox) == names(one) == names(two) == []
    assert len(names(here.inbox / "done")) == 2
    [message] = [text for text in here.messages() if " CYCLE " in text]
    assert re.search(r'\[kenshin@32473 status="0" .*taken="2".* delivered="1"', message)
    assert message.startswith("<158>1 ")  # local3, informational


def test_a_head_end_that_cannot_be_reached_has_the_grace_from_then_on(here: Site) -> None:
    one, gone = here.remote("he1"), here.remote("gone")
    one.mkdir(parents=True, exist_ok=True)
    here.configure(heads(one, gone))
    here.log(1, START, one)
    # Reached for the last time long ago; the first failure is told behind the grace.
    first = START + LATE
    outcome = here.cycle(START, first)
    assert outcome.status == 1
    assert "2026-01-14 10:00 not finished, 1 logs taken in, failed: HE2: " in outcome.said
    assert str(gone) in outcome.said
    [(device, _, is_open)] = here.alerts("TRANSFER_FAILED")
    assert (device, is_open) == ("HE2", "1")
    assert here.alerts("LOG_MISSING") == []
    # The grace is over: the others go on without it.
    outcome = here.cycle(START, first + LATE)
    assert outcome.status == 1
    assert "1 snapshots marked missing, failed: HE2: " in outcome.said
    assert names(here.outbox) == [USAGE]
    assert len(here.alerts("TRANSFER_FAILED")) == 1
    assert here.alerts("LOG_MISSING") == [("HE2", "no log of 2026-01-14 10:00 came", "1")]
    gone.mkdir()
    both(here, NEXT, one, gone)
    assert here.cycle(NEXT, NEXT + LATE).status == 0
    assert [row[2] for row in here.alerts("TRANSFER_FAILED")] == ["0"]
    assert [row[2] for row in here.alerts("LOG_MISSING")] == ["0"]


def test_what_lies_here_is_taken_in_without_its_head_end(here: Site) -> None:
    here.configure(heads(here.remote("gone"), here.remote("gone2")))
    both(here, START)
    outcome = here.cycle(START, START + SOON)
    assert outcome.status == 1
    assert outcome.said.startswith("cycle: 2026-01-14 10:00, 2 logs taken in, failed: HE1: ")
    assert names(here.outbox) == [USAGE]


def test_a_file_that_cannot_be_had_does_not_take_the_grace_away(here: Site) -> None:
    """Its head-end was reached: the alert of that file is another than that of the place."""
    one, two = here.remote("he1"), here.remote("he2")
    one.mkdir(parents=True, exist_ok=True)
    here.configure(heads(one, two))
    # A file that stands in another's way.
    (here.inbox / "done").mkdir(parents=True)
    odd = here.write("HE1_a\\b.csv", "x", [], one)
    outcome = here.cycle(START, START + SOON)
    assert f"{odd.name!r} is left alone" in outcome.said
    [(device, _, is_open)] = [row for row in here.alerts("TRANSFER_FAILED") if row[0] == "HE1"]
    assert (device, is_open) == ("HE1", "1")
    sources = here.read(
        "mdm:SELECT SOURCE, DEVICE FROM MDM_ALERT_HISTORY WHERE ALERT_CODE = 'TRANSFER_FAILED'"
        " AND CLEARED_AT IS NULL ORDER BY DEVICE"
    )
    assert sources == [("cycle: files", "HE1"), ("cycle", "HE2")]
    odd.unlink()
    two.mkdir()
    both(here, START, one, two)
    assert here.cycle(START, START + LATE).status == 0
    assert [row[2] for row in here.alerts("TRANSFER_FAILED")] == ["0", "0"]


def test_usage_waits_in_the_outbox_until_it_can_be_delivered(here: Site) -> None:
    usage = here.remote("usage")
    here.configure(f'[transfer.usage]\nurl = "file://{usage}"\n')
    both(here, START)
    outcome = here.cycle(START, START + SOON)
    assert outcome.status == 1
    assert "2026-01-14 10:00, 2 logs taken in, failed: " in outcome.said
    assert here.read("mdm:SELECT CYCLE_TIME FROM CYCLE_LOG") == [(str(START),)]
    assert names(here.outbox) == [USAGE]
    assert [row[2] for row in here.alerts("DELIVERY_FAILED")] == ["1"]
    usage.mkdir(parents=True)
    outcome = here.cycle(START, START + SOON)
    assert outcome.status == 0
    assert outcome.said.endswith("0 usage files, 1 delivered\n")
    assert names(usage) == [USAGE]
    assert [row[2] for row in here.alerts("DELIVERY_FAILED")] == ["0"]


def test_usage_that_cannot_be_written_is_written_by_a_later_run(here: Site) -> None:
    both(here, START)
    here.outbox.rmdir()
    here.outbox.write_text("no folder")
    outcome = here.cycle(START, START + SOON)
    assert outcome.status == 1
    assert "2026-01-14 10:00 not finished" in outcome.said
    assert str(here.outbox) in outcome.said
    assert [row[2] for row in here.alerts("DELIVERY_FAILED")] == ["1"]
    assert here.read("mdm:SELECT COUNT(*) FROM CYCLE_LOG") == [("0",)]
    here.outbox.unlink()
    assert here.cycle(START, START + SOON).status == 0
    assert names(here.outbox) == [USAGE]
    assert [row[2] for row in here.alerts("DELIVERY_FAILED")] == ["0"]


def test_a_log_that_is_refused_stands_aside_with_the_reason(here: Site) -> None:
    here.log(2, START)
    bad = here.write(f"HE1_{stamp(START)}_ONTIME.csv", "no,header", ["1,2"])
    odd = here.write("HE1_202613010000_ONTIME.csv", "x", [])
    outcome = here.cycle(START, START + SOON)
    assert outcome.status == 75, outcome.said
    assert "2 rejected: " in outcome.said
    rejected = here.inbox / "rejected"
    assert names(rejected) == sorted(
        name for one in (bad, odd) for name in (one.name, one.name + ".why")
    )
    why = (rejected / f"{bad.name}.why").read_text()
    assert why.startswith("5004 line 1 is not the header PD_TABLE_KEY")
    events = here.alerts("LOG_REJECTED")
    assert sorted((device, message, is_open) for device, message, is_open in events) == [
        ("HE1", f"{bad.name}: {why.strip()}", "0"),
        ("HE1", f"{odd.name}: this is no name of a collection log", "0"),
    ]
    # The head-end writes it again, and again wrongly: nothing that was put aside is lost.
    here.write(bad.name, "other,header", ["1,2"])
    assert here.cycle(START, START + SOON).status == 75
    assert f"{bad.name}.2" in names(rejected)
    here.log(1, START)
    assert here.cycle(START, START + SOON).status == 0


def test_monitoring_that_cannot_be_reached_is_a_failure_of_that_alone(here: Site) -> None:
    here.configure()
    here.path.write_text(
        here.path.read_text() + f'[nms]\nto = "unix:{here.folder}/nobody"\ntimeout_seconds = 1\n'
    )
    here.log(1, START)
    outcome = here.cycle(START, START + LATE)
    assert outcome.status == 1
    assert "2026-01-14 10:00, 1 logs taken in, 1 snapshots marked missing, failed: " in outcome.said
    assert names(here.outbox) == [USAGE]


def test_by_ftp(here: Site, tmp_path: Path) -> None:
    """Once with a real server; what it does with files is transfer's affair."""
    if here.config.engine != EMBEDDED:
        pytest.skip("the engine does not matter")
    one, billing = tmp_path / "one", tmp_path / "billing"
    one.mkdir()
    billing.mkdir()
    with ProFtpd({"he1": one, "billing": billing}) as server:
        entries = ""
        for entry, user in (("logs.1", "he1"), ("usage", "billing")):
            remote = server.remote(user)
            entries += (
                f'[transfer.{entry}]\nurl = "{remote.url}"\n'
                f'password_file = "{remote.password_file}"\n'
            )
        here.configure(entries)
        here.log(1, START, one)
        here.log(2, START)
        assert (
            f"HE1_{stamp(START)}_ONTIME.csv: would be taken in"
            in here.cycle(START, START + SOON, "--dry-run").said
        )
        outcome = here.cycle(START, START + SOON)
        assert outcome.status == 0, outcome.said
    assert names(billing) == [USAGE]
    assert names(one / "done") == [f"HE1_{stamp(START)}_ONTIME.csv"]


# --- Files of others ----------------------------------------------------------------------


def bills(here: Site) -> None:
    here.given([*slot("P1", START, "1.5"), *slot("P2", START, "2")])


def quotes(here: Site) -> list[tuple[str, ...]]:
    return here.read("vps:SELECT LD_ID, QUOTE, SOURCE FROM QUOTE_HISTORY ORDER BY LD_ID")


def test_bills_are_fetched_and_taken_in(here: Site) -> None:
    here.configure("bills")
    bills(here)
    there = here.remote("bills")
    here.write("bill_1.csv", BILL_HEADER, [f"P1,1,{START},10", f"P2,1,{START},20"], there)
    here.write("bill_2.csv", BILL_HEADER, [f"P1,1,{START},11", "P9,1,x,1"], there)
    here.write("bill_PAST_3.csv", BILL_HEADER, [f"P2,1,{START},22"], there)
    here.write("bill_PASTA.csv", BILL_HEADER, [f"P1,1,{START},99"], there)
    here.write("bill 5.csv", BILL_HEADER, [], there)
    (there / "cut.csv").write_text(f"{BILL_HEADER}\nP1,1,{START},5\n#END,2\n")
    outcome = here.run("import-bill")
    assert outcome.status == 3, outcome.said
    assert outcome.said.startswith(
        "import-bill: 4 files taken in, 6 rows, 1 rows rejected,"
        " 2 files rejected: bill 5.csv: 1002 "
    )
    assert quotes(here) == [("P1", "10", "B"), ("P2", "22", "B")]
    bins = here.inbox / "bills"
    assert names(bins) == names(there) == []
    assert len(names(bins / "done")) == 4
    assert names(bins / "rejected") == ["bill 5.csv", "bill 5.csv.why", "cut.csv", "cut.csv.why"]
    assert (bins / "rejected/cut.csv.why").read_text().startswith("5003 ")
    here.write("bill_1.csv", BILL_HEADER, [f"P1,1,{START},10", f"P2,1,{START},20"], there)
    outcome = here.run("import-bill")
    assert outcome.status == 0, outcome.said
    assert outcome.said == "import-bill: 0 files taken in, 0 rows, 1 files repeated\n"


def test_bills_that_cannot_be_fetched(here: Site) -> None:
    here.configure(f'[transfer.bills]\nurl = "file://{here.remote("gone")}"\n')
    bills(here)
    here.write("bill.csv", BILL_HEADER, [f"P1,1,{START},10"], here.inbox / "bills")
    outcome = here.run("import-bill")
    assert outcome.status == 1
    assert "1 files taken in, 1 rows, failed: " in outcome.said
    assert [row[2] for row in here.alerts("TRANSFER_FAILED")] == ["1"]
    here.remote("gone").mkdir(parents=True)
    assert here.run("import-bill").status == 0
    assert [row[2] for row in here.alerts("TRANSFER_FAILED")] == ["0"]


def test_certificates_are_taken_in(here: Site) -> None:
    here.configure("certificates")
    line = "S1,1,CN=one,2026-01-01 00:00:00,2027-01-01 00:00:00"
    here.write("c1.csv", CERTIFICATE_HEADER, [line], here.remote("certificates"))
    assert here.run("add-certificates").said == "add-certificates: 1 files taken in, 1 rows\n"
    lines = [line.replace("one", "two"), "S2"]
    here.write("c2.csv", CERTIFICATE_HEADER, lines, here.inbox / "certificates")
    outcome = here.run("add-certificates")
    assert outcome.status == 3
    assert outcome.said == "add-certificates: 1 files taken in, 2 rows, 2 rows rejected\n"
    assert here.read("mdm:SELECT SUBJECT FROM CERTIFICATE_HISTORY") == [("CN=one",)]


# --- Device lists -------------------------------------------------------------------------

DEVICE_HEADER = "TYPE_ID,SERIAL,MAC,LD_TYPE_ID,CONTRACT_CAPACITY,PD_NAME"
DEVICES = [
    "11,N-1,02:00:00:00:00:01,101,40,one",
    '11,N-2,,101,,"two, behind"',
    "11,N-3,,101,x,three",
    "99,N-4,,101,1,four",
    "11,N-5,,101,1",
]


def registered(here: Site) -> list[tuple[str, ...]]:
    return here.read(
        "mdm:SELECT SERIAL, MAC, PD_NAME FROM CONTROLLER WHERE SERIAL LIKE 'N-%' ORDER BY SERIAL"
    )


def test_devices_are_registered(here: Site) -> None:
    here.configure("devices")
    here.write("list.csv", DEVICE_HEADER, DEVICES, here.remote("devices"))
    outcome = here.run("register-devices")
    assert outcome.status == 3, outcome.said
    assert outcome.said == ("register-devices: 1 lists, 2 devices registered, 3 devices rejected\n")
    assert registered(here) == [("N-1", "020000000001", "one"), ("N-2", None, "two, behind")]
    devices = here.inbox / "devices"
    assert names(devices / "done") == ["list.csv"]
    assert names(devices) == names(here.remote("devices")) == []
    rejects = (devices / "rejected/list.csv.rejects.csv").read_text().splitlines()
    assert rejects == [
        "LINE_NO,RESULT_CODE,REASON",
        "4,1002,CONTRACT_CAPACITY is no number",
        "5,2009,there is no such type",
        "6,1002,5 fields instead of 6",
        "#END,3",
    ]
    # Another list of that name: its rejects have the number that it has in done/.
    here.write("list.csv", DEVICE_HEADER, DEVICES[2:3], devices)
    assert here.run("register-devices").status == 3
    assert names(devices / "done") == ["list.csv", "list.csv.2"]
    assert (devices / "rejected/list.csv.rejects.csv").read_text().splitlines() == rejects
    second = (devices / "rejected/list.csv.2.rejects.csv").read_text().splitlines()
    assert second[1:] == ["2,1002,CONTRACT_CAPACITY is no number", "#END,1"]
    # A list that broke off is begun anew: what is there repeats.
    here.write("list2.csv", DEVICE_HEADER, DEVICES[:2], devices)
    outcome = here.run("register-devices")
    assert outcome.status == 0
    assert outcome.said.endswith("0 devices registered, 2 were registered before\n")
    assert names(devices / "rejected") == ["list.csv.2.rejects.csv", "list.csv.rejects.csv"]


def test_concentrators_are_registered_by_their_columns(here: Site) -> None:
    here.write("co.csv", "SERIAL,HEID,TYPE_ID", ["N-CO,1,2"], here.inbox / "devices")
    try:
        outcome = here.run("register-devices")
        assert outcome.said == "register-devices: 1 lists, 1 devices registered\n"
        assert here.read("mdm:SELECT HEID FROM CONCENTRATOR WHERE SERIAL = 'N-CO'") == [("1",)]
    finally:
        with here.session() as session, session.transaction():
            key = "SELECT TABLE_KEY FROM CONCENTRATOR WHERE SERIAL = 'N-CO'"
            [(number,)] = session.execute("mdm", key)
            for table in ("CONCENTRATOR_TRANSACTION", "CONCENTRATOR"):
                session.execute("mdm", f"DELETE FROM {table} WHERE TABLE_KEY = {number}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "5002"),
        (f"{DEVICE_HEADER}\n{DEVICES[0]}\n", "5003"),
        (f"{DEVICE_HEADER}\n{DEVICES[0]}\n#END,2\n", "5003"),
        (f"{DEVICE_HEADER}\n{DEVICES[0]}\n#END,1\n#END,2\n", "5003"),
        (f'{DEVICE_HEADER}\n11,"N-1,,101\n#END,1\n', "5003"),
        (f"{DEVICE_HEADER},PASSWORD\n#END,0\n", "5004 PASSWORD stands in the header"),
        (f"{DEVICE_HEADER},MAC\n#END,0\n", "5004 the column MAC stands twice"),
        ("TYPE_ID,SERIAL,COLOUR\n#END,0\n", "5004"),
        ("TYPE_ID,LD_TYPE_ID\n#END,0\n", "5004"),
        (f"{DEVICE_HEADER}\n{'x' * 70000}\n#END,1\n", "5003"),
    ],
)
def test_lists_that_are_refused_whole(here: Site, text: str, why: str) -> None:
    path = here.inbox / "devices/list.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    outcome = here.run("register-devices")
    assert outcome.status == 3
    assert "0 lists, 0 devices registered, 1 lists rejected: list.csv: " in outcome.said
    assert (path.parent / "rejected/list.csv.why").read_text().startswith(why)
    assert registered(here) == []


# --- Months -------------------------------------------------------------------------------


def month_given(here: Site) -> None:
    here.given(
        [
            *slot("P1", "2025-01-10 00:00:00", "1"),
            *slot("P1", "2025-02-10 00:00:00", None, quality="N"),
            *slot("P1", f"{date.today()} 00:30:00", "1"),
            ("mdm", f"INSERT INTO CYCLE_LOG VALUES ('{START - INTERVAL}', '{START}')"),
            log_taken(1, "2025-03-01 00:00:00"),
            log_taken(2, "2025-03-01 00:00:00"),
        ]
    )


def test_all_months_that_are_over_are_closed(here: Site) -> None:
    month_given(here)
    outcome = here.run("close-month")
    assert outcome.status == 3, outcome.said
    assert outcome.said == (
        "close-month: 2025-01-01 to 2025-02-01: 1 points, 0 missing slots;"
        " 2025-02-01 to 2025-03-01: 1 points, 1 missing slots\n"
    )
    outcome = here.run("close-month")
    assert (outcome.status, outcome.said) == (0, "close-month: no month waits to be closed\n")
    assert here.run("close-month", "2025-01").status == 0


def test_a_month_whose_cycles_are_behind_waits(here: Site) -> None:
    month_given(here)
    here.given([("mdm", "DELETE FROM COLLECTION_LOG WHERE HEID = 2")])
    outcome = here.run("close-month")
    assert outcome.status == 75
    assert outcome.said == (
        "close-month: not closed: a head-end has not come to the end of the month\n"
    )
    assert here.run("close-month", "2025-02-03").status == 1


# --- HE-DB --------------------------------------------------------------------------------


def test_sync_he_says_what_changed(here: Site) -> None:
    outcome = here.run("sync-he", "--dry-run")
    assert outcome.status == 0
    assert "would change: " in outcome.said
    assert "CONTROLLER +4 ~0 -0" in outcome.said
    assert here.run("sync-he").said == outcome.said.replace("would change: ", "")
    assert here.run("sync-he", "--dry-run").said == "sync-he: nothing had changed\n"
    here.given(
        [
            ("mdm", f"DELETE FROM {table}")
            for table in ("LOGICAL_DEVICE", "CONTROLLER_TRANSACTION", "CONTROLLER")
        ]
    )
    assert here.run("sync-he").status == 0


# --- What all have in common --------------------------------------------------------------


def everything(here: Site) -> None:
    """Work for every verb, here and at the others."""
    here.configure("bills certificates devices usage")
    bills(here)
    month_given(here)
    both(here, START)
    here.past(1, START, START - INTERVAL, [901])
    for folder in (here.inbox / "bills", here.remote("bills")):
        here.write("b.csv", BILL_HEADER, [f"P1,1,{START},10", "x"], folder)
    for folder in (here.inbox / "certificates", here.remote("certificates")):
        line = "S1,1,CN=one,2026-01-01 00:00:00,2027-01-01 00:00:00"
        here.write("c.csv", CERTIFICATE_HEADER, [line], folder)
    for folder in (here.inbox / "devices", here.remote("devices")):
        here.write("d.csv", DEVICE_HEADER, DEVICES, folder)


def all_files(here: Site) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for folder in (here.inbox, here.outbox, here.folder / "others")
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


SAID = {
    "cycle": "cycle: would do this with 3 logs",
    "sync-he": "sync-he: would change: ",
    "import-bill": "import-bill: would be: 1 files taken in, 2 rows, 1 rows rejected",
    "add-certificates": "add-certificates: would be: 1 files taken in, 1 rows",
    "register-devices": "register-devices: would be: 1 lists, 2 devices registered, 3 devices rej",
    "close-month": "close-month: would close 2025-01-01 to 2025-02-01",
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_dry_run_changes_nothing(here: Site, verb: str) -> None:
    everything(here)
    tables, files = here.tables(), all_files(here)
    words = [f"{START:%Y-%m-%dT%H:%M}", "--now", f"{START + SOON:%Y-%m-%dT%H:%M}"]
    outcome = here.run(verb, "--dry-run", *(words if verb == "cycle" else []))
    assert outcome.status in (0, 3, 75), outcome.said
    assert SAID[verb] in outcome.said
    assert here.tables() == tables
    assert all_files(here) == files


@pytest.mark.parametrize("verb", VERBS)
def test_a_second_run_of_a_verb_tries_again_later(here: Site, verb: str) -> None:
    with locked(here.inbox, verb):
        outcome = here.run(verb)
    assert outcome.status == 75
    assert outcome.said.startswith(f"another {verb} holds {here.inbox}/.{verb}.lock since 2")
    [message] = here.messages()
    assert f' {verb.upper()} [kenshin@32473 status="75"' in message


def started(here: Site, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kenshin.cli", "--config", str(here.path), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_as_cron_calls_it(here: Site) -> None:
    """The program itself, two at once: the first hangs at a head-end that does not answer."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        here.configure(f'[transfer.logs.1]\nurl = "ftp://he1@127.0.0.1:{port}/"\n')
        both(here, START)
        words = ["cycle", f"{START:%Y-%m-%dT%H:%M}"]
        first = started(here, *words)
        connection, _ = silent.accept()
        second = started(here, *words)
        out, err = second.communicate(timeout=120)
        assert (second.returncode, out) == (75, "")
        assert err.startswith(f"kenshin: another cycle holds {here.inbox}/.cycle.lock since 2")
        here.messages()
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=120)
        connection.close()
    assert first.returncode == 1, err
    [message] = here.messages()
    assert 'status="1"' in message
    assert "was asked to end" in message
    # Nothing is lost by that.
    here.configure()
    done = started(here, *words)
    out, err = done.communicate(timeout=120)
    assert (done.returncode, err) == (0, "")
    assert out == "cycle: 2026-01-14 10:00, 2 logs taken in, 0 new alerts, 1 usage files\n"


def test_an_error_that_nobody_thought_of_is_in_syslog_without_its_words(here: Site) -> None:
    config = configuration.load(here.path)
    with pytest.raises(ValueError, match="hush"), batch("sync-he", config):
        raise ValueError("hush")
    [message] = here.messages()
    assert "ValueError at test_batches.py line " in message
    assert "hush" not in message
    assert 'status="1"' in message


def test_wrong_usage(here: Site) -> None:
    assert here.run("cycle", "2026-01-14T10:00", "--until", "2026-01-14T09:00").status == 2
    assert here.run("close-month", "January").status == 2


def test_a_time_that_no_cycle_has(here: Site) -> None:
    outcome = here.cycle(START + timedelta(minutes=7), START + LATE)
    assert outcome.status == 1
    assert "failed: OPEN_CYCLE answered 1004 the time is not on the grid" in outcome.said
    assert 'status="1"' in here.messages()[-1]
