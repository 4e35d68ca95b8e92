"""Whether a pull request may be merged now: everything that stands against it, in the contract's order."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from policies.merging import gate
from policies.merging.answer import Against
from policies.merging.facts import Pull
from policies.merging.situation import GateDecision, MergeDecision, Situation, StoredEvaluation
from policies.text import short

NAMED_STATES = ("clean", "has_hooks", "unstable", "behind", "blocked")
"""In the first three GitHub has nothing against a merge, which proves nothing; in none of others is anything known."""


def decide(situation: Situation, now: datetime) -> MergeDecision:
    """Every reason against it, the primary one first."""
    judged = gate.decide(situation.facts, situation.rules)
    against = (
        *_pull(situation),
        *_evaluation(situation, now),
        *_posture(situation),
        *_repository(situation),
        *judged.against,
        *_conflict(situation.facts.pull),
        *_mergeability(situation, judged),
    )
    return MergeDecision(gate=judged, against=against, uses_queue=situation.facts.protection.merge_queue)


def _pull(situation: Situation) -> Iterator[Against]:
    """Whether it is the pull request that was asked for, and can be merged at all."""
    facts, evaluation = situation.facts, situation.evaluation
    known = {facts.pull.repository_id, evaluation.repository_id if evaluation else facts.repository.id}
    if known != {facts.repository.id}:
        sentence = "The repository is not the one of this name that was known before; an operator has to look at it."
        yield Against(code="PR_NOT_FOUND", detail="REPO_ID_MISMATCH", sentence=sentence)
    if facts.pull.merged:
        yield Against(code="PR_ALREADY_MERGED", detail=None, sentence="The pull request is merged already.")
    elif facts.pull.state == "closed":
        yield Against(code="PR_CLOSED", detail=None, sentence="The pull request is closed; re-open it first.")


def _evaluation(situation: Situation, now: datetime) -> Iterator[Against]:
    """Whether the stored verdict is an allow, and one about just this."""
    yield from _reading(situation)
    evaluation = situation.evaluation
    if evaluation is not None:
        yield from _moved(situation.facts.pull, evaluation)
    yield from _policy(situation, evaluation)
    if evaluation is None:
        sentence = "The policy has not judged this pull request yet; ask again when it has."
        yield _unfit(None, sentence)
    else:
        yield from _worth(evaluation, now, situation.max_age_seconds)


def _reading(situation: Situation) -> Iterator[Against]:
    shown, told = situation.facts.pull.head_sha, situation.hooked_head
    if told not in (None, shown):
        sentence = f"GitHub told of another head and still shows {short(shown)}; it is read again soon."
        yield _unfit("READ_BEHIND_WEBHOOK", sentence, outcome="retry_scheduled")


def _moved(pull: Pull, evaluation: StoredEvaluation) -> Iterator[Against]:
    if evaluation.head_sha != pull.head_sha:
        sentence = (
            f"The head is {short(pull.head_sha)}, and the policy judged {short(evaluation.head_sha)}; "
            "ask again when it has judged the new head."
        )
        yield _unfit("HEAD_MOVED", sentence)
    if evaluation.base_ref != pull.base_ref:
        sentence = (
            f"The base branch is {short(pull.base_ref)}, and the policy judged {short(evaluation.base_ref)}; "
            "ask again when it has judged that one."
        )
        yield _unfit("BASE_CHANGED", sentence)


def _policy(situation: Situation, evaluation: StoredEvaluation | None) -> Iterator[Against]:
    if situation.policy_digest is None:
        why = short(situation.policy_trouble or "nobody knows why")
        yield _unfit("POLICY_INVALID", f"The policy at the base branch is not valid ({why}); mend it there.")
    elif evaluation is not None and evaluation.policy_digest != situation.policy_digest:
        sentence = "The policy at the base branch has changed since it judged; ask again when it has judged anew."
        yield _unfit("POLICY_CHANGED", sentence)


def _worth(evaluation: StoredEvaluation, now: datetime, max_age_seconds: int) -> Iterator[Against]:
    if evaluation.invalidated_by is not None:
        sentence = (
            f"The policy's verdict counts no more since {short(evaluation.invalidated_by)}; "
            "ask again when it has judged anew."
        )
        yield _unfit("SNAPSHOT_INVALIDATED", sentence)
    if not evaluation.is_sound:
        sentence = "The policy's stored verdict was changed by hand; ask again when it has judged anew."
        yield _unfit("SNAPSHOT_CORRUPT", sentence)
    if now - evaluation.evaluated_at > timedelta(seconds=max_age_seconds):
        sentence = f"The policy's verdict is older than {max_age_seconds} s; ask again when it has judged anew."
        yield _unfit("EVIDENCE_EXPIRED", sentence)
    if evaluation.decision != "allow":
        sentence = (
            "The policy does not allow the pull request (`mergegate policy explain` says why); ask again when it does."
        )
        yield _unfit(None, sentence)


def _posture(situation: Situation) -> Iterator[Against]:
    """What operators allow. A dry run makes nothing, so that it needs neither the switch nor the gate's own rule."""
    posture = situation.posture
    if posture.trouble is not None:
        yield _failed("SAFE_MODE", short(posture.trouble))
    elif posture.safe_mode:
        sentence = "The gate is in safe mode, so that nothing is merged; an operator has to switch that off."
        yield _failed("SAFE_MODE", sentence)
    if not posture.live and not posture.dry_run:
        sentence = "The merger is local, so that nothing is merged; set GITHUB_MERGER=live to switch merging on."
        yield _failed("SAFE_MODE", sentence)
    if not (posture.gate_required or posture.overridden or posture.dry_run):
        sentence = (
            "GitHub does not require the gate's own check on this branch, as far as is known, so that a merge by hand "
            "could pass the gate by; run `mergegate doctor`, and do what it says."
        )
        yield _failed("NOT_PERMITTED", sentence)


def _repository(situation: Situation) -> Iterator[Against]:
    facts, posture, method = situation.facts, situation.posture, situation.rules.method
    if facts.pull.draft:
        yield _failed("PR_DRAFT", "The pull request is a draft; mark it as ready for review first.")
    if posture.frozen is not None:
        until = f"until {posture.frozen_until.isoformat()}" if posture.frozen_until else "until somebody ends that"
        yield _failed("FROZEN", f"Merging is frozen {until}: {short(posture.frozen)}", outcome="retry_scheduled")
    if method not in facts.repository.methods:
        allowed = ", ".join(facts.repository.methods) or "none"
        sentence = f"The repository does not allow the method {method} (it allows: {allowed}); choose another."
        yield _failed("METHOD_NOT_ALLOWED", sentence)
    if facts.repository.archived:
        yield _failed("REPO_ARCHIVED", "The repository is archived, so nothing is merged; unarchive it first.")


def _conflict(pull: Pull) -> Iterator[Against]:
    if _conflicts(pull):
        sentence = "The pull request conflicts with its base branch; resolve the conflict."
        yield Against(code="MERGE_CONFLICT", detail=None, sentence=sentence)


def _conflicts(pull: Pull) -> bool:
    return pull.mergeable is False or (pull.mergeable is True and pull.mergeable_state == "dirty")


def _mergeability(situation: Situation, judged: GateDecision) -> Iterator[Against]:
    """What GitHub itself has against it. A merge queue brings branches up to date, and asks its own rules."""
    facts, pull = situation.facts, situation.facts.pull
    if pull.mergeable is None or not (pull.mergeable_state in NAMED_STATES or pull.draft or _conflicts(pull)):
        sentence = "GitHub has not worked out yet whether it can be merged; it is judged again when that is known."
        yield _failed("MERGEABILITY_UNKNOWN", sentence, outcome="retry_scheduled")
    if facts.protection.merge_queue:
        return
    if pull.mergeable_state == "behind":
        yield _behind(situation)
    if pull.mergeable_state == "blocked" and not (judged.against or pull.draft or _conflicts(pull)):
        sentence = "GitHub says that a rule of the branch blocks it, and not which; it is judged again soon."
        yield _failed("GITHUB_BLOCKED_UNEXPLAINED", sentence, outcome="retry_scheduled")


def _behind(situation: Situation) -> Against:
    if situation.rules.update_branch:
        sentence = "The branch is behind its base; it is updated, and judged again at its new head."
        return _failed("BEHIND_BASE", sentence, outcome="retry_scheduled")
    sentence = "The branch is behind its base, and has to be up to date; update it, or let `update_branch` do so."
    return _failed("BEHIND_BASE", sentence)


def _unfit(detail: str | None, sentence: str, *, outcome: Literal["blocked", "retry_scheduled"] = "blocked") -> Against:
    return Against(code="SNAPSHOT_NOT_FOUND", detail=detail, sentence=sentence, outcome=outcome)


def _failed(detail: str, sentence: str, *, outcome: Literal["blocked", "retry_scheduled"] = "blocked") -> Against:
    return Against(code="MERGE_FAILED", detail=detail, sentence=sentence, outcome=outcome)
