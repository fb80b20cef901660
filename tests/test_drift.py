"""What somebody changed beside a release is named as what it is, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from case import DATABASES
from conftest import Installations
from kenshin import access, release
from kenshin.config import Config
from kenshin.engines import Session, open_session
from kenshin.release import inspect
from kenshin.wanted import wanted

RULE = "DHCP_COMPLETED"
VIEW = "OPEN_ALERT"
TABLE = "ALACONF"  # nothing reads it, so that every engine lets it be changed
INNODB = ("mysql", "mariadb")
DIALECTS = (*INNODB, "firebird")

Finding = tuple[str, str, str]


class Patient:
    """An installation to be changed and put back."""

    def __init__(self, config: Config, session: Session) -> None:
        self.config = config
        self.dialect = config.dialect
        self.session = session
        self.steps = release.steps(config)
        table = next(d for d in self.step(TABLE, "sql").unit.declarations)
        # On MySQL a rule's body is in a routine of its own.
        body = f"{RULE}_BODY"
        made = wanted(self.dialect, self.step(RULE, "procedures").unit.statements).code
        self.names = {
            "rule": body if body in made else RULE,
            "reader": config.role("READER"),
            **config.places,
            "url": table.columns["ALA_URL"][1],
            "enabled": table.columns["ENABLED"][1],
            "modes": session.frozen("mdm").get("sql mode", ""),
        }

    def step(self, name: str, folder: str) -> release.Step:
        return next(s for s in self.steps if (s.unit.name, s.unit.folder) == (name, folder))

    def found(self) -> set[Finding]:
        found = inspect.differences(self.session, self.steps)
        assert len(found) == len(set(found))
        return {(d.database, d.name, d.what) for d in found}

    def expected(self, drift: Drift) -> Finding:
        name, what, database = (
            text.format(**self.names) for text in (drift.name, drift.what, drift.database)
        )
        return database, name, what

    def without_rights(self, drift: Drift, found: set[Finding]) -> set[Finding]:
        """Less the rights on what is dropped, or of whom: some engines forget them with it."""
        account = drift.name.removeprefix("account ")
        rights = access.declared(self.config, self.steps)
        rights |= access.differences(self.session, self.steps)[0]
        lost = {
            str(right)
            for right in rights
            if right.name == drift.name or right.role.replace("'", "") == account
        }
        # The definer under another name is a stranger with rights.
        return {f for f in found if f[1] not in lost and "kenshin_gone" not in f[1]}

    def read(self) -> dict[str, inspect.Place]:
        return inspect.read(self.session, set(self.config.places.values()))

    def put_rights(self) -> None:
        access.put(self.session, self.steps)

    def run(self, database: str, *statements: str) -> None:
        for statement in statements:
            self.session.execute(database, statement)

    def alter(
        self, folder: str, name: str, old: str = "", new: str = "", first: str = "SELECT 1"
    ) -> None:
        """Make a view or the body of a rule again, with another text or in another connection."""
        step = self.step(name, folder)
        name = self.names["rule"] if folder == "procedures" else name
        (text,) = (s for s in step.unit.statements if name in wanted(self.dialect, [s]).code)
        assert old in text
        with open_session(self.config) as own:
            if self.dialect == "mysql" and folder == "procedures":
                own.execute(step.database, f"DROP PROCEDURE {name}")
            if self.dialect != "firebird":
                own.execute(step.database, first)
            own.execute(step.database, text.replace(old, new))

    def remake(self, folder: str, name: str) -> None:
        """Put a table, a view or a rule back, with the rights on it."""
        step = self.step(name, folder)
        if folder == "sql" and name in self.session.live_tables(step.database):
            self.run(step.database, f"DROP TABLE {name}")
        if folder == "procedures" and self.dialect == "mysql":
            self.run(step.database, f"DROP PROCEDURE IF EXISTS {name}")
        self.run(step.database, *step.unit.statements)
        self.put_rights()


Act = Callable[[Patient], None]


@dataclass(frozen=True)
class Drift:
    """A change: how it is made, what is found of it, and how it is undone."""

    title: str
    do: Act
    name: str
    what: str
    undo: Act
    dialects: Sequence[str] = DIALECTS
    database: str = "mdm"


def sql(statement: str = "", database: str = "mdm", **others: str) -> Act:
    """A statement, for which a dialect may have another one."""
    return lambda patient: patient.run(
        database, others.get(patient.dialect, statement).format(**patient.names)
    )


def rule(title: str, what: str, old: str, new: str, **more: Any) -> Drift:
    return Drift(
        title,
        lambda patient: patient.alter("procedures", RULE, old, new),
        "{rule}",
        what,
        lambda patient: patient.remake("procedures", RULE),
        **more,
    )


def frozen(setting: str, what: str, first: str) -> Drift:
    return Drift(
        f"another {setting}",
        lambda patient: patient.alter("procedures", RULE, first=first),
        "{rule}",
        what,
        lambda patient: patient.remake("procedures", RULE),
        INNODB,
    )


def view(title: str, what: str, old: str, new: str, **more: Any) -> Drift:
    return Drift(
        title,
        lambda patient: patient.alter("views", VIEW, old, new),
        VIEW,
        what,
        lambda patient: patient.remake("views", VIEW),
        **more,
    )


def table(title: str, name: str, what: str, change: str, firebird: str = "") -> Drift:
    return Drift(
        title,
        sql(f"ALTER TABLE {TABLE} {change}", firebird=f"ALTER TABLE {TABLE} {firebird}"),
        name,
        what,
        lambda patient: patient.remake("sql", TABLE),
        DIALECTS if firebird else INNODB,
    )


def foreign(kind: str, do: str, undo: str, *dialects: str, **others: str) -> Drift:
    what = "is not of this release" + (f": {kind}" if kind != "table" else "")
    return Drift(
        f"foreign {kind}",
        sql(do, **others),
        "STRANGE",
        what,
        sql(undo),
        dialects or DIALECTS,
    )


BOTH = "P_MAC VARCHAR(1024), IN P_IP_ADDRESS VARCHAR"
VERDICT = "OUT RESULT_CODE INTEGER, OUT SQL_ERROR VARCHAR(512)"
INDEX = "LOGICAL_DEVICE_LD_NAME"
INDEXED = f"CREATE INDEX {INDEX} ON LOGICAL_DEVICE (LD_NAME)"
UNINDEXED = f"DROP INDEX {INDEX} ON LOGICAL_DEVICE"
ACTIVE = sql(
    mysql=f"ALTER TABLE LOGICAL_DEVICE ALTER INDEX {INDEX} VISIBLE",
    mariadb=f"ALTER TABLE LOGICAL_DEVICE ALTER INDEX {INDEX} NOT IGNORED",
    firebird=f"ALTER INDEX {INDEX} ACTIVE",
)


def other_fields(patient: Patient) -> None:
    sql(UNINDEXED, firebird=f"DROP INDEX {INDEX}")(patient)
    sql(f"CREATE UNIQUE INDEX {INDEX} ON LOGICAL_DEVICE (LD_NAME, LD_ID)")(patient)


def same_fields(patient: Patient) -> None:
    sql(UNINDEXED, firebird=f"DROP INDEX {INDEX}")(patient)
    sql(INDEXED)(patient)


def forget(patient: Patient) -> None:
    patient.run("mdm", f"DELETE FROM SCHEMA_RELEASE WHERE OBJECT = 'procedures:{RULE}'")


def remember(patient: Patient) -> None:
    checksum = patient.step(RULE, "procedures").checksum
    patient.run(
        "mdm",
        'INSERT INTO SCHEMA_RELEASE ("RELEASE", OBJECT, KIND, CHECKSUM, DEPLOYED_AT, DEPLOYED_BY)'
        f" SELECT MAX(r.\"RELEASE\"), 'procedures:{RULE}', 'procedures', '{checksum}',"
        " MAX(r.DEPLOYED_AT), 'test' FROM SCHEMA_RELEASE r",
    )


DRIFTS = [
    rule("changed body", "has another body", "p_mac IS NULL", "p_mac IS NOT NULL"),
    rule(
        "changed signature",
        f"has parameters IN {BOTH}(15), {VERDICT}, not IN {BOTH}(1024), {VERDICT}",
        "p_ip_address VARCHAR(1024)",
        "p_ip_address VARCHAR(15)",
    ),
    rule(
        "rule with the rights of its caller",
        "has security INVOKER, not DEFINER",
        "SQL SECURITY DEFINER",
        "SQL SECURITY INVOKER",
    ),
    rule(
        "rule of another definer",
        "has definer root@localhost, not kenshin_definer@localhost",
        "'kenshin_definer'@'localhost'",
        "'root'@'localhost'",
        dialects=INNODB,
    ),
    frozen(
        "sql mode",
        "has sql mode ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT, not {modes}",
        "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
    ),
    frozen(
        "character set",
        "has character set latin1, not utf8mb4",
        "SET SESSION character_set_client = latin1",
    ),
    frozen(
        "collation",
        "has collation utf8mb4_general_ci, not utf8mb4_bin",
        "SET SESSION collation_connection = utf8mb4_general_ci",
    ),
    Drift(
        "another comment",
        sql(
            "ALTER PROCEDURE {rule} COMMENT 'Nobody knows.'",
            firebird=f"COMMENT ON PROCEDURE {RULE} IS 'Nobody knows.'",
        ),
        "{rule}",
        "has another comment",
        lambda patient: patient.remake("procedures", RULE),
    ),
    Drift(
        "missing rule",
        sql(f"DROP PROCEDURE {RULE}"),
        RULE,
        "is missing",
        lambda patient: patient.remake("procedures", RULE),
    ),
    Drift(
        "another exception",
        sql("CREATE OR ALTER EXCEPTION RULE_FAILED 'nobody knows why'"),
        "RULE_FAILED",
        "has another body",
        lambda patient: patient.run("mdm", *release.prelude("firebird")),
        ["firebird"],
    ),
    view("changed view", "has another body", "IS NULL", "IS NOT NULL"),
    view(
        "view with other columns",
        "has columns ALERT_ID, GENERATED_TIME, LEVEL_OF_IT, ALERT_CODE, LD_ID, SUB_NUMBER,"
        " MEASURED_TIME, MESSAGE, SOURCE, DEVICE, not ALERT_ID, GENERATED_TIME, SEVERITY,"
        " ALERT_CODE, LD_ID, SUB_NUMBER, MEASURED_TIME, MESSAGE, SOURCE, DEVICE",
        "    SEVERITY,",
        "    LEVEL_OF_IT,",
        dialects=("mysql", "firebird"),  # MariaDB writes it into the body, which differs as well
    ),
    view(
        "view with the rights of its caller",
        "has security INVOKER, not DEFINER",
        "SQL SECURITY DEFINER",
        "SQL SECURITY INVOKER",
        dialects=INNODB,
    ),
    Drift(
        "missing view",
        sql("DROP VIEW HE_POLL_TARGET_ITEM", "he"),
        "HE_POLL_TARGET_ITEM",
        "is missing",
        lambda patient: patient.remake("views", "HE_POLL_TARGET_ITEM"),
        database="he",
    ),
    Drift(
        "missing table",
        sql(f"DROP TABLE {TABLE}"),
        TABLE,
        "is missing",
        lambda patient: patient.remake("sql", TABLE),
    ),
    table("missing column", f"{TABLE}.ALA_URL", "is missing", "DROP ALA_URL", "DROP ALA_URL"),
    table(
        "foreign column",
        f"{TABLE}.STRANGE",
        "is not of this release",
        "ADD STRANGE INTEGER",
        "ADD STRANGE INTEGER",
    ),
    table(
        "another type",
        f"{TABLE}.ALA_URL",
        "is VARCHAR(300), not VARCHAR(255)",
        "MODIFY ALA_URL VARCHAR(300) COMMENT '{url}'",
        "ALTER ALA_URL TYPE VARCHAR(300)",
    ),
    table(
        "another default",
        f"{TABLE}.ENABLED",
        "is SMALLINT DEFAULT 0 NOT NULL, not SMALLINT DEFAULT 1 NOT NULL",
        "ALTER ENABLED SET DEFAULT 0",
        "ALTER ENABLED SET DEFAULT 0",
    ),
    table(
        "no default",
        f"{TABLE}.ENABLED",
        "is SMALLINT NOT NULL, not SMALLINT DEFAULT 1 NOT NULL",
        "ALTER ENABLED DROP DEFAULT",
        "ALTER ENABLED DROP DEFAULT",
    ),
    table(
        "column that takes nulls",
        f"{TABLE}.ENABLED",
        "is SMALLINT DEFAULT 1, not SMALLINT DEFAULT 1 NOT NULL",
        "MODIFY ENABLED SMALLINT DEFAULT 1 COMMENT '{enabled}'",
        "ALTER ENABLED DROP NOT NULL",
    ),
    table(
        "another collation of a column",
        f"{TABLE}.ALA_URL",
        "is VARCHAR(255) COLLATE utf8mb4_general_ci, not VARCHAR(255)",
        "MODIFY ALA_URL VARCHAR(255) COLLATE utf8mb4_general_ci COMMENT '{url}'",
    ),
    table(
        "another character set of a column",
        f"{TABLE}.ALA_URL",
        "is VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_bin, not VARCHAR(255)",
        "MODIFY ALA_URL VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_bin COMMENT '{url}'",
    ),
    table(
        "another order of columns",
        TABLE,
        "has its columns in another order",
        "MODIFY ALA_URL VARCHAR(255) COMMENT '{url}' FIRST",
        "ALTER ALA_URL POSITION 1",
    ),
    table(
        "another comment of a column",
        TABLE,
        "has another comment of ALA_URL",
        "MODIFY ALA_URL VARCHAR(255)",
    ),
    table(
        "another collation of a table",
        TABLE,
        "has collation utf8mb4_general_ci, not utf8mb4_bin",
        "COLLATE utf8mb4_general_ci",
    ),
    table("another engine", TABLE, "has engine MyISAM, not InnoDB", "ENGINE = MyISAM"),
    table(
        "foreign constraint",
        f"{TABLE}.STRANGE",
        "is not of this release: check",
        "ADD CONSTRAINT STRANGE CHECK (ALA_ID > 0)",
        "ADD CONSTRAINT STRANGE CHECK (ALA_ID > 0)",
    ),
    table(
        "another primary key",
        TABLE,
        "has the primary key (ENABLED, ALA_ID), not (ALA_ID)",
        "DROP PRIMARY KEY, ADD PRIMARY KEY (ENABLED, ALA_ID)",
    ),
    Drift(
        "missing index",
        sql(UNINDEXED, firebird=f"DROP INDEX {INDEX}"),
        f"index LOGICAL_DEVICE.{INDEX}",
        "is missing",
        sql(INDEXED),
    ),
    Drift(
        "index on other columns",
        other_fields,
        f"index LOGICAL_DEVICE.{INDEX}",
        "is unique (LD_NAME, LD_ID), not (LD_NAME)",
        same_fields,
    ),
    Drift(
        "index that is not used",
        sql(
            mysql=f"ALTER TABLE LOGICAL_DEVICE ALTER INDEX {INDEX} INVISIBLE",
            mariadb=f"ALTER TABLE LOGICAL_DEVICE ALTER INDEX {INDEX} IGNORED",
            firebird=f"ALTER INDEX {INDEX} INACTIVE",
        ),
        f"index LOGICAL_DEVICE.{INDEX}",
        "is (LD_NAME (not used)), not (LD_NAME)",
        ACTIVE,
    ),
    Drift(
        "foreign index",
        sql("CREATE INDEX STRANGE ON LOGICAL_DEVICE (LD_NAME, LD_ID)"),
        "index LOGICAL_DEVICE.STRANGE",
        "is not of this release",
        sql("DROP INDEX STRANGE ON LOGICAL_DEVICE", firebird="DROP INDEX STRANGE"),
    ),
    foreign("table", "CREATE TABLE STRANGE (N INTEGER)", "DROP TABLE STRANGE"),
    foreign("view", "CREATE VIEW STRANGE AS SELECT TABLE_KEY FROM CONTROLLER", "DROP VIEW STRANGE"),
    foreign(
        "procedure",
        "CREATE PROCEDURE STRANGE () BEGIN END",
        "DROP PROCEDURE STRANGE",
        firebird="CREATE PROCEDURE STRANGE AS BEGIN END",
    ),
    foreign(
        "function",
        "CREATE FUNCTION STRANGE () RETURNS INTEGER DETERMINISTIC RETURN 1",
        "DROP FUNCTION STRANGE",
        firebird="CREATE FUNCTION STRANGE RETURNS INTEGER AS BEGIN RETURN 1; END",
    ),
    foreign(
        "trigger",
        f"CREATE TRIGGER STRANGE BEFORE INSERT ON {TABLE} FOR EACH ROW SET NEW.ENABLED = 0",
        "DROP TRIGGER STRANGE",
        firebird=f"CREATE TRIGGER STRANGE FOR {TABLE} BEFORE INSERT AS BEGIN NEW.ENABLED = 0; END",
    ),
    foreign(
        "event",
        "CREATE EVENT STRANGE ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1",
        "DROP EVENT STRANGE",
        *INNODB,
    ),
    foreign("sequence", "CREATE SEQUENCE STRANGE", "DROP SEQUENCE STRANGE", "mariadb", "firebird"),
    foreign("domain", "CREATE DOMAIN STRANGE INTEGER", "DROP DOMAIN STRANGE", "firebird"),
    foreign("exception", "CREATE EXCEPTION STRANGE 'x'", "DROP EXCEPTION STRANGE", "firebird"),
    foreign(
        "package",
        "CREATE PACKAGE STRANGE AS BEGIN FUNCTION F RETURNS INTEGER; END",
        "DROP PACKAGE STRANGE",
        "firebird",
    ),
    Drift(
        "right that nothing gives",
        sql(
            f"GRANT SELECT ON {TABLE} TO {{reader}}",
            firebird=f"GRANT SELECT ON {TABLE} TO ROLE {{reader}}",
        ),
        f"SELECT on TABLE {TABLE} for {{reader}}",
        "is nobody's",
        Patient.put_rights,
        database="{mdm}",
    ),
    Drift(
        "right that is taken",
        sql(
            "REVOKE SELECT ON SNAPSHOT_COMPLETENESS FROM {reader}",
            "vps",
            firebird="REVOKE SELECT ON SNAPSHOT_COMPLETENESS FROM ROLE {reader}",
        ),
        "SELECT on TABLE SNAPSHOT_COMPLETENESS for {reader}",
        "is missing",
        Patient.put_rights,
        database="{vps}",
    ),
    Drift(
        "missing definer",
        sql("RENAME USER 'kenshin_definer'@'localhost' TO 'kenshin_gone'@'localhost'"),
        "account kenshin_definer@localhost",
        "is missing",
        sql("RENAME USER 'kenshin_gone'@'localhost' TO 'kenshin_definer'@'localhost'"),
        INNODB,
        database="",
    ),
    Drift("forgotten step", forget, f"procedures:{RULE}", "is not recorded", remember),
]


@pytest.fixture(scope="module")
def patient(engine: str, installations: Installations) -> Iterator[Patient]:
    config = installations.new(engine, "drift")
    release.apply(config)
    with open_session(config) as session:
        yield Patient(config, session)


# --- Differences ----------------------------------------------------------------------


def test_catalogue_shows_every_table_as_it_is_declared(patient: Patient) -> None:
    """One text for a type on both sides: else a difference could be one of spelling only."""
    seen = 0
    tables = {database: patient.session.live_tables(database) for database in DATABASES}
    for step in patient.steps:
        made = wanted(patient.dialect, step.unit.statements, step.unit.declarations)
        for name, table in made.tables.items():
            there = tables[step.database][name]
            assert list(there.columns.items()) == list(table.columns.items()), name
            assert (there.key, there.temporary) == (table.key, table.temporary), name
            indexes = [
                {n: (i.fields, i.unique) for n, i in t.indexes.items()} for t in (there, table)
            ]
            assert indexes[0] == indexes[1], name
            seen += 1
    assert seen > 60


def test_nothing_differs_in_a_fresh_installation(patient: Patient) -> None:
    assert inspect.differences(patient.session, patient.steps) == []


def test_white_space_and_comments_are_no_difference(patient: Patient) -> None:
    patient.alter(
        "procedures", RULE, "    SELECT CASE", "\n    -- Not what it is about.\n    SELECT   CASE"
    )
    assert patient.found() == set()
    patient.remake("procedures", RULE)


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.title)
def test_a_change_is_named(patient: Patient, drift: Drift) -> None:
    if patient.dialect not in drift.dialects:
        pytest.skip(f"{patient.dialect} has no such thing, or lets nobody do that")
    drift.do(patient)
    try:
        found = patient.without_rights(drift, patient.found())
    finally:
        drift.undo(patient)
    assert found == {patient.expected(drift)}


def test_all_is_put_back(patient: Patient) -> None:
    """Each change was undone, or a later one would have been found with it."""
    assert patient.found() == set()


def test_only_what_the_own_statements_leave_is_to_be_dropped(patient: Patient) -> None:
    assert list(inspect.altered(patient.session, patient.steps, patient.read())) == []
    patient.run("mdm", f"DROP PROCEDURE {RULE}")
    found = list(inspect.altered(patient.session, patient.steps, patient.read()))
    patient.remake("procedures", RULE)
    assert [step.unit.name for step, _ in found] == [RULE]
    assert found[0][1] == ({RULE} if patient.dialect == "mysql" else set())


# --- Probe ----------------------------------------------------------------------------


def everything(patient: Patient) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, also of the scratch files, and every file that is exchanged."""
    places = dict.fromkeys(patient.config.places.values())
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for place in places:
        database = next(d for d in DATABASES if patient.config.places[d] == place)
        files = [database, *([f"{place}.scratch"] if patient.dialect == "firebird" else [])]
        for file in files:
            names = patient.session.live_tables(database) if file == database else ["LINK_USED"]
            for name in names:
                found = patient.session.execute(file, f"SELECT * FROM {name}")
                rows[f"{file}.{name}"] = sorted(found, key=repr)
    exchange = sorted(Path(patient.config.exchange).iterdir())
    return rows | {"exchange": [(path.name, path.stat().st_size) for path in exchange]}


def test_probe_changes_nothing(patient: Patient) -> None:
    """Rules that need no argument find work to do, and do not do it."""
    waiting = "INSERT INTO RULE_ERROR (OCCURRED_AT, ROUTINE) VALUES ('2001-01-01 00:00:00', 'OLD')"
    patient.run("vps", waiting)
    patient.run(
        "mdm",
        "INSERT INTO REBOOT_RESERVATION (RESERVATION_ID, TABLE_KEY, REQUESTED_AT)"
        " VALUES ('old', 1, '2001-01-01 00:00:00')",
    )
    before = everything(patient)
    assert inspect.probe(patient.session, patient.steps) == []
    assert everything(patient) == before
    # The same calls do change something where they may.
    assert patient.session.call("vps", "PURGE_HISTORY", None, None).code == 0
    patient.run("mdm", "DELETE FROM REBOOT_RESERVATION")


def test_probe_names_a_rule_that_fails(patient: Patient) -> None:
    """On Firebird one without a frame: the engine lets nobody drop what a rule uses."""
    if patient.dialect == "firebird":
        head = patient.step(RULE, "procedures").unit.statements[0].partition("\nAS\n")[0]
        patient.run("mdm", f"{head}\nAS BEGIN EXCEPTION RULE_FAILED; END")
    else:
        patient.alter("procedures", RULE, "SELECT CASE", "SELECT NONE.THERE, CASE")
    found = inspect.probe(patient.session, patient.steps)
    patient.remake("procedures", RULE)
    assert [(d.database, d.name) for d in found] == [("mdm", RULE)]
    assert found[0].what.startswith("fails when called: ")
    assert patient.session.execute("mdm", "SELECT COUNT(*) FROM RULE_ERROR") == [(0,)]


def test_probe_names_a_view_that_fails(patient: Patient) -> None:
    if patient.dialect == "firebird":
        pytest.skip("the engine lets nobody drop what a view shows")
    patient.run("mdm", "ALTER TABLE MDM_ALERT_HISTORY RENAME COLUMN CLEARED_AT TO GONE_AT")
    found = inspect.probe(patient.session, patient.steps)
    patient.run("mdm", "ALTER TABLE MDM_ALERT_HISTORY RENAME COLUMN GONE_AT TO CLEARED_AT")
    assert ("mdm", VIEW) in {(d.database, d.name) for d in found}
    assert all(d.what.startswith("fails when ") for d in found)
