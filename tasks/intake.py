"""Take a delivery in: one row, the runs it leads to, and an audit entry, in one transaction; messages after it."""

from datetime import datetime, timedelta
from itertools import zip_longest
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.events import Delivery, Event, Repository
from app.records import alterations, causes, deliveries, groups, hooked, intents, operator_settings, pulls, runs, slots
from app.records.pulls import Sighting
from app.records.runs import NO_REPOSITORY, Wanted
from app.rosters import Rosters
from app.work import By
from app.workflows import pausing
from policies.contents import status_target
from tasks import bypass, names, observing, telling
from tasks.context import Context

PULL_EVENTS = frozenset({"pull_request", "pull_request_review", "issue_comment"})
CHECK_EVENTS = frozenset({"check_run", "check_suite", "status", "workflow_run", "deployment_status"})
MEMBERSHIP_EVENTS = frozenset({"membership", "organization", "team"})

OF_A_REPOSITORY = frozenset(
    {
        *(("member", action) for action in ("added", "edited", "removed")),
        *(("team", action) for action in ("added_to_repository", "edited", "removed_from_repository")),
        *(("label", action) for action in ("deleted", "edited")),
        ("custom_property_values", "updated"),
    }
)
"""Events (name, action) after which any open pull request of their repository may have another verdict."""

OF_AN_INSTALLATION = frozenset(
    {
        *(("membership", action) for action in ("added", "removed")),
        *(("team", action) for action in ("deleted", "edited")),
        *(("organization", action) for action in ("member_added", "member_removed", "renamed")),
        *(("installation", action) for action in ("new_permissions_accepted", "unsuspend")),
    }
)
"""Those, where they name no repository, after which any in all of the installation's repositories may have one."""

OF_NEW_REPOSITORIES = frozenset({("installation", "created"), ("installation_repositories", "added")})


RECONCILED = (
    "It did not come in by webhook and was read from GitHub's own list, asked for as our App; its signature was not"
    " checked, and the digest is of the same JSON in other bytes."
)


def handle(context: Context, delivery: Delivery) -> bool:
    """Record the delivery and enqueue what follows; False for one that was recorded before, which changes nothing.

    Raises `RostersUnavailable`, with nothing recorded, where lists of members can't be dropped that are not true now.
    """
    _drop_rosters(context, delivery.event)
    with context.pool.connection() as tx:
        queued = _take_in(context, tx, delivery)
        context.checkpoint("intake.before_commit")
    context.checkpoint("intake.committed")
    for task, run_id in queued or ():
        context.send(task, run_id, context.settings.fold_seconds)
    return queued is not None


def _drop_rosters(context: Context, event: Event) -> None:
    """What was kept before the event is dropped before anything is evaluated because of it."""
    if event.name in MEMBERSHIP_EVENTS and event.owner is not None and event.installation_id is not None:
        Rosters(context.settings.redis_url).drop(event.installation_id, event.owner)


def _take_in(context: Context, tx: Transaction, delivery: Delivery) -> list[tuple[str, UUID]] | None:
    """Task names and runs; None for a delivery that was recorded before."""
    delivery_id = deliveries.record(tx, delivery)
    if delivery_id is None:
        return None
    now = context.clock()
    _see_heads(tx, delivery)
    _note_group(context, tx, delivery.event, now)
    queued = _want_all(context, tx, delivery.event, delivery_id, now)
    hooked.note(tx, delivery, now)
    queued += observing.look_at_event(context, tx, delivery.event, delivery.guid, now)
    is_altered = alterations.record(tx, delivery, delivery_id)
    _carry_pauses(tx, delivery, now)
    _attest(tx, delivery, delivery_id, [run_id for _, run_id in queued], now)
    if is_altered:
        _attest_alteration(tx, delivery, delivery_id, now)
    bypass.tell(context, tx, delivery.event, now)
    return queued


def _carry_pauses(tx: Transaction, delivery: Delivery, now: datetime) -> None:
    """What is paused stays so under the name that its repository has now; told the audit, whose lock comes last."""
    if delivery.event.repository is not None:
        pausing.follow(tx, delivery.event.repository, delivery.received_at, By(ledger.BY_GITHUB, now))


def _want_all(
    context: Context, tx: Transaction, event: Event, delivery_id: int, now: datetime
) -> list[tuple[str, UUID]]:
    """Each repository of many has to be looked through, so these get slots as their pull requests do."""
    wanted, due_at = (*route(event), *_with_head(tx, event)), now + timedelta(seconds=context.settings.fold_seconds)
    many = len(wanted) if (event.name, event.action) in OF_NEW_REPOSITORIES else 0
    moments = _slots(context, tx, event.installation_id or 0, many, due_at) if many else ()
    return [
        (names.of(work.kind), _want(tx, work, delivery_id, due_at=slot or due_at, slot_at=slot))
        for work, slot in zip_longest(wanted, moments)
    ]


def _slots(
    context: Context, tx: Transaction, installation_id: int, count: int, due_at: datetime
) -> tuple[datetime, ...]:
    per_minute = operator_settings.everywhere(tx, context.settings).reevaluations_per_minute
    return tuple(slots.take(tx, installation_id, count, per_minute=per_minute, now=due_at))


def route(event: Event) -> tuple[Wanted, ...]:
    """The work that an event leads to; pure. An event without an installation leads to none."""
    if event.installation_id is None:
        return ()
    if event.repository is not None and (found := _route_one(event, event.repository, event.installation_id)):
        return found
    if (event.name, event.action) in OF_NEW_REPOSITORIES:
        listed = sorted(event.repositories, key=lambda repository: repository.id)
        return tuple(Wanted("find_by_repository", *_place(each, event.installation_id)) for each in listed)
    if (event.name, event.action) in OF_AN_INSTALLATION:
        return (Wanted("find_by_installation", NO_REPOSITORY, event.owner or "", event.installation_id),)
    return ()


def _route_one(event: Event, repository: Repository, installation_id: int) -> tuple[Wanted, ...]:
    place = _place(repository, installation_id)
    if event.name in PULL_EVENTS | CHECK_EVENTS and event.pulls:
        return tuple(Wanted("evaluate", *place, number=number) for number in event.pulls)
    if event.name in CHECK_EVENTS and event.head_sha:
        return (Wanted("find_by_head", *place, sha=event.head_sha),)
    if event.name == "push" and event.branch:
        return (Wanted("find_by_branch", *place, branch=event.branch),)
    if (event.name, event.action) in OF_A_REPOSITORY:
        return (Wanted("find_by_repository", *place),)
    group = _group(event, repository, installation_id)
    return (group,) if group is not None and event.action == "checks_requested" else ()


def _with_head(tx: Transaction, event: Event) -> tuple[Wanted, ...]:
    """The pull requests beside those that a check names: a fork's may have the same head, and GitHub names none."""
    if event.name not in CHECK_EVENTS or not event.pulls or event.installation_id is None:
        return ()
    if event.repository is None or event.head_sha is None:
        return ()
    known = pulls.with_head(tx, event.repository.id, event.head_sha)
    place = _place(event.repository, event.installation_id)
    return tuple(Wanted("evaluate", *place, number=number) for number in known if number not in event.pulls)


def _place(repository: Repository, installation_id: int) -> tuple[int, str, int]:
    return (repository.id, repository.full_name, installation_id)


def _group(event: Event, repository: Repository, installation_id: int) -> Wanted | None:
    if event.name != "merge_group" or event.head_sha is None or event.branch is None:
        return None
    return Wanted("merge_group", *_place(repository, installation_id), sha=event.head_sha, branch=event.branch)


def _want(tx: Transaction, work: Wanted, delivery_id: int, *, due_at: datetime, slot_at: datetime | None) -> UUID:
    if work.number is not None:
        pulls.seen(tx, Sighting(work.repository_id, work.number, work.full_name, work.installation_id))
    run_id = runs.want(tx, work, due_at, slot_at)
    causes.add(tx, run_id, delivery_id)
    return run_id


def _see_heads(tx: Transaction, delivery: Delivery) -> None:
    event = delivery.event
    if event.name == "pull_request" and event.repository and event.head_sha:
        at = max(delivery.received_at, event.updated_at or delivery.received_at)
        for number in event.pulls:
            pulls.first_seen_at(tx, event.repository.id, number, event.head_sha, at)


def _note_group(context: Context, tx: Transaction, event: Event, now: datetime) -> None:
    """GitHub asks for a group once, and tells when it is gone: then nothing more is written to its commit."""
    if event.repository is None or event.installation_id is None:
        return
    group = _group(event, event.repository, event.installation_id)
    if group is not None and event.action == "checks_requested":
        groups.asked_for(tx, group, now)
    if group is not None and event.action == "destroyed":
        groups.destroyed(tx, group, now)
        name = telling.status_context(context, group.branch or "")
        intents.put_aside(tx, status_target(group.repository_id, group.sha or "", name), now)


def _attest(tx: Transaction, delivery: Delivery, delivery_id: int, run_ids: list[UUID], now: datetime) -> None:
    body = {
        "hook_id": delivery.hook_id,
        "guid": delivery.guid,
        "body_digest": delivery.body_digest,
        "event": delivery.event.name,
        "action": delivery.event.action,
        "runs": [str(run_id) for run_id in run_ids],
    }
    kind = "delivery_recorded"
    if delivery.via == "api":
        kind, body = "delivery_reconciled", {**body, "sent_at": delivery.received_at.isoformat(), "note": RECONCILED}
    ledger.append(tx, kind=kind, subject=f"delivery:{delivery_id}", actor=ledger.BY_GITHUB, body=body, at=now)


def _attest_alteration(tx: Transaction, delivery: Delivery, delivery_id: int, now: datetime) -> None:
    """Who altered whose remark; the sentence with the text's effect is the verdict's."""
    event, remark = delivery.event, delivery.event.remark
    ledger.append(
        tx,
        kind="remark_altered",
        subject=f"delivery:{delivery_id}",
        actor=ledger.BY_GITHUB,
        body={
            "pulls": list(event.pulls),
            "comment_id": remark.id if remark else None,
            "author": remark.author if remark else None,
            "by": event.sender,
            "what": event.action,
        },
        at=now,
    )
