"""The frame alone: how a rule begins, fails, ends, nests and gives rows, on every engine.

The rules here are small ones of the test's own, in a database that holds nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from jinja2 import TemplateRuntimeError

from conftest import Installations, RolledBack
from kenshin import access, release
from kenshin.config import Config
from kenshin.engines import Result, Session, base, open_session
from kenshin.render import LINEAGE, environment, render_template, statements_of

RULES = """
{% from 'frame.sql' import table, procedure, run, give, stage %}

{{ table('PROBE', 'What the rules of this test write.',
         columns = {'ID': ('INTEGER NOT NULL', 'Number.'), 'NOTE': ('VARCHAR(8)', 'Who wrote it.')},
         key = ['ID']) }}

{% call procedure('PUT_PROBE', 'Write two rows, which the engine refuses if they are one.',
                  takes = dict(p_first = 'INTEGER', p_second = 'INTEGER')) %}
INSERT INTO PROBE (ID, NOTE) VALUES (:p_first, 'one');
INSERT INTO PROBE (ID, NOTE) VALUES (:p_second, 'two');
{% endcall %}

{% call procedure('PUT_MORE', 'Write a row, then have another rule write two.',
                  takes = dict(p_row = 'INTEGER', p_first = 'INTEGER', p_second = 'INTEGER')) %}
INSERT INTO PROBE (ID, NOTE) VALUES (:p_row, 'outer');
{{ run('PUT_PROBE', [':p_first', ':p_second']) }}
{% endcall %}

{% call procedure('TOUCH', 'Change three rows, one after the other.',
                  takes = dict(p_first = 'INTEGER', p_second = 'INTEGER', p_third = 'INTEGER')) %}
UPDATE PROBE SET NOTE = 'touched' WHERE ID = :p_first;
UPDATE PROBE SET NOTE = 'touched' WHERE ID = :p_second;
UPDATE PROBE SET NOTE = 'touched' WHERE ID = :p_third;
{% endcall %}

{% call procedure('LIST_PROBE', 'Give the rows that there are.',
                  gives = {'O_ID': 'INTEGER', 'O_NOTE': 'VARCHAR(8)'}) %}
{% call give() %}
SELECT b.ID, b.NOTE FROM PROBE b ORDER BY b.ID
{% endcall %}
{% endcall %}

{{ table('PROBE_LINE', 'Rows on their way.', columns = {'ID': ('INTEGER NOT NULL', 'Number.')},
         key = ['ID'], session = true) }}

{% call procedure('STAGE_AND_PUT', 'Write a row by way of a staging table.',
                  takes = dict(p_row = 'INTEGER')) %}
{{ stage('PROBE_LINE') }}
INSERT INTO PROBE_LINE (ID) VALUES (:p_row);
INSERT INTO PROBE (ID, NOTE) SELECT l.ID, 'staged' FROM PROBE_LINE l;
{% endcall %}
"""
REPLACEMENTS, CALLERS = 40, 3
PATIENCE = 300  # seconds for what must come


def statements(dialect: str) -> list[str]:
    return render_template(dialect, "sql/common/rule_error.sql")[1] + of_rules(dialect, RULES)


def of_rules(dialect: str, rules: str) -> list[str]:
    return statements_of(environment(dialect, []).from_string(rules).render())


@pytest.fixture(scope="module")
def bare(engine: str, installations: Installations) -> Config:
    config = installations.new(engine, "frame")
    with open_session(config) as session:
        session.make_places()
        access.make_definer(session)
        for statement in [*release.prelude(config.dialect), *statements(config.dialect)]:
            session.execute("vps", statement)
    return config


@pytest.fixture
def probe(bare: Config) -> Iterator[Session]:
    """A session, outside any transaction, over empty tables."""
    with open_session(bare) as session:
        session.execute("vps", "DELETE FROM PROBE")
        session.execute("vps", "DELETE FROM RULE_ERROR")
        yield session


def ids(config: Config) -> list[int]:
    """What is committed, as another connection sees it."""
    with open_session(config) as other:
        return [int(row[0]) for row in other.execute("vps", "SELECT b.ID FROM PROBE b ORDER BY 1")]


def invoke(session: Session, rule: str, *arguments: int) -> Result:
    """Call a rule as another program would: no retry, no transaction of the caller's."""
    [answer] = session.invoke("vps", rule, arguments)
    assert isinstance(answer, Result)
    return answer


def test_a_rule_is_done_whole(probe: Session) -> None:
    assert probe.call("vps", "PUT_PROBE", 1, 2) == Result(0)
    assert ids(probe.config) == [1, 2]


def test_a_failing_statement_undoes_those_before_it(probe: Session) -> None:
    answer = probe.call("vps", "PUT_PROBE", 1, 1)
    assert (answer.code, answer.message[:6]) == (9000, "23000 ")
    assert ids(probe.config) == []


def test_a_failure_is_recorded(probe: Session) -> None:
    answer = probe.call("vps", "PUT_PROBE", 1, 1)
    rows = probe.execute("vps", "SELECT r.ROUTINE, r.MESSAGE FROM RULE_ERROR r")
    assert rows == [("PUT_PROBE", answer.message)]


def test_a_failure_keeps_the_callers_earlier_work(probe: Session) -> None:
    with probe.transaction():
        probe.execute("vps", "INSERT INTO PROBE (ID) VALUES (10)")
        assert probe.call("vps", "PUT_PROBE", 11, 11).code == 9000
        assert probe.call("vps", "PUT_PROBE", 12, 13).code == 0
    assert ids(probe.config) == [10, 12, 13]


def test_a_rule_rolls_back_with_its_caller(probe: Session) -> None:
    with pytest.raises(RolledBack), probe.transaction():
        assert probe.call("vps", "PUT_PROBE", 1, 2).code == 0
        raise RolledBack
    assert ids(probe.config) == []


def test_under_autocommit_a_rule_is_a_transaction_of_its_own(probe: Session) -> None:
    if probe.config.dialect == "firebird":
        pytest.skip("Firebird has no autocommit: a call is always in a caller's transaction")
    assert invoke(probe, "PUT_PROBE", 1, 1).code == 9000
    assert ids(probe.config) == []
    assert invoke(probe, "PUT_PROBE", 2, 3).code == 0
    assert ids(probe.config) == [2, 3]
    # It left no transaction open: the next statement commits itself again.
    probe.execute("vps", "INSERT INTO PROBE (ID) VALUES (4)")
    assert ids(probe.config) == [2, 3, 4]


def test_without_autocommit_a_rule_is_part_of_the_callers_transaction(probe: Session) -> None:
    if probe.config.dialect == "firebird":
        pytest.skip("Firebird has no autocommit: every other test is this one")
    probe.execute("vps", "SET autocommit = 0")
    probe.execute("vps", "INSERT INTO PROBE (ID) VALUES (10)")
    assert invoke(probe, "PUT_PROBE", 11, 11).code == 9000
    assert invoke(probe, "PUT_PROBE", 12, 13).code == 0
    assert ids(probe.config) == []
    probe.commit()
    assert ids(probe.config) == [10, 12, 13]


def test_a_failing_rule_fails_the_rule_that_ran_it(probe: Session) -> None:
    with probe.transaction():
        probe.execute("vps", "INSERT INTO PROBE (ID) VALUES (10)")
        answer = probe.call("vps", "PUT_MORE", 1, 2, 2)
    assert (answer.code, answer.message[:6]) == (9000, "23000 ")
    assert ids(probe.config) == [10]
    assert probe.call("vps", "PUT_MORE", 1, 2, 3) == Result(0)
    assert ids(probe.config) == [1, 2, 3, 10]


def test_a_failure_inside_another_rule_is_recorded_once(probe: Session) -> None:
    answer = probe.call("vps", "PUT_MORE", 1, 2, 2)
    rows = probe.execute("vps", "SELECT r.MESSAGE FROM RULE_ERROR r")
    assert rows == [(answer.message,)]


def test_a_rule_gives_rows_and_then_its_code(probe: Session) -> None:
    assert probe.call("vps", "LIST_PROBE") == Result(0)
    probe.call("vps", "PUT_PROBE", 1, 2)
    assert probe.call("vps", "LIST_PROBE") == Result(0, "", [(1, "one"), (2, "two")])


# --- A rule is replaced -------------------------------------------------------------


def makings(dialect: str) -> list[str]:
    """What makes, or replaces, the procedures of this test."""
    return [s for s in statements(dialect) if " PROCEDURE " in s.splitlines()[0]]


def remake(session: Session) -> None:
    for statement in makings(session.config.dialect):
        session.execute("vps", statement)


@pytest.fixture
def without(engine: str, probe: Session) -> Iterator[Callable[[str], None]]:
    """Drops a body, as a release does before it makes the new one; afterwards all are there."""
    if engine != "mysql":
        pytest.skip("the engine replaces a procedure in one statement")
    yield lambda name: probe.execute("vps", f"DROP PROCEDURE {name}_BODY") and None
    remake(probe)


def test_a_rule_that_is_replaced_keeps_its_grants(probe: Session) -> None:
    firebird = probe.config.dialect == "firebird"
    probe.execute("vps", "CREATE ROLE FRAME_CALLER")
    for name in ("PUT_PROBE", "LIST_PROBE" if firebird else "STAGE_PROBE_LINE"):
        to = f"{'ROLE ' if firebird else ''}FRAME_CALLER"
        probe.execute("vps", f"GRANT EXECUTE ON PROCEDURE {name} TO {to}")
    before = probe.live_rights(["FRAME_CALLER"])
    assert len(before) == 2
    remake(probe)
    assert probe.live_rights(["FRAME_CALLER"]) == before


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers who call again as long as it takes on a slow machine."""
    monkeypatch.setattr(base, "ATTEMPTS", 200)


@pytest.mark.usefixtures("patient")
def test_calls_go_on_while_rules_are_replaced(engine: str, probe: Session) -> None:
    """Callers do again what they are told to: none is refused, and no row is lost or doubled."""
    if engine.startswith("firebird"):
        pytest.skip("Firebird replaces a procedure in a transaction")
    done = threading.Event()
    answers: list[tuple[int, Result]] = []

    def caller(first: int) -> None:
        with open_session(probe.config) as session:
            for row in count(first, CALLERS):
                answers.append((row, session.call("vps", "STAGE_AND_PUT", row)))
                if done.is_set():
                    return

    threads = [threading.Thread(target=caller, args=(n,)) for n in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(REPLACEMENTS):
            remake(probe)
    finally:
        done.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(answers) >= CALLERS
    assert {answer.code for _, answer in answers} == {0}
    assert ids(probe.config) == sorted(row for row, _ in answers)
    assert probe.execute("vps", "SELECT r.MESSAGE FROM RULE_ERROR r") == []


BEING_REPLACED = "is being replaced by a new release: call again"


def test_a_rule_without_its_body_says_call_again(
    probe: Session, without: Callable[[str], None]
) -> None:
    without("PUT_PROBE")
    again = Result(9000, f"40001 1305 PUT_PROBE {BEING_REPLACED}")
    assert invoke(probe, "PUT_PROBE", 1, 2) == again
    # A rule that runs it, alone and in its caller's transaction, passes that on.
    assert invoke(probe, "PUT_MORE", 1, 2, 3) == again
    probe.begin()
    probe.execute("vps", "INSERT INTO PROBE (ID) VALUES (10)")
    assert invoke(probe, "PUT_PROBE", 1, 2) == again
    assert invoke(probe, "PUT_MORE", 1, 2, 3) == again
    probe.commit()
    assert ids(probe.config) == [10]
    assert probe.execute("vps", "SELECT r.MESSAGE FROM RULE_ERROR r") == []


@pytest.mark.usefixtures("patient")
def test_a_session_calls_again_until_the_body_is_there(
    probe: Session, without: Callable[[str], None]
) -> None:
    without("PUT_PROBE")
    answers: list[Result] = []

    def caller() -> None:
        with open_session(probe.config) as session:
            answers.append(session.call("vps", "PUT_PROBE", 1, 2))

    thread = threading.Thread(target=caller)
    thread.start()
    with open_session(probe.config) as other:
        remake(other)
    thread.join(PATIENCE)
    assert answers == [Result(0)]
    assert ids(probe.config) == [1, 2]


def test_staging_without_its_body_says_call_again(
    probe: Session, without: Callable[[str], None]
) -> None:
    without("STAGE_PROBE_LINE")
    with pytest.raises(probe.driver_error, match=f"STAGE_PROBE_LINE {BEING_REPLACED}") as raised:
        probe.execute("vps", "CALL STAGE_PROBE_LINE()")
    assert probe.is_passing(raised.value)
    assert invoke(probe, "STAGE_AND_PUT", 1) == Result(
        9000, f"40001 1213 STAGE_PROBE_LINE {BEING_REPLACED}"
    )
    assert probe.execute("vps", "SELECT r.MESSAGE FROM RULE_ERROR r") == []


def test_what_else_is_missing_is_a_fault(probe: Session, without: Callable[[str], None]) -> None:
    """The same error 1305, but inside a body: a procedure that no release made."""
    rule = (
        "{% from 'frame.sql' import procedure, run %}"
        "{% call procedure('RUN_NOTHING', 'Run what is not there.') %}"
        "{{ run('NOTHING') }}{% endcall %}"
    )
    for statement in of_rules("mysql", rule):
        probe.execute("vps", statement)
    answer = invoke(probe, "RUN_NOTHING")
    assert (answer.code, answer.message[:11]) == (9000, "42000 1305 ")
    assert "NOTHING does not exist" in answer.message
    rows = probe.execute("vps", "SELECT r.ROUTINE, r.MESSAGE FROM RULE_ERROR r")
    assert rows == [("RUN_NOTHING", answer.message)]


def test_a_failure_that_cannot_be_recorded_reaches_the_caller(
    probe: Session, without: Callable[[str], None]
) -> None:
    """An error of the body's own handler: the public procedure neither hides nor renames it."""
    probe.execute("vps", "RENAME TABLE RULE_ERROR TO RULE_ERROR_AWAY")
    try:
        with pytest.raises(probe.driver_error, match="RULE_ERROR") as raised:
            invoke(probe, "PUT_PROBE", 1, 1)
    finally:
        probe.execute("vps", "RENAME TABLE RULE_ERROR_AWAY TO RULE_ERROR")
    assert not probe.is_passing(raised.value)


# --- Deadlocks ----------------------------------------------------------------------


def wait_until_held(config: Config, row: int) -> None:
    """Wait until another transaction has locked a row."""
    change = f"UPDATE PROBE SET NOTE = 'tried' WHERE ID = {row}"
    until = time.monotonic() + PATIENCE
    with open_session(config) as other:
        other.wait_at_most(1)
        while time.monotonic() < until:
            try:
                with other.transaction():
                    other.execute("vps", change)
                    raise RolledBack
            except RolledBack:
                time.sleep(0.01)
            except other.driver_error:
                return
    raise AssertionError(f"nobody holds row {row}")


def collide(probe: Session, act: Callable[[Session, int, int, int], Result]) -> list[Result]:
    """Two callers, each holding the row that the other wants, meet over a third row.

    This connection holds that row until both have theirs.
    """
    answers: list[Result] = []

    def caller(first: int, third: int) -> None:
        with open_session(probe.config) as session:
            answers.append(act(session, first, 5, third))

    threads = [threading.Thread(target=caller, args=order) for order in ((1, 2), (2, 1))]
    with probe.transaction():
        probe.execute("vps", "UPDATE PROBE SET NOTE = 'held' WHERE ID = 5")
        for thread in threads:
            thread.start()
        for row in (1, 2):
            wait_until_held(probe.config, row)
    for thread in threads:
        thread.join(PATIENCE)
    assert len(answers) == len(threads)
    return answers


@pytest.fixture
def rows_to_touch(probe: Session) -> Session:
    for number in (1, 2, 5):
        probe.execute("vps", f"INSERT INTO PROBE (ID) VALUES ({number})")
    return probe


def test_a_deadlock_is_reported_as_one(rows_to_touch: Session) -> None:
    def once(session: Session, *rows: int) -> Result:
        try:
            with session.transaction():
                answer = invoke(session, "TOUCH", *rows)
                if answer.code:
                    raise RolledBack
        except RolledBack:
            pass
        return answer

    lost = [answer for answer in collide(rows_to_touch, once) if answer.code]
    assert lost
    assert [(answer.code, answer.message[:6]) for answer in lost] == [(9000, "40001 ")] * len(lost)
    # Whoever lost a deadlock repeats it: that is no fault to record.
    assert rows_to_touch.execute("vps", "SELECT r.MESSAGE FROM RULE_ERROR r") == []


def test_a_call_that_lost_a_deadlock_is_repeated(rows_to_touch: Session) -> None:
    answers = collide(rows_to_touch, lambda session, *rows: session.call("vps", "TOUCH", *rows))
    assert answers == [Result(0), Result(0)]


@pytest.mark.parametrize("dialect", LINEAGE)
def test_a_variable_that_is_not_declared_is_refused(dialect: str) -> None:
    rule = (
        "{% from 'frame.sql' import procedure %}"
        "{% call procedure('P', 'A rule.', takes = dict(p_known = 'INTEGER')) %}"
        "SET :RESULT_CODE = :p_known + :p_unknown;{% endcall %}"
    )
    with pytest.raises(TemplateRuntimeError, match=":p_unknown is not declared"):
        environment(dialect, []).from_string(rule).render()
