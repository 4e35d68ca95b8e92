"""Gunicorn's thread worker, made safe against slow clients, with our own words for requests that are not HTTP."""

import logging
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.http.errors import (
    ConfigurationProblem,
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.web import replies
from app.web.gathering import GatheringConnection
from app.web.replies import UNAVAILABLE, Reply

REQUEST_SECONDS = 8
"""Time for one request to come in, headers and body. GitHub itself gives up after 10 s."""

REQUEST_SECONDS_UNDER_PRESSURE = 2
"""The same while other requests wait for a thread."""

TOO_SLOW = Reply(408, "too_slow", "The request took too long to come in.")

TICK_SECONDS = 0.25
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
    """Gives a request a thread when it is there, cuts it off when it is slow, closes connections in their own threads.

    Gunicorn gives every new connection a thread at once, reads with no time limit, and closes (which can take 2 s) in
    the one thread that serves all connections.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._started_at: dict[TConn, float] = {}

    def accept(self, listener: socket.socket) -> None:
        """Take a connection in, and watch it until its request is there."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        conn = GatheringConnection(self.cfg, sock, client, listener.getsockname())
        conn.timeout = time.monotonic() + REQUEST_SECONDS
        self.nr_conns += 1
        self.pending_conns.append(conn)
        self.poller.register(sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Gather what has come in; the connection gets a thread when that is enough."""
        if conn.gather():
            super().on_pending_socket_readable(conn, client)

    def murder_pending(self) -> None:
        """Close the connections whose request is not there in time."""
        now = time.monotonic()
        for conn in self.pending_conns:
            if conn.timeout <= now:
                _send(conn.sock, TOO_SLOW)
        super().murder_pending()

    def handle(self, conn: TConn) -> Any:
        """Handle what has come in on a connection; the result says whether to keep it."""
        self._started_at[conn] = time.monotonic()
        try:
            keep = super().handle(conn)
        finally:
            del self._started_at[conn]
        if keep is False and self._count_waiting() <= 0:
            util.close_graceful(conn.sock, FAREWELL_SECONDS, MOST_DRAINED_BYTES)
        return keep

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wake up often enough to keep time."""
        super().wait_for_and_dispatch_events(min(timeout, TICK_SECONDS))

    def notify(self) -> None:
        """Called in every turn of the loop: the reads that have had their time end as if the client had left."""
        super().notify()
        seconds = REQUEST_SECONDS_UNDER_PRESSURE if self._count_waiting() > 0 else REQUEST_SECONDS
        overdue = time.monotonic() - seconds
        for conn, started_at in list(self._started_at.items()):
            if started_at < overdue:
                _stop_reading(conn.sock)

    def _count_waiting(self) -> int:
        """How many connections with something to read have no thread yet."""
        return int(self.nr_conns) - len(self.keepalived_conns) - len(self.pending_conns) - len(self._started_at)

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
