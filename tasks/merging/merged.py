"""What is recorded of a pull request that is merged: by us, by GitHub's queue for us, or past the gate."""

from datetime import datetime, timedelta

from app import ledger
from app.database import Transaction
from app.github.answers import Unavailable
from app.github.merge_documents import MergePull
from app.records import after_merge, alerts, attempts, issues, timeline
from app.records.attempts import Attempt
from app.records.issues import Issue
from policies.merging.answer import Against, Answer
from tasks import bypass, step_endings
from tasks.context import Context
from tasks.merging import recording, verifying
from tasks.merging.finding import Job, Target
from tasks.merging.judging import Judged
from tasks.merging.recording import Ended
from tasks.merging.settling import Afresh, Came, Elsewhere, Merged
from tasks.merging.verifying import Alert, Verified
from tasks.merging.waiting import Later

VERIFY_AGAIN_SECONDS = 5
LONGEST_VERIFYING_SECONDS = 600
REOPENED_POLL_SECONDS = (5, 10, 15)
"""A reading may be older than the merge, so an open pull request is read again before anybody is told."""
ALREADY = "PR_ALREADY_MERGED"
OF_BYPASS = {"MERGED_OTHER_HEAD": "BYPASS_UNAPPROVED_HEAD"}
"""The alert for a detail, where that is not its own name."""


def came(
    context: Context, job: Job, target: Target, came: Came, *, head_sha: str, judged: Judged | None = None
) -> Ended | Afresh:
    """How the run ends by what came of its request. Raises `Later` while that can't be verified."""
    if isinstance(came, Merged):
        return ours(context, job, target, came, judged)
    if isinstance(came, Elsewhere):
        return elsewhere(job, target, came.pull, context=context)
    return came if isinstance(came, Afresh) else stopped(job, target, came, judged, head_sha)


def ours(context: Context, job: Job, target: Target, merged: Merged, judged: Judged | None) -> Ended:
    """It was merged by an attempt of ours. Raises `Later` while that can't be verified."""
    try:
        verified = verifying.verify(context, target, merged)
    except Unavailable as trouble:
        verified = _unverified(context, merged, trouble)
    context.checkpoint("merge.verified")
    if verified.trouble is not None:
        return _not_what_was_judged(job, target, merged.attempt, verified)
    attempt = merged.attempt
    is_heard = merged.response is not None  # else the worker that sent it is gone, and the merge was found afterwards
    answer = Answer(
        outcome="merged" if is_heard else "already_merged",
        sentence=f"Merged {target.full_name}#{target.number} at {attempt.head_sha[:10]}.",
        code=None if is_heard else ALREADY,
        detail=verified.detail,
        gate="PASS",
        merge_sha=verified.merge_sha,
        method=attempt.method,
        head_sha=attempt.head_sha,
        snapshot_id=attempt.evidence.get("snapshot_id"),
        evaluation_id=attempt.evidence.get("evaluation_id"),
    )

    def also(tx: Transaction, issue: Issue | None, now: datetime) -> None:
        by = job.by
        attempts.succeed(tx, attempt, now, by, merge_sha=verified.merge_sha, response=merged.response)
        if attempt.evidence.get("deletes_branch"):
            after_merge.plan(tx, attempt.run_id or job.run.id, attempt.id, now)
        _finish_issue(tx, job, issue, answer, now)
        _attest_merge(tx, target, attempt, verified, now)
        for alert in verified.alerts:
            _raise(tx, target, attempt.head_sha, alert, now)

    return Ended(answer=answer, target=target, judged=judged, also=also, merged_by=attempt.id)


def already(context: Context, job: Job, target: Target, pull: MergePull) -> Ended:
    """It is merged, and no attempt of ours is open: by an earlier one of ours, or by somebody else."""
    with context.pool.connection() as tx:
        known = attempts.succeeded_of(tx, target.place.repository_id, target.number)
    own = next((each for each in known if each.kind == "merge" and each.head_sha == pull.head.sha), None)
    return elsewhere(job, target, pull, context=context) if own is None else _stored(job, target, own, pull)


def elsewhere(job: Job, target: Target, pull: MergePull, *, context: Context) -> Ended:
    """It is merged, and not by a merge of ours."""
    sentence = f"{target.full_name}#{target.number} is merged already, and not by this gate."
    answer = Answer(
        outcome="already_merged",
        sentence=sentence,
        code=ALREADY,
        merge_sha=pull.merge_commit_sha,
        head_sha=pull.head.sha,
    )

    def also(tx: Transaction, issue: Issue | None, now: datetime) -> None:
        if not bypass.recognise(context, tx, job.step, pull, issue, now):
            _settle_queued(tx, job, target, pull, issue, now)

    return Ended(answer=answer, target=target, also=also)


def reopened(context: Context, job: Job, target: Target, pull: MergePull) -> Ended | None:
    """Where we have merged this head, and the pull request is shown as open: None where we have not. Raises `Later`."""
    with context.pool.connection() as tx:
        known = attempts.succeeded_of(tx, target.place.repository_id, target.number)
    own = next((each for each in known if each.kind == "merge" and each.head_sha == pull.head.sha), None)
    if own is None:
        return None
    polls = int(job.step.memory.get("reopened", 0))
    if polls < len(REOPENED_POLL_SECONDS):
        due = context.clock() + timedelta(seconds=REOPENED_POLL_SECONDS[polls])
        raise Later(due, "GitHub shows as open what was merged.", {**job.step.memory, "reopened": polls + 1})
    sentence = f"{target.full_name}#{target.number} was merged by this gate and is open again; a person must look."
    against = Against(
        code="MERGE_FAILED", detail="POST_MERGE_VERIFY_FAILED", sentence=sentence, outcome="needs_operator"
    )
    fields = {"head_sha": own.head_sha, "merge_sha": own.merge_sha}
    return _with_alert(job, target, against, Alert("REOPENED_AFTER_MERGE", fields), pull.head.sha)


def stopped(job: Job, target: Target, against: Against, judged: Judged | None, head_sha: str) -> Ended:
    """Nothing was merged by us; where a person must look, that is told."""
    if against.outcome != "needs_operator" or against.detail is None:
        return recording.against(against, target=target, judged=judged)
    alert = Alert(OF_BYPASS.get(against.detail, against.detail), {"head_sha": head_sha})
    return _with_alert(job, target, against, alert, head_sha, judged)


def _with_alert(
    job: Job, target: Target, against: Against, alert: Alert, head_sha: str, judged: Judged | None = None
) -> Ended:
    def also(tx: Transaction, issue: Issue | None, now: datetime) -> None:
        if not job.is_dry:
            _raise(tx, target, head_sha, alert, now)

    ended = recording.against(against, target=target, judged=judged)
    return Ended(answer=ended.answer, target=target, judged=judged, also=also)


def _unverified(context: Context, merged: Merged, trouble: Unavailable) -> Verified:
    """Later, or a person, where GitHub does not show for long what it says to have merged."""
    now, since = context.clock(), merged.attempt.sent_at
    if since is None or now - since < timedelta(seconds=LONGEST_VERIFYING_SECONDS):
        due = max(now + timedelta(seconds=VERIFY_AGAIN_SECONDS), trouble.not_before or now)
        with context.pool.connection() as tx:
            attempts.heard(tx, merged.attempt, merged.response)
        raise Later(due, f"It is merged, and that can't be verified yet: {trouble.sentence}")
    sentence = f"It is merged, and what was merged can't be verified; a person must look at it. {trouble.sentence}"
    against = Against(
        code="MERGE_FAILED", detail="POST_MERGE_VERIFY_FAILED", sentence=sentence, outcome="needs_operator"
    )
    fields = {"head_sha": merged.attempt.head_sha}
    return Verified(None, (Alert("POST_MERGE_VERIFY_FAILED", fields),), against)


def _not_what_was_judged(job: Job, target: Target, attempt: Attempt, verified: Verified) -> Ended:
    assert verified.trouble is not None  # noqa: S101 -- the caller has looked

    def also(tx: Transaction, issue: Issue | None, now: datetime) -> None:
        attempts.fail(tx, attempt, now, job.by, detail="POST_MERGE_VERIFY_FAILED")
        for alert in verified.alerts:
            _raise(tx, target, attempt.head_sha, alert, now)

    ended = recording.against(verified.trouble, target=target)
    return Ended(answer=ended.answer, target=target, also=also)


def _stored(job: Job, target: Target, own: Attempt, pull: MergePull) -> Ended:
    answer = Answer(
        outcome="already_merged",
        sentence=f"{target.full_name}#{target.number} was merged by this gate already.",
        code=ALREADY,
        gate="PASS",
        merge_sha=own.merge_sha or pull.merge_commit_sha,
        method=own.method,
        head_sha=own.head_sha,
        snapshot_id=own.evidence.get("snapshot_id"),
        evaluation_id=own.evidence.get("evaluation_id"),
    )

    def also(tx: Transaction, issue: Issue | None, now: datetime) -> None:
        if not job.is_dry:
            _finish_issue(tx, job, issue, answer, now)

    left = None if job.is_dry else own.id  # its worker may have died before what follows a merge
    return Ended(answer=answer, target=target, also=also, merged_by=left)


def _settle_queued(
    tx: Transaction, job: Job, target: Target, pull: MergePull, issue: Issue | None, now: datetime
) -> None:
    """GitHub's queue has merged what we had put into it: our merge, told once."""
    known = attempts.succeeded_of(tx, target.place.repository_id, target.number)
    entry = next((each for each in known if each.kind == "enqueue" and each.head_sha == pull.head.sha), None)
    if entry is None or job.is_dry:
        return
    answer = Answer(
        outcome="merged",
        sentence="Merged by GitHub's merge queue.",
        gate="PASS",
        merge_sha=pull.merge_commit_sha,
        method=entry.method,
        head_sha=entry.head_sha,
        snapshot_id=entry.evidence.get("snapshot_id"),
    )
    _finish_issue(tx, job, issue, answer, now)
    if attempts.set_merge_sha(tx, entry, pull.merge_commit_sha or ""):
        _attest_merge(tx, target, entry, Verified(pull.merge_commit_sha), now)


def _finish_issue(tx: Transaction, job: Job, issue: Issue | None, answer: Answer, now: datetime) -> None:
    """REVIEW_READY to DONE and `loop_merged`, once, together."""
    if issue is None or issue.status != "REVIEW_READY":
        return
    issues.move(tx, issue, "DONE", now, answer.merge_sha)
    payload = {
        **step_endings.said_of(job.step, issue.status),
        "stateAfter": "DONE",
        "prUrl": issue.pr_url,
        "mergeSha": answer.merge_sha,
        "mergeMethod": answer.method,
        "gateVerdict": answer.gate,
        "snapshotId": answer.snapshot_id,
    }
    timeline.append(tx, issue.id, job.run.id, "loop_merged", payload, now)


def _attest_merge(tx: Transaction, target: Target, attempt: Attempt, verified: Verified, now: datetime) -> None:
    body = {
        "attempt": str(attempt.id),
        "run": str(attempt.run_id) if attempt.run_id else None,
        "head_sha": attempt.head_sha,
        "base_ref": attempt.base_ref,
        "merge_sha": verified.merge_sha,
        "method": attempt.method,
        "evidence": attempt.evidence,
        "detail": verified.detail,
    }
    ledger.append(tx, kind="MERGED", subject=target.subject, actor=ledger.BY_GATE, body=body, at=now)


def _raise(tx: Transaction, target: Target, head_sha: str, alert: Alert, now: datetime) -> None:
    fields = {"repository": target.full_name, "number": target.number, **alert.fields}
    key = f"{alert.code}:{target.subject}@{head_sha}"
    alerts.raise_alert(tx, alert.code, subject=target.subject, fields=fields, key=key, at=now)
