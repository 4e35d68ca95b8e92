"""Requests that an earlier turn or another worker has left open: what became of each, found out by readings alone."""

from datetime import timedelta

from app.github.reader import Place
from app.records import attempts
from app.records.attempts import Attempt
from tasks.context import Context
from tasks.merging import merged, queueing, settling, updating
from tasks.merging.finding import Job, Target
from tasks.merging.recording import Ended
from tasks.merging.settling import Afresh
from tasks.merging.waiting import Later

AGAIN = timedelta(seconds=5)


def by_run(context: Context, job: Job) -> Ended | Afresh | None:
    """How a run ends by what it has left open itself, whatever its issue, its link or its repository say by now.

    None where nothing came of that. Raises `Later` until it is known.
    """
    with context.pool.connection() as tx:
        found = attempts.open_of_run(tx, job.run.id)
    return _settle(context, job, found)


def of_pull(context: Context, job: Job, target: Target) -> Ended | Afresh | None:
    """The same for what other runs have left open of the pull request. Raises `Later`, too, while they are at it."""
    with context.pool.connection() as tx:
        found = attempts.open_of(tx, target.place.repository_id, target.number)
        others = [each for each in found if attempts.is_of_another_run(tx, each, job.run.id, context.clock())]
    if others:
        sentence = "Another run has a merge of this pull request under way, and sees to its end."
        raise Later(context.clock() + AGAIN, sentence)
    return _settle(context, job, found)


def _settle(context: Context, job: Job, found: list[Attempt]) -> Ended | Afresh | None:
    for attempt in found:
        place = Place(attempt.installation_id, attempt.repository_id)
        target = Target(place=place, full_name=attempt.full_name, number=attempt.number)
        if attempt.state == "INTENT" or attempt.kind == "update_branch":
            updating.give_up(context, job, attempt)
        elif attempt.kind == "enqueue":
            queueing.settle(context, job, target, attempt)
        else:
            came = settling.settle(context, job, target, attempt)
            return merged.came(context, job, target, came, head_sha=attempt.head_sha)
    return None
