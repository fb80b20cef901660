"""The Flask application: every operation from one list, and what stands before and behind each."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Request, Response, g, request
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException

from kenshin import __version__
from kenshin.config import Config
from kenshin.engines import Unavailable, failures
from kenshin.http_api import answer as said
from kenshin.http_api import health, logs, metrics
from kenshin.http_api.answer import Answer, Problem, write
from kenshin.http_api.auth import Keys
from kenshin.http_api.operations import OPERATIONS, Operation
from kenshin.http_api.perform import Service, Work
from kenshin.http_api.rate import Rate
from kenshin.http_api.schema import IDENTIFIER, Envelope, Headers, Schema, code_of

PREFIX = "/api/v1"
_DESCRIPTION = (
    "Every operation is called by POST with a bearer key. An answer has a result code: below 1000 "
    "it is done, else refused. Decimals are texts, times those of the station without a zone."
)
_SHOWN = 5  # mistakes of one request that are named
_NAME = 64  # characters of a field's name that are shown: the sender chose it
# What any operation may answer beside its own result.
_OTHERWISE = (400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503, 504)
_AWAY = 5  # seconds until a request is worth sending again while the database is away
# What the browsable page may load: its own files, and no other host's.
_PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:"
)


class _Request(Request):
    """A request whose body the gate has read: flask-openapi3 takes what came of it."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The object that the body is."""
        return g.body


def create_app(config: Config) -> OpenAPI:
    """The application of one worker process, which it is made in.

    Its Service is in `app.extensions["kenshin"]`, to be closed when the worker ends.
    """
    service = Service(config)
    app = OpenAPI(
        "kenshin.http_api",
        info=Info(title="kenshin HTTP-API", version=__version__, description=_DESCRIPTION),
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        validation_error_status=400,
        validation_error_model=Envelope,
        validation_error_callback=_invalid,
        doc_prefix="/",
    )
    app.request_class = _Request
    app.url_map.merge_slashes = False  # another path is unknown, and nobody is sent elsewhere
    app.extensions["kenshin"] = service
    schema = Schema(service.catalog, config.http_api.max_rows)
    for operation in OPERATIONS:
        _add(app, operation, schema, service)
    app.register_blueprint(health.pages(service.pool))
    service.start()
    keys = Keys(service.pool, Rate.of_server(config.http_api.requests_per_minute))
    Gate(keys, config.http_api.max_body_bytes).stand_before(app)
    return app


def _add(app: OpenAPI, operation: Operation, schema: Schema, service: Service) -> None:
    def handle(header: Headers, body: BaseModel) -> Response:
        work = Work(
            operation=operation,
            caller=g.caller,
            request_id=g.request_id,
            address=request.remote_addr or "",
            session=header.session,
            idempotency_key=getattr(header, "idempotency_key", ""),
            body=body.model_dump(exclude_unset=True),
        )
        answer = service.perform(work)
        return _written(work.write(answer), answer)

    handle.__annotations__ = {
        "header": schema.headers(operation),
        "body": schema.request(operation),
    }
    done = schema.answer(operation)
    statuses = [operation.done, *([said.PARTLY] if operation.kind == "rows" else [])]
    app.post(
        f"{PREFIX}/{operation.path}",
        endpoint=operation.path,
        operation_id=re.sub("[/-]", "_", operation.path),
        summary=operation.does,
        description=f"For {', '.join(operation.roles)}. {_rules(operation)}",
        tags=[Tag(name=operation.tag)],
        security=[{"key": []}],
        responses={
            **dict.fromkeys(map(str, statuses), done),
            **dict.fromkeys(map(str, _OTHERWISE), Envelope),
        },
    )(handle)


def _rules(operation: Operation) -> str:
    verb = "Has the fields of" if operation.kind == "meter" else "Calls"
    return f"{verb} {' or '.join(operation.rules.values())}."


class Gate:
    """What every request goes through: who sends it, whether he may, and the line in the log.

    A body may have `most` bytes.
    """

    def __init__(self, keys: Keys, most: int) -> None:
        self.keys = keys
        self.most = most
        self.operations: Mapping[str, Operation] = {o.path: o for o in OPERATIONS}

    def stand_before(self, app: OpenAPI) -> None:
        """Put it before and behind every operation of an application."""
        app.before_request(self.enter)
        app.after_request(self.leave)
        app.register_error_handler(Problem, self.problem)
        app.register_error_handler(HTTPException, self.refused)
        app.register_error_handler(Exception, self.failed)

    def enter(self) -> None:
        """Name the request, and let in who may. Raises Problem."""
        g.began = time.monotonic()
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if re.fullmatch(IDENTIFIER[1:-1], given) else uuid.uuid4().hex
        g.caller = None
        operation = self.operations.get(request.endpoint or "")
        if operation is None:
            return
        g.caller = self.keys.caller(request.headers.get("Authorization"), request.remote_addr or "")
        if g.caller.role not in operation.roles:
            logs.refusal(
                "role", request_id=g.request_id, client=g.caller.client, path=operation.path
            )
            raise Problem(said.NOT_ALLOWED, f"{g.caller.role} may not call {operation.path}")
        if not request.is_json:
            raise Problem(said.BADLY_FORMED, "Content-Type must be application/json", 415)
        g.body = _object_in(self._body())

    def _body(self) -> bytes:
        """The whole body. Raises Problem for one that is too large, or does not come whole."""
        length = request.content_length
        too_large = Problem(said.OVER_LIMIT, f"body: more than {self.most} bytes", 413)
        if length is not None and length > self.most:
            raise too_large
        try:
            # Read here: Flask cuts what is too long, and takes what is too short.
            body: bytes = request.environ["wsgi.input"].read(
                self.most + 1 if length is None else length
            )
        except (OSError, ParseException):  # gunicorn's, of chunks, and the connection's
            raise _bad_body("it does not come as HTTP wants it") from None
        if len(body) > self.most:
            raise too_large
        if length is not None and len(body) < length:
            raise _bad_body("it is shorter than Content-Length says")
        return body

    def leave(self, response: Response) -> Response:
        """Write the line of the log, count, and add what every answer carries."""
        seconds = time.monotonic() - g.began
        caller = g.caller
        response.headers["X-Request-ID"] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = _PAGE_POLICY
        operation = self.operations.get(request.endpoint or "")
        metrics.request(operation.path if operation else "other", response.status_code, seconds)
        if operation or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
            logs.request(
                request_id=g.request_id,
                client=caller.client if caller else None,
                role=caller.role if caller else None,
                address=request.remote_addr or "",
                method=request.method,
                path=request.path,
                status=response.status_code,
                result_code=g.get("result_code"),
                milliseconds=seconds * 1000,
            )
        return response

    def problem(self, problem: Problem) -> Response:
        """A request that was turned away, for a reason that its sender is told."""
        response = respond(problem.answer)
        response.headers.update(problem.headers)
        return response

    def refused(self, error: HTTPException) -> Response:
        """What Flask refuses: an unknown path, another method."""
        if isinstance(error.response, Response):
            return error.response
        status = error.code or 500
        code = said.UNKNOWN if status < 500 else said.FAILED
        response = respond(Answer(code, error.name, status=status))
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    def failed(self, error: Exception) -> Response:
        """What nobody foresaw: the log has where, the sender only that it failed."""
        logs.failure("request failed", error, request_id=g.request_id, path=request.path)
        if isinstance(error, Unavailable):
            message = "the database is away or too busy; send it again, with its Idempotency-Key"
            return self.problem(Problem(said.FAILED, message, 503, {"Retry-After": str(_AWAY)}))
        if isinstance(error, failures()):
            return respond(
                Answer(said.FAILED, "the database could not do it; what was begun is taken back")
            )
        return respond(Answer(said.FAILED, "it failed at the server, whose log says where"))


def respond(answer: Answer) -> Response:
    """An answer as every caller gets it."""
    return _written(write(answer, g.request_id), answer)


def _written(text: str, answer: Answer) -> Response:
    g.result_code = answer.code
    return Response(text, answer.http_status, mimetype="application/json")


def _bad_body(why: str) -> Problem:
    return Problem(said.BADLY_FORMED, f"body: {why}")


def _object_in(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises Problem when it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _bad_body("it must be a JSON object")
    return found


def _invalid(error: ValidationError) -> Response:
    """What is wrong with the fields of a request, without the values that were in them.

    The first mistake decides the code.
    """
    found = error.errors(include_url=False, include_input=False)
    fields = [
        {"field": ".".join(_shown(part) for part in mistake["loc"]) or "body", **_words(mistake)}
        for mistake in found[:_SHOWN]
    ]
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    named = "; ".join(f"{one['field']}: {one['mistake']}" for one in fields)
    code = code_of(found[0]["type"])
    status = 413 if code == said.OVER_LIMIT else None
    return respond(Answer(code, named + more, {"fields": fields}, status))


def _words(mistake: ErrorDetails) -> dict[str, str]:
    """What a mistake is called; of a wrong `class` pydantic's own words say what was in it."""
    own = {
        "union_tag_not_found": "class must be given",
        "union_tag_invalid": f"class must be one of {mistake.get('ctx', {}).get('expected_tags')}",
    }
    return {"mistake": own.get(mistake["type"], mistake["msg"])}


def _shown(part: int | str) -> str:
    text = str(part)
    return text if len(text) <= _NAME else text[:_NAME] + "…"
