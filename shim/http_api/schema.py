"""What an operation takes and gives as pydantic models, derived from the declarations of its rules.

In JSON a decimal is a text in plain notation, or a whole number: a float would not be exact. A
time is a text without a zone, in station standard time.

What a body must be is what its rule demands, and a mistake has the result code of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kenshin.catalog import Catalog
from kenshin.he_api.contract import Status
from kenshin.http_api.answer import BADLY_FORMED, MISSING, OUT_OF_RANGE, OVER_LIMIT, UNKNOWN
from kenshin.http_api.locks import LOCATE
from kenshin.http_api.operations import Operation
from kenshin.http_api.outcome import KINDS

_TYPE = re.compile(r"(?P<name>[A-Z]+)(?:\((?P<size>[0-9]+)(?:,\s*(?P<scale>[0-9]+))?\))?")
# A JSON number is exact up to 53 bits wherever it is read; no key comes near.
_BITS = {"BIGINT": 53, "INTEGER": 31, "SMALLINT": 15}

# Every day from 1900 to 2199, as the rules read times in files: 1900 and 2100 are no leap years.
_DAY = (
    "(?:19|20|21)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:(?:19|20|21)(?:0[48]|[2468][048]|[13579][26])|2000)-02-29"
)
DAY = f"^(?:{_DAY})$"
TIME = f"^(?:{_DAY})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"

IDENTIFIER = "^[A-Za-z0-9._-]{1,64}$"
VISIBLE = "^[!-~]{1,128}$"


class Strict(BaseModel):
    """Takes what is declared and nothing else; a number is no text, and a text no number."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _without_default(schema: dict[str, Any]) -> None:
    """An absent field is null to the rule, and null is not written."""
    schema.pop("default")


@cache
def _schema_of(
    model: type[BaseModel], arguments: tuple[Any, ...], options: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    made: dict[str, Any] = BaseModel.model_json_schema.__func__(  # type: ignore[attr-defined]
        model, *arguments, **dict(options)
    )
    return made


class Headers(BaseModel):
    """Headers of every operation."""

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """As of pydantic, which makes it anew for each request otherwise."""
        return _schema_of(cls, arguments, tuple(sorted(options.items())))

    request_id: Annotated[str, StringConstraints(pattern=IDENTIFIER)] = Field(
        "",
        alias="X-Request-ID",
        json_schema_extra=_without_default,
        description="Name of the request in the log; one is made where none is given.",
    )
    session: Annotated[str, StringConstraints(pattern=VISIBLE)] = Field(
        "",
        alias="X-Session",
        json_schema_extra=_without_default,
        description="Requests of one session from one address are worked on one after another.",
    )


class Envelope(BaseModel):
    """What every answer has."""

    result_code: int = Field(description="0 done, 10 done before, 11 nothing matched; else refused")
    message: str = Field(description="Why it was refused, for people.")
    data: Any = Field(
        description="What was asked for; null where there is nothing. Of a request that is not as "
        "declared: `fields`, each with its mistake."
    )
    request_id: str = Field(description="Name of the request in the log.")


# --- Mistakes ---------------------------------------------------------------------------

_GIVE_ONE, _NO_SUCH, _OUT_OF_RANGE, _NOT_SO = "give_one", "no_such", "out_of_range", "not_so"
_CODES = {
    "missing": MISSING,
    "union_tag_not_found": MISSING,  # a row without `class`
    _GIVE_ONE: MISSING,
    "union_tag_invalid": UNKNOWN,
    _NO_SUCH: UNKNOWN,
    _OUT_OF_RANGE: OUT_OF_RANGE,
    "too_long": OVER_LIMIT,  # a list: too many rows
}


def code_of(mistake: str) -> int:
    """The result code of a mistake, by the type that pydantic or a check below gives it."""
    return _CODES.get(mistake, BADLY_FORMED)


def _mistake(kind: str, must: str) -> PydanticCustomError:
    # The text goes in as it is: pydantic would fill in what stands between braces.
    return PydanticCustomError(kind, "{must}", {"must": must})


# --- Types ------------------------------------------------------------------------------


def _whole(value: object) -> int:
    """JSON writes 1 and 1.0 for one number; true, which Python takes for 1, is none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _mistake(_NOT_SO, "must be a whole number")


def _integer(low: int, high: int) -> Any:
    def parsed(value: object) -> int:
        whole = _whole(value)
        if low <= whole <= high:
            return whole
        raise _mistake(_OUT_OF_RANGE, f"must be from {low} to {high}")

    schema = {"type": "integer", "minimum": low, "maximum": high}
    return Annotated[int, BeforeValidator(parsed), WithJsonSchema(schema)]


def _choice(choices: Sequence[int | str]) -> Any:
    numbers = isinstance(choices[0], int)
    kind = _OUT_OF_RANGE if numbers else _NO_SUCH

    def parsed(value: object) -> object:
        if not numbers and not isinstance(value, str):
            raise _mistake(_NOT_SO, "must be a text")
        chosen = _whole(value) if numbers else value
        if chosen in choices:
            return chosen
        raise _mistake(kind, f"must be {' or '.join(map(str, choices))}")

    schema = {"type": "integer" if numbers else "string", "enum": list(choices)}
    return Annotated[type(choices[0]), BeforeValidator(parsed), WithJsonSchema(schema)]


def _decimal(size: int, scale: int, low: int | None, high: int | None) -> Any:
    before = size - scale
    sign = "" if low is not None and low >= 0 else "-?"
    form = f"^{sign}[0-9]{{1,{before}}}" + (rf"(\.[0-9]{{1,{scale}}})?$" if scale else "$")
    most = 10**before - 1 if high is None else high
    least = -most if low is None else low

    def parsed(value: object) -> Decimal:
        if not isinstance(value, str):
            number = Decimal(_whole(value))
            fits = least <= number <= most
        elif re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value, re.ASCII):
            fits = re.fullmatch(form[1:-1], value, re.ASCII) is not None
            number = Decimal(value)
        else:
            raise _mistake(_NOT_SO, 'must be a whole number, or a text such as "12.5"')
        if fits:
            return number
        must = f"must be from {least} to {most}, with at most {scale} digits behind the point"
        raise _mistake(_OUT_OF_RANGE, must)

    schema = {
        "anyOf": [
            {"type": "integer", "minimum": least, "maximum": most},
            {"type": "string", "pattern": form},
        ]
    }
    return Annotated[Decimal, BeforeValidator(parsed), WithJsonSchema(schema)]


def _moment(pattern: str, kind: type[date], form: str, example: str) -> Any:
    def parsed(value: object) -> date:
        if isinstance(value, str) and re.fullmatch(pattern[1:-1], value, re.ASCII):
            return kind.fromisoformat(value)
        must = f"must be a text of the form {form}, from 1900 to 2199, such as {example}"
        raise _mistake(_NOT_SO, must)

    schema = {"type": "string", "pattern": pattern, "examples": [example]}
    return Annotated[kind, BeforeValidator(parsed), WithJsonSchema(schema)]


_WITH_TIME = _moment(TIME, datetime, "YYYY-MM-DDTHH:MM:SS", "2026-04-01T09:30:00")
_MOMENTS = {
    "DATE": _moment(DAY, date, "YYYY-MM-DD", "2026-04-01"),
    "DATETIME": _WITH_TIME,
    "TIMESTAMP": _WITH_TIME,
}


def _given(declared: str) -> Any:
    """The type of a value in an answer, which may be null."""
    name, _, _ = _parts(declared)
    if name in _BITS:
        return int | None
    if name == "DECIMAL":
        form = {
            "anyOf": [{"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}, {"type": "null"}]
        }
        return Annotated[Any, WithJsonSchema(form)]
    return str | None


def _parts(declared: str) -> tuple[str, int, int]:
    match = _TYPE.match(declared)
    if match is None:
        raise ValueError(f"{declared}: no type that the HTTP-API knows")
    return match["name"], int(match["size"] or 0), int(match["scale"] or 0)


# --- Requests ---------------------------------------------------------------------------


class Schema:
    """The models of the operations, for one catalogue."""

    def __init__(self, catalog: Catalog, max_rows: int) -> None:
        self.catalog = catalog
        self.max_rows = max_rows
        key = catalog.declaration("KEEP_ANSWER").forms["p_idempotency_key"]
        self._changing = create_model(
            "ChangingHeaders",
            __base__=Headers,
            idempotency_key=(
                Annotated[str, StringConstraints(pattern=key)],
                Field(
                    "",
                    alias="Idempotency-Key",
                    json_schema_extra=_without_default,
                    description="Sent again with the same key, a request has no second effect: "
                    "the first answer comes again.",
                ),
            ),
        )

    def headers(self, operation: Operation) -> type[Headers]:
        """The headers that an operation looks at."""
        return self._changing if operation.changes else Headers

    def request(self, operation: Operation) -> type[Strict]:
        """What the body of a request must be."""
        name = _title(operation.path)
        if operation.kind != "rows":
            (rule,) = operation.rules.values()
            return self._fields_model(f"{name}Request", operation, rule, {})
        rows = [
            self._fields_model(
                f"{name}{class_.title()}Row",
                operation,
                rule,
                {"class": (Literal[class_], Field(description=_CLASS))} if class_ else {},
                operation.whole,
            )
            for class_, rule in operation.rules.items()
        ]
        row = _either(rows)
        fields: dict[str, Any] = {
            "rows": (
                Annotated[list[row], Field(min_length=1, max_length=self.max_rows)],  # type: ignore[valid-type]
                Field(description="What it is done to, each with its own result."),
            ),
            "all_or_none": (
                bool,
                Field(False, description="Where one row is refused, none is done."),
            ),
        }
        (first, *_) = operation.rules.values()
        for argument in operation.whole:
            fields[argument] = self._field(first, argument, required=False)
        return create_model(f"{name}Request", __base__=Strict, **fields)

    def _fields_model(
        self,
        name: str,
        operation: Operation,
        rule: str,
        fields: dict[str, Any],
        besides: tuple[str, ...] = (),
    ) -> type[Strict]:
        needs = operation.needed(rule)
        sources = dict.fromkeys(self._arguments(operation, rule), rule) | dict(operation.also)
        for argument, source in sources.items():
            if argument not in (*operation.without, *besides):
                fields[argument] = self._field(source, argument, argument in needs)
        choices = [need.split("|") for need in needs if "|" in need]
        return create_model(name, __base__=_choosing(choices) if choices else Strict, **fields)

    def _arguments(self, operation: Operation, rule: str) -> list[str]:
        declared = self.catalog.declaration(rule)
        if declared.kind == "view":
            return list(operation.needs)  # the columns that it is looked up by
        return [name.removeprefix("p_") for name in declared.takes]

    def _field(self, rule: str, argument: str, required: bool) -> tuple[Any, Any]:
        declared = self.catalog.declaration(rule)
        info: dict[str, Any] = {"description": self._says(rule, argument)}
        if not required:
            info |= {"default": None, "json_schema_extra": _without_default}
        if declared.kind == "view":
            return self._taken(rule, argument, declared.columns[argument.upper()][0]), Field(**info)
        return self._taken(rule, argument, declared.takes[f"p_{argument}"]), Field(**info)

    def _taken(self, rule: str, argument: str, type_: str) -> Any:
        """The type of a field that a caller gives: the argument's, with what its rule demands."""
        declared, parameter = self.catalog.declaration(rule), f"p_{argument}"
        name, size, scale = _parts(type_)
        if name in _MOMENTS:
            return _MOMENTS[name]
        if parameter in declared.choices:
            return _choice(declared.choices[parameter])
        if name in _BITS:
            most = 2 ** _BITS[name] - 1
            low, high = declared.ranges.get(parameter, (-most, None))
            return _integer(low, most if high is None else high)
        if name == "DECIMAL":
            low, high = declared.ranges.get(parameter, (None, None))
            return _decimal(size, scale, low, high)
        form = declared.forms.get(parameter)
        longest = declared.longest.get(parameter, None if form else size)
        return Annotated[str, StringConstraints(pattern=form, max_length=longest)]

    # --- Answers ------------------------------------------------------------------------

    def answer(self, operation: Operation) -> type[Envelope]:
        """What an operation answers when it is done."""
        name = _title(operation.path)
        make = self._of_meter if operation.kind == "meter" else self._rows_of
        data: Any = make(operation, name)
        fields: dict[str, Any] = {"data": (data | None, Field())}
        return create_model(f"{name}Answer", __base__=Envelope, **fields)

    def _of_meter(self, operation: Operation, name: str) -> type[BaseModel]:
        located = self.catalog.declaration(LOCATE).gives
        if operation.control == "status":
            device = create_model(f"{name}Device", **self._columns(LOCATE))
            fields: dict[str, Any] = {"device": (device, Field()), "live": (Status, Field())}
            return create_model(f"{name}Data", **fields)
        value = KINDS[operation.control.upper()].field
        fields = {
            "control_id": (int, Field(description="Number of the control in CONTROL_HISTORY.")),
            "ld_id": (str, Field(description=self._says(LOCATE, "ld_id"))),
            value: (
                _given(located.get(value.upper(), "DECIMAL")),
                Field(description="What the meter has; null: it is not known, or it has none."),
            ),
        }
        return create_model(f"{name}Data", **fields)

    def _rows_of(self, operation: Operation, name: str) -> type[BaseModel]:
        fields: dict[str, Any] = {}
        for rule in operation.rules.values():
            fields |= self._columns(rule)
        if operation.kind == "rows":
            fields |= {"result_code": (int, Field()), "message": (str, Field())}
        row = create_model(f"{name}Result", **fields)
        whole: dict[str, Any] = {"rows": (list[row], Field())}  # type: ignore[valid-type]
        if operation.kind == "page":
            after = Field(None, description="`after` of the next page; null: this is the last one.")
            whole["next"] = (int | str | None, after)
        whole |= {argument: (str, Field()) for argument in operation.whole}
        return create_model(f"{name}Data", **whole)

    def _columns(self, rule: str) -> dict[str, Any]:
        """The fields of what a rule or a view gives."""
        declared = self.catalog.declaration(rule)
        given = declared.gives or {name: type_ for name, (type_, _) in declared.columns.items()}
        bare = {column.strip('"').lower(): type_ for column, type_ in given.items()}
        return {
            name: (_given(type_), Field(None, description=self._says(rule, name)))
            for name, type_ in bare.items()
        }

    def _says(self, rule: str, name: str) -> str:
        declared = self.catalog.declaration(rule)
        if declared.kind == "view":
            return declared.columns[name.upper()][1]
        taken = f"p_{name}"
        return self.catalog.says(rule, taken if taken in declared.takes else name.upper())


def _either(rows: list[type[Strict]]) -> Any:
    """A row of either class, told by its field `class`."""
    if len(rows) == 1:
        return rows[0]
    return Annotated[Union[tuple(rows)], Field(discriminator="class")]  # noqa: UP007 - of a list


_CLASS = "PD a controller, CO a concentrator."


def _title(path: str) -> str:
    return "".join(word.title() for word in re.split("[/-]", path))


def _choosing(choices: list[list[str]]) -> type[Strict]:
    """A base of models where one field at least of each choice must be given."""

    class Choosing(Strict):
        """One field at least of each choice must be given."""

        model_config = ConfigDict(
            json_schema_extra={
                "allOf": [{"anyOf": [{"required": [name]} for name in names]} for names in choices]
            }
            if len(choices) > 1
            else {"anyOf": [{"required": [name]} for name in choices[0]]}
        )

        @model_validator(mode="after")
        def one_at_least(self) -> Choosing:
            for names in choices:
                if not self.model_fields_set & set(names):
                    raise _mistake(_GIVE_ONE, f"{' or '.join(names)} must be given")
            return self

    return Choosing
