"""Open the runs of merge requests: of those that something about their pull request wakes, and of those due."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from app import pull_urls
from app.database import Transaction
from app.records import causes, github_requests, issues, looks, merge_requests, pulls, step_runs
from app.records.issues import Issue
from app.records.merge_requests import MergeRequest
from app.records.runs import Run
from app.records.step_runs import WantedStep
from tasks.context import Context

AGAIN_SECONDS = 30
MOST_DOUBLINGS = 5
"""A merge run that misses an evaluation has one made, which wakes the request later each time: the two never race."""


def wake(
    context: Context, tx: Transaction, cause: Run, number: int, *, leaving_out: Collection[str] = (), now: datetime
) -> list[UUID]:
    """The runs of the requests that wait for something to happen to the pull request, but for those of some sources.

    `cause`: the evaluation. One that no event has led to only brings forward when a request is looked at again.
    """
    found = list[UUID]()
    is_event = causes.exist(tx, cause.id)
    for request in merge_requests.wake(tx, cause.repository_id, number):
        if request.source in leaving_out:
            continue
        before = github_requests.runs_since(tx, request.id, now - timedelta(hours=1))
        if is_event or not before:
            found.append(open_run(context, tx, request, woken_by="event", now=now))
        else:
            later = now + timedelta(seconds=AGAIN_SECONDS << min(before - 1, MOST_DOUBLINGS))
            merge_requests.come_back(tx, request.id, min(request.due_at or later, later))
    return found


def take_due(context: Context, tx: Transaction, now: datetime) -> list[UUID]:
    """The runs of the requests that the gate comes back to by itself; those that are too old are ended."""
    github_requests.end_old(tx, now)
    github_requests.look_again(tx, now)
    due = merge_requests.take_due(tx, now)
    return [open_run(context, tx, request, woken_by="sweeper", now=now) for request in due]


def open_run(context: Context, tx: Transaction, request: MergeRequest, *, woken_by: str, now: datetime) -> UUID:
    """One run of a request, for its issue or for the one in REVIEW_READY that links its pull request."""
    issue = _issue(context, tx, request)
    wanted = WantedStep(
        step=step_runs.MERGE_STEP,
        mode=request.mode,
        request_id=request.request_id,
        asked_by=request.asked_by,
        issue_id=issue.id if issue else None,
        merge_request_id=request.id,
        woken_by=woken_by,
        state_before=issue.status if issue else None,
    )
    run_id = step_runs.open_run(tx, wanted, now)
    looks.follow(tx, run_id, request.id)
    return run_id


def _issue(context: Context, tx: Transaction, request: MergeRequest) -> Issue | None:
    if request.issue_id is not None:
        return issues.get(tx, request.issue_id)
    if request.repository_id is None or request.number is None:
        return None
    full_name = pulls.name_of(tx, request.repository_id, request.number)
    addresses = pull_urls.addresses(full_name, request.number, context.settings) if full_name else ()
    linked = (issue for address in addresses for issue in issues.by_pr_url(tx, address))
    return next((issue for issue in linked if issue.status == "REVIEW_READY"), None)
