"""Read afresh all that a merge is judged by, and judge it: facts, rules, posture and the stored evaluation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.database import Transaction
from app.records import checks_snapshots, gate_findings, operator_settings
from policies.merging import judging, labelled, windows
from policies.merging.answer import Against
from policies.merging.rules import MergeRules
from policies.merging.situation import MergeDecision, Posture, Situation
from tasks import merge_facts
from tasks.context import Context
from tasks.merge_facts import Loaded
from tasks.merging import by_issue
from tasks.merging.finding import Job, Target


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One final read with its decision. `read_at`: when the reading began. `snapshot_id`: None in a dry run."""

    loaded: Loaded
    situation: Situation
    decision: MergeDecision
    read_at: datetime
    snapshot_id: UUID | None

    @property
    def head_sha(self) -> str:
        """The judged head."""
        return self.loaded.facts.pull.head_sha

    @property
    def rules(self) -> MergeRules:
        """The rules for this pull request, its labels considered."""
        return self.situation.rules


def judge(context: Context, job: Job, target: Target) -> Judged:
    """Raises `Unavailable` where anything could not be read whole."""
    read_at = context.clock()
    loaded = merge_facts.load(context, target.place, target.number)
    context.checkpoint("merge.read")
    rules = labelled.rules(loaded.rules, loaded.labels)
    with context.pool.connection() as tx:
        posture = posture_of(context, tx, target, job=job, loaded=loaded)
        situation = Situation(
            facts=loaded.facts,
            rules=rules,
            posture=posture,
            evaluation=loaded.evaluation,
            policy_digest=loaded.policy_digest,
            policy_trouble=loaded.policy_trouble,
            hooked_head=loaded.hooked_head,
            max_age_seconds=context.settings.merge_max_evaluation_seconds,
        )
        snapshot_id = None if job.is_dry else _capture(tx, job, target, loaded, read_at)
    decision = judging.decide(situation, context.clock())
    return Judged(loaded=loaded, situation=situation, decision=decision, read_at=read_at, snapshot_id=snapshot_id)


def posture_of(context: Context, tx: Transaction, target: Target, *, job: Job, loaded: Loaded) -> Posture:
    """What operators and the gate file's windows allow now.

    Where merges are only said in any case, what keeps real ones from being made is left out: it is asked what would be.
    """
    now, repository_id, pull = context.clock(), target.place.repository_id, loaded.facts.pull
    said = operator_settings.in_force(tx, context.settings, target.full_name, repository_id)
    found = gate_findings.of(tx, repository_id, pull.base_ref)
    window = windows.frozen(loaded.rules.freezes, loaded.labels, pull.number, now)
    is_off = not said.merges_in(target.full_name)
    by_hand = said.frozen_at(now)
    return Posture(
        live=is_off or context.settings.github_merger == "live",
        safe_mode=said.safe_mode,
        trouble=said.trouble,
        dry_run=job.is_dry or is_off or bool(said.dry_run) or (said.dry_run is None and bool(loaded.rules.dry_run)),
        frozen=by_hand.reason if by_hand else window.reason if window else None,
        frozen_until=by_hand.until if by_hand else window.until if window else None,
        gate_required=is_off or found.is_required_at(now),
        overridden=found.overridden,
    )


def _capture(tx: Transaction, job: Job, target: Target, loaded: Loaded, now: datetime) -> UUID:
    owner, _, name = target.full_name.partition("/")
    return checks_snapshots.capture(
        tx,
        checks_snapshots.Wanted(
            run_id=job.run.id,
            issue_id=job.issue.id if job.issue else None,
            repo_owner=owner,
            repo_name=name,
            ref=loaded.facts.pull.head_sha,
            checks=loaded.facts.checks,
            step="S5",
            request_id=job.step.request_id,
        ),
        now,
    )


def local_objection(
    context: Context, tx: Transaction, target: Target, *, job: Job, judged: Judged
) -> Against | Literal["dry"] | None:
    """What newly stands against it on our own side: issue, posture, stored evaluation, age of what was read.

    `dry`: nothing does, but since then merges are only said.
    """
    now = context.clock()
    objection = by_issue.objection(context, tx, job) or by_issue.held(context, tx, target)
    if objection is not None:
        return objection
    posture = posture_of(context, tx, target, job=job, loaded=judged.loaded)
    evaluation = merge_facts.stored_evaluation(tx, target.place, target.number)
    told = merge_facts.hooked_head(tx, target.place, judged.loaded.pull, evaluation)
    facts = judged.loaded.facts
    shown = {review.id: review.state for review in facts.reviews}
    reviews = merge_facts.hooked_reviews(tx, target.place, target.number, shown)
    now_facts = facts.model_copy(update={"hooked_reviews": reviews})
    said = {"posture": posture, "evaluation": evaluation, "hooked_head": told, "facts": now_facts}
    situation = judged.situation.model_copy(update=said)
    again = judging.decide(situation, now)
    known = {(each.code, each.detail) for each in judged.decision.against}
    if (new := next((each for each in again.against if (each.code, each.detail) not in known), None)) is not None:
        return new
    return too_old(context, judged) or ("dry" if posture.dry_run else None)


def too_old(context: Context, judged: Judged) -> Against | None:
    """What stands against it where the worker was held up since it read GitHub."""
    if (context.clock() - judged.read_at).total_seconds() <= context.settings.merge_max_read_seconds:
        return None
    sentence = "What was read of GitHub grew too old before the merge could be sent; it is read again."
    return Against(code="SNAPSHOT_NOT_FOUND", detail="EVIDENCE_EXPIRED", sentence=sentence, outcome="retry_scheduled")
