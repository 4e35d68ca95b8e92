"""What stands before every address of the API: the token, a few places at once, and a body of bounded size."""

import hmac
import threading
from collections.abc import Callable

import psycopg
from flask import Request, Response, request
from pydantic import SecretStr

from app.web import request_body
from app.web.replies import Reply, respond

MOST_AT_ONCE = 2
"""The API shares the threads of the receiver, which neither a slow Postgres nor a large policy may use up."""
MOST_BYTES = 512 * 1024

UNAUTHORIZED = Reply(401, "unauthorized", "The header Authorization should be Bearer and the token of the API.")
BUSY = Reply(429, "busy", "Too many requests are being answered now; try again in a second.")
NO_DATABASE = Reply(503, "unavailable", "The database does not answer; try again in a minute.")
TOO_LARGE = Reply(413, "too_large", f"The body should have at most {MOST_BYTES} bytes.")

Work = Callable[..., Response | Reply]


class Guard:
    """Lets who has the token in, `MOST_AT_ONCE` at a time."""

    def __init__(self, token: SecretStr) -> None:
        self._wanted = b"Bearer " + token.get_secret_value().encode()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def over(self, work: Work) -> Callable[..., Response]:
        """A view that does the work for those who may."""

        def view(**parts: str | int) -> Response:
            if not self._knows(request):
                return _with(respond(UNAUTHORIZED), "WWW-Authenticate", "Bearer")
            if not self._places.acquire(blocking=False):
                return _with(respond(BUSY), "Retry-After", "1")
            try:
                return _answer(work, **parts)
            finally:
                self._places.release()

        return view

    def _knows(self, incoming: Request) -> bool:
        given = incoming.headers.get("Authorization", "").encode("latin-1", "replace")  # WSGI's way to hand on bytes
        return hmac.compare_digest(self._wanted, given)


def body() -> bytes | Reply:
    """The body of the request, or what is wrong with it."""
    declared = request.content_length
    if declared is not None and declared > MOST_BYTES:
        return TOO_LARGE
    content = request_body.read(request, MOST_BYTES)
    return TOO_LARGE if isinstance(content, Reply) and content.status == TOO_LARGE.status else content


def _answer(work: Work, **parts: str | int) -> Response:
    try:
        answer = work(**parts)
    except psycopg.Error:
        return respond(NO_DATABASE)
    return respond(answer) if isinstance(answer, Reply) else answer


def _with(response: Response, header: str, value: str) -> Response:
    response.headers[header] = value
    return response
