"""Whether a body was signed with one of the configured webhook secrets."""

import hashlib
import hmac
import re
from datetime import datetime
from typing import NamedTuple

from app.settings import Settings

_SHAPE = re.compile(r"sha256=[0-9a-f]{64}")


class Key(NamedTuple):
    """One webhook secret; `until` is the moment from which it counts no more, or `None`."""

    secret: bytes
    until: datetime | None


def read_keys(settings: Settings) -> tuple[Key, ...]:
    """The current secret and, if there is one, the previous one."""
    keys = [Key(settings.webhook_secret.get_secret_value().encode(), None)]
    if settings.webhook_previous_secret is not None:
        previous = settings.webhook_previous_secret.get_secret_value().encode()
        keys.append(Key(previous, settings.webhook_previous_secret_until))
    return tuple(keys)


def match(body: bytes, header: str | None, keys: tuple[Key, ...], now: datetime) -> int | None:
    """The index of the key that signed `body`, or `None`. Every key that still counts is tried, in constant time."""
    if header is None or not _SHAPE.fullmatch(header):
        return None
    given = header.encode("ascii")
    matching = [index for index, key in enumerate(keys) if _signed(body, given, key, now)]
    return matching[0] if matching else None


def _signed(body: bytes, given: bytes, key: Key, now: datetime) -> bool:
    if key.until is not None and now >= key.until:
        return False
    expected = b"sha256=" + hmac.new(key.secret, body, hashlib.sha256).hexdigest().encode("ascii")
    return hmac.compare_digest(expected, given)
