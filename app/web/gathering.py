"""A connection that gathers its request, small ones wholly, before a thread is spent on it."""

import re
from typing import Any

from gunicorn.workers.gthread import TConn

from app.web.request_body import MOST_BYTES

GATHERED_BYTES = 128 * 1024
"""A request is handed on when so much of it is there, whole or not; most webhooks are far smaller."""

PIECE_BYTES = 64 * 1024

_END_OF_HEAD = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_CODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTING = re.compile(rb"\r\nexpect:", re.IGNORECASE)


class GatheringConnection(TConn):  # type: ignore[misc]
    """Gunicorn's connection, with what has been read of its first request."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._gathered = bytearray()

    def gather(self) -> bool:
        """Read what is there, without waiting; whether a thread should go on with it."""
        try:
            piece = self.sock.recv(PIECE_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            return True
        self._gathered += piece
        return not piece or is_enough(self._gathered)

    def init(self) -> None:
        """Give the parser what has been gathered; called in the thread that handles the request."""
        if not self.initialized:
            super().init()
            self.parser.unreader.unread(bytes(self._gathered))
            self._gathered.clear()

    def close(self, graceful: bool = False) -> None:
        """Close at once: this is called in the thread that serves all connections. Waiting for the client to have read
        its answer is done before, in the thread of the request."""
        self.sock.close()


def is_enough(gathered: bytes | bytearray) -> bool:
    """Whether a request is whole, too large to wait for, or not one to be understood here: the parser judges, not we.

    A client that expects `100 Continue` sends its body only after the parser has said so.
    """
    if len(gathered) >= GATHERED_BYTES:
        return True
    end = gathered.find(_END_OF_HEAD)
    if end < 0:
        return False
    head = bytes(gathered[: end + len(_END_OF_HEAD)])
    declared = _LENGTH.search(head)
    if _EXPECTING.search(head):
        return True
    if _CODED.search(head):
        return bool(declared) or not _CHUNKED.search(head) or gathered.endswith(_LAST_CHUNK)
    length = int(declared[1]) if declared else 0
    return length > MOST_BYTES or len(gathered) >= len(head) + length
