"""Tell the verdict on a merge group: record it, and propose the status of the commit that the queue would merge."""

from datetime import datetime
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.records import evaluations, groups
from app.records.evaluations import NO_PULL, Evaluation
from app.records.runs import Run
from policies.contents import StatusContent, writable
from tasks import group_verdict, proposing, telling
from tasks.context import Context
from tasks.group_verdict import Finding


def verdict(context: Context, tx: Transaction, run: Run, finding: Finding, now: datetime) -> UUID | None:
    """Record it with its audit entry; the intent that carries it out, None where it was written already."""
    name = telling.status_context(context, run.branch or "")
    proposing.lock(tx, run.repository_id, run.sha or "", name)
    evaluation_id = evaluations.record(tx, _evaluation(run, finding, now))
    content = StatusContent(
        sha=run.sha or "",
        context=name,
        state=finding.state,
        description=writable(finding.status_text),
        target_url=f"{context.settings.public_url}/pulls/{finding.page_key}" if finding.page_key else "",
    )
    intent_id = proposing.status(tx, proposing.Cause(run, NO_PULL, evaluation_id, now), content, None)
    _attest(tx, run, finding, evaluation_id=evaluation_id, intent_id=intent_id, now=now)
    return intent_id


def trouble(context: Context, tx: Transaction, run: Run, sentence: str, now: datetime) -> UUID | None:
    """Tell that a group can't be judged, as long as it lives."""
    group = groups.get(tx, run.repository_id, run.sha or "")
    if group is None or group.destroyed_at is not None:
        return None
    return verdict(context, tx, run, group_verdict.undetermined(sentence), now)


def _evaluation(run: Run, finding: Finding, now: datetime) -> Evaluation:
    return Evaluation(
        run_id=run.id,
        repository_id=run.repository_id,
        number=NO_PULL,
        head_sha=run.sha or "",
        base_ref=run.branch or "",
        policy_source="the verdicts on the pull requests in the merge group",
        state=finding.state,
        description=finding.description,
        status_text=finding.status_text,
        evaluated_at=now,
    )


def _attest(
    tx: Transaction, run: Run, finding: Finding, *, evaluation_id: UUID, intent_id: UUID | None, now: datetime
) -> None:
    body = {
        "run": str(run.id),
        "evaluation": str(evaluation_id),
        "head_sha": run.sha,
        "pulls": list(finding.numbers),
        "state": finding.state,
        "intent": str(intent_id) if intent_id else None,
    }
    ledger.append(tx, kind="merge_group_evaluated", subject=run.subject, actor=ledger.BY_GATE, body=body, at=now)
