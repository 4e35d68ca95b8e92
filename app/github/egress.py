"""The egress list: which requests may leave for GitHub at all, checked before a socket opens.

A write also needs a spent permit in hand, for exactly this path and body, and uses it up. Asking for an
installation token is the one write that needs none. Paths: https://docs.github.com/en/rest, by repository id.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from app.permits import Permit

_REPOSITORY = r"/repositories/[1-9][0-9]{0,18}"
_NUMBER = r"[1-9][0-9]{0,18}"
_SHA = r"(?:[0-9a-f]{40}|[0-9a-f]{64})"
_SEGMENT = r"[^/?#]+"

READS = tuple(
    re.compile(pattern)
    for pattern in (
        r"/app",
        _REPOSITORY,
        rf"{_REPOSITORY}/branches/{_SEGMENT}",
        rf"{_REPOSITORY}/collaborators/{_SEGMENT}/permission",
        rf"{_REPOSITORY}/commits/{_SHA}/(?:check-runs|pulls|status|statuses)",
        rf"{_REPOSITORY}/contents/[^?#]+",
        rf"{_REPOSITORY}/issues/{_NUMBER}/comments",
        rf"{_REPOSITORY}/pulls",
        rf"{_REPOSITORY}/pulls/{_NUMBER}(?:/(?:commits|files|reviews))?",
        rf"/orgs/{_SEGMENT}/members/{_SEGMENT}",
        rf"/orgs/{_SEGMENT}/teams/{_SEGMENT}(?:/memberships/{_SEGMENT})?",
    )
)
TOKEN = re.compile(r"/app/installations/[1-9][0-9]{0,18}/access_tokens")


@dataclass(frozen=True)
class _Write:
    method: str
    path: re.Pattern[str]
    keys: frozenset[str]


WRITES = {
    "status": _Write(
        "POST",
        re.compile(rf"{_REPOSITORY}/statuses/{_SHA}"),
        frozenset({"state", "target_url", "description", "context"}),
    ),
}


class EgressRefused(Exception):
    """The request is not on the egress list, or no unused permit for it is in hand; nothing was sent."""


_in_hand: ContextVar[Permit | None] = ContextVar("permit in hand", default=None)


@contextmanager
def holding(permit: Permit) -> Iterator[None]:
    """Hold a spent permit for the one write made inside this block."""
    token = _in_hand.set(permit)
    try:
        yield
    finally:
        _in_hand.reset(token)


def check(method: str, url: str, body: str | None) -> None:
    """Raise `EgressRefused` unless this request may leave. `url`: path and query, without the API's prefix."""
    path = url.partition("?")[0]
    if not {"", ".", ".."}.isdisjoint(path.split("/")[1:]):
        raise EgressRefused(f"{method} {path} has an empty part or climbs out of its path")
    if method == "GET":
        _check_read(path, body)
    elif not (method == "POST" and TOKEN.fullmatch(path)):
        _check_write(method, path, body)


def _check_read(path: str, body: str | None) -> None:
    if body is not None or not any(pattern.fullmatch(path) for pattern in READS):
        raise EgressRefused(f"GET {path} is not on the egress list")


def _check_write(method: str, path: str, body: str | None) -> None:
    permit = _in_hand.get()
    if permit is None:
        raise EgressRefused(f"{method} {path} has no permit")
    allowed = WRITES.get(permit.kind)
    if allowed is None or method != allowed.method or not allowed.path.fullmatch(path):
        raise EgressRefused(f"{method} {path} is not what a permit for a {permit.kind} allows")
    document = json.loads(body or "{}")
    if not isinstance(document, dict) or not document.keys() <= allowed.keys:
        raise EgressRefused(f"{method} {path} has a body with more in it than the egress list allows")
    if not permit.use(path, document):
        raise EgressRefused(f"{method} {path}: the permit is for another request, too old, or was used before")
