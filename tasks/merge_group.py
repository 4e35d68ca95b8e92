"""Judge a group of GitHub's merge queue by the verdicts on its pull requests, never by its being queued.

The group's commit holds the changes of every pull request at or ahead of its entry. Each is evaluated anew, by a run
of its own, and each new verdict on one of them has the group judged again, for as long as the group lives.
"""

from uuid import UUID

from app.database import Transaction
from app.github.answers import Unavailable
from app.github.merge_queue import QueuedPull, QueueEntry
from app.github.reader import Place
from app.handed import GroupJudged
from app.records import groups, pulls, runs
from app.records.pulls import Sighting
from app.records.runs import Run
from tasks import group_verdict, names, putting_off, telling_groups
from tasks.context import Context

LISTED_WITHIN_ATTEMPTS = 4
"""GitHub's list may lag behind its webhooks; what it says after so many attempts is believed."""


def group(context: Context, run_id: UUID) -> None:
    """Judge the group of a run. Nothing happens if it isn't due or another worker has it. Raises `LeaseLost`."""
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
    if run is None:
        return
    context.checkpoint("merge_group.claimed")
    try:
        members = _members(context, run)
    except Unavailable as trouble:
        putting_off.run(context, run, trouble)
        return
    _hold(context, run, members)
    context.checkpoint("merge_group.held")
    _judge(context, run, members)
    putting_off.wake_next(context, run)


def _members(context: Context, run: Run) -> tuple[QueuedPull, ...]:
    """Those that merging the group would merge; none where that can't be told."""
    place = Place(run.installation_id, run.repository_id)
    found = ahead(context.reader.merge_queue(place, run.full_name, run.branch or ""), run.sha or "")
    if run.attempts < LISTED_WITHIN_ATTEMPTS and (lag := _lag(context, run, found)):
        raise Unavailable("EVIDENCE_INCOMPLETE", f"The merge queue of {run.branch} {lag}.")
    return found


def _lag(context: Context, run: Run, found: tuple[QueuedPull, ...]) -> str:
    """How the list is behind what we know; empty where it isn't. One that was merged ahead may stand in it still."""
    if not found:
        return "does not list this group yet"
    numbers = tuple(sorted(pull.number for pull in found))
    with context.pool.connection() as tx:
        closed = [row["number"] for row in groups.verdicts(tx, run.repository_id, numbers) if not row["is_open"]]
    return f"still lists #{closed[0]}, which is closed" if closed else ""


def ahead(entries: tuple[QueueEntry, ...], sha: str) -> tuple[QueuedPull, ...]:
    """The pull requests at or ahead of the entry with this head; none if one of them is hidden, or there is none."""
    last = next((entry.position for entry in entries if entry.head_commit and entry.head_commit.oid == sha), None)
    if last is None:
        return ()
    found = [entry.pull_request for entry in entries if entry.position <= last]
    return tuple(pull for pull in found if pull is not None) if None not in found else ()


def _hold(context: Context, run: Run, members: tuple[QueuedPull, ...]) -> None:
    """Before any verdict is read: whoever gives a later one sees the members, and has the group judged again."""
    numbers = tuple(sorted(pull.number for pull in members))
    with context.pool.connection() as tx:
        for number in numbers:
            pulls.seen(tx, Sighting(run.repository_id, number, run.full_name, run.installation_id))
        groups.hold(tx, run.repository_id, run.sha or "", numbers)


def _judge(context: Context, run: Run, members: tuple[QueuedPull, ...]) -> None:
    with context.pool.connection() as tx:
        runs.hold(tx, run)
        wanted, intent_id = _decide(context, tx, run, {pull.number: pull.head_ref_oid for pull in members})
        runs.finish(tx, run, context.clock(), GroupJudged(waits_for=len(wanted)))
    for run_id in wanted:
        context.send(names.EVALUATE, run_id, 0)
    if intent_id is not None:
        context.send(names.WRITE, intent_id, 0)


def _decide(context: Context, tx: Transaction, run: Run, heads: dict[int, str]) -> tuple[list[UUID], UUID | None]:
    """The evaluations that are waited for, or else the intent that carries the verdict out."""
    now = context.clock()
    group = groups.get(tx, run.repository_id, run.sha or "")
    if group is None or group.destroyed_at is not None:
        return [], None
    rows = {row["number"]: row for row in groups.verdicts(tx, run.repository_id, tuple(sorted(heads)))}
    missing = [number for number in sorted(heads) if not group_verdict.is_known(rows.get(number), group)]
    if missing:
        return [runs.want_pull(tx, run, number, now) for number in missing], None
    finding = group_verdict.find(heads, rows, group)
    return [], telling_groups.verdict(context, tx, run, finding, now)
