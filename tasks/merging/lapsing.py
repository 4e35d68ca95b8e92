"""Wishes that were taken back, or that nobody could grant in time: a run that gets to them only then merges nothing."""

from dataclasses import replace
from datetime import datetime

from app.database import Transaction
from app.records import github_requests, merge_requests
from app.records.issues import Issue
from app.records.merge_requests import MergeRequest
from policies.merging.answer import Answer
from tasks.context import Context
from tasks.merging.finding import Job, Target
from tasks.merging.recording import Also, Ended


def unwished(context: Context, job: Job, target: Target) -> Ended | None:
    """How a run ends that nobody wishes for by now, perhaps since it was paused or put off for long; None: one does."""
    if job.request is None:
        return None
    with context.pool.connection() as tx:
        wish = merge_requests.get(tx, job.request.id)  # as it is by now: renewed, or taken back since the run was begun
    if replace(job, request=wish).is_taken_back:
        sentence = "What asked for it at GitHub is gone, so that it is not merged; ask again there."
        return Ended(answer=Answer(outcome="ignored", sentence=sentence), target=target)
    if wish is None or context.clock() <= wish.until:
        return None
    return Ended(answer=Answer(outcome="ignored", sentence=_sentence(wish)), target=target, also=_let_go_of(wish))


def _sentence(wish: MergeRequest) -> str:
    return f"It was asked for until {wish.until.isoformat(timespec='seconds')}, which is over; ask again."


def _let_go_of(wish: MergeRequest) -> Also:
    """What asks for it at GitHub may do so anew, at the same head, too."""

    def let_go(tx: Transaction, issue: Issue | None, now: datetime) -> None:
        github_requests.hear_again(tx, wish.id)

    return let_go
