"""What follows a merge: the head branch deleted where that is safe. Trouble here is a warning, no outcome."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app import definitions, handed, ledger, permits
from app.database import Transaction
from app.github import merging
from app.github.answers import Unavailable
from app.github.merging import Merger
from app.github.reader import Place
from app.handed import AskedDeletion, Followed
from app.permits import Permit, Request
from app.records import alerts, attempts, operator_settings, steps
from app.records.attempts import Attempt, Intended
from app.records.steps import Held, backoff_seconds
from policies.merging import replies
from policies.merging.replies import Reply
from tasks.context import Context
from tasks.merging import sending

STOPPED_SECONDS = 120
"""How long it is waited for operators who have stopped all writes, before it is looked again."""
DELETED, REFUSED = 204, (404, 422)
WARNING = "DELETE_BRANCH_FAILED"


def follow_up(context: Context, bound: Merger, step_id: UUID) -> None:
    """Nothing happens if the step isn't due or another worker has it. Raises `LeaseLost`."""
    with context.pool.connection() as tx:
        held = steps.claim(tx, step_id, context.clock(), context.settings.lease_seconds)
        attempt = attempts.get(tx, handed.read(AskedDeletion, held.input).attempt) if held else None
        if held is not None and attempt is None:
            _end(tx, held, "The record of the merge is gone.", context.clock())
    if held is None or attempt is None:
        return
    if held.attempts > definitions.DELETE_BRANCH.most_attempts:
        _warn(
            context, attempt, held, f"It was tried {held.attempts - 1} times, and its worker stopped in the last one."
        )
    else:
        _delete_branch(context, bound, attempt, held)


def _is_stopped(tx: Transaction, attempt: Attempt) -> bool:
    """Whether an operator has stopped what this gate writes of merges, or lets it only say what it would do."""
    said = operator_settings.stopped(tx, attempt.repository_id)
    return said.safe_mode or bool(said.dry_run)


def _wait(context: Context, held: Held) -> None:
    later = context.clock() + timedelta(seconds=STOPPED_SECONDS)
    with context.pool.connection() as tx:
        steps.snooze(tx, held, later, "An operator has stopped all writes.")


def _delete_branch(context: Context, bound: Merger, attempt: Attempt, held: Held) -> None:
    place = Place(attempt.installation_id, attempt.repository_id)
    try:
        branch = _deletable(context, place, attempt)
    except Unavailable as trouble:
        _again(context, attempt, held, trouble.sentence)
        return
    if branch is None:
        with context.pool.connection() as tx:
            _end(tx, held, "There was nothing to delete, or it is not safe.", context.clock())
            _end_open(tx, attempt, context.clock())
        return
    _delete(context, bound, attempt, held, branch)


def _deletable(context: Context, place: Place, attempt: Attempt) -> str | None:
    """The head branch, while it is of this repository, where it was merged, and nobody else's base or head."""
    reader = context.reader.afresh()
    pull = reader.merge_pull(place, attempt.number)
    if pull is None or not pull.merged or pull.head.repo is None or pull.head.repo.id != place.repository_id:
        return None
    branch = pull.head.ref
    tip = reader.branch_tip(place, branch)
    if tip is None:
        return None
    if tip != attempt.head_sha:
        _moved(context, attempt, branch, tip)
        return None
    named = reader.repository(place.installation_id, *pull.head.repo.full_name.split("/", 1))
    if named is None or named.default_branch == branch or branch == attempt.base_ref:
        return None
    others = [*reader.pulls_of_base(place, branch), *reader.pulls_of_head(place, attempt.head_sha)]
    return None if any(other.number != attempt.number for other in others) else branch


def _moved(context: Context, attempt: Attempt, branch: str, tip: str) -> None:
    now = context.clock()
    body = {"attempt": str(attempt.id), "branch": branch, "merged": attempt.head_sha, "tip": tip}
    with context.pool.connection() as tx:
        ledger.append(
            tx, kind="BRANCH_MOVED_AFTER_MERGE", subject=attempt.subject, actor=ledger.BY_GATE, body=body, at=now
        )


def _delete(context: Context, bound: Merger, attempt: Attempt, held: Held, branch: str) -> None:
    request = merging.delete_branch(attempt.repository_id, branch)
    recorded = _intend(context, attempt, held, branch=branch, request=request)
    if recorded == "stopped":
        _wait(context, held)
        return
    if recorded is None:
        with context.pool.connection() as tx:
            _end(tx, held, "It was deleted before.", context.clock())
        return
    deletion, permit = recorded
    context.checkpoint("merge.branch_spent")
    reply = bound.delete_branch(permit, attempt.installation_id, request)
    _record(context, attempt, held, deletion=deletion, reply=reply, branch=branch)


def _intend(
    context: Context, attempt: Attempt, held: Held, *, branch: str, request: Request
) -> tuple[Attempt, Permit] | Literal["stopped"] | None:
    """The attempt and its permit; None where the branch of this head was deleted before."""
    now = context.clock()
    with context.pool.connection() as tx:
        operator_settings.share(tx, attempt.repository_id)
        steps.hold(tx, held)
        if _is_stopped(tx, attempt):
            return "stopped"
        _end_open(tx, attempt, now)
        body = {"attempt": str(attempt.id), "write": "branch_delete", "branch": branch, "head_sha": attempt.head_sha}
        entry = ledger.append(
            tx,
            kind="merge_decided",
            subject=attempt.subject,
            actor=ledger.BY_GATE,
            body=body | {"allowed": True},
            at=now,
        )
        wanted = Intended(
            kind="branch_delete",
            repository_id=attempt.repository_id,
            full_name=attempt.full_name,
            installation_id=attempt.installation_id,
            number=attempt.number,
            base_ref=attempt.base_ref,
            head_sha=attempt.head_sha,
            run_id=attempt.run_id,
            request_id=attempt.request_id,
            method=None,
            request=request.document,
            evidence={"merge": str(attempt.id)},
            audit_seq=entry.seq,
        )
        deletion_id = attempts.intend(tx, wanted, now, ledger.BY_GATE)
        deletion = attempts.get(tx, deletion_id) if deletion_id else None
        permit = permits.spend_attempt(tx, deletion.id, request, by=ledger.BY_GATE, now=now) if deletion else None
    return (deletion, permit) if deletion and permit else None


def _end_open(tx: Transaction, attempt: Attempt, now: datetime) -> None:
    """Of earlier deletions nobody knows any more; whether there is still a branch to delete was just read."""
    for open_one in attempts.open_deletions(tx, attempt.repository_id, attempt.number):
        attempts.fail(tx, open_one, now, ledger.BY_GATE, detail="OUTCOME_UNKNOWN")


def _is_gone(context: Context, attempt: Attempt, reply: Reply, branch: str) -> bool:
    """Whether GitHub has deleted it, or shows it no more: it refuses to delete what is protected in the same words."""
    if reply.status == DELETED:
        return True
    if reply.status not in REFUSED:
        return False
    try:
        place = Place(attempt.installation_id, attempt.repository_id)
        return context.reader.afresh().branch_tip(place, branch) is None
    except Unavailable:
        return False


def _record(context: Context, attempt: Attempt, held: Held, *, deletion: Attempt, reply: Reply, branch: str) -> None:
    is_gone = _is_gone(context, attempt, reply, branch)
    now, said = context.clock(), sending.response(reply)
    if is_gone:
        with context.pool.connection() as tx:
            steps.end(tx, held, "done", now, output=Followed(deleted=True).model_dump(mode="json"))
            attempts.succeed(tx, deletion, now, ledger.BY_GATE, merge_sha=None, response=said)
        return
    with context.pool.connection() as tx:
        steps.hold(tx, held)
        attempts.fail(tx, deletion, now, ledger.BY_GATE, detail=WARNING, response=said)
    if replies.first(reply) == "reread":
        _warn(context, attempt, held, f"GitHub refused to delete the branch ({reply.status}): {reply.message}")
        return
    with context.pool.connection() as tx:
        _raise(tx, attempt, now)
    _again(context, attempt, held, "GitHub did not say whether it deleted the branch.")


def _again(context: Context, attempt: Attempt, held: Held, error: str) -> None:
    """The next try reads before it writes."""
    if held.attempts >= definitions.DELETE_BRANCH.most_attempts:
        _warn(context, attempt, held, error)
        return
    now = context.clock()
    later = now + timedelta(seconds=backoff_seconds(held.attempts, held.id))
    with context.pool.connection() as tx:
        steps.retry(tx, held, later, error, now)


def _warn(context: Context, attempt: Attempt, held: Held, error: str) -> None:
    now = context.clock()
    with context.pool.connection() as tx:
        steps.end(tx, held, "stopped", now, error=error)
        _raise(tx, attempt, now)


def _raise(tx: Transaction, attempt: Attempt, now: datetime) -> None:
    fields = {"repository": attempt.full_name, "number": attempt.number, "head_sha": attempt.head_sha}
    alerts.raise_alert(
        tx,
        WARNING,
        subject=attempt.subject,
        fields=fields,
        key=f"{WARNING}:{attempt.id}",
        at=now,
        severity="warning",
    )


def _end(tx: Transaction, held: Held, why: str, now: datetime) -> None:
    steps.end(tx, held, "done", now, output=Followed(deleted=False, why=why).model_dump(mode="json"))
