"""What a declaration demands of arguments is what its rule demands: the cases say both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from kenshin.catalog import Catalog
from kenshin.engines import Session
from kenshin.http_api.operations import OPERATIONS, Operation
from kenshin.render import Declaration, Demands
from test_rules import ALL, DATABASE_OF

CATALOG = Catalog("mysql")
DEMANDS = ("forms", "longest", "choices", "ranges")


def refused(declaration: Declaration, arguments: dict[str, Any]) -> Iterator[str]:
    """The demands that a call does not meet; null meets them all."""
    given = {name: value for name, value in arguments.items() if value is not None}
    for name, value in given.items():
        if name in declaration.forms and not re.search(declaration.forms[name], str(value)):
            yield f"{name} = {value!r} is not of the form {declaration.forms[name]}"
        if len(str(value)) > declaration.longest.get(name, len(str(value))):
            yield f"{name} is longer than {declaration.longest[name]}"
        if value not in declaration.choices.get(name, (value,)):
            yield f"{name} = {value!r} is none of {declaration.choices[name]}"
        low, high = declaration.ranges.get(name, (None, None))
        if (low is not None and value < low) or (high is not None and value > high):
            yield f"{name} = {value!r} is out of {low} to {high}"


CALLS = [
    (declaration, dict(zip(declaration.takes, case.arguments, strict=True)), case)
    for rule, case in (parameters.values for parameters in ALL)
    for declaration in [CATALOG.declaration(rule)]
]


def test_what_a_rule_takes_meets_its_demands() -> None:
    wrong = [
        f"{declaration.name}, {case.title}: {demand}"
        for declaration, arguments, case in CALLS
        if case.code < 1000
        for demand in refused(declaration, arguments)
    ]
    assert not wrong, "\n".join(wrong)


def test_what_does_not_meet_a_demand_is_refused() -> None:
    """Cases break every demand, and then the rule said so."""
    broken: set[tuple[str, str]] = set()
    for declaration, arguments, case in CALLS:
        for demand in refused(declaration, arguments):
            assert case.code >= 1000, (declaration.name, case.title, demand)
            broken.add((declaration.name, demand.split()[0]))
    declared = {
        (rule, name)
        for rule in DATABASE_OF
        for kind in DEMANDS
        for name in getattr(CATALOG.declaration(rule), kind)
    }
    assert broken == declared, sorted(declared - broken)


@pytest.mark.parametrize("dialect", ["mariadb", "firebird"])
def test_every_engine_demands_the_same(dialect: str) -> None:
    other = Catalog(dialect)
    for rule in DATABASE_OF:
        for name in DEMANDS:
            assert getattr(other.declaration(rule), name) == getattr(
                CATALOG.declaration(rule), name
            ), (rule, name)


def test_a_form_is_written_as_every_regular_expression_engine_reads_it() -> None:
    for rule in DATABASE_OF:
        for form in CATALOG.declaration(rule).forms.values():
            assert re.compile(form)
            classes = re.findall(r"\[[^]]*\]", form)
            outside = re.sub(r"\[[^]]*\]", "", form)
            assert "\\" not in outside, form
            assert all(re.findall(r"\\(.)", one) in ([], ["-"]) for one in classes), form
            assert form.startswith("^"), form
            assert form.endswith("$"), form


def test_a_check_of_anything_but_an_argument_demands_nothing() -> None:
    demands = Demands()
    demands.form("UPPER(:p_a)", "A")
    demands.form("l.FIELD", "A")
    demands.at_most(":v_a", 3)
    demands.form(":p_b", "it''s [\\+\\-]\\-|[*]")
    assert demands.noted["longest"] == {}
    assert demands.noted["forms"] == {"p_b": "^(?:it's [+\\-]-|[*])$"}


# --- What an operation needs --------------------------------------------------------------

NEEDING = [
    pytest.param(operation, rule, id=f"{operation.path} {rule}")
    for operation in OPERATIONS
    for rule in operation.rules.values()
    if CATALOG.declaration(rule).kind == "procedure"
]
MISSING = 1001


def some(type_: str) -> Any:
    """A value of a type; that something is missing a rule says before that it is badly formed."""
    return datetime(2026, 4, 1) if type_ == "DATETIME" else "?" if "CHAR" in type_ else 1


@pytest.mark.parametrize(("operation", "rule"), NEEDING)
def test_what_an_operation_needs_its_rule_needs(
    operation: Operation, rule: str, session: Session
) -> None:
    takes = CATALOG.declaration(rule).takes
    always = {f"p_{name}" for name in (*operation.without, *operation.whole)}
    needs = [need.split("|") for need in operation.needed(rule)]

    def code(given: set[str]) -> int:
        asked = [some(t) if name in given | always else None for name, t in takes.items()]
        return session.call(DATABASE_OF[rule], rule, *asked).code

    for chosen in product(*needs):
        assert code({f"p_{name}" for name in chosen}) != MISSING, chosen
    everything = set(takes)
    for names in needs:
        assert code(everything - {f"p_{name}" for name in names}) == MISSING, names
