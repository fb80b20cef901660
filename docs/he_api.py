"""Write he-api.json beside this file: HE-API as an OpenAPI 3.1 document, read from its contract.

python docs/he_api.py            write it
python docs/he_api.py --check    fail when it is not what the contract says
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from kenshin.he_api import contract
from kenshin.he_api.contract import OPERATIONS, Failure, Operation, Said

PAGE = Path(__file__).resolve().parent / "he-api.json"
SCHEMAS = "#/components/schemas/"
WHAT = (
    "What a Meter Data Manager asks of a head-end. What the operations mean, what an answer"
    " promises and what must hold when none comes: see docs/he-api.md of kenshin."
)
# By name: the HTTP status that it comes with, and what it says.
FAILURES = {
    "Refused": (
        "4XX",
        "It will not be done, and nothing was changed: REFUSED (409 where no other status fits).",
    ),
    "NotReached": ("503", "Nothing went to the device, so nothing is changed: NOT_REACHED."),
    "Unknown": ("504", "It was sent to the device; what became of it shows the next get: UNKNOWN."),
}


def content(model: type[Said]) -> dict[str, Any]:
    """A body that is a model in JSON."""
    return {"application/json": {"schema": {"$ref": SCHEMAS + model.__name__}}}


def operation(one: Operation[Any]) -> dict[str, Any]:
    """One path."""
    purpose = inspect.getdoc(one.asks)
    done = inspect.getdoc(one.answers)
    failed = {
        status: {"$ref": f"#/components/responses/{name}"} for name, (status, _) in FAILURES.items()
    }
    return {
        "post": {
            "operationId": one.name,
            "summary": purpose,
            "requestBody": {"required": True, "content": content(one.asks)},
            "responses": {"200": {"description": done, "content": content(one.answers)}, **failed},
        }
    }


def schemas() -> dict[str, Any]:
    """The models of all bodies by their names."""
    models = dict.fromkeys(
        [one.asks for one in OPERATIONS] + [one.answers for one in OPERATIONS] + [Failure]
    )
    named: list[Any] = [(model, "validation") for model in models]
    _, found = models_json_schema(named, ref_template=SCHEMAS + "{model}")
    return dict(sorted(found["$defs"].items()))


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "HE-API", "version": contract.VERSION, "description": WHAT},
        "servers": [{"url": "https://head-end.example", "description": "url of [he_api.<HEID>]"}],
        "security": [{"token": []}],
        "paths": {one.path: operation(one) for one in OPERATIONS},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                name: {"description": text, "content": content(Failure)}
                for name, (_, text) in FAILURES.items()
            },
            "schemas": schemas(),
        },
    }


def main() -> None:
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/he-api.json is not what the contract says: run `make docs`")


if __name__ == "__main__":
    main()
