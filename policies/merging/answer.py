"""What a merge run answers: one outcome, one primary code with its detail, and every blocker behind it."""

from typing import Literal

from policies.decision import Blocker
from policies.facts import Frozen, Moment, Text

Outcome = Literal["merged", "already_merged", "blocked", "retry_scheduled", "needs_operator", "would_merge", "ignored"]


class Against(Frozen):
    """One reason against a merge: its code, its detail (None: the code says it all) and one sentence for a person.

    `outcome`: what stands after it: the gate itself comes back, a person must, or new facts.
    """

    code: str
    detail: Text | None
    sentence: Text
    subject: Text = ""
    outcome: Literal["blocked", "retry_scheduled", "needs_operator"] = "blocked"

    def blocker(self) -> Blocker:
        """For the audit; the detail stands in the subject where nothing else does."""
        return Blocker(code=self.code, sentence=self.sentence, subject=self.subject or self.detail or self.code)


class Answer(Frozen):
    """How a merge run ended. `against`: every reason, the primary one first; empty where it may be merged.

    `retry_at`: when the gate comes back by itself. `gate`: the gate decision's verdict, None where it was not taken.
    """

    outcome: Outcome
    sentence: Text
    code: str | None = None
    detail: Text | None = None
    against: tuple[Against, ...] = ()
    retry_at: Moment | None = None
    gate: Literal["PASS", "FAIL"] | None = None
    gate_block_reason: Text | None = None
    merge_sha: str | None = None
    method: str | None = None
    head_sha: str | None = None
    snapshot_id: str | None = None
    evaluation_id: str | None = None
