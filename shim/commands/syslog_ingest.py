"""Messages of other applications as a verb, for rsyslog's omprog."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin import syslog
from kenshin.catalog import Catalog
from kenshin.engines import open_session
from kenshin.rules import Rules


@click.command("syslog-ingest")
@click.pass_obj
def syslog_ingest(path: Path) -> None:
    """Take in messages of RFC 5424 from standard input, a line each, and answer OK to each.

    rsyslog starts it (omprog with confirmMessages): see deploy/rsyslog/kenshin.conf. That a device
    is configured goes to PROV_COMPLETED, everything else becomes an alert, of which monitoring is
    told soon. Let one run at a time: two would not keep the order of messages. It ends with its
    input, or by SIGTERM between two messages. Exit status: 0 ended so; 1 it cannot begin.
    """
    # Imported here: other verbs need none of it.
    from kenshin.ingest import VERB, Ingest, Lines
    from kenshin.reboot import kept_signals

    config = configuration.load(path)
    with kept_signals():
        session = open_session(config)
        ingest = Ingest(Rules(session, Catalog(config.dialect)), config, _answer)
        syslog.log(config.syslog, VERB, 6, "begins", {"status": 0})
        try:
            ingest.run(Lines(sys.stdin.fileno()))
        except BrokenPipeError:
            # rsyslog is gone, and will hand over again what it heard no answer to. Python must
            # not try to write what is left.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        finally:
            session.close()
        report = ingest.report
        syslog.log(config.syslog, VERB, 6, f"ended: {report.line()}", vars(report))
        click.echo(f"{VERB}: {report.line()}", err=True)


def _answer(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
