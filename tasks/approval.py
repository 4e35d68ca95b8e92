"""Follow an approval request: what an operator has said of it is its end."""

from uuid import UUID

from app import handed
from app.handed import Approved, AskedWord
from app.records import approval_requests, approvals, resting, runs
from app.records.approvals import Given
from app.records.runs import Run
from tasks.context import Context


def follow(context: Context, request_id: UUID) -> None:
    """End the request with the newest word; without one it goes on waiting, as it does for a write that needs another.

    Nothing happens if it isn't due or another worker has it. The word itself counts from the moment it was given: the
    writes that it is about were opened for another decision in the same transaction. Raises `LeaseLost`.
    """
    now = context.clock()
    with context.pool.connection() as tx:
        approval_requests.hold_run(tx, request_id)  # so that no write of it is decided on meanwhile
        run = runs.claim(tx, request_id, now, context.settings.lease_seconds)
        if run is None:
            return
        context.checkpoint("approval.claimed")
        asked = handed.read(AskedWord, run.input)
        said = approvals.of_run(tx, asked.run)
        is_enough = not approval_requests.is_missing(tx, asked.run, asked.epoch)
        if not said or (said[0].is_approved and not is_enough):
            resting.wait(tx, run, approval_requests.waits_for(asked.run), now)
        elif said[0].is_approved:
            runs.finish(tx, run, now, _output(said[0]))
        else:
            runs.block(tx, run, _denied(run, said[0]), now)


def _output(word: Given) -> Approved:
    return Approved(approved_by=word.given_by, digest=word.digest, expires_at=word.expires_at)


def _denied(run: Run, word: Given) -> str:
    reason = f" ({word.reason})" if word.reason else ""
    return f"{word.given_by} has denied it{reason}; change what is wished for, or have it approved after all."
