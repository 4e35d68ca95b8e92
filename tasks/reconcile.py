"""Take in what GitHub says it delivered and nobody recorded here: lost on its way, or with the queue after a 202.

GitHub calls a delivery successful that we answered and then lost, so all are compared, not only the failed ones. A
round walks the list from its newest end back to where earlier rounds have settled everything.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from app.database import Transaction
from app.events import Delivery, Event
from app.github import payloads
from app.github.answers import Unavailable
from app.github.deliveries import CursorLost, Deliveries, Listed, NotShown
from app.github.fields import Malformed
from app.github.payloads import Ignored
from app.handed import Compared
from app.records import deliveries as recorded
from app.records import reconciliations, runs
from app.records.reconciliations import Round
from app.records.runs import Run
from tasks import intake, names, putting_off
from tasks.context import Context

MOST_PAGES = 20
MOST_FAILURES_IN_A_ROW = 3
UNDER_WAY_SECONDS = 180
"""Younger ones may be on their way, or in our queue."""
OVERLAP_SECONDS = 3600
"""GitHub's list may show a delivery later than it was made."""

log = logging.getLogger("mergegate")


MORE = "There is more of GitHub's list than one task compares."


def deliveries(context: Context, bound: Deliveries, run_id: UUID) -> None:
    """Compare some pages of the list. Nothing happens where the run isn't due or another worker has it.

    Raises `LeaseLost` where another worker has taken it over meanwhile.
    """
    now, app_id = context.clock(), context.settings.github_app_id or 0
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, now, context.settings.lease_seconds)
        current = reconciliations.begin(tx, app_id, now, young_seconds=UNDER_WAY_SECONDS) if run else None
    if run is None or current is None:
        return
    context.checkpoint("reconcile.claimed")
    work = _Work(context, bound, run, current)
    try:
        is_over = _walk(work)
    except CursorLost:
        with work.holding() as tx:
            reconciliations.begin_again(tx, current)
        is_over = False
    except Unavailable as trouble:
        log.warning("action=reconcile_put_off code=%s", trouble.code)
        putting_off.run(context, run, trouble)
        return
    except SoftTimeLimitExceeded:
        is_over = False
    _leave(work, is_over=is_over)


@dataclass(frozen=True)
class _Work:
    """A round in this worker's hands."""

    context: Context
    bound: Deliveries
    run: Run
    current: Round

    @contextmanager
    def holding(self) -> Iterator[Transaction]:
        """A transaction in which the run is ours. Raises `LeaseLost`."""
        with self.context.pool.connection() as tx:
            runs.hold(tx, self.run)
            yield tx


def _walk(work: _Work) -> bool:
    """Whether the round is over. What is settled stays so, wherever this stops."""
    context, bound, current = work.context, work.bound, work.current
    back_to, cursor = _back_to(context, current), current.cursor
    until = context.clock() + timedelta(seconds=context.settings.lease_seconds / 2)
    for _ in range(MOST_PAGES):
        page = bound.page(cursor)
        context.checkpoint("reconcile.listed")
        if not _settle(work, page.listed, until=until):
            return False
        if page.cursor is None or not page.listed or page.listed[-1].delivered_at < back_to:
            return True
        cursor = page.cursor
        with work.holding() as tx:
            reconciliations.go_on(tx, current, cursor)
        context.checkpoint("reconcile.went_on")
        if context.clock() >= until:
            break
    return False


def _oldest(context: Context, current: Round) -> datetime:
    return current.began_at - timedelta(hours=context.settings.reconcile_hours)


def _back_to(context: Context, current: Round) -> datetime:
    oldest = _oldest(context, current)
    if current.settled_until is None:
        return oldest
    return max(oldest, current.settled_until - timedelta(seconds=OVERLAP_SECONDS))


def _settle(work: _Work, listed: tuple[Listed, ...], *, until: datetime) -> bool:
    """Take in what is missing, oldest first; False where the time is up before all of it is.

    One that can't be read is left to the next round; several in a row are GitHub's trouble. Raises `Unavailable`.
    """
    context, failures = work.context, 0
    for each in _missing(context, work.current, listed):
        if context.clock() >= until:
            return False
        try:
            _take_in(context, work.bound, each)
            failures = 0
        except Unavailable as trouble:
            failures += 1
            if trouble.not_before is not None or failures >= MOST_FAILURES_IN_A_ROW:
                raise
            log.warning("action=delivery_unreadable guid=%s id=%d code=%s", each.guid, each.id, trouble.code)
            with work.holding() as tx:
                reconciliations.hold_back(tx, work.current, each.delivered_at)
    return True


def _missing(context: Context, current: Round, listed: tuple[Listed, ...]) -> list[Listed]:
    """The first attempt at each event that is of interest, was not recorded, and is hardly under way any more."""
    oldest, latest = _oldest(context, current), current.began_at - timedelta(seconds=UNDER_WAY_SECONDS)
    wanted = {
        each.guid: each
        for each in listed
        if oldest <= each.delivered_at <= latest and payloads.is_of_interest(each.event, each.action)
    }
    with context.pool.connection() as tx:
        settled = recorded.settled(tx, wanted)
    return sorted(
        (each for guid, each in wanted.items() if guid not in settled), key=lambda each: (each.delivered_at, each.id)
    )


def _take_in(context: Context, bound: Deliveries, listed: Listed) -> None:
    found = _read(bound, listed)
    context.checkpoint("reconcile.read")
    if found is not None and _is_new(context, listed, *found):
        log.info("action=delivery_reconciled guid=%s event=%s", listed.guid, listed.event)
        return
    with context.pool.connection() as tx:
        recorded.pass_over(tx, listed.guid, context.clock())


def _read(bound: Deliveries, listed: Listed) -> tuple[int, Event, str] | None:
    """Hook, event and digest; None where nothing follows from it, for the reasons that the receiver has as well."""
    try:
        sent = bound.sent(listed)
        event = payloads.normalize(listed.event, payloads.parse(sent.body))
    except (NotShown, Malformed) as trouble:
        log.warning("action=delivery_passed_over guid=%s id=%d why=%r", listed.guid, listed.id, str(trouble))
        return None
    return None if isinstance(event, Ignored) else (sent.hook_id, event, hashlib.sha256(sent.body).hexdigest())


def _is_new(context: Context, listed: Listed, hook_id: int, event: Event, body_digest: str) -> bool:
    delivery = Delivery(
        hook_id=hook_id,
        guid=listed.guid,
        body_digest=body_digest,
        received_at=listed.delivered_at,
        event=event,
        via="api",
    )
    return intake.handle(context, delivery)


def _leave(work: _Work, *, is_over: bool) -> None:
    """The round is over, or goes on with the next task at once."""
    context, now = work.context, work.context.clock()
    context.checkpoint("reconcile.walked")
    with work.holding() as tx:
        if is_over:
            reconciliations.settle(tx, work.current)
            recorded.forget_passed(tx, _oldest(context, work.current))
            runs.finish(tx, work.run, now, Compared(settled_until=reconciliations.settled_until(tx, work.current)))
        else:
            runs.snooze(tx, work.run, now, MORE, now=now)
    if not is_over:
        context.send(names.RECONCILE, work.run.id, 0)
