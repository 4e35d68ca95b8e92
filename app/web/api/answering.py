"""The answer to an admitted request: one transaction, undone by a refusal, with its effect once for each key."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import psycopg
from flask import Response

from app.database import Pool
from app.queue import NotEnqueued, Publisher
from app.settings import Settings
from app.tokens import Caller
from app.web import request_body
from app.web.api import idempotency
from app.web.api.asked import Asked
from app.web.api.endpoint import Call, Endpoint
from app.web.api.idempotency import Cache, Kept
from app.web.api.rate import Rate
from app.web.api.streaming import Lines
from app.web.replies import Reply

SEND_SECONDS = 1.0
REPLAYED_HEADER = "Idempotency-Replayed"
READ_ONLY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""All that is read is of one moment: the digest that an operator approves is of what stands beside it."""
KEY_REUSED = Reply(422, "IDEMPOTENCY_KEY_REUSED", "The Idempotency-Key was used for another request; take a new one.")

_log = logging.getLogger("mergegate.web")


@dataclass(frozen=True)
class Services:
    """What the API leans on; `now` is the clock."""

    settings: Settings
    pool: Pool
    rate: Rate
    cache: Cache
    publisher: Publisher
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Admitted:
    """A request that may be answered. `path`: the parts of its address."""

    caller: Caller
    asked: Asked
    path: dict[str, object]
    at: datetime


def answer(services: Services, endpoint: Endpoint, admitted: Admitted) -> Kept | Lines | Reply:
    """What the endpoint says, or what it said to the same key before. Raises `psycopg.Error`."""
    principal, key = admitted.caller.principal, admitted.asked.key
    kept = services.cache.read(principal, key, admitted.at) if key else None
    if kept is None:
        return _first_answer(services, endpoint, admitted)
    return _replayed(kept, admitted.asked)


def _first_answer(services: Services, endpoint: Endpoint, admitted: Admitted) -> Kept | Lines | Reply:
    asked, principal = admitted.asked, admitted.caller.principal
    with services.pool.connection() as tx:
        if endpoint.method == "GET":
            tx.execute(READ_ONLY)
        call = Call(tx, admitted.caller, admitted.at, services.settings)
        before = (
            idempotency.reserve(tx, principal, asked.key, digest=asked.digest, now=admitted.at) if asked.key else None
        )
        if before is not None:
            return _replayed(before, asked)
        said = endpoint.work(call, *asked.given, **admitted.path)
        if isinstance(said, Lines | Reply):
            tx.rollback()
            return said
        kept = Kept(asked.digest, said.status, said.text(), said.location)
        if asked.key:
            idempotency.record(tx, principal, asked.key, kept)
    for task, row_id in call.messages:
        _send(services.publisher, task, row_id)
    if asked.key:
        services.cache.write(principal, asked.key, kept, admitted.at)
    return kept


def look(services: Services, endpoint: Endpoint, kept: Kept) -> Callable[[], Kept | None] | None:
    """How to look for the final answer; None where the first one is final."""
    if endpoint.awaits is None:
        return None
    awaits, document = endpoint.awaits, json.loads(kept.text)

    def find() -> Kept | None:
        try:
            with services.pool.connection() as tx:
                tx.execute(READ_ONLY)
                found = awaits(tx, document, services.settings)
        except psycopg.OperationalError:
            return None
        if found is None:
            return None
        return replace(kept, status=found.status, text=found.text(), location=found.location)

    return find


def respond(kept: Kept) -> Response:
    """The answer as JSON."""
    response = Response(kept.text, kept.status, content_type=request_body.JSON)
    if kept.location is not None:
        response.headers["Location"] = kept.location
    if kept.is_replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


def _replayed(kept: Kept, asked: Asked) -> Kept | Reply:
    return replace(kept, is_replayed=True) if kept.request_digest == asked.digest else KEY_REUSED


def _send(publisher: Publisher, task: str, row_id: UUID) -> None:
    """A message that is lost here is made good by the sweep."""
    try:
        publisher.send(task, row_id, within_seconds=SEND_SECONDS)
    except NotEnqueued as trouble:
        _log.warning("action=message_lost task=%s row=%s cause=%s", task, row_id, trouble)
