"""Every account against every object, on every engine: exactly what the specification gives."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from actors import Actors, as_account, write_config
from conftest import Installations
from kenshin import access, link, release, scratch
from kenshin.cli import kenshin
from kenshin.config import Config
from kenshin.engines import EngineError, Session, open_session
from kenshin.render import DATABASES, Declaration, render_database
from servers.firebird import PROGRAMS
from servers.programs import fetched

# Who may call what, written down a second time, from the specification: a caller added to a
# rule by mistake is found here. Facility management, customer care, monitoring, an integrator
# and the operators' batches come through SHIM.
CALLERS = {
    "EXPORT_REPOLL_TARGET": "HE",
    "IMPORT_BILL": "BILLING SHIM",
    "IMPORT_BILL_ROWS": "BILLING SHIM",
    "EXPORT_USAGE": "BILLING SHIM",
    "EXPORT_USAGE_ROWS": "BILLING SHIM",
    "SIMULATE_BILL": "SHIM",
    "CORRECT_QUOTE": "SHIM",
    "ADD_CERTIFICATE": "ALA SHIM",
    "ADD_CERTIFICATE_ROWS": "ALA SHIM",
    "REVOKE_CERTIFICATE": "ALA",
    "REVOKE_CERTIFICATE_AT": "ALA",
    "RENEW_CERTIFICATE": "ALA SHIM",
    "REVISE_COMMON_KEY": "ALA",
    "REVISE_VPA_COMMON_KEY": "ALA",
    "DHCP_COMPLETED": "PROV",
    "PROV_COMPLETED": "PROV SHIM",
    "ADD_ACCOUNT": "VPS",
    "EDIT_ACCOUNT": "VPS",
    "ISSUE_TEMPORARY_PASSWORD": "VPS",
    "LOGIN_BEGIN": "VPS",
    "LOGIN_END": "VPS",
    "ADD_VPA_DEVICE": "VPS",
    "EDIT_VPA_DEVICE": "VPS",
    "EXPORT_VPS_LOG": "VPS",
    "EXPORT_VPS_LOG_ROWS": "VPS",
    "ADD_POLICY": "VPS VPA",
    "EDIT_POLICY": "VPS VPA",
    "ADR_PROFILE": "VPS",
    "RECEIVE_ADR_EVENT": "VPS",
    "FINISH_ADR_ACTION": "VPS SHIM",
    "EXPORT_ADR_ACTION_LOG": "VPS SHIM",
    "EXPORT_ADR_ACTION_LOG_ROWS": "VPS SHIM",
    "EXPORT_ADR_EVENT_LOG": "VPS",
    "EXPORT_ADR_EVENT_LOG_ROWS": "VPS",
    "HE_POLL_TARGET_CONTROLLER": "HE",
    "HE_POLL_TARGET_CONCENTRATOR": "HE",
    "HE_POLL_TARGET_ITEM": "HE",
    "ADR_ACTION_LOG": "VPS SHIM READER",
    "ADR_EVENT_LOG": "VPS READER",
    "ADR_VPS_ACCOUNT": "VPS READER",
    "ADR_POLICY_LIST": "VPS READER",
}
# All other rules are SHIM's, all other views for SHIM and READER.
REFUSED = ("no permission", "denied", "read-only view")
KEYS = ("PASSWORD", "COMMON_KEY", "SESSION_KEY", "PASSWORD_HASH")


@pytest.fixture(scope="module")
def installed(engine: str, installations: Installations) -> Config:
    config = installations.new(engine, "access")
    release.apply(config)
    return config


@pytest.fixture(scope="module")
def actors(installed: Config) -> Iterator[Actors]:
    made = Actors(installed, "a_")
    yield made
    made.close()
    with open_session(installed) as owner:
        for account in access.accounts(owner):
            access.drop_account(owner, account.name)


class Undone(Exception):
    """Takes an attempt back."""


def allowed(session: Session, database: str, statement: str, *parameters: object) -> bool:
    """Whether the account may; any other failure of the statement means that it may."""
    try:
        with session.transaction():
            session.execute(database, statement, parameters)
            raise Undone
    except Undone:
        return True
    except session.driver_error as error:
        return not any(words in str(error) for words in REFUSED)


def may_call(session: Session, database: str, name: str, arguments: int) -> bool:
    try:
        with session.transaction():
            list(session.invoke(database, name, [None] * arguments))
            raise Undone
    except Undone:
        return True
    except session.driver_error as error:
        return not any(words in str(error) for words in REFUSED)


def objects(config: Config) -> Iterator[tuple[release.Step, Declaration]]:
    for step in release.steps(config):
        if step.unit.folder != "data":
            for declaration in step.unit.declarations:
                yield step, declaration


# --- What is declared -----------------------------------------------------------------


def test_the_declared_callers_are_the_specified_ones() -> None:
    wrong = []
    for database in DATABASES:
        for unit in render_database("mysql", database):
            for declared in unit.declarations:
                if not declared.callers:
                    continue
                otherwise = "SHIM READER" if declared.kind == "view" else "SHIM"
                expected = CALLERS.get(declared.name, otherwise).split()
                if sorted(declared.callers) != sorted(expected):
                    wrong.append(f"{declared.name}: {declared.callers}, specified {expected}")
    assert not wrong, "\n".join(wrong)


def test_everything_specified_is_declared() -> None:
    named = {
        declared.name
        for database in DATABASES
        for unit in render_database("mysql", database)
        for declared in unit.declarations
        if declared.callers
    }
    assert set(CALLERS) <= named


def test_no_view_but_a_head_ends_shows_a_key() -> None:
    for database in DATABASES:
        for unit in render_database("mysql", database):
            for declared in unit.declarations:
                if declared.kind == "view" and declared.callers and declared.callers != ["HE"]:
                    assert not set(declared.columns) & set(KEYS), declared.name


# --- What is so -----------------------------------------------------------------------


def rights_on(session: Session, database: str, declared: Declaration) -> dict[str, bool]:
    """What an account may do with an object, tried out."""
    name = declared.name
    if declared.kind == "procedure":
        return {"EXECUTE": may_call(session, database, name, len(declared.takes))}
    if declared.kind == "splitter":
        return {"EXECUTE": may_call(session, database, name, 2)}
    if declared.kind == "body":
        # Whether one may is asked before how many arguments there are.
        return {"EXECUTE": allowed(session, database, f"CALL {name}()")}
    if declared.kind == "session":
        # On Firebird such a table is tried as a table, below with the others.
        return {"EXECUTE": allowed(session, database, f"CALL STAGE_{name}()")}
    first = next(iter(declared.columns))
    insert = f"INSERT INTO {name} ({first}) VALUES (NULL)"
    if session.config.dialect == "firebird":
        insert = f"INSERT INTO {name} DEFAULT VALUES"
    return {
        "SELECT": allowed(session, database, f"SELECT {first} FROM {name} WHERE 1 = 0"),
        "INSERT": allowed(session, database, insert),
        "UPDATE": allowed(session, database, f"UPDATE {name} SET {first} = {first} WHERE 1 = 0"),
        "DELETE": allowed(session, database, f"DELETE FROM {name} WHERE 1 = 0"),
    }


def test_every_account_may_do_exactly_what_is_declared(installed: Config, actors: Actors) -> None:
    wrong: list[str] = []
    tables = ("table", "view") + (("session",) if installed.dialect == "firebird" else ())
    found = list(objects(installed))
    stagers: dict[str, set[str]] = {}
    for _, declared in found:
        if declared.staged:
            stagers.setdefault(declared.staged, set()).update(declared.callers)
    for role, session in actors.sessions.items():
        for step, declared in found:
            kind = "table" if declared.kind in tables else declared.kind
            if kind not in ("procedure", "body", "splitter", "session", "table"):
                continue
            callers = set(declared.callers)
            if kind in ("splitter", "session"):
                callers = stagers.get(declared.name.removeprefix("STAGE_"), set())
            tried = rights_on(session, step.database, replace(declared, kind=kind))
            for privilege, may in tried.items():
                expected = privilege in ("EXECUTE", "SELECT") and role in callers
                if may != expected:
                    wrong.append(
                        f"{role} {'may' if may else 'may not'} {privilege} {declared.name}"
                    )
    assert not wrong, "\n".join(wrong)


def test_no_account_can_read_what_rules_keep_to_themselves(
    installed: Config, actors: Actors
) -> None:
    """Aliases, staging tables, the copies of another file and what gives them."""
    wrong = []
    names = [
        (step.database, step.unit.name)
        for step in release.steps(installed)
        if step.unit.folder == "alias"
    ]
    if installed.dialect == "firebird":
        names += [(s.database, d.name) for s, d in objects(installed) if d.kind == "session"]
    for role, session in actors.sessions.items():
        for database, name in names:
            if allowed(session, database, f"SELECT 1 FROM {name} WHERE 1 = 0"):
                wrong.append(f"{role} reads {name}")
        for step, declared in objects(installed):
            if declared.kind == "link":
                arguments = {"PROVE_LINK": "'x'", "CHECK_LINK": "'x', 'x'"}[declared.name]
                call = f"EXECUTE PROCEDURE {declared.name}({arguments})"
                if allowed(session, step.database, call):
                    wrong.append(f"{role} calls {declared.name}")
            if declared.kind == "giver":
                query = f"SELECT 1 FROM {declared.name}('{'0' * 64}')"
                with pytest.raises(session.driver_error):
                    session.execute(step.database, query)
    assert not wrong, "\n".join(wrong)


FILE_ATTEMPTS = {
    "firebird": (
        f"SELECT f.o_bytes FROM READ_FILE('{'0' * 64}', 'others.csv') f",
        f"SELECT f.o_bytes FROM OPEN_FILE('{'0' * 64}', 'new.csv', 'T') f",
        f"EXECUTE PROCEDURE WRITE_FILE('{'0' * 64}', 'LINK_KEY', 'x')",
        f"EXECUTE PROCEDURE CLOSE_FILE('{'0' * 64}', 'LINK_KEY', '')",
        "SELECT k.LINK_KEY FROM LINK_KEY k",
        "CREATE TABLE MINE EXTERNAL FILE 'others.csv' (BLOCK CHAR(1))",
    ),
    "mysql": (
        "SELECT LOAD_FILE('{exchange}/others.csv')",
        "SELECT 'x' INTO OUTFILE '{exchange}/new.csv'",
        "SELECT 'x' INTO DUMPFILE '{exchange}/new.csv'",
        "LOAD DATA INFILE '{exchange}/others.csv' INTO TABLE BILL_LINE",
    ),
}


def test_files_are_the_rules_alone_to_handle(installed: Config, actors: Actors) -> None:
    """Whoever may call a rule that names a file can still touch no file by himself."""
    firebird = installed.dialect == "firebird"
    place = scratch.beside(installed.places["vps"]) if firebird else "vps"
    (installed.exchange / "others.csv").write_text("not for everyone\n")
    may = []
    for role, session in actors.sessions.items():
        for attempt in FILE_ATTEMPTS["firebird" if firebird else "mysql"]:
            statement = attempt.replace("{exchange}", str(installed.exchange))
            try:
                given = session.execute(place, statement)
            except (EngineError, session.driver_error):
                continue
            if given != [(None,)]:  # LOAD_FILE says nothing to those who may not
                may.append(f"{role}: {statement}")
    assert not may, "\n".join(may)
    assert not (installed.exchange / "new.csv").exists()


def test_the_rules_rights_are_nobodys_to_use(engine: str, installed: Config) -> None:
    """The account whose rights the rules have cannot log in."""
    if installed.dialect == "firebird":
        pytest.skip("Firebird's rules have the rights of the owner of the database")
    for password in ("", "invalid", "kenshin_definer"):
        with pytest.raises(EngineError):
            open_session(as_account(installed, "kenshin_definer", password)).connect()
    with open_session(installed) as session:
        [(create,)] = session.execute("", "SHOW CREATE USER 'kenshin_definer'@'localhost'")
        assert "ACCOUNT LOCK" in str(create)


# --- Keeping it so --------------------------------------------------------------------


def test_a_second_apply_changes_no_right(installed: Config) -> None:
    with open_session(installed) as session:
        assert access.put(session, release.steps(installed)) == 0


def test_verify_names_a_right_too_much_and_one_too_few(
    engine: str, installations: Installations, installed: Config
) -> None:
    firebird = installed.dialect == "firebird"
    role = f"{'ROLE ' if firebird else ''}{installed.role('VPA')}"
    place = installed.places["vps"]
    prefix = "" if firebird else f'"{place}".'
    with open_session(installed) as session:
        session.execute("vps", f"GRANT SELECT ON {prefix}VPS_ACCOUNT TO {role}")
        session.execute("vps", f"REVOKE EXECUTE ON PROCEDURE {prefix}ADD_POLICY FROM {role}")
    found = {(d.name, d.what) for d in release.verify(installed)}
    vpa = installed.role("VPA")
    assert found == {
        (f"SELECT on TABLE VPS_ACCOUNT for {vpa}", "is nobody's"),
        (f"EXECUTE on PROCEDURE ADD_POLICY for {vpa}", "is missing"),
    }
    release.apply(installed)
    assert release.verify(installed) == []


def too_much(config: Config) -> list[str]:
    """Grants to a role that a person may give by mistake, for every place that a right can be."""
    vpa, place = config.role("VPA"), config.places["mdm"]
    if config.dialect == "firebird":
        return [
            f'GRANT UPDATE ("PASSWORD") ON CONTROLLER_TRANSACTION TO ROLE {vpa}',
            f"GRANT UPDATE (MAC, SERIAL) ON CONTROLLER TO ROLE {vpa}",
            f"GRANT USAGE ON EXCEPTION RULE_FAILED TO ROLE {vpa}",
            f"GRANT {config.role('SHIM')} TO ROLE {vpa} WITH ADMIN OPTION",
            f"GRANT SELECT ON CONTROLLER TO ROLE {vpa} WITH GRANT OPTION",
            f"GRANT EXECUTE ON PROCEDURE ADD_POLICY TO ROLE {vpa} WITH GRANT OPTION",
            f"GRANT CREATE TABLE TO ROLE {vpa} WITH GRANT OPTION",
            *(f"GRANT {way} TABLE TO ROLE {vpa}" for way in ("CREATE", "ALTER ANY", "DROP ANY")),
            f"GRANT ALTER ANY CHARACTER SET TO ROLE {vpa}",
            f"GRANT ALTER DATABASE TO ROLE {vpa}",
            f"ALTER ROLE {vpa} SET SYSTEM PRIVILEGES TO SELECT_ANY_OBJECT_IN_DATABASE",
            "GRANT SELECT ON CONTROLLER TO PUBLIC",
            "GRANT SELECT ON CONTROLLER TO A_VPA WITH GRANT OPTION",
            f"GRANT {config.role('SHIM')} TO A_VPA",
            f"GRANT {config.role('SHIM')} TO PUBLIC",
        ]
    mysql = config.engine == "mysql"
    more = f", {config.role('HE')}" if mysql else ""
    account, definer = "'a_vpa'@'%'", "'kenshin_definer'@'localhost'"
    everyone = [f'GRANT SELECT ON "{place}".* TO PUBLIC', f"GRANT {config.role('HE')} TO PUBLIC"]
    return [
        *([] if mysql else everyone),
        f'GRANT SELECT ON "{place}".CONTROLLER TO {account}',
        f'GRANT SELECT (MAC) ON "{place}".CONTROLLER TO {account} WITH GRANT OPTION',
        f'GRANT SELECT ON "%mdm".* TO {account}',
        f"GRANT PROCESS ON *.* TO {account}",
        f"GRANT {config.role('HE')} TO {account}",
        f"GRANT PROXY ON 'root'@'localhost' TO {account}",
        f"GRANT PROCESS ON *.* TO {definer}",
        f"GRANT SELECT ON mysql.* TO {definer}",
        f'GRANT DROP ON "{place}".* TO {definer}',
        f'GRANT SELECT (PASSWORD) ON "{place}".CONTROLLER_TRANSACTION TO {vpa}',
        f'GRANT INSERT (MAC), UPDATE (MAC, SERIAL) ON "{place}".CONTROLLER TO {vpa}',
        f'GRANT SELECT ON "%".* TO {vpa}',
        f'GRANT INSERT ON "{place}".* TO {vpa}',
        f"GRANT SELECT ON mysql.* TO {vpa} WITH GRANT OPTION",
        f"GRANT SELECT ON mysql.user TO {vpa}",
        f"GRANT {config.role('SHIM')}{more} TO {vpa}",
    ]


def test_every_grant_too_much_is_named_and_revoked(installed: Config, actors: Actors) -> None:
    """On columns, in other schemas, by patterns, through another role, to be passed on.

    Given to a role, to an account by itself, to everyone, or to the account that rules have.
    """
    released = release.steps(installed)
    with open_session(installed) as session:
        for grant in too_much(installed):
            session.execute("mdm", grant)
            missing, surplus = access.differences(session, released)
            assert surplus, grant
            assert not missing, grant
            assert access.put(session, released) == len(surplus), grant
            assert access.differences(session, released) == (set(), set()), grant


def test_an_account_keeps_what_it_may_do_elsewhere(
    installed: Config, installations: Installations, actors: Actors
) -> None:
    """The schema of an application is none of ours; nor is what rules need in other schemas."""
    if installed.dialect == "firebird":
        pytest.skip("a database file has rights of its own")
    definer = "'kenshin_definer'@'localhost'"
    with open_session(installed) as session:
        session.execute("", "CREATE DATABASE IF NOT EXISTS billing_own")
        session.execute("", "GRANT SELECT ON billing_own.* TO 'a_billing'@'%'")
        session.execute("", "CREATE DATABASE IF NOT EXISTS other_mdm")
        session.execute("mdm", "CREATE TABLE other_mdm.SCHEMA_RELEASE (A INTEGER)")
        session.execute("", f'GRANT SELECT ON "other\\_mdm".* TO {definer}')
        assert access.put(session, release.steps(installed)) == 0
        assert release.verify(installed) == []
        session.execute("", "DROP DATABASE other_mdm")
        session.execute("", "DROP DATABASE billing_own")
        # What is left of a schema that is gone reaches nothing here.
        assert access.put(session, release.steps(installed)) == 0
        session.execute("", f'REVOKE SELECT ON "other\\_mdm".* FROM {definer}')


def test_rights_of_others_are_named_and_left(installed: Config) -> None:
    """Roles of an earlier prefix, and accounts that a person let read: not ours to take from."""
    firebird = installed.dialect == "firebird"
    at = "" if firebird else f'"{installed.places["mdm"]}".'
    role, account = ("ROLE EARLIER_HE", "USER READS1") if firebird else ("EARLIER_HE", "reads1")
    grants = [
        f"GRANT SELECT ON {at}OPEN_ALERT TO {role}",
        f"GRANT EXECUTE ON PROCEDURE {at}REGISTER_CONTROLLER TO {role}",
        f"GRANT SELECT ON {at}CONTROLLER TO {account}",
    ]
    made, gone = ["CREATE ROLE EARLIER_HE"], ["DROP ROLE EARLIER_HE"]
    if firebird:
        gone.append(f"REVOKE SELECT ON CONTROLLER FROM {account}")
        grants.append("GRANT SELECT ON CONTROLLER TO SYSDBA")
    else:
        names = ("reads1", "reads_all", "reads_patterns", "elsewhere")
        made += [f"CREATE USER {name}" for name in names]
        gone += [f"DROP USER {name}" for name in names]
        grants += [
            "GRANT SELECT ON *.* TO reads_all",
            f"GRANT SELECT ON {at}CONTROLLER TO reads_all",
            'GRANT SELECT ON "%mdm".* TO reads_patterns',
            "GRANT SELECT ON mysql.user TO elsewhere",
        ]
    host = "'@'%'" if installed.engine == "mysql" else ""
    quote = "'" if host else ""
    expected = {
        f"account {quote}EARLIER_HE{host}": "EXECUTE on PROCEDURE REGISTER_CONTROLLER, "
        "SELECT on TABLE OPEN_ALERT",
        "account READS1" if firebird else "account 'reads1'@'%'": "SELECT on TABLE CONTROLLER",
    }
    if not firebird:
        expected["account 'reads_patterns'@'%'"] = "SELECT on TABLE *"

    def found() -> dict[str, str]:
        return {d.name: d.what for d in release.verify(installed)}

    with open_session(installed) as session:
        for statement in (*made, *grants):
            session.execute("mdm", statement)
        try:
            named = {k: f"is nobody's and has rights here: {what}" for k, what in expected.items()}
            assert found() == named
            assert access.put(session, release.steps(installed)) == 0
            assert found() == named
        finally:
            for statement in gone:
                session.execute("mdm", statement)
    assert found() == {}


def test_the_rules_account_is_kept_as_it_should_be(installed: Config) -> None:
    if installed.dialect == "firebird":
        pytest.skip("Firebird's rules have the rights of the owner of the database")
    definer = "'kenshin_definer'@'localhost'"

    with open_session(installed) as session:

        def found() -> list[tuple[str, str]]:
            return [(d.name, d.what) for d in release.verify(installed)]

        session.execute("", f"REVOKE FILE ON *.* FROM {definer}")
        assert found() == [(f"FILE on TABLE * for {definer}", "is missing")]
        session.execute("", f"ALTER USER {definer} ACCOUNT UNLOCK")
        assert (f"account {definer}", "is not locked") in found()
        release.apply(installed)
        assert found() == []
        session.execute("", f"DROP USER {definer}")
        missing, surplus = access.differences(session, release.steps(installed))
        assert {right.role for right in missing} == {definer}
        assert {right.place.replace("\\_", "_") for right in missing} == {
            *installed.places.values(),
            "",
        }
        assert not surplus
        release.apply(installed)
        assert found() == []


def test_another_owner_takes_back_what_somebody_else_gave(
    engine: str, installed: Config, installations: Installations
) -> None:
    """On Firebird a right is its grantor's to take."""
    if engine != "firebird-server":
        pytest.skip("needs a Firebird server")
    config = installations.new(engine, "owned")
    with open_session(installed) as session:
        password = access.new_password()
        session.execute("vps", f"CREATE USER OWNER1 PASSWORD '{password}' GRANT ADMIN ROLE")
    owned = as_account(config, "OWNER1", password)
    release.apply(owned)
    with open_session(config) as somebody:
        somebody.execute("vps", f"GRANT SELECT ON VPS_ACCOUNT TO ROLE {config.role('VPA')}")
    assert [d.what for d in release.verify(owned)] == ["is nobody's"]
    release.apply(owned)
    assert release.verify(owned) == []


def test_another_installation_keeps_its_roles(
    engine: str, installations: Installations, installed: Config
) -> None:
    """On a server roles are everyone's, in a database file they are its own."""
    other = replace(installations.new(engine, "second"), role_prefix=installed.role_prefix)
    if installed.dialect == "firebird":
        release.apply(other)
    else:
        with pytest.raises(EngineError, match="role_prefix"):
            release.apply(other)
    assert release.verify(installed) == []


# --- Accounts -------------------------------------------------------------------------


def test_the_verbs_make_list_and_drop_an_account(
    engine: str, installed: Config, tmp_path: Path
) -> None:
    config = write_config(installed, tmp_path)
    password = tmp_path / "billing.password"

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(kenshin, ["--config", str(config), "account", *words])
        said = result.output + (str(result.exception) if result.exception else "")
        return result.exit_code, said

    keeps_logins = engine != "firebird-embedded"
    options = ["--role", "BILLING", "--password-file", str(password)]
    code, said = run("add", "night_billing", *options)
    assert code == 0, said
    assert "night_billing" in run("list")[1].lower()
    secret = password.read_text().strip()
    assert secret not in said
    assert password.stat().st_mode & 0o077 == 0
    with open_session(as_account(installed, "night_billing", secret)) as session:
        answer = session.call("vps", "EXPORT_USAGE_ROWS", None, None, None)
        assert answer.code == 1001
    assert run("add", "night_billing", *options)[0] != 0
    assert run("add", "x'y", *options)[0] != 0
    if keeps_logins:
        assert run("add", "other", "--role", "BILLING")[0] == 2
        password.write_text("short\n")
        assert run("add", "other", *options)[0] != 0
    assert run("drop", "night_billing")[0] == 0
    assert "night_billing" not in run("list")[1].lower()
    assert run("drop", "night_billing")[0] != 0
    if keeps_logins:
        gone = as_account(installed, "night_billing", secret)
        with pytest.raises(EngineError), open_session(gone) as session:
            session.call("vps", "EXPORT_USAGE_ROWS", None, None, None)


def test_a_password_file_that_others_may_read_is_refused(installed: Config, tmp_path: Path) -> None:
    config = write_config(installed, tmp_path)
    password = tmp_path / "open.password"
    password.write_text(access.new_password() + "\n")
    password.chmod(0o644)
    words = ["account", "add", "open_billing", "--role", "BILLING", "--password-file"]
    result = CliRunner().invoke(kenshin, ["--config", str(config), *words, str(password)])
    assert result.exit_code == 1
    assert "others may read it; chmod 600" in str(result.exception)
    with open_session(installed) as session:
        assert "open_billing" not in [a.name.lower() for a in access.accounts(session)]


def sql_of(session: Session, name: str, what: str) -> None:
    """What a person may do to an account by hand."""
    firebird = session.config.dialect == "firebird"
    account = name if firebird else f"'{name}'@'%'"
    role = session.config.role("VPS")
    if what == "drop":
        session.execute("vps", f"DROP USER {account}")
    elif what == "create":
        password = f"PASSWORD '{access.new_password()}'" if firebird else ""
        session.execute("vps", f"CREATE USER {account} {password}")
    else:
        session.execute("vps", f"REVOKE {role} FROM {'USER ' if firebird else ''}{account}")


def account_names(session: Session) -> list[str]:
    return [account.name.lower() for account in access.accounts(session)]


def test_an_account_that_was_dropped_by_hand_can_be_dropped_and_made_again(
    installed: Config,
) -> None:
    with open_session(installed) as session:
        if not session.keeps_logins:
            pytest.skip("the embedded engine keeps no accounts")
        access.add_account(session, "gone", "VPS", access.new_password())
        assert release.verify(installed) == []
        sql_of(session, "gone", "drop")
        name = session.account_name("gone")
        assert [(d.name, d.what) for d in release.verify(installed)] == [
            (f"account {name}", "stands in ACCOUNT_ROLE only: drop it")
        ]
        access.drop_account(session, "gone")
        assert "gone" not in account_names(session)
        assert release.verify(installed) == []
        access.add_account(session, "gone", "VPS", access.new_password())
        access.drop_account(session, "gone")
        assert not [login for login, _ in session.live_logins() if login == name]
        with pytest.raises(EngineError, match="there is no account"):
            access.drop_account(session, "gone")


def test_an_account_without_its_role_is_named_and_can_be_dropped(installed: Config) -> None:
    with open_session(installed) as session:
        access.add_account(session, "half", "VPS", access.new_password())
        sql_of(session, "half", "revoke")
        assert [d.what for d in release.verify(installed)] == [
            f"does not hold its role {installed.role('VPS')}: kenshin db apply gives it, "
            "or drop the account"
        ]
        access.drop_account(session, "half")
        assert "half" not in account_names(session)
        assert release.verify(installed) == []


@pytest.mark.parametrize("broken_off", ["make_login", "give_role", "drop_login", "take_role"])
def test_an_account_that_was_left_half_made_can_be_dropped(
    installed: Config, monkeypatch: pytest.MonkeyPatch, broken_off: str
) -> None:
    """Its process ended in the middle: nothing was cleaned up."""

    class Ended(BaseException):
        pass

    really = access._run

    def run(session: Session, place: str, macro: str, *arguments: object) -> None:
        if macro == broken_off:
            raise Ended
        really(session, place, macro, *arguments)

    with open_session(installed) as session:
        with monkeypatch.context() as patch, pytest.raises(Ended):
            patch.setattr(access, "_run", run)
            if broken_off in ("make_login", "give_role"):
                patch.setattr(access, "_remove", lambda *_: None)
            access.add_account(session, "torn", "VPS", access.new_password())
            access.drop_account(session, "torn")
            raise Ended  # nothing to do there on this engine
        if broken_off in ("drop_login", "take_role"):
            assert "torn" not in account_names(session)
        name = session.account_name("torn")
        left = {login for login, _ in session.live_logins()} if session.keeps_logins else set()
        left |= {account for _, account, _ in session.live_members()}
        if name in left or "torn" in account_names(session):
            access.drop_account(session, "torn")
        assert "torn" not in account_names(session)
        access.add_account(session, "torn", "VPS", access.new_password())
        access.drop_account(session, "torn")
        assert name not in {account for _, account, _ in session.live_members()}


def test_an_account_of_the_server_is_not_taken_over_or_dropped(installed: Config) -> None:
    with open_session(installed) as session:
        if not session.keeps_logins:
            pytest.skip("the embedded engine keeps no accounts")
        sql_of(session, "persons", "create")
        with pytest.raises(EngineError, match="of its own"):
            access.add_account(session, "persons", "VPS", access.new_password())
        for name in ("persons", installed.connection.user):
            with pytest.raises(EngineError, match="there is no account"):
                access.drop_account(session, name)
        assert "persons" not in account_names(session)
        sql_of(session, "persons", "drop")
        access.add_account(session, "elsewhere", "VPS", access.new_password())
        if installed.dialect == "mysql":
            with pytest.raises(EngineError, match="logs in from %"):
                access.drop_account(session, "elsewhere", "192.0.2.1")
        access.drop_account(session, "elsewhere")


# --- Between Firebird's files ---------------------------------------------------------


def test_a_proof_is_good_once_for_one_call(installed: Config) -> None:
    if installed.dialect != "firebird":
        pytest.skip("only Firebird's rules reach other files")
    beside = scratch.beside(installed.places["vps"])
    with open_session(installed) as owner:

        def prove(what: str) -> str:
            [(proof,)] = owner.execute("he", "SELECT p.o_proof FROM PROVE_LINK(?) p", [what])
            return str(proof)

        def check(place: str, statement: str, *arguments: object) -> bool:
            try:
                owner.execute(place, statement, arguments)
            except owner.driver_error as error:
                assert "only a rule of this installation" in str(error), error
                return False
            return True

        give = "SELECT COUNT(*) FROM GIVE_CONTROLLER(?)"
        proof = prove("GIVE_CONTROLLER")
        assert not check("mdm", give, prove("GIVE_CONCENTRATOR"))
        assert not check("mdm", give, proof[:-1] + ("0" if proof[-1] != "0" else "1"))
        assert not check("mdm", give, "2999" + proof[4:])
        assert not check("mdm", give, None)
        assert check("mdm", give, proof)
        assert not check("mdm", give, proof)
        assert not check("mdm", give, proof + " ")
        read = "SELECT COUNT(*) FROM READ_FILE(?, ?)"
        (installed.exchange / "mine.csv").write_text("mine\n")
        for other in (prove(f"READ_FILE {beside} other.csv"), prove("READ_FILE  mine.csv")):
            assert not check(beside, read, other, "mine.csv")
        assert check(beside, read, prove(f"READ_FILE {beside} mine.csv"), "mine.csv")
        # What is older than two minutes is refused, used or not, and forgotten after four.
        [(key,)] = owner.execute("mdm", "SELECT k.LINK_KEY FROM LINK_KEY k")
        nonce = "2020-01-01 00:00:00.0000 " + 32 * "A"
        digest = hashlib.sha256(f"{key}{nonce} GIVE_CONTROLLER {key}".encode()).hexdigest()
        assert not check("mdm", give, f"{nonce} {digest.upper()}")
        with owner.transaction():
            owner.execute("mdm", "INSERT INTO LINK_USED (NONCE) VALUES (?)", [nonce])
        assert check("mdm", give, prove("GIVE_CONTROLLER"))
        assert owner.execute("mdm", "SELECT 1 FROM LINK_USED WHERE NONCE < '2021'") == []


def test_files_with_another_key_are_named_and_mended(installed: Config) -> None:
    if installed.dialect != "firebird":
        pytest.skip("only Firebird's rules reach other files")
    first, he = installed.places["mdm"], installed.places["he"]
    with open_session(installed) as owner:

        def mended() -> bool:
            release.apply(installed)
            return not list(link.differences(owner)) and owner.call("he", "SYNC_HE").code == 0

        for place in (he, scratch.beside(he)):
            owner.execute(place, "UPDATE LINK_KEY SET LINK_KEY = 'other'")
            assert [*link.differences(owner)] == [(place, "LINK_KEY", f"is not the key of {first}")]
            assert mended()
        owner.execute("he", "DELETE FROM LINK_KEY")
        assert [*link.differences(owner)] == [(he, "LINK_KEY", "has no key")]
        assert mended()
        # Without the first key nothing holds any more: there is a new one for all.
        owner.execute("mdm", "DELETE FROM LINK_KEY")
        assert (first, "LINK_KEY", "has no key") in link.differences(owner)
        assert mended()


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not done():
        assert time.monotonic() < until
        time.sleep(0.1)


TRACE = """database
{
    enabled = true
    log_statement_start = true
    log_statement_finish = true
    log_procedure_start = true
    log_procedure_finish = true
    log_context = true
    time_threshold = 0
    max_sql_length = 20000
    max_arg_length = 5000
    max_arg_count = 1000
    max_log_size = 0
}
"""


def test_whoever_traces_himself_sees_nothing_that_is_good_again(
    engine: str, installed: Config, installations: Installations, actors: Actors, tmp_path: Path
) -> None:
    """On Firebird an account may trace its own attachments, with all that is passed in them."""
    if engine != "firebird-server":
        pytest.skip("needs a Firebird server")
    with open_session(installed) as owner:
        [(key,)] = owner.execute("mdm", "SELECT k.LINK_KEY FROM LINK_KEY k")
    mine = actors.sessions["SHIM"]
    reach = mine.config.connection
    (tmp_path / "trace.conf").write_text(TRACE)
    (installed.exchange / "traced.csv").write_text("a,b\nnot,his,to,see\n#END,0\n")
    command = [
        *fetched("firebird-4.0").command(f"{PROGRAMS}/fbtracemgr"),
        *("-SE", f"{reach.host}/{reach.port}:service_mgr"),
        *("-START", "-CONFIG", str(tmp_path / "trace.conf")),
    ]
    login = {"ISC_USER": reach.user, "ISC_PASSWORD": reach.password}
    environment = {**os.environ, **installations.server(engine)._environment(), **login}
    seen = tmp_path / "seen"
    with seen.open("wb") as out:
        tracing = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            wait_for(lambda: "started" in seen.read_text(errors="replace"))
            assert mine.call("he", "SYNC_HE").code == 0
            assert mine.call("vps", "IMPORT_BILL", "traced.csv", "C").code != 9000
            wait_for(lambda: "Procedure READ_BILL_LINE" in seen.read_text(errors="replace"))
        finally:
            tracing.terminate()
            tracing.wait()
    text = seen.read_text(errors="replace")
    assert key not in text
    assert "not,his" not in text
    proofs = re.findall(r'"(\d{4}-\d\d-\d\d \S+ [0-9A-F]{32} [0-9A-F]{64})"', text)
    assert len(set(proofs)) > 5, text[:2000]
    beside = scratch.beside(installed.places["vps"])
    for proof in set(proofs):
        for place, statement in (
            ("mdm", f"SELECT COUNT(*) FROM GIVE_CONTROLLER('{proof}')"),
            (beside, f"SELECT COUNT(*) FROM READ_FILE('{proof}', 'traced.csv')"),
        ):
            with pytest.raises(mine.driver_error):
                mine.execute(place, statement)
