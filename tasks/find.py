"""Find the pull requests that an event is about where it does not name them, and want an evaluation of each.

Those of one commit are evaluated at once. Those of a branch, a repository or an installation may be many, so they get
slots: so many a minute. An event about one of them alone still comes first. Those of which no event told, since it got
lost, are found by comparing what we know with GitHub's list.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.database import Transaction
from app.events import Repository
from app.github.answers import Unavailable
from app.github.documents import ListedPull
from app.github.reader import Place
from app.handed import Found
from app.records import causes, operator_settings, pulls, runs, slots, watches
from app.records.pulls import Sighting
from app.records.runs import Run, Wanted
from tasks import bypass, names, observing, putting_off
from tasks.context import Context

MOST_CAUSES = 10
"""How many of its deliveries a find hands on to each pull request: a storm of them, times thousands, never ends."""

MOST_CHANGED = 100
"""Evaluations that one comparison leads to; the next one goes on."""

Message = tuple[UUID, datetime]
"""A run, and when it is due."""
Known = dict[int, tuple[str | None, str | None]]
"""Head and base branch of pull requests, by number."""


def pull_requests(context: Context, run_id: UUID) -> None:
    """Want an evaluation of those that we know, and of those that GitHub lists. Raises `LeaseLost`."""
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
    if run is None:
        return
    context.checkpoint("find.claimed")
    if run.kind == "find_by_head":
        _want_known_at_once(context, run)
    with context.pool.connection() as tx:
        known = watches.known_open(tx, run.repository_id) if run.kind == "find_changed" else {}
    try:
        listed = _list(context, run)
    except Unavailable as trouble:
        putting_off.run(context, run, trouble)
        return
    context.checkpoint("find.listed")
    if run.kind == "find_changed":
        _want_changed(context, run, known, listed)
    else:
        _want_all(context, run, listed)
    putting_off.wake_next(context, run)


def _want_changed(context: Context, run: Run, known: Known, found: tuple[ListedPull, ...]) -> None:
    """Those that GitHub lists and we don't know like this, those that it lists no more, those merged unseen.

    A label or a comment changes the pull request as well: it is judged again where that was after its last verdict.
    `known`: before GitHub was asked.
    """
    listed = tuple(pull for pull in found if pull.state == "open")
    shown: Known = {pull.number: (pull.head.sha, pull.base.ref) for pull in listed}
    now = context.clock()
    with context.pool.connection() as tx:
        judged = watches.judged_at(tx, run.repository_id)
        later = {each.number for each in listed if each.updated_at and each.updated_at > judged.get(each.number, now)}
        differ = {number for number in {*known, *shown} if known.get(number) != shown.get(number)}
        unseen = _merged_unseen(context, tx, run, found)
        changed = [*sorted(unseen), *sorted((differ | later) - unseen)][:MOST_CHANGED]
        runs.finish(tx, run, now, Found(pulls=len(changed)))
        for number in changed:
            pulls.seen(tx, Sighting(run.repository_id, number, run.full_name, run.installation_id))
        wanted = [(runs.want_pull(tx, run, number, now), now) for number in changed]
        _tell_of_auto_merge(tx, run, listed, now)
    _send(context, wanted)


def _merged_unseen(context: Context, tx: Transaction, run: Run, found: tuple[ListedPull, ...]) -> set[int]:
    """Those that may have been opened and merged without one event of theirs having come."""
    if not observing.is_ours(context, tx, run.full_name):
        return set()
    merged_at = {pull.number: pull.merged_at for pull in found if pull.merged_at is not None}
    return watches.merged_unseen(tx, run.repository_id, merged_at)


def _tell_of_auto_merge(tx: Transaction, run: Run, listed: tuple[ListedPull, ...], now: datetime) -> None:
    here = Repository(id=run.repository_id, full_name=run.full_name)
    for pull in listed:
        if pull.auto_merge is not None:
            by = pull.auto_merge.enabled_by.login if pull.auto_merge.enabled_by else None
            bypass.auto_merge(tx, here, pull.number, head_sha=pull.head.sha, by=by, now=now)


def _want_known_at_once(context: Context, run: Run) -> None:
    now = context.clock()
    with context.pool.connection() as tx:
        known = pulls.with_head(tx, run.repository_id, run.sha) if run.sha else ()
        wanted = [(runs.want_pull(tx, run, number, now), now) for number in known]
    _send(context, wanted)


def _list(context: Context, run: Run) -> tuple[ListedPull, ...]:
    """Those that GitHub lists; to compare, those closed lately too; of an installation it lists none."""
    place = Place(run.installation_id, run.repository_id)
    if run.kind == "find_by_installation":
        return ()
    if run.kind == "find_changed":
        return (*context.reader.open_pulls(place), *context.reader.newest_closed_pulls(place))
    if run.kind == "find_by_repository":
        return context.reader.open_pulls(place)
    if run.kind == "find_by_branch":
        return context.reader.pulls_of_base(place, run.branch or "")
    return context.reader.pulls_of_head(place, run.sha or "")


def _want_all(context: Context, run: Run, listed: tuple[ListedPull, ...]) -> None:
    with context.pool.connection() as tx:
        runs.finish(tx, run, context.clock(), Found(pulls=len(listed)))
        here = [_seen(tx, run, pull) for pull in sorted(listed, key=lambda pull: pull.number)]
        wanted = _want(context, tx, run, [*here, *_elsewhere(tx, run)])
    _send(context, wanted)


def _seen(tx: Transaction, run: Run, pull: ListedPull) -> Wanted:
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
    return Wanted("evaluate", run.repository_id, run.full_name, run.installation_id, number=pull.number)


def _elsewhere(tx: Transaction, run: Run) -> list[Wanted]:
    """Pull requests that only our rows can tell of."""
    if run.kind == "find_by_installation":
        rows = pulls.of_installation(tx, run.installation_id)
        if run.full_name:
            rows += pulls.with_policy_naming(tx, run.full_name, run.installation_id)
    elif run.kind == "find_by_branch" and run.branch is not None:
        rows = pulls.with_policy_from(tx, run.full_name, run.branch)
    else:
        rows = []
    return [
        Wanted("evaluate", row["repository_id"], row["full_name"], row["installation_id"], number=row["number"])
        for row in rows
    ]


def _want(context: Context, tx: Transaction, run: Run, wanted: list[Wanted]) -> list[Message]:
    """The runs that are new, or due earlier than before."""
    now = context.clock()
    if run.kind == "find_by_head":
        return [(_want_one(tx, run, each, now, None), now) for each in wanted]
    waiting = runs.waiting(tx, wanted)
    for run_id in waiting.values():
        causes.inherit(tx, run_id, run.id, MOST_CAUSES)
    new = [each for each in wanted if each.subject not in waiting]
    return [(_want_one(tx, run, each, slot, slot), slot) for each, slot in _with_slots(context, tx, new, now)]


def _with_slots(context: Context, tx: Transaction, new: list[Wanted], now: datetime) -> list[tuple[Wanted, datetime]]:
    """Each with a slot of its own installation's; these are locked, so one after the other in one order."""
    found: list[tuple[Wanted, datetime]] = []
    for installation_id in sorted({each.installation_id for each in new}):
        mine = [each for each in new if each.installation_id == installation_id]
        per_minute = operator_settings.everywhere(tx, context.settings).reevaluations_per_minute
        found += zip(mine, slots.take(tx, installation_id, len(mine), per_minute=per_minute, now=now), strict=True)
    return found


def _want_one(tx: Transaction, run: Run, wanted: Wanted, due_at: datetime, slot_at: datetime | None) -> UUID:
    run_id = runs.want(tx, wanted, due_at, slot_at)
    causes.inherit(tx, run_id, run.id, MOST_CAUSES)
    return run_id


def _send(context: Context, wanted: Iterable[Message]) -> None:
    """Messages for what is due; the sweep sends the others theirs."""
    now = context.clock()
    for run_id, due_at in wanted:
        if due_at <= now:
            context.send(names.EVALUATE, run_id, 0)
