"""What a request asks, read and checked: its body, its query, its Idempotency-Key, and how long it would wait."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from app.web import request_body
from app.web.api.endpoint import MOST_WAIT_SECONDS, Endpoint
from app.web.replies import Reply
from policies.decision import Blocker
from policies.text import plain, short

WAIT = "wait"
KEY_HEADER = "Idempotency-Key"
KEY = r"[!-~]{1,255}"
MOST_PLACES = 20
MOST_SENTENCE_CHARACTERS = 200

MALFORMED = Reply(400, "MALFORMED", "The body should be JSON, in UTF-8 and not too deeply nested.")
TWICE = Reply(400, "MALFORMED", "An object of the body has a key twice: nobody can tell which one is meant.")

_KEY = re.compile(KEY)
_SECONDS = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True)
class Asked:
    """`given`: body and query, as far as the endpoint takes them. `digest`: SHA-256 over what a repetition repeats."""

    given: tuple[Any, ...]
    digest: str
    key: str | None
    wait_seconds: int


def read(endpoint: Endpoint, incoming: Request) -> Asked | Reply:
    """What is asked, or the first thing that is wrong with it."""
    key = incoming.headers.get(KEY_HEADER) if endpoint.is_keyed else None
    if key is not None and not _KEY.fullmatch(key):
        return Reply(400, "MALFORMED", f"The header {KEY_HEADER} should be 1 to 255 visible ASCII characters.")
    query = _query(endpoint, incoming)
    if isinstance(query, Reply):
        return query
    wait_seconds, parts = query
    body = _body(endpoint, incoming)
    if isinstance(body, Reply):
        return body
    return Asked((*body, *parts), _digest(incoming, (*body, *parts)), key, wait_seconds)


def _query(endpoint: Endpoint, incoming: Request) -> tuple[int, tuple[BaseModel, ...]] | Reply:
    if endpoint.is_policy_bots:
        return 0, ()
    given = incoming.args.to_dict()
    if len(given) < sum(len(values) for _, values in incoming.args.lists()):
        return Reply(422, "INVALID", "A parameter of the query is given twice.")
    wait = given.pop(WAIT, "0") if endpoint.awaits else "0"
    if not _SECONDS.fullmatch(wait) or int(wait) > MOST_WAIT_SECONDS:
        return Reply(422, "INVALID", f"{WAIT}: should be 0 to {MOST_WAIT_SECONDS} seconds.")
    if endpoint.query is None:
        unknown = next(iter(given), None)
        return (int(wait), ()) if unknown is None else Reply(422, "INVALID", f"{_name(unknown)}: is not known here.")
    try:
        return int(wait), (endpoint.query.model_validate(given),)
    except ValidationError as wrong:
        return _invalid(wrong)


def _body(endpoint: Endpoint, incoming: Request) -> tuple[Any, ...] | Reply:
    takes = endpoint.takes
    if takes is None:
        return ()
    if endpoint.otherwise is not None and _is_empty(incoming):
        return (endpoint.otherwise,)
    content = _content(endpoint, incoming)
    if isinstance(content, Reply) or takes is bytes:
        return content if isinstance(content, Reply) else (content,)
    if issubclass(takes, BaseModel):
        return _validated(takes, content)
    try:
        return (content.decode("utf-8"),)
    except UnicodeDecodeError:
        return Reply(400, "MALFORMED", "The body should be UTF-8 text.")


def _is_empty(incoming: Request) -> bool:
    return not incoming.content_length and "Transfer-Encoding" not in incoming.headers


def _content(endpoint: Endpoint, incoming: Request) -> bytes | Reply:
    too_large = Reply(413, "TOO_LARGE", f"The body should have at most {endpoint.most_bytes} bytes.")
    if endpoint.types and request_body.read_type(incoming) not in endpoint.types:
        return Reply(415, "UNSUPPORTED_TYPE", f"The content type should be {' or '.join(endpoint.types)}.")
    if incoming.headers.get("Content-Encoding"):
        return Reply(415, "UNSUPPORTED_TYPE", "The body should have no content encoding.")
    declared = incoming.content_length
    if declared is not None and declared > endpoint.most_bytes:
        return too_large
    content = request_body.read(incoming, endpoint.most_bytes)
    return too_large if isinstance(content, Reply) and content.status == too_large.status else content


def _validated(takes: type[BaseModel], content: bytes) -> tuple[BaseModel] | Reply:
    try:
        from_json(content, allow_inf_nan=False)  # NaN is no JSON, and no database takes it for such
    except ValueError:
        return MALFORMED
    if _has_twice(content):
        return TWICE
    try:
        return (takes.model_validate_json(content),)
    except ValidationError as wrong:
        return _invalid(wrong)


def _has_twice(content: bytes) -> bool:
    """Whether a key stands twice in an object, which is read first by some and last by others."""
    try:
        json.loads(content, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except ValueError:
        return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice in an object")


def _invalid(wrong: ValidationError) -> Reply:
    """One sentence about the first place that is wrong, and a blocker for each."""
    errors = wrong.errors(include_url=False, include_input=False, include_context=False)
    places = tuple(_places([(error["loc"], error["msg"]) for error in errors[:MOST_PLACES]]))
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Reply(422, "INVALID", places[0].sentence + more, places)


def _places(errors: list[tuple[tuple[int | str, ...], str]]) -> Iterator[Blocker]:
    for path, message in errors:
        place = _name(".".join(map(str, path))) or "body"
        said = message.removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
        yield Blocker(code="INVALID", sentence=short(f"{place}: {said}.", MOST_SENTENCE_CHARACTERS), subject=place)


def _name(given: str) -> str:
    return short(plain(given), 100)


def _digest(incoming: Request, given: tuple[Any, ...]) -> str:
    """Over method, address, body and query: JSON that says the same in another order is the same request."""
    digest = hashlib.sha256(f"{incoming.method} {incoming.path}".encode("utf-8", "surrogatepass"))
    for said in given:
        content = said if isinstance(said, bytes) else _text(said).encode("utf-8", "surrogatepass")
        digest.update(f"\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _text(said: BaseModel | str) -> str:
    return said if isinstance(said, str) else json.dumps(said.model_dump(mode="json"), sort_keys=True)
