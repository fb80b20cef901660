"""What a declaration demands of arguments is what its rule demands: the cases say both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from kenshin.catalog import Catalog
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
    """Cases break most of the demands, and then the rule said so."""
    broken: set[tuple[str, str]] = set()
    for declaration, arguments, case in CALLS:
        for demand in refused(declaration, arguments):
            assert case.code >= 1000, (declaration.name, case.title, demand)
            broken.add((declaration.name, demand.split()[0]))
    assert len(broken) > 50


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
