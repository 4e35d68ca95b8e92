"""Answers that are sent while they are made: lines of JSON, more than one would want to hold."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Response, request

from app.database import Pool
from app.web.replies import Reply, respond_problem

MOST_AT_ONCE = 1
"""Each keeps a thread that webhooks would have."""
SEND_SECONDS = 30.0
"""Time for a client to take a piece."""
MOST_SECONDS = 900.0
"""Time for all pieces; what takes longer is asked for in parts."""
LINES = "application/x-ndjson"

BUSY = Reply(429, "BUSY", "Another export is being sent now; try again in a minute.", retry_after_seconds=60)


@dataclass(frozen=True)
class Lines:
    """An answer in pieces of whole lines. `make` takes a connection for each piece, and none while it is sent."""

    make: Callable[[Pool], Iterator[str]]


class Streaming:
    """Sends such answers, `MOST_AT_ONCE` at a time; one that can't be made to its end is cut off."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def respond(self, lines: Lines) -> Response:
        """The answer, whose first piece is made before the status is said."""
        if request.method == "HEAD":  # whose answer werkzeug would not close
            return Response(content_type=LINES)
        if not self._places.acquire(blocking=False):
            return respond_problem(BUSY)
        leave = _once(self._places.release)
        try:
            pieces = lines.make(self._pool)
            first = next(pieces, "")
        except BaseException:
            leave()
            raise
        response = Response(_sent(first, pieces, leave), content_type=LINES)
        response.call_on_close(_limited(request.environ.get("gunicorn.socket")))
        response.call_on_close(leave)
        return response


def _sent(first: str, pieces: Iterator[str], leave: Callable[[], None]) -> Iterator[str]:
    until = time.monotonic() + MOST_SECONDS
    try:
        yield first
        for piece in pieces:
            if time.monotonic() > until:
                raise TimeoutError(f"an answer of lines took more than {MOST_SECONDS} s")
            yield piece
    finally:
        leave()


def _limited(client: socket.socket | None) -> Callable[[], None]:
    """Let the client have no more than `SEND_SECONDS` for a piece; what is given back ends that."""
    if client is None:
        return lambda: None
    client.settimeout(SEND_SECONDS)
    return lambda: client.settimeout(None)


def _once(release: Callable[[], None]) -> Callable[[], None]:
    lock = threading.Lock()

    def leave() -> None:
        if lock.acquire(blocking=False):
            release()

    return leave
