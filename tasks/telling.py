"""Tell a verdict: record the evaluation, and propose the status that everybody who looks at the commit will see.

A status belongs to a commit, so all open pull requests with one head and one base share it. What is told is the worst
of their newest verdicts: none of them may be merged on the strength of another one's success.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.github import documents
from app.records import evaluations, groups, pulls
from app.records.evaluations import Evaluation
from app.records.runs import Run
from policies.contents import StatusContent, context_of, writable
from policies.text import short
from tasks import proposing
from tasks.context import Context
from tasks.proposing import Cause

WORST_FIRST = ("failure", "error", "pending", "success")


@dataclass(frozen=True)
class Told:
    """What was recorded. `intent_id`: the intent that carries the verdict out, None where GitHub shows it already.

    `bare_id`: the same for the status without the branch's name, None where none is asked for.
    """

    evaluation_id: UUID
    intent_id: UUID | None
    bare_id: UUID | None


def verdict(
    context: Context, tx: Transaction, run: Run, evaluation: Evaluation, shown: documents.Status | None
) -> Told:
    """Record the evaluation, and propose its status; merge groups of it are judged again.

    The caller calls `attest` last: whoever waits for the audit chain holds all the intents that he changes.
    """
    where = (run.repository_id, evaluation.head_sha, evaluation.base_ref)
    proposing.lock(tx, run.repository_id, evaluation.head_sha, status_context(context, evaluation.base_ref))
    evaluation_id = evaluations.record(tx, evaluation)
    content = _content(context, evaluation, evaluations.on_target(tx, *where))
    cause = Cause(run, evaluation.number, evaluation_id, evaluation.evaluated_at)
    told = Told(evaluation_id, proposing.status(tx, cause, content, shown), _bare(context, tx, cause, evaluation))
    groups.want_of(tx, run, evaluation.number, evaluation.evaluated_at)
    return told


def trouble(context: Context, tx: Transaction, run: Run, sentence: str, now: datetime) -> UUID | None:
    """Tell that a pull request can't be judged, at the head that is known; None where none is, or nothing changes."""
    pull = pulls.get(tx, run.repository_id, run.number) if run.number is not None else None
    if pull is None or not pull["is_open"] or pull["head_sha"] is None or pull["base_ref"] is None:
        return None
    evaluation = Evaluation(
        run_id=run.id,
        repository_id=run.repository_id,
        number=pull["number"],
        head_sha=pull["head_sha"],
        base_ref=pull["base_ref"],
        state="error",
        description=f"The pull request could not be judged: {sentence}",
        status_text=short(f"Could not be judged: {sentence}"),
        evaluated_at=now,
    )
    told = verdict(context, tx, run, evaluation, None)
    proposing.withdraw_all(tx, run, now)
    attest(tx, run, evaluation, told)
    return told.intent_id


def attest(tx: Transaction, run: Run, evaluation: Evaluation, told: Told) -> None:
    """The audit entry of a verdict."""
    body = {
        "run": str(run.id),
        "evaluation": str(told.evaluation_id),
        "head_sha": evaluation.head_sha,
        "policy_digest": evaluation.policy_digest,
        "snapshot_digest": evaluation.snapshot.digest() if evaluation.snapshot else None,
        "state": evaluation.state,
        "mode": evaluation.mode,
        "other_state": evaluation.other.state if evaluation.other else None,
        "differs": evaluation.differs,
        "intent": str(told.intent_id) if told.intent_id else None,
    }
    subject = f"pull:{run.repository_id}#{evaluation.number}"
    at = evaluation.evaluated_at
    ledger.append(tx, kind="pull_request_evaluated", subject=subject, actor=ledger.BY_GATE, body=body, at=at)


def status_context(context: Context, base_ref: str) -> str:
    """The context of our status: one for each base branch, as policy-bot has it; a cut one ends in a digest."""
    return context_of(context.settings.status_context, base_ref)


def _content(context: Context, evaluation: Evaluation, sharing: list[dict[str, Any]]) -> StatusContent:
    worst = min(sharing, key=lambda row: (WORST_FIRST.index(row["state"]), row["number"]))
    text = worst["status_text"] if len(sharing) == 1 else f"#{worst['number']}: {worst['status_text']}"
    return StatusContent(
        sha=evaluation.head_sha,
        context=status_context(context, evaluation.base_ref),
        state=worst["state"],
        description=short(writable(text)),
        target_url=f"{context.settings.public_url}/pulls/{worst['page_key']}",
    )


def _bare(context: Context, tx: Transaction, cause: Cause, evaluation: Evaluation) -> UUID | None:
    """policy-bot's `post_insecure_status_checks`: pull requests of one head share it, whatever their bases are."""
    if not context.settings.policy_options.post_insecure_status_checks:
        return None
    proposing.lock(tx, cause.run.repository_id, evaluation.head_sha, context.settings.status_context)
    sharing = evaluations.on_head(tx, cause.run.repository_id, evaluation.head_sha)
    content = _content(context, evaluation, sharing)
    return proposing.bare_status(tx, cause, content.model_copy(update={"context": context.settings.status_context}))
