"""What the steps of workflows are asked with and hand on, typed: ids, counts, codes and times; no text from outside."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Handed(BaseModel):
    """Kept as JSON in `steps.input` and `steps.output`; read back strictly."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Judged(Handed):
    """Of a pull request: its verdict; `evaluation` is None where there was nothing to judge."""

    evaluation: UUID | None
    state: str | None
    head_sha: str | None


class Found(Handed):
    """How many pull requests an event or a look was found to concern."""

    pulls: int


class GroupJudged(Handed):
    """Of a merge group: how many verdicts on its members it waits for; 0 where it was judged."""

    waits_for: int


class Approved(Handed):
    """Who has approved which content, and until when that counts."""

    approved_by: str
    digest: str
    expires_at: datetime


class Ended(Handed):
    """The one outcome of a run of a step of an issue, or of a merge."""

    outcome: str
    state_before: str | None
    state_after: str | None


class Compared(Handed):
    """Until when all that GitHub delivered before is settled; None where that is not known yet."""

    settled_until: datetime | None


class Inspected(Handed):
    """How many repositories were looked at."""

    looked_at: int


class Followed(Handed):
    """After a merge: whether the head branch was deleted; `why`: in our words, where it was not."""

    deleted: bool
    why: str | None = None
