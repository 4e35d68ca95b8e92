"""Sends a request as exact bytes over a socket, as a case's `transport` says, and reads what comes back."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.conformance.case import Headers

CHUNK_BYTES = 64 * 1024
CLOSED = None
"""The status of a connection that was closed without an answer."""


class Request(NamedTuple):
    """The bytes to send: the head, and the pieces of the body with a pause in seconds after each."""

    head: bytes
    body: bytes
    transport: Mapping[str, Any]


class Seen(NamedTuple):
    """What came back: a status or `CLOSED`, after so many seconds, and the first bytes of the answer."""

    status: int | None
    seconds: float
    answer: bytes


class TooSlow(Exception):
    """No whole answer came in time."""


def make_head(method: str, path: str, headers: Headers, body: bytes, transport: Mapping[str, Any]) -> bytes:
    """Request line and headers; lengths are added unless the case gives its own."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers)]
    if "raw_extra_header" in transport:
        lines.append(transport["raw_extra_header"])
    if transport.get("chunked"):
        lines.append("transfer-encoding: chunked")
    elif not any(name.lower() == "content-length" for name, _ in headers):
        lines.append(f"content-length: {_declared(body, transport)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def send(port: int, request: Request, *, within_seconds: float) -> Seen:
    """Send on a new connection and return what was seen. Raises `TooSlow`."""
    started_at = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=within_seconds) as connection:
        stop = threading.Event()
        sender = threading.Thread(target=_send, args=(connection, request, stop), daemon=True)
        sender.start()
        try:
            answer = _receive(connection, started_at + within_seconds)
        finally:
            stop.set()
    sender.join(within_seconds)
    return Seen(_status(answer), time.monotonic() - started_at, answer[:300])


def _declared(body: bytes, transport: Mapping[str, Any]) -> int:
    declared: int = transport.get("raw_content_length", len(body))
    return declared + int(transport.get("raw_content_length_delta", 0))


def _send(connection: socket.socket, request: Request, stop: threading.Event) -> None:
    """Sending ends quietly when the server has closed: it may well answer before it has everything."""
    try:
        connection.sendall(request.head)
        for piece in _pieces(request.body, request.transport):
            connection.sendall(piece)
            if stop.wait(request.transport.get("drip_seconds", 0)):
                return
        if request.transport.get("half_close"):
            connection.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _pieces(body: bytes, transport: Mapping[str, Any]) -> Iterator[bytes]:
    if transport.get("send_body") is False:
        return
    step = int(transport.get("drip_bytes", CHUNK_BYTES))
    for start in range(0, len(body), step):
        piece = body[start : start + step]
        yield b"%x\r\n%s\r\n" % (len(piece), piece) if transport.get("chunked") else piece
    if transport.get("chunked"):
        yield b"0\r\n\r\n"


def _receive(connection: socket.socket, deadline: float) -> bytes:
    """Bytes up to the end of the answer, or up to the end of the connection."""
    received = b""
    while not _is_whole(received):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TooSlow
        connection.settimeout(left)
        try:
            more = connection.recv(CHUNK_BYTES)
        except ConnectionError:
            break
        except TimeoutError:
            raise TooSlow from None
        if not more:
            break
        received = _without_interim(received + more)
    return received


def _without_interim(received: bytes) -> bytes:
    """Without a `100 Continue`."""
    while received.startswith(b"HTTP/1.1 1") and b"\r\n\r\n" in received:
        received = received.partition(b"\r\n\r\n")[2]
    return received


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return False


def _status(answer: bytes) -> int | None:
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and parts[0].startswith(b"HTTP/") and parts[1].isdigit() else CLOSED
