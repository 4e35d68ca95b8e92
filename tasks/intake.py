"""Take a delivery in: one row, the runs it leads to, and an audit entry, in one transaction; messages after it."""

from datetime import datetime, timedelta
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.events import Delivery, Event
from app.records import deliveries, pulls, runs
from app.records.pulls import Sighting
from app.records.runs import Wanted
from tasks import names
from tasks.context import Context

PULL_EVENTS = frozenset({"pull_request", "pull_request_review", "issue_comment"})
CHECK_EVENTS = frozenset({"check_run", "check_suite", "status", "workflow_run", "deployment_status"})


def handle(context: Context, delivery: Delivery) -> None:
    """Record the delivery and enqueue what follows. A delivery recorded before changes nothing."""
    with context.pool.connection() as tx:
        queued = _take_in(context, tx, delivery)
        context.checkpoint("intake.before_commit")
    context.checkpoint("intake.committed")
    for task, run_id in queued:
        context.send(task, run_id, context.settings.fold_seconds)


def _take_in(context: Context, tx: Transaction, delivery: Delivery) -> list[tuple[str, UUID]]:
    """Task names and runs; none for a delivery that was recorded before."""
    delivery_id = deliveries.record(tx, delivery)
    if delivery_id is None:
        return []
    now = context.clock()
    due_at = now + timedelta(seconds=context.settings.fold_seconds)
    _see_heads(tx, delivery)
    queued = [(names.OF_RUN[work.kind], _want(tx, work, delivery_id, due_at)) for work in route(delivery.event)]
    _attest(tx, delivery, delivery_id, [run_id for _, run_id in queued], now)
    return queued


def route(event: Event) -> tuple[Wanted, ...]:
    """The work that an event leads to; pure. An event without a repository or an installation leads to none."""
    repository, installation_id = event.repository, event.installation_id
    if repository is None or installation_id is None:
        return ()
    place = (repository.id, repository.full_name, installation_id)
    if event.name in PULL_EVENTS | CHECK_EVENTS and event.pulls:
        return tuple(Wanted("evaluate", *place, number=number) for number in event.pulls)
    if event.name in CHECK_EVENTS and event.head_sha:
        return (Wanted("find_by_head", *place, sha=event.head_sha),)
    if event.name == "push" and event.branch:
        return (Wanted("find_by_branch", *place, branch=event.branch),)
    return ()


def _want(tx: Transaction, work: Wanted, delivery_id: int, due_at: datetime) -> UUID:
    if work.number is not None:
        pulls.seen(tx, Sighting(work.repository_id, work.number, work.full_name, work.installation_id))
    run_id = runs.want(tx, work, due_at)
    runs.caused_by(tx, run_id, delivery_id)
    return run_id


def _see_heads(tx: Transaction, delivery: Delivery) -> None:
    event = delivery.event
    if event.name == "pull_request" and event.repository and event.head_sha:
        for number in event.pulls:
            pulls.first_seen_at(tx, event.repository.id, number, event.head_sha, delivery.received_at)


def _attest(tx: Transaction, delivery: Delivery, delivery_id: int, run_ids: list[UUID], now: datetime) -> None:
    ledger.append(
        tx,
        kind="delivery_recorded",
        subject=f"delivery:{delivery_id}",
        actor="github",
        body={
            "hook_id": delivery.hook_id,
            "guid": delivery.guid,
            "body_digest": delivery.body_digest,
            "event": delivery.event.name,
            "action": delivery.event.action,
            "runs": [str(run_id) for run_id in run_ids],
        },
        at=now,
    )
