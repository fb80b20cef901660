"""Device lists of facility management: each row is one device that a rule takes in.

What a list may hold is what the HTTP-API takes for the same operation: the header of a list says
by its columns which of the rules it is for.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TextIO

from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.dhcp import DhcpError, NotConfigured, NotReached, settle, together
from kenshin.engines import EngineError, Result
from kenshin.http_api.operations import OPERATIONS, Operation
from kenshin.rules import Rules

END = "#END"
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_DECIMAL = re.compile(r"([+-]?)([0-9]{1,14})(\.[0-9]{1,4})?")
_WHOLE = ("BIGINT", "INTEGER", "SMALLINT")
_LONGEST_LINE = 65_536
_NAMING = ("p_mac", "p_serial")  # what the DHCP server may know a device by


class ListRefused(Exception):
    """A list that is taken in not at all, with its result code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code} {why}")


class RowRefused(Exception):
    """A row that no rule was asked about, with the code that a rule would have given."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class Head:
    """The rule that a list is for, and its argument for each column."""

    rule: str
    arguments: tuple[str, ...]


def registering() -> Operation:
    """The operation of the HTTP-API that registers devices."""
    return next(one for one in OPERATIONS if one.path == "devices/register")


def head_of(catalog: Catalog, columns: Sequence[str]) -> Head:
    """The rule whose arguments a header names. Raises ListRefused when it fits none."""
    operation = registering()
    names = [column.lower() for column in columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ListRefused(5004, f"the column {twice[0].upper()} stands twice in the header")
    if secret := [name for name in names if name in operation.without]:
        raise ListRefused(
            5004, f"{secret[0].upper()} stands in the header: no list brings a device's secrets"
        )
    for rule in operation.rules.values():
        takes = catalog.declaration(rule).takes
        needs = operation.needed(rule)
        if all(f"p_{name}" in takes for name in names) and all(
            set(need.split("|")) & set(names) for need in needs
        ):
            return Head(rule, tuple(f"p_{name}" for name in names))
    fits = "; ".join(_columns(catalog, operation, rule) for rule in operation.rules.values())
    raise ListRefused(5004, f"line 1 is the header of no device list: {fits}")


def _columns(catalog: Catalog, operation: Operation, rule: str) -> str:
    needs = " and ".join(need.upper().replace("|", " or ") for need in operation.needed(rule))
    return f"{rule} needs {needs}"


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[list[str]]]:
    """The lines of a file, as fields. Raises ListRefused where they are none."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield _fields(file)


def _fields(file: TextIO) -> Iterator[list[str]]:
    reader = csv.reader(_bounded(file), strict=True)
    try:
        yield from reader
    except (csv.Error, UnicodeDecodeError) as error:
        # The words of a decoder would show what the file holds.
        why = str(error) if isinstance(error, csv.Error) else "this is no UTF-8"
        raise ListRefused(5003, f"behind line {reader.line_num}: {why}") from None


def _bounded(file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise csv.Error("a line is too long")
        yield line


def check(catalog: Catalog, path: Path) -> Head:
    """Read a list whole before anything of it counts. Raises ListRefused."""
    with _lines(path) as lines:
        header = next(lines, None)
        if not header:
            raise ListRefused(5002, "the file is empty")
        head = head_of(catalog, header)
        rows, last = -1, header
        for rows, fields in enumerate(lines):
            if last[:1] == [END]:
                raise ListRefused(5003, f"line {rows + 1} is {END}, and more lines follow")
            last = fields
    if last != [END, str(rows)]:
        raise ListRefused(5003, f"the last line is not {END},{max(rows, 0)}: it is cut short")
    return head


def rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a list that was checked, each with its number, the header's being 1."""
    with _lines(path) as lines:
        next(lines)
        for number, fields in enumerate(lines, 2):
            if fields[:1] != [END]:
                yield number, fields


def arguments_of(catalog: Catalog, head: Head, fields: Sequence[str]) -> dict[str, object]:
    """What a row gives the rule; an empty field is null. Raises RowRefused."""
    if len(fields) != len(head.arguments):
        raise RowRefused(1002, f"{len(fields)} fields instead of {len(head.arguments)}")
    declared = catalog.declaration(head.rule)
    return {
        name: _value(name, declared.takes[name], text)
        for name, text in zip(head.arguments, fields, strict=True)
        if text != ""
    }


def _value(name: str, declared: str, text: str) -> object:
    column = name.removeprefix("p_").upper()
    kind, _, rest = declared.partition("(")
    if kind in _WHOLE:
        if not _INTEGER.fullmatch(text):
            raise RowRefused(1002, f"{column} is no whole number")
        return int(text)
    if kind == "DECIMAL":
        if not _DECIMAL.fullmatch(text):
            raise RowRefused(1002, f"{column} is no number")
        return Decimal(text)
    if len(text) > int(rest.rstrip(")")):
        raise RowRefused(1002, f"{column} is too long")
    return text


class DeviceLeft(Exception):
    """A device that is not registered now, through no fault of its row."""


class Registrar(Protocol):
    """Registers one device, in a transaction. Raises DeviceLeft, EngineError."""

    def __call__(self, rule: str, arguments: dict[str, object]) -> Result: ...


class Tried:
    """Only asks the rule."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def __call__(self, rule: str, arguments: dict[str, object]) -> Result:
        """What the rule answers."""
        return self.rules.answer(rule, **arguments)


class Linked:
    """Registers devices, and tells the DHCP server of them where PROV is linked."""

    def __init__(self, rules: Rules, config: Config, by: str, say: Callable[[str], None]) -> None:
        self.rules = rules
        self.config = config
        self.by = by
        self.say = say

    def settle(self) -> None:
        """Tell DHCP what broke off before. Raises DhcpError, EngineError: no device is touched."""
        settle(self.rules, self.config, self.say)

    def __call__(self, rule: str, arguments: dict[str, object]) -> Result:
        """What the rule answers. Raises EngineError too when DHCP cannot be asked at all."""
        device = {name: arguments[name] for name in _NAMING if name in arguments}
        try:
            return together(
                self.rules,
                self.config,
                [{**device}] if device else [],
                lambda: self.rules.answer(rule, **arguments),
                by=self.by,
                say=self.say,
            )
        except (NotReached, NotConfigured) as error:
            raise EngineError(str(error)) from error
        except DhcpError as error:
            raise DeviceLeft(str(error)) from error
