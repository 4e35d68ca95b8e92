"""What a route answers: one body, a page of a list, or a refusal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.simulator.shapes.view import Json

DOCUMENTATION_URL = "https://docs.github.com/rest"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None  # None: no body at all
    headers: dict[str, str] = field(default_factory=dict)
    points: int = 1  # what it costs of the primary limit
    raw: str | None = None  # sent in place of the body, as it stands
    media: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Listing:
    """A list that the server cuts into pages; under `key`, next to `total_count`, where GitHub wraps it."""

    records: Sequence[Any]
    shape: Callable[[Any], Json]
    key: str | None = None
    extra: Json = field(default_factory=dict)


class Refusal(Exception):
    """GitHub says no, with this status and message."""

    def __init__(self, status: int, message: str, errors: Sequence[Json | str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors

    def answer(self) -> Answer:
        listed = {} if self.errors is None else {"errors": self.errors}
        return error(self.status, self.message, **listed)


def error(status: int, message: str, **more: Any) -> Answer:
    return Answer(status, {"message": message, **more, "documentation_url": DOCUMENTATION_URL, "status": str(status)})


def invalid(resource: str, name: str, message: str, code: str = "custom") -> Refusal:
    """422 as GitHub words it."""
    found = {"resource": resource, "field": name, "code": code, "message": message}
    return Refusal(422, "Validation Failed", [found])


def supplied(body: Json, name: str) -> str:
    """A text that the body must have."""
    found = body.get(name)
    if not isinstance(found, str):
        raise Refusal(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    if any(0xD800 <= ord(character) <= 0xDFFF for character in found):
        raise Refusal(400, "Problems parsing JSON")
    return found
