"""Send one request of the merger: its attempt recorded with the decision, spent as a permit, then made, once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from app import ledger, permits
from app.github.merging import Merger
from app.permits import Permit, Request
from app.records import attempts, merge_leases, operator_settings, pins, runs
from app.records.attempts import Attempt, Intended, Kind
from app.records.merge_leases import BaseLost, MergeLease
from policies.merging.answer import Against
from policies.merging.replies import Reply
from tasks.context import Context
from tasks.merging import judging
from tasks.merging.finding import TURN, Job, Target
from tasks.merging.judging import Judged
from tasks.merging.waiting import Later

AGAIN = timedelta(seconds=5)
DRY = "DRY_RUN"
"""What is kept of an attempt that was not sent since a dry run was switched on."""


@dataclass(frozen=True)
class Sent:
    """A request that was made, or may have been."""

    attempt: Attempt
    reply: Reply


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be sent, and the merge method where it is one."""

    kind: Kind
    request: Request
    method: str | None = None


def send(
    context: Context, bound: Merger, job: Job, target: Target, *, judged: Judged, lease: MergeLease, wanted: Wanted
) -> Sent | Against | Literal["dry"]:
    """Make the one request, or say what stands against it in the last moment. Raises `Later` and `LeaseLost`.

    `dry`: nothing does, and nothing is sent, since merges are only said by now.
    """
    _take_turn(context, target)
    if (too_old := judging.too_old(context, judged)) is not None:
        return too_old
    try:
        attempt = _intend(context, job, target, judged=judged, lease=lease, wanted=wanted)
        context.checkpoint("merge.intent")
        permit = _spend(context, job, target, judged=judged, lease=lease, attempt=attempt, request=wanted.request)
    except BaseLost:
        raise Later(context.clock() + AGAIN, "The base branch went to another run meanwhile.") from None
    if not isinstance(permit, Permit):
        return permit
    context.checkpoint("merge.spent")
    reply = _make(bound, permit, lease, target, wanted)
    context.checkpoint("merge.requested")
    return Sent(attempt, reply)


def _take_turn(context: Context, target: Target) -> None:
    """Raises `Later` where it is not its turn to write yet, `LimitsUnavailable` where that can't be told."""
    not_before = context.governor.take_turn(
        target.place.installation_id, TURN, f"merge:{target.subject}", context.clock()
    )
    if not_before is not None:
        raise Later(not_before, f"Its turn to write comes at {not_before.isoformat()}.")


def _intend(
    context: Context, job: Job, target: Target, *, judged: Judged, lease: MergeLease, wanted: Wanted
) -> Attempt:
    now = context.clock()
    with context.pool.connection() as tx:
        runs.hold(tx, job.run)
        merge_leases.fence(tx, lease, now)
        if pins.pin(tx, target.full_name, target.place.repository_id) != target.place.repository_id:
            raise Later(now + AGAIN, "Another repository of that name was allowed meanwhile.")
        entry = ledger.append(
            tx,
            kind="merge_decided",
            subject=target.subject,
            actor=ledger.BY_GATE,
            body={"run": str(job.run.id), "write": wanted.kind, "allowed": True, **evidence(judged)},
            at=now,
        )
        intended = Intended(
            kind=wanted.kind,
            repository_id=target.place.repository_id,
            full_name=target.full_name,
            installation_id=target.place.installation_id,
            number=target.number,
            base_ref=lease.base_ref,
            head_sha=judged.head_sha,
            run_id=job.run.id,
            request_id=job.step.request_id,
            method=wanted.method,
            request=wanted.request.document,
            evidence=evidence(judged),
            audit_seq=entry.seq,
        )
        attempt_id = attempts.intend(tx, intended, now, job.by)
        if attempt_id is None:
            tx.rollback()
            raise Later(now + AGAIN, "Another attempt for this head is open or has succeeded.")
        context.checkpoint("merge.before_commit.intent")
        recorded = attempts.get(tx, attempt_id)
    assert recorded is not None  # noqa: S101 -- inserted above
    return recorded


def evidence(judged: Judged) -> dict[str, Any]:
    """Ids and digests of all that the decision was taken from; no text from outside."""
    facts, gate = judged.loaded.facts, judged.decision.gate
    evaluation = judged.situation.evaluation
    return {
        "head_sha": facts.pull.head_sha,
        "base_ref": facts.pull.base_ref,
        "base_sha": facts.pull.base_sha,
        "base_tip": judged.loaded.base_tip,
        "test_merge_sha": facts.pull.merge_commit_sha,
        "evaluation_id": evaluation.id if evaluation else None,
        "policy_digest": judged.situation.policy_digest,
        "snapshot_id": str(judged.snapshot_id) if judged.snapshot_id else None,
        "review_ids": list(gate.review_ids),
        "check_ids": list(gate.check_ids),
        "rules_digests": [facts.protection.digest, judged.loaded.rules_digest],
        "read_at": judged.read_at.isoformat(),
        "deletes_branch": judged.rules.delete_branch,
    }


def _spend(
    context: Context,
    job: Job,
    target: Target,
    *,
    judged: Judged,
    lease: MergeLease,
    attempt: Attempt,
    request: Request,
) -> Permit | Against | Literal["dry"]:
    """The last look at our own side and the permit, in one transaction."""
    now = context.clock()
    with context.pool.connection() as tx:
        operator_settings.share(tx, target.place.repository_id)
        runs.hold(tx, job.run)
        against = judging.local_objection(context, tx, target, job=job, judged=judged)
        if against is not None:
            detail = DRY if against == "dry" else against.detail or against.code
            attempts.fail(tx, attempt, now, job.by, detail=detail)
            return against
        merge_leases.renew(tx, lease, now, seconds=context.settings.merge_lease_seconds)
        permit = permits.spend_attempt(tx, attempt.id, request, by=job.by, now=now)
        if permit is None:
            attempts.fail(tx, attempt, now, job.by, detail="EVIDENCE_EXPIRED")
        context.checkpoint("merge.before_commit.sent")
    if permit is None:
        raise Later(now + AGAIN, "The attempt grew too old before it was sent.")
    return permit


def _make(bound: Merger, permit: Permit, lease: MergeLease, target: Target, wanted: Wanted) -> Reply:
    installation_id = target.place.installation_id
    if wanted.kind == "merge":
        return bound.merge(permit, lease, installation_id, wanted.request)
    if wanted.kind == "enqueue":
        return bound.enqueue(permit, lease, installation_id, wanted.request)
    return bound.update_branch(permit, installation_id, wanted.request)


def response(reply: Reply) -> dict[str, Any]:
    """What is kept of an answer; GitHub's words are for people."""
    return {"status": reply.status, "message": reply.message, "merged": reply.merged, "sha": reply.sha}
