"""What the web process says: a status, a stable code, one sentence; never a traceback, never a 5xx but 503."""

import json
import logging
from http import HTTPStatus
from typing import NamedTuple

from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import HTTPException, InternalServerError

from policies.decision import Blocker

API = "/api/"
PROBLEM_JSON = "application/problem+json"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_log = logging.getLogger("mergegate.web")


class Reply(NamedTuple):
    """What is said to a client: the status, a stable code, one sentence; of the API also what is in the way."""

    status: int
    code: str
    sentence: str
    blockers: tuple[Blocker, ...] = ()
    retry_after_seconds: int | None = None


class Problem(BaseModel):
    """An error as RFC 9457 writes it, with our code and everything that is in the way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: str
    blockers: tuple[Blocker, ...]


UNAVAILABLE = Reply(503, "unavailable", "The request could not be handled now; try again later.")


def respond(reply: Reply) -> Response:
    """The reply as JSON."""
    return Response(write(reply), reply.status, content_type="application/json")


def write(reply: Reply) -> str:
    """The text of a reply: `{"code": ..., "message": ...}`."""
    return json.dumps({"code": reply.code, "message": reply.sentence}) + "\n"


def respond_problem(reply: Reply) -> Response:
    """The reply as the API says it: an `application/problem+json`, its code in capitals."""
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(reply.status).phrase,
        status=reply.status,
        detail=reply.sentence,
        code=reply.code.upper(),
        blockers=reply.blockers,
    )
    text = json.dumps(problem.model_dump(mode="json")) + "\n"
    response = Response(text, reply.status, content_type=PROBLEM_JSON)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if reply.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(reply.retry_after_seconds)
    return response


def install(flask: Flask) -> None:
    """Let every answer of `flask`, those to errors included, look like ours."""
    flask.register_error_handler(HTTPException, _http_error)
    flask.register_error_handler(InternalServerError, _unexpected_error)
    flask.after_request(_harden)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 400
    if status >= 500:
        return _respond_here(UNAVAILABLE)
    said = _respond_here(Reply(status, error.name.lower().replace(" ", "_"), f"{error.name}."))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        said.headers["Allow"] = ", ".join(sorted(allowed))
    return said


def _unexpected_error(error: InternalServerError) -> Response:
    """A mistake of ours: GitHub is told to show the delivery as failed, so that it is taken in later."""
    cause = error.original_exception
    _log.error("action=unexpected_error kind=%s", type(cause).__name__, exc_info=cause)
    return _respond_here(UNAVAILABLE)


def _respond_here(reply: Reply) -> Response:
    return respond_problem(reply) if request.path.startswith(API) else respond(reply)


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.method == "HEAD":
        response.set_data(b"")
    return response
