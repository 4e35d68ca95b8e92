"""What the governor is told and what it hands out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Resource = Literal["core", "graphql"]
"""REST and GraphQL have a budget each."""

Pace = Literal["unseen", "quiet", "content", "notifying"]
"""How a write counts: all are spaced, `content` counts for the minute and the hour, too, and `notifying` is content
that somebody gets a notification of, and spaced wider. `unseen` counts as `quiet` does, in a line of its own."""


@dataclass(frozen=True)
class Turn:
    """What one write takes: a place at its pace, and a request of a budget."""

    pace: Pace
    resource: Resource = "core"


@dataclass(frozen=True)
class Slot:
    """One of an installation's requests under way. `installation_id`: None for the App itself."""

    installation_id: int | None
    resource: Resource
    token: str
    begun_at: datetime
    is_write: bool = False


@dataclass(frozen=True)
class Budget:
    """What an answer said is left of the hour."""

    resource: Resource
    limit: int
    remaining: int
    resets_at: datetime


@dataclass(frozen=True)
class Told:
    """What an answer told. `served`: it was a success. `limited`: it said that we asked too much, and `wait_seconds`
    for how long, where it named a time to wait.
    """

    served: bool = False
    limited: bool = False
    wait_seconds: int | None = None
    budget: Budget | None = None


@dataclass(frozen=True)
class Seen:
    """What is known of an installation, for operators. `installation`: its id, or `app` for the App itself."""

    installation: str
    held_until: datetime | None
    remaining: dict[Resource, int]
    under_way: int
    waiting: int
