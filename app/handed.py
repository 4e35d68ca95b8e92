"""What workflows and their steps are asked with, and what steps hand on, typed: names, ids, counts, codes, times."""

import json
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Handed(BaseModel):
    """Kept as JSON in `steps.input` and `steps.output`, and in `workflows.input`; read back strictly."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return self.model_dump(mode="json", by_alias=True)


H = TypeVar("H", bound=Handed)


def read(of: type[H], document: dict[str, Any]) -> H:
    """What was kept. Raises `pydantic.ValidationError` where that is something else."""
    return of.model_validate_json(json.dumps(document))


class Asked(Handed):
    """What was asked for, by the names that people read in the API; what was not said is left out."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class AskedPulls(Asked):
    """To judge a pull request or a merge group, or to find the pull requests that something concerns."""

    repository: str
    number: int | None = None
    sha: str | None = None
    branch: str | None = None


class AskedHandoff(Asked):
    """To write, bound to a repository and its branches."""

    remote: str
    base: str
    head: str
    head_sha: str | None = None


class AskedWord(Asked):
    """To approve what a run wishes to write in this epoch."""

    run: UUID
    epoch: int


class AskedStep(Asked):
    """To run a step of an issue, or to merge."""

    step: str
    mode: Literal["execute", "dryRun", "observe"]
    request_id: str
    issue_id: UUID | None = None


class AskedImport(Asked):
    """To take in a batch of old records, or to take it out."""

    batch: UUID
    by: str


class AskedWrite(Asked):
    """To make one write; the intent of the same id has all of it."""

    kind: str
    number: int | None = None


class AskedDeletion(Asked):
    """To delete the head branch of what this attempt has merged."""

    attempt: UUID


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


class Planned(Handed):
    """Of a run of the API: how many writes it wishes for in this epoch, and how many of those are made."""

    epoch: int
    writes: int
    written: int


class Made(Handed):
    """A write that GitHub has: under which id, and by which answer; None where only a reading told."""

    remote_id: str | None
    status_code: int | None


class Sorted(Handed):
    """Of a batch of old records: how many rows were read, found to be ready, taken in, left alone, put aside."""

    staged: int = 0
    ready: int = 0
    imported: int = 0
    unchanged: int = 0
    kept_ours: int = 0
    quarantined: int = 0


class TakenOut(Handed):
    """How many rows of a batch were taken in, and are taken out again."""

    rows: int


class Followed(Handed):
    """After a merge: whether the head branch was deleted; `why`: in our words, where it was not."""

    deleted: bool
    why: str | None = None
