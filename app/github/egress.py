"""The egress list: which requests may leave for GitHub at all, checked before a socket opens.

A write also needs a spent permit in hand, for exactly this path and body, and uses it up. Asking for an
installation token is the one write that needs none. GraphQL takes the fixed documents of `queries/` and no other;
one that changes anything is a write.
Paths: https://docs.github.com/en/rest, by repository id.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import unquote

from pydantic import ValidationError

from app.github import queries
from app.github.allowed_writes import BRANCH, NUMBER, REPOSITORY, SEGMENT, SHA, WRITES, AllowedWrite
from app.github.queries import GRAPHQL
from app.permits import Permit, Request

_NAME = r"[A-Za-z0-9._-]+"

READS = tuple(
    re.compile(pattern)
    for pattern in (
        r"/app",
        r"/app/hook/deliveries(?:/[1-9][0-9]{0,18})?",
        r"/app/installations",
        rf"/apps/{_NAME}",
        REPOSITORY,
        rf"{REPOSITORY}/actions/runs",
        rf"{REPOSITORY}/branches/{SEGMENT}(?:/protection)?",
        rf"{REPOSITORY}/collaborators(?:/{SEGMENT}/permission)?",
        rf"{REPOSITORY}/commits/{SHA}(?:/(?:check-runs|check-suites|pulls|status|statuses))?",
        rf"{REPOSITORY}/commits/tags/{SEGMENT}",
        rf"{REPOSITORY}/contents/[^?#]+",
        rf"{REPOSITORY}/deployments(?:/{NUMBER}/statuses)?",
        rf"{REPOSITORY}/git/ref/heads/{BRANCH}",
        rf"{REPOSITORY}/git/(?:blobs|commits|trees)/{SHA}",
        rf"{REPOSITORY}/issues/comments/{NUMBER}",
        rf"{REPOSITORY}/issues/{NUMBER}(?:/(?:comments|labels))?",
        rf"{REPOSITORY}/properties/values",
        rf"{REPOSITORY}/pulls",
        rf"{REPOSITORY}/pulls/{NUMBER}(?:/(?:files|merge|requested_reviewers|reviews))?",
        rf"{REPOSITORY}/pulls/{NUMBER}/reviews/{NUMBER}",
        rf"{REPOSITORY}/rules/branches/{SEGMENT}",
        rf"{REPOSITORY}/rulesets/{NUMBER}",
        rf"{REPOSITORY}/teams",
        rf"/orgs/{SEGMENT}/members(?:/{SEGMENT})?",
        rf"/orgs/{SEGMENT}/teams/{SEGMENT}(?:/members|/memberships/{SEGMENT})?",
        rf"/repos/{_NAME}/{_NAME}(?:/installation)?",
    )
)
TOKEN = re.compile(r"/app/installations/[1-9][0-9]{0,18}/access_tokens")


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
    parts = path.split("/")[1:]
    if "" in parts or not {".", ".."}.isdisjoint(unquote(path).split("/")):
        raise EgressRefused(f"{method} {path} has an empty part or climbs out of its path")
    if method == "GET":
        _check_read(path, body)
    elif method == "POST" and path == GRAPHQL and not _is_mutation(body):
        _check_query(url, body)
    elif not (method == "POST" and TOKEN.fullmatch(path)):
        _check_write(method, url, body)


def _check_read(path: str, body: str | None) -> None:
    if body is not None or not any(pattern.fullmatch(path) for pattern in READS):
        raise EgressRefused(f"GET {path} is not on the egress list")


def _is_mutation(body: str | None) -> bool:
    """Whether it is a fixed document that changes something; any other that would is no query either."""
    document = json.loads(body or "{}")
    text = document.get("query") if isinstance(document, dict) else None
    return isinstance(text, str) and queries.digest(text) in queries.MUTATIONS


def _check_query(url: str, body: str | None) -> None:
    """A fixed document with its variables and nothing else; a permit opens no way here."""
    document = json.loads(body or "{}")
    if url != GRAPHQL or not isinstance(document, dict) or document.keys() != {"query", "variables"}:
        raise EgressRefused("POST /graphql is sent with a query and its variables, and nothing else")
    known = queries.BY_DIGEST.get(queries.digest(str(document["query"])))
    if known is None or not known.takes(document["variables"]):
        raise EgressRefused("POST /graphql is sent with one of the fixed documents only, and with its own variables")


def _check_write(method: str, path: str, body: str | None) -> None:
    permit = _in_hand.get()
    if permit is None:
        raise EgressRefused(f"{method} {path} has no permit")
    allowed = _allowed(permit.kind, method, path)
    if allowed is None:
        raise EgressRefused(f"{method} {path} is not what a permit for a {permit.kind} allows")
    try:
        allowed.body.model_validate_json(body or "{}")
    except ValidationError:
        raise EgressRefused(f"{method} {path} has another body than the egress list allows") from None
    if not permit.use(Request(method, path, json.loads(body or "{}"))):
        raise EgressRefused(f"{method} {path}: the permit is for another request, too old, or was used before")


def _allowed(kind: str, method: str, path: str) -> AllowedWrite | None:
    """What a permit of this kind may be used for, where it is this."""
    fitting = (one for one in WRITES.get(kind, ()) if method == one.method and one.path.fullmatch(path))
    return next(fitting, None)
