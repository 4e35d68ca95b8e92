"""Everything that a merge is judged by, gathered: the facts, the rules, the posture and the stored evaluation."""

from typing import Literal

from policies.facts import Frozen, Moment, Text
from policies.merging.answer import Against
from policies.merging.facts import MergeFacts
from policies.merging.rules import MergeRules


class Posture(Frozen):
    """What operators allow now. Nothing said allows nothing.

    `live`: the merger is bound live. `safe_mode`: an operator's kill switch (of all, or of this repository).
    `trouble`: why it cannot be told what they allow. `dry_run`: merges here are only said, not made. `frozen`: why
    nothing is merged now, `frozen_until` when that ends (None: nobody knows). `gate_required`: `doctor` found the
    gate's own context required and pinned on this base; `overridden`: an operator has overridden that finding.
    """

    live: bool = False
    safe_mode: bool = True
    trouble: Text | None = None
    dry_run: bool = True
    frozen: Text | None = None
    frozen_until: Moment | None = None
    gate_required: bool = False
    overridden: bool = False


class StoredEvaluation(Frozen):
    """The newest stored verdict on the pull request. `invalidated_by`: the event after which it counts no more.

    `is_sound`: its seal fits its row.
    """

    id: str
    head_sha: str
    base_ref: Text
    repository_id: int
    policy_digest: str
    decision: Literal["allow", "deny"]
    evaluated_at: Moment
    invalidated_by: Text | None = None
    is_sound: bool = True


class Situation(Frozen):
    """One final read with all that goes with it.

    `policy_digest`: of the policy in force at the base branch now; None where it is not valid, and `policy_trouble`
    then says why. `hooked_head`: the head that a webhook named and that this read should have shown, None where it is
    not behind. `max_age_seconds`: how old the evaluation may be.
    """

    facts: MergeFacts
    rules: MergeRules
    posture: Posture
    evaluation: StoredEvaluation | None
    policy_digest: str | None
    policy_trouble: Text | None = None
    hooked_head: str | None = None
    max_age_seconds: int = 3_600


class Veto(Frozen):
    """A request for changes that blocks nothing, since its author may not write."""

    login: Text
    permission: Text


class GateDecision(Frozen):
    """Reviews and checks together. `against`: every blocker, in the contract's order.

    `review_ids` and `check_ids`: what was judged, for the record. `vetoes`: the ignored ones.
    """

    verdict: Literal["PASS", "FAIL"]
    review_status: Literal["APPROVED", "NOT_APPROVED", "CHANGES_REQUESTED"]
    checks_status: Literal["PASS", "FAIL"]
    against: tuple[Against, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    review_ids: tuple[int, ...] = ()
    check_ids: tuple[int, ...] = ()


class MergeDecision(Frozen):
    """Whether it may be merged now: only where nothing is `against` it, which stands in the contract's order.

    `uses_queue`: the base branch is merged into by GitHub's merge queue only, so that it is queued and not merged.
    """

    gate: GateDecision
    against: tuple[Against, ...] = ()
    uses_queue: bool = False

    @property
    def allowed(self) -> bool:
        """Whether the gate says PASS and nothing else stands against it."""
        return self.gate.verdict == "PASS" and not self.against
