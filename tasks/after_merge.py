"""What follows a merge: the head branch deleted where that is safe. Trouble here is a warning, no outcome."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app import ledger, permits
from app.database import Transaction
from app.github import merging
from app.github.answers import Unavailable
from app.github.merging import Merger
from app.github.reader import Place
from app.permits import Permit, Request
from app.records import after_merge, alerts, attempts, operators
from app.records.after_merge import Due
from app.records.attempts import Attempt, Intended
from app.records.steps import backoff_seconds
from policies.merging import replies
from policies.merging.replies import Reply
from tasks.context import Context
from tasks.merging import sending

MOST_TRIES = 8
STOPPED_SECONDS = 120
"""How long it is waited for operators who have stopped all writes, before it is looked again."""
GATE = "mergegate"
DELETED, REFUSED = 204, (404, 422)
WARNING = "DELETE_BRANCH_FAILED"


def follow_up(context: Context, bound: Merger, attempt_id: UUID) -> None:
    """Do the jobs of a merge that are due."""
    now = context.clock()
    with context.pool.connection() as tx:
        attempt = attempts.get(tx, attempt_id)
        found = after_merge.of(tx, attempt_id, now)
        for due in found:  # taken: nobody else tries within this time
            again = now + timedelta(seconds=context.settings.lease_seconds)
            after_merge.put_off(tx, due, again, "It is being done.", attempts=due.attempts + 1)
    if attempt is None:
        return
    for due in found:
        _delete_branch(context, bound, attempt, due)


def _is_stopped(tx: Transaction, attempt: Attempt) -> bool:
    """Whether an operator has stopped what this gate writes of merges, or lets it only say what it would do."""
    said = operators.stopped(tx, attempt.repository_id)
    return said.safe_mode or bool(said.dry_run)


def _wait(context: Context, due: Due) -> None:
    """This counts as no try."""
    later = context.clock() + timedelta(seconds=STOPPED_SECONDS)
    with context.pool.connection() as tx:
        after_merge.put_off(tx, due, later, "An operator has stopped all writes.", attempts=due.attempts)


def _delete_branch(context: Context, bound: Merger, attempt: Attempt, due: Due) -> None:
    place = Place(attempt.installation_id, attempt.repository_id)
    try:
        branch = _deletable(context, place, attempt)
    except Unavailable as trouble:
        _again(context, attempt, due, trouble.sentence)
        return
    if branch is None:
        with context.pool.connection() as tx:
            _end_open(tx, attempt, context.clock())
            after_merge.end(tx, due, "done", "There was nothing to delete, or it is not safe.")
        return
    _delete(context, bound, attempt, due, branch)


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
        ledger.append(tx, kind="BRANCH_MOVED_AFTER_MERGE", subject=attempt.subject, actor=GATE, body=body, at=now)


def _delete(context: Context, bound: Merger, attempt: Attempt, due: Due, branch: str) -> None:
    request = merging.delete_branch(attempt.repository_id, branch)
    recorded = _intend(context, attempt, branch, request)
    if recorded == "stopped":
        _wait(context, due)
        return
    if recorded is None:
        _end(context, due)
        return
    deletion, permit = recorded
    context.checkpoint("merge.branch_spent")
    reply = bound.delete_branch(permit, attempt.installation_id, request)
    _record(context, attempt, due, deletion=deletion, reply=reply, branch=branch)


def _intend(
    context: Context, attempt: Attempt, branch: str, request: Request
) -> tuple[Attempt, Permit] | Literal["stopped"] | None:
    """The attempt and its permit; None where the branch of this head was deleted before."""
    now = context.clock()
    with context.pool.connection() as tx:
        if _is_stopped(tx, attempt):
            return "stopped"
        _end_open(tx, attempt, now)
        body = {"attempt": str(attempt.id), "write": "branch_delete", "branch": branch, "head_sha": attempt.head_sha}
        entry = ledger.append(
            tx, kind="merge_decided", subject=attempt.subject, actor=GATE, body=body | {"allowed": True}, at=now
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
        deletion_id = attempts.intend(tx, wanted, now, GATE)
        deletion = attempts.get(tx, deletion_id) if deletion_id else None
        permit = permits.spend_attempt(tx, deletion.id, request, by=GATE, now=now) if deletion else None
    return (deletion, permit) if deletion and permit else None


def _end_open(tx: Transaction, attempt: Attempt, now: datetime) -> None:
    """Of earlier deletions nobody knows any more; whether there is still a branch to delete was just read."""
    for open_one in attempts.open_deletions(tx, attempt.repository_id, attempt.number):
        attempts.fail(tx, open_one, now, GATE, detail="OUTCOME_UNKNOWN")


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


def _record(context: Context, attempt: Attempt, due: Due, *, deletion: Attempt, reply: Reply, branch: str) -> None:
    is_gone = _is_gone(context, attempt, reply, branch)
    now, said = context.clock(), sending.response(reply)
    if is_gone:
        with context.pool.connection() as tx:
            attempts.succeed(tx, deletion, now, GATE, merge_sha=None, response=said)
            after_merge.end(tx, due, "done")
        return
    with context.pool.connection() as tx:
        attempts.fail(tx, deletion, now, GATE, detail=WARNING, response=said)
    if replies.first(reply) == "reread":
        _warn(context, attempt, due, f"GitHub refused to delete the branch ({reply.status}): {reply.message}")
        return
    with context.pool.connection() as tx:
        _raise(tx, attempt, now)
    _again(context, attempt, due, "GitHub did not say whether it deleted the branch.")


def _again(context: Context, attempt: Attempt, due: Due, error: str) -> None:
    """The next try reads before it writes."""
    if due.attempts + 1 >= MOST_TRIES:
        _warn(context, attempt, due, error)
        return
    later = context.clock() + timedelta(seconds=backoff_seconds(due.attempts + 1, attempt.id))
    with context.pool.connection() as tx:
        after_merge.put_off(tx, due, later, error, attempts=due.attempts + 1)


def _warn(context: Context, attempt: Attempt, due: Due, error: str) -> None:
    now = context.clock()
    with context.pool.connection() as tx:
        after_merge.end(tx, due, "given_up", error)
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


def _end(context: Context, due: Due) -> None:
    with context.pool.connection() as tx:
        after_merge.end(tx, due, "done")
