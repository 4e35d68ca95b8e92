"""What an address of the API is made of: a scope, a model of what it takes, models of what it answers, a function."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.database import Transaction
from app.settings import Settings
from app.tokens import Caller, Scope
from app.web import request_body
from app.web.api.bodies import Document, Query, RequestBody
from app.web.api.streaming import Lines
from app.web.replies import Reply

MOST_BYTES = 512 * 1024
MOST_WAIT_SECONDS = 30
KEYED = ("POST", "PUT")
"""The methods whose requests may carry an Idempotency-Key."""


@dataclass(frozen=True)
class Call:
    """Who asks, when, and the transaction of the answer: it is committed with an `Answer`, undone with a `Reply`."""

    tx: Transaction
    caller: Caller
    at: datetime
    settings: Settings
    messages: list[tuple[str, UUID]] = field(default_factory=list)

    def send(self, task: str, row_id: UUID) -> None:
        """Send a message after the commit. It may be lost: what it points at must be found by the sweep too."""
        self.messages.append((task, row_id))


@dataclass(frozen=True)
class Answer:
    """What is answered. `location`: where to look for what becomes of it."""

    body: BaseModel | Document
    status: int = 200
    location: str | None = None

    def text(self) -> str:
        """The body as JSON; escaped, so that no letter from outside is without its bytes."""
        body = self.body
        document = body.model_dump(mode="json", by_alias=True) if isinstance(body, BaseModel) else body
        return json.dumps(document) + "\n"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method at one address. `work` gets the `Call`, then what was taken, then the query, then parts of the path.

    `takes`: a model for JSON; `str` or `bytes` for a body as it is. `types`: the content types of the body, any where
    that is empty. `otherwise`: what is taken where no body is sent at all. `says`: the content type of its answers; of
    lines, `answers` tells what one is. `refuses`: the statuses of `work`'s own refusals, besides those of the door.
    `awaits`: for what is not done at once, looks for the final answer by the document that was answered first; None
    while there is none.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    work: Callable[..., Answer | Lines | Reply]
    scope: Scope
    answers: Mapping[int, type[BaseModel]]
    takes: type[BaseModel] | type[str] | type[bytes] | None = None
    types: tuple[str, ...] = (request_body.JSON,)
    most_bytes: int = MOST_BYTES
    otherwise: RequestBody | None = None
    query: type[Query] | None = None
    says: str = request_body.JSON
    refuses: tuple[int, ...] = ()
    awaits: Callable[[Transaction, Document, Settings], Answer | None] | None = None

    @property
    def is_policy_bots(self) -> bool:
        """Whether policy-bot has it as well: then it changes nothing, and reads no query, whatever stands there."""
        return not self.path.startswith("/api/v1/")

    @property
    def is_keyed(self) -> bool:
        """Whether its requests may carry an Idempotency-Key."""
        return self.method in KEYED and not self.is_policy_bots
