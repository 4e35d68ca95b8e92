"""What is known of the run that asks for a write: what it is bound to, its evidence, its approvals."""

from collections.abc import Iterable
from typing import Literal

from pydantic import AwareDatetime

from policies.contents.fields import Fact
from policies.intents import Intent, digest

Required = Literal["none", "run", "write", "both"]
"""Which approvals of an operator are demanded: one for all that a run wishes for, one for each write, or both."""
EvidenceKind = Literal["verification", "internal_review"]


class Place(Fact):
    """Where a run works, or where a write goes. None: not said, which a binding must and a write need not."""

    remote: str | None = None
    base: str | None = None
    head: str | None = None
    head_sha: str | None = None


class Evidence(Fact):
    """What somebody found out about one head in one epoch."""

    verdict: Literal["PASS", "FAIL"]
    epoch: int
    head_sha: str


class Approval(Fact):
    """An operator's word on exactly the content with this digest."""

    digest: str
    is_approved: bool
    given_by: str
    expires_at: AwareDatetime


class Standing(Fact):
    """Nothing known of a run opens nothing.

    `bound`: what the run recorded; `place`: where the write goes. Evidence and approvals: the newest of their kind;
    approvals of a write that is a part are those of the whole. `write_digest`, `run_digest`: what would be written, and
    what an approval must have been for. `proposers`: whose approval counts for nothing here.
    """

    bound: Place = Place()
    place: Place = Place()
    epoch: int = 0
    verification: Evidence | None = None
    internal_review: Evidence | None = None
    required: Required = "both"
    write_digest: str = ""
    run_digest: str = ""
    write_approval: Approval | None = None
    run_approval: Approval | None = None
    proposers: tuple[str, ...] = ()


NOTHING = Standing()


def run_digest(intents: Iterable[Intent]) -> str:
    """What an approval of a whole run is for: each target and its content, in whatever order they were wished for."""
    return digest(sorted([intent.target, intent.content_digest] for intent in intents))
