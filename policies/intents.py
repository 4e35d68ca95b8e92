"""An outbound write wished for, content-addressed by its idempotency key."""

import hashlib
import json

from policies.contents import Content, Kind
from policies.contents.fields import Fact

VERDICTS: tuple[Kind, ...] = ("status", "check_run", "review_approve", "review_dismiss", "review_request")
"""What the gate writes by its own verdict, which needs no evidence of a run."""


class Intent(Fact):
    """One write. `sequence` counts the intents for one target, so that A, B, A are three writes and A, A is one.

    `repository` is owner/name as the policy of writes names it; the id is what the write is addressed to. `number` is 0
    where the write is about no pull request that is there yet.

    `epoch`: of the run of the API that asks for it; None for the gate's own verdicts. `part_of`: the id of the intent
    that it belongs to, whose approval counts for it.
    """

    run_id: str
    repository: str
    repository_id: int
    installation_id: int
    number: int
    sequence: int
    content: Content
    epoch: int | None = None
    part_of: str | None = None

    @property
    def kind(self) -> Kind:
        """What sort of write it is."""
        return self.content.kind

    @property
    def target(self) -> str:
        """What would be changed: two intents with one target are never under way at once, the newer one counts.

        Of what the gate does by its own verdict too, a run has a target of its own: neither takes the other's place.
        """
        return target_of(self.content, self.repository_id, self.epoch)

    @property
    def content_digest(self) -> str:
        """SHA-256, hex, over the content alone: what an operator approves."""
        return digest(self.content.model_dump(mode="json"))

    @property
    def key(self) -> str:
        """The idempotency key: run, target, sequence, pull request and content."""
        return digest([self.run_id, self.kind, self.target, self.sequence, self.number, self.content_digest])


def target_of(content: Content, repository_id: int, epoch: int | None) -> str:
    """The target of an intent that is not recorded yet."""
    target = content.target_in(repository_id)
    return target if epoch is None or content.kind not in VERDICTS else f"run:{target}"


def digest(value: object) -> str:
    """SHA-256, hex, over a JSON value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
