"""Who is signed in to the console: a signed cookie with the id of a token and a time, and not the token itself."""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

COOKIE = "mergegate_console"
HOURS = 12
"""For how long somebody is signed in, unless the token ends before."""

_PURPOSE = b"mergegate console session 1"
_COOKIE = re.compile(r"(?P<signed>(?P<token_id>[0-9a-f]{16})\.(?P<until>[0-9]{10}))\.(?P<mac>[0-9a-f]{64})")


def cookie(secret: bytes, token_id: str, now: datetime) -> str:
    """The value for who has shown the token just now."""
    signed = f"{token_id}.{int((now + timedelta(hours=HOURS)).timestamp())}"
    return f"{signed}.{_mac(secret, signed)}"


def token_id(secret: bytes, value: str, now: datetime) -> str | None:
    """The token of which it speaks, which may count no more; None where we did not make it, or its time is over."""
    found = _COOKIE.fullmatch(value)
    if found is None or not hmac.compare_digest(_mac(secret, found["signed"]), found["mac"]):
        return None
    return found["token_id"] if now.timestamp() < int(found["until"]) else None


def _mac(secret: bytes, signed: str) -> str:
    return hmac.new(secret, _PURPOSE + b"\0" + signed.encode(), hashlib.sha256).hexdigest()
