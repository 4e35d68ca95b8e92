"""Have somebody look who merged a pull request, where it may have been merged past this gate.

An event only has somebody look; what is recorded is what GitHub shows then. Without any event it is noticed when a
pull request that we take for open is read and was merged (`tasks/evaluate.py`).
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app import pull_urls
from app.database import Transaction
from app.events import Event
from app.records import attempts, external_merges, issues, merge_requests, operator_settings, step_runs
from app.records.issues import Issue
from app.records.merge_requests import Wish
from app.records.step_runs import WantedStep
from tasks import names
from tasks.context import Context

GITHUB = "github"

Watched = tuple[int, str, int]
"""A pull request: repository id, owner/name and number."""
Message = tuple[str, UUID]
"""A task's name, and the run it is for."""


def look(
    context: Context, tx: Transaction, watched: Watched, *, head_sha: str, request_id: str, woken_by: str, now: datetime
) -> list[Message]:
    """Runs that look who merged a pull request, one for each issue that waits for it, else one; none where we did."""
    repository_id, full_name, number = watched
    if not is_ours(context, tx, full_name) or _is_known(tx, repository_id, number, head_sha):
        return []
    linked = [issue for issue in _linked(context, tx, full_name, number) if issue.status == "REVIEW_READY"]
    if not linked and external_merges.of_pull(tx, repository_id, number):
        return []
    wanted: list[Issue | None] = [*linked] or [None]
    found = (_open(context, tx, watched, issue, request_id=request_id, woken_by=woken_by, now=now) for issue in wanted)
    return [(names.MERGE, run_id) for run_id in found if run_id is not None]


def look_at_event(context: Context, tx: Transaction, event: Event, guid: str, now: datetime) -> list[Message]:
    """The same for an event that tells of a merge."""
    if event.merged is None or event.repository is None or event.installation_id is None or event.head_sha is None:
        return []
    place = (event.repository.id, event.repository.full_name)
    return [
        message
        for number in event.pulls
        for message in look(
            context, tx, (*place, number), head_sha=event.head_sha, request_id=guid, woken_by="event", now=now
        )
    ]


def look_at_closed(
    context: Context, tx: Transaction, watched: Watched, *, head_sha: str, now: datetime
) -> list[Message]:
    """The same for a pull request that was taken for open and is found merged."""
    return look(context, tx, watched, head_sha=head_sha, request_id=str(uuid4()), woken_by="sweeper", now=now)


def is_ours(context: Context, tx: Transaction, full_name: str) -> bool:
    """Whether the repository is one that this gate is for."""
    return operator_settings.everywhere(tx, context.settings).writes_to(full_name)


def _is_known(tx: Transaction, repository_id: int, number: int, head_sha: str) -> bool:
    """Whether a merge of ours at that head has succeeded, or was sent by a run that finds out what came of it."""
    sent = (
        attempt
        for attempt in attempts.open_of(tx, repository_id, number)
        if attempt.state != "INTENT" and attempts.has_its_run(tx, attempt)
    )
    known = (*attempts.succeeded_of(tx, repository_id, number), *sent)
    return any(attempt.kind == "merge" and attempt.head_sha == head_sha for attempt in known)


def _linked(context: Context, tx: Transaction, full_name: str, number: int) -> list[Issue]:
    addresses = pull_urls.addresses(full_name, number, context.settings)
    return [issue for address in addresses for issue in issues.by_pr_url(tx, address)]


def _open(
    context: Context,
    tx: Transaction,
    watched: Watched,
    issue: Issue | None,
    *,
    request_id: str,
    woken_by: str,
    now: datetime,
) -> UUID | None:
    """None where somebody looks already."""
    repository_id, _, number = watched
    issue_id = issue.id if issue else None
    if merge_requests.is_observed(tx, repository_id, number, issue_id):
        return None
    wish = Wish(
        mode="observe",
        request_id=request_id,
        source="event",
        asked_by=GITHUB,
        until=now + timedelta(hours=context.settings.merge_request_hours),
        issue_id=issue_id,
        repository_id=repository_id,
        number=number,
    )
    wanted = WantedStep(
        step=step_runs.MERGE_STEP,
        mode="observe",
        request_id=request_id,
        asked_by=GITHUB,
        issue_id=issue_id,
        merge_request_id=merge_requests.accept(tx, wish, now),
        woken_by=woken_by,
        state_before=issue.status if issue else None,
    )
    return step_runs.open_run(tx, wanted, now)
