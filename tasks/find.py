"""Find the pull requests that an event is about where it does not name them: by head commit, or by base branch."""

from datetime import datetime
from uuid import UUID

from app.database import Transaction
from app.github.answers import Unavailable
from app.github.documents import ListedPull
from app.github.reader import Place
from app.records import pulls, runs
from app.records.pulls import Sighting
from app.records.runs import Run
from tasks import names, putting_off
from tasks.context import Context


def pull_requests(context: Context, run_id: UUID) -> None:
    """Want an evaluation of those that we know at once, and of those that GitHub lists. Raises `LeaseLost`."""
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
    if run is None:
        return
    context.checkpoint("find.claimed")
    _want_known(context, run)
    try:
        listed = _list(context, run)
    except Unavailable as trouble:
        putting_off.run(context, run, trouble)
        return
    context.checkpoint("find.listed")
    _want_listed(context, run, listed)
    putting_off.wake_next(context, run)


def _want_known(context: Context, run: Run) -> None:
    with context.pool.connection() as tx:
        known = pulls.with_head(tx, run.repository_id, run.sha) if run.sha else ()
        wanted = [runs.want_pull(tx, run, number, context.clock()) for number in known]
    for run_id in wanted:
        context.send(names.EVALUATE, run_id, 0)


def _list(context: Context, run: Run) -> tuple[ListedPull, ...]:
    place = Place(run.installation_id, run.repository_id)
    if run.kind == "find_by_branch":
        return context.reader.pulls_of_base(place, run.branch or "")
    return context.reader.pulls_of_head(place, run.sha or "")


def _want_listed(context: Context, run: Run, listed: tuple[ListedPull, ...]) -> None:
    now = context.clock()
    with context.pool.connection() as tx:
        runs.finish(tx, run, now)
        wanted = [_want(tx, run, pull, now) for pull in sorted(listed, key=lambda pull: pull.number)]
    for run_id in wanted:
        context.send(names.EVALUATE, run_id, 0)


def _want(tx: Transaction, run: Run, pull: ListedPull, now: datetime) -> UUID:
    sighting = Sighting(
        repository_id=run.repository_id,
        number=pull.number,
        full_name=run.full_name,
        installation_id=run.installation_id,
        head_sha=pull.head.sha,
        base_ref=pull.base.ref,
        is_open=True,
    )
    pulls.seen(tx, sighting)
    return runs.want_pull(tx, run, pull.number, now)
