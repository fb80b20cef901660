"""The Flask application: every operation from one list, and what stands before and behind each."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping

from flask import Response, g, request
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from kenshin import __version__
from kenshin.config import Config
from kenshin.engines import EngineError, driver_errors
from kenshin.http_api import answer as said
from kenshin.http_api import health, logs, metrics
from kenshin.http_api.answer import Answer, Problem
from kenshin.http_api.auth import Keys
from kenshin.http_api.operations import OPERATIONS, Operation
from kenshin.http_api.perform import Service, Work, write
from kenshin.http_api.rate import Rate
from kenshin.http_api.schema import IDENTIFIER, ChangingHeaders, Envelope, Headers, Schema

PREFIX = "/api/v1"
_DESCRIPTION = (
    "Every operation is called by POST with a bearer key. An answer has a result code: below 1000 "
    "it is done, else refused. Decimals are texts, times those of the station without a zone."
)
_SHOWN = 5  # mistakes of one request that are named
# What any operation may answer beside its own result.
_OTHERWISE = (400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503, 504)
_PARTLY = 207
# What the browsable page may load: its own files, and no other host's.
_PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:"
)


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
    app.config["MAX_CONTENT_LENGTH"] = config.http_api.max_body_bytes
    app.extensions["kenshin"] = service
    schema = Schema(service.catalog, config.http_api.max_rows)
    for operation in OPERATIONS:
        _add(app, operation, schema, service)
    app.register_blueprint(health.pages(service.pool))
    service.start()
    Gate(Keys(service.pool, Rate.of_server(config.http_api.requests_per_minute))).stand_before(app)
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

    headers = ChangingHeaders if operation.changes else Headers
    handle.__annotations__ = {"header": headers, "body": schema.request(operation)}
    done = schema.answer(operation)
    statuses = [operation.done, *([_PARTLY] if operation.kind == "batch" else [])]
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
    return f"Calls {' or '.join(operation.rules.values())}."


class Gate:
    """What every request goes through: who sends it, whether he may, and the line in the log."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
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
        """What Flask refuses: an unknown path, another method, too large a body."""
        if isinstance(error.response, Response):
            return error.response
        status = error.code or 500
        code = said.OVER_LIMIT if status == 413 else said.UNKNOWN if status < 500 else said.FAILED
        response = respond(Answer(code, error.name, status=status))
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    def failed(self, error: Exception) -> Response:
        """What nobody foresaw: the log has where, the sender only that it failed."""
        logs.failure("request failed", error, request_id=g.request_id, path=request.path)
        if isinstance(error, (EngineError, *driver_errors())):
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


def _invalid(error: ValidationError) -> Response:
    """What is wrong with the fields of a request, without what was in them."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    fields = [
        {"field": ".".join(map(str, mistake["loc"])) or "body", "mistake": mistake["msg"]}
        for mistake in found[:_SHOWN]
    ]
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    named = "; ".join(f"{one['field']}: {one['mistake']}" for one in fields)
    missing = all(mistake["type"] == "missing" for mistake in found)
    code = said.MISSING if missing else said.BADLY_FORMED
    return respond(Answer(code, named + more, {"fields": fields}))
