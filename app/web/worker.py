"""Gunicorn's thread worker, made safe against slow clients, with our own words for requests that are not HTTP."""

import logging
import socket
import time
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http.errors import (  # type: ignore[import-untyped]
    ConfigurationProblem,
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from app.web import replies
from app.web.replies import UNAVAILABLE, Reply

REQUEST_SECONDS = 8
"""Time to read one request, headers and body. GitHub itself gives up after 10 s."""

FAREWELL_SECONDS = 0.5
MOST_DRAINED_BYTES = 1024 * 1024

_BAD_REQUEST = Reply(400, "bad_request", "The request is not sound HTTP.")
_REPLIES: dict[type[Exception], Reply] = {
    LimitRequestLine: Reply(414, "uri_too_long", "The request line is too long."),
    LimitRequestHeaders: Reply(431, "headers_too_large", "The header fields are too large."),
    ExpectationFailed: Reply(417, "expectation_failed", "The expectation cannot be met."),
    ConfigurationProblem: UNAVAILABLE,
}

_log = logging.getLogger("mergegate.web")


class BoundedWorker(ThreadWorker):  # type: ignore[misc]
    """Cuts off requests that take too long to arrive, and closes connections in their own threads.

    Gunicorn reads with no time limit, and closes (which can take 2 s) in the one thread that serves all connections.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reading: dict[TConn, float] = {}

    def handle(self, conn: TConn) -> Any:
        """Handle what has come in on a connection; the result says whether to keep it."""
        self._reading[conn] = time.monotonic() + REQUEST_SECONDS
        try:
            keep = super().handle(conn)
        finally:
            del self._reading[conn]
        if keep is False:
            util.close_graceful(conn.sock, FAREWELL_SECONDS, MOST_DRAINED_BYTES)
        return keep

    def notify(self) -> None:
        """Called about once a second by the loop: the reads that have had their time end as if the client had left."""
        super().notify()
        now = time.monotonic()
        for conn, until in list(self._reading.items()):
            if now > until:
                _stop_reading(conn.sock)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer a request that could not be parsed. Nothing of it is said back or logged."""
        if not isinstance(exc, ParseException):
            _log.error("action=unexpected_error kind=%s", type(exc).__name__, exc_info=exc)
        _send(client, _reply_to(exc))


def _reply_to(exc: Exception) -> Reply:
    if not isinstance(exc, ParseException):
        return UNAVAILABLE
    return _REPLIES.get(type(exc), _BAD_REQUEST)


def _send(client: socket.socket, reply: Reply) -> None:
    text = replies.write(reply)
    lines = [f"HTTP/1.1 {reply.status} Refused", "Connection: close", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(text)}", *(f"{name}: {value}" for name, value in replies.HEADERS.items())]
    try:
        client.sendall("\r\n".join([*lines, "", text]).encode("ascii"))
    except OSError:
        _log.debug("action=client_left")


def _stop_reading(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        _log.debug("action=client_left")
