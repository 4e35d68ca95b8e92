"""What stands before every endpoint: a place, a token that counts, its rate and scope, a request that is sound."""

import re
import threading
from collections.abc import Callable
from datetime import datetime

import psycopg
from flask import Request, Response, request

from app import tokens
from app.tokens import Caller
from app.web.api import answering
from app.web.api import asked as asking
from app.web.api.answering import Admitted, Services
from app.web.api.endpoint import Endpoint
from app.web.api.idempotency import Kept
from app.web.api.rate import RateUnavailable
from app.web.api.streaming import Lines, Streaming
from app.web.api.waiting import Waiting
from app.web.replies import Reply, respond_problem

MOST_AT_ONCE = 2
"""The API shares the threads of the receiver, which neither a slow Postgres nor a large policy may use up."""

UNAUTHORIZED = Reply(401, "UNAUTHORIZED", "The header Authorization should be Bearer and a token that counts.")
BUSY = Reply(429, "BUSY", "Too many requests are being answered now; try again in a second.", retry_after_seconds=1)
NO_DATABASE = Reply(503, "UNAVAILABLE", "The database does not answer; try again in a minute.")
NO_REDIS = Reply(503, "UNAVAILABLE", "The count of requests does not answer; try again in a minute.")
UNSTORABLE = Reply(422, "INVALID", "The request holds a character or a number that stands in no database.")

_BEARER = re.compile(r"Bearer (?P<token>[!-~]{1,200})")


class Door:
    """Lets those in who may, `MOST_AT_ONCE` at a time; who waits for an answer stands elsewhere."""

    def __init__(self, services: Services, waiting: Waiting) -> None:
        self._services, self._waiting = services, waiting
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._streaming = Streaming(services.pool)

    def over(self, endpoint: Endpoint) -> Callable[..., Response]:
        """A view that answers for the endpoint."""

        def view(**path: object) -> Response:
            token = read_token(request)
            if token is None:
                return respond_problem(UNAUTHORIZED)
            if not self._places.acquire(blocking=False):
                return respond_problem(BUSY)
            try:
                said = self._said(endpoint, token, path)
            finally:
                self._places.release()
            return self._respond(endpoint, said)

        return view

    def _respond(self, endpoint: Endpoint, said: tuple[Kept, int] | Lines | Reply) -> Response:
        if isinstance(said, Reply):
            return respond_problem(said)
        if not isinstance(said, Lines):
            return self._awaited(endpoint, *said)
        try:
            return self._streaming.respond(said)
        except psycopg.OperationalError:
            return respond_problem(NO_DATABASE)

    def _said(self, endpoint: Endpoint, token: str, path: dict[str, object]) -> tuple[Kept, int] | Lines | Reply:
        """The answer, and for how many seconds a later one would be waited for."""
        try:
            admitted = self._admit(endpoint, token, path)
            if isinstance(admitted, Reply):
                return admitted
            answered = answering.answer(self._services, endpoint, admitted)
            return answered if isinstance(answered, Lines | Reply) else (answered, admitted.asked.wait_seconds)
        except psycopg.OperationalError:
            return NO_DATABASE
        except psycopg.DataError:
            return UNSTORABLE
        except RateUnavailable:
            return NO_REDIS

    def _admit(self, endpoint: Endpoint, token: str, path: dict[str, object]) -> Admitted | Reply:
        """The body is read only of those who may send one."""
        now = self._services.now()
        caller = self._caller(token, now)
        if isinstance(caller, Reply):
            return caller
        if endpoint.scope not in caller.scopes:
            return Reply(403, "SCOPE_MISSING", f"This needs a token with the scope {endpoint.scope}.")
        asked = asking.read(endpoint, request)
        return asked if isinstance(asked, Reply) else Admitted(caller, asked, path, now)

    def _caller(self, token: str, now: datetime) -> Caller | Reply:
        with self._services.pool.connection() as tx:
            caller = tokens.find(tx, token, now)
        if caller is None:
            return UNAUTHORIZED
        seconds = self._services.rate.take(caller.token_id)
        if seconds is None:
            return caller
        sentence = f"The token has made all its requests of this minute; try again in {seconds} s."
        return Reply(429, "RATE_LIMITED", sentence, retry_after_seconds=seconds)

    def _awaited(self, endpoint: Endpoint, kept: Kept, wait_seconds: int) -> Response:
        look = answering.look(self._services, endpoint, kept)
        later = self._waiting.until(look, wait_seconds) if look and wait_seconds else None
        return answering.respond(later or kept)


def read_token(incoming: Request) -> str | None:
    """What the request gives for a token, if it could be one."""
    match = _BEARER.fullmatch(incoming.headers.get("Authorization", ""))
    return match["token"] if match and tokens.is_shaped(match["token"]) else None
