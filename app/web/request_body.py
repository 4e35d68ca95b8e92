"""The body of a request: its type, its length, and its bytes, read up to a limit."""

import re
from urllib.parse import unquote_to_bytes

from flask import Request
from gunicorn.http.errors import ParseException

from app.web.replies import Reply

MOST_BYTES = 25 * 1024 * 1024

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_FIELD = b"payload="
_LENGTH = re.compile(r"[0-9]{1,18}")


def check_headers(request: Request, *, types: tuple[str, ...]) -> Reply | None:
    """Refuse another content type than `types`, any content encoding, and a declared length beyond the limit."""
    if read_type(request) not in types:
        return Reply(415, "unsupported_type", f"The content type should be {types[0]}.")
    if request.headers.get("Content-Encoding"):
        return Reply(415, "unsupported_encoding", "The body should have no content encoding.")
    declared = request.environ.get("CONTENT_LENGTH")
    if declared and not _LENGTH.fullmatch(declared):
        return Reply(400, "malformed_length", "The content length should be a number.")
    return _TOO_LARGE if declared and int(declared) > MOST_BYTES else None


def read_type(request: Request) -> str:
    """The content type in lower case, without its parameters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def read(request: Request, most_bytes: int = MOST_BYTES) -> bytes | Reply:
    """All bytes of the body."""
    declared = request.environ.get("CONTENT_LENGTH")
    if not declared and not request.environ.get("wsgi.input_terminated"):
        return b""
    try:
        body: bytes = request.environ["wsgi.input"].read(int(declared) if declared else most_bytes + 1)
    except (OSError, ParseException):
        return _INCOMPLETE
    if len(body) > most_bytes:
        return _TOO_LARGE
    return _INCOMPLETE if declared and len(body) < int(declared) else body


def read_form(body: bytes) -> bytes | Reply:
    """The JSON text in a form of exactly one field, `payload`."""
    if not body.startswith(_FIELD) or b"&" in body:
        return Reply(400, "malformed_form", "The form should have exactly one field, payload.")
    return unquote_to_bytes(body.removeprefix(_FIELD).replace(b"+", b" "))


_TOO_LARGE = Reply(413, "too_large", f"The body should have at most {MOST_BYTES} bytes.")
_INCOMPLETE = Reply(400, "incomplete_body", "The body ended before its declared length, or was too slow.")
