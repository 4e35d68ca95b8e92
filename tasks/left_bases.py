"""Take back the success of a base branch into which a pull request goes no more, since it may turn back any time.

Each base branch has a status of its own on the commit. While a pull request goes elsewhere, or is closed, nobody judges
it for the branch it left: whoever turned it back, or opened it again, could merge on a verdict that is not true by now.
"""

from datetime import datetime
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.github import documents
from app.records import evaluations, intents, pulls, runs
from app.records.evaluations import Evaluation
from app.records.runs import Run
from policies.contents import StatusContent, status_target, writable
from policies.text import short
from tasks import proposing, telling
from tasks.context import Context

STANDING = ("pending", "sent", "written", "blocked")
"""Where an intent stands whose status is on GitHub, or may get there."""


def take_back(context: Context, run: Run, pull: documents.Pull) -> list[UUID]:
    """The intents that do so, one for each base left behind; none where nothing is to be taken back."""
    if pull.merged:
        return []
    now = context.clock()
    with context.pool.connection() as tx:
        runs.hold(tx, run)
        judged = pulls.judged_bases(tx, run.repository_id, pull.number, pull.head.sha)
        left = [base for base in judged if pull.state == "closed" or base != pull.base.ref]
        for base in left:
            proposing.lock(tx, run.repository_id, pull.head.sha, telling.status_context(context, base))
        found = [_take_back(context, tx, run, pull=pull, base=base, now=now) for base in left]
    return [intent_id for intent_id in found if intent_id is not None]


def _take_back(
    context: Context, tx: Transaction, run: Run, *, pull: documents.Pull, base: str, now: datetime
) -> UUID | None:
    name = telling.status_context(context, base)
    newest = intents.newest(tx, status_target(run.repository_id, pull.head.sha, name))
    if newest is None or newest["status"] not in STANDING or newest["content"]["state"] != "success":
        return None
    sharing = pulls.others_with_head_into(tx, run.repository_id, pull.head.sha, base, number=pull.number)
    if sharing:  # theirs alone from now on
        for number in sharing:
            runs.want_pull(tx, run, number, now)
        return None
    evaluation = _evaluation(run, pull, base, now=now)
    evaluation_id = evaluations.record(tx, evaluation)
    content = StatusContent(
        sha=pull.head.sha,
        context=name,
        state=evaluation.state,
        description=evaluation.status_text,
        target_url=newest["content"]["target_url"],
    )
    intent_id = proposing.status(tx, proposing.Cause(run, pull.number, evaluation_id, now), content, None)
    _attest(tx, run, evaluation, evaluation_id=evaluation_id, intent_id=intent_id)
    return intent_id


def _evaluation(run: Run, pull: documents.Pull, base: str, *, now: datetime) -> Evaluation:
    sentence = f"No open pull request with this commit goes into {base} any more."
    return Evaluation(
        run_id=run.id,
        repository_id=run.repository_id,
        number=pull.number,
        head_sha=pull.head.sha,
        base_ref=base,
        state="pending",
        description=sentence,
        status_text=short(writable(sentence)),
        evaluated_at=now,
    )


def _attest(tx: Transaction, run: Run, evaluation: Evaluation, *, evaluation_id: UUID, intent_id: UUID | None) -> None:
    body = {
        "run": str(run.id),
        "evaluation": str(evaluation_id),
        "head_sha": evaluation.head_sha,
        "base": evaluation.base_ref,
        "intent": str(intent_id) if intent_id else None,
    }
    subject = f"pull:{run.repository_id}#{evaluation.number}"
    ledger.append(tx, kind="base_left", subject=subject, actor=ledger.BY_GATE, body=body, at=evaluation.evaluated_at)
