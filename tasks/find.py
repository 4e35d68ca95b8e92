"""Find the pull requests that an event is about where it does not name them: by head commit, or by base branch."""

from datetime import datetime
from uuid import UUID

from app.database import Transaction
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records import pulls, runs
from app.records.runs import Run, Wanted
from tasks import names, putting_off
from tasks.context import Context


def pull_requests(context: Context, run_id: UUID) -> None:
    """Look them up and want an evaluation of each."""
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
    if run is None:
        return
    try:
        found = _find(context, run)
    except Unavailable as trouble:
        putting_off.run(context, run, trouble)
        return
    now = context.clock()
    with context.pool.connection() as tx:
        wanted = [_want(tx, run, number, sha, now) for number, sha in sorted(found.items())]
        runs.finish(tx, run, now)
    for evaluation_id in wanted:
        context.send(names.EVALUATE, evaluation_id, 0)
    putting_off.wake_next(context, run)


def _find(context: Context, run: Run) -> dict[int, str | None]:
    """Numbers and, where known, heads."""
    place = Place(run.installation_id, run.repository_id)
    if run.kind == "find_by_branch":
        listed = context.reader.pulls_of_base(place, run.branch or "")
        return {pull.number: pull.head.sha for pull in listed}
    with context.pool.connection() as tx:
        known = pulls.with_head(tx, run.repository_id, run.sha or "")
    listed = context.reader.pulls_of_head(place, run.sha or "")
    return dict.fromkeys(known) | {pull.number: pull.head.sha for pull in listed}


def _want(tx: Transaction, run: Run, number: int, sha: str | None, now: datetime) -> UUID:
    where = {"repository_id": run.repository_id, "full_name": run.full_name, "installation_id": run.installation_id}
    pulls.seen(tx, number=number, head_sha=sha, **where)  # type: ignore[arg-type]
    wanted = runs.want(tx, Wanted("evaluate", **where, number=number), now)  # type: ignore[arg-type]
    runs.inherit_causes(tx, wanted, run.id)
    return wanted
