"""Find out whether something at GitHub asks for a merge, by the gate file of the base branch, and keep that wish."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from celery.exceptions import SoftTimeLimitExceeded

from app import ledger
from app.database import Transaction
from app.github import documents, facts
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records import github_requests, operator_settings
from app.records.merge_requests import Wish
from app.records.runs import Run
from policies.error import PolicyError
from policies.facts import Comment
from policies.merging import document, triggers
from policies.merging.rules import MergeRules
from policies.merging.triggers import Asked
from tasks import merge_waking
from tasks.context import Context
from tasks.gate_file import GateFile
from tasks.judging import Judged

GITHUB = "github"
BOT = "[bot]"
"""How the login of an App ends; what Apps say in comments asks for nothing, our own least of all."""
MAY_ASK = ("write", "maintain", "admin")
MOST_ASKING = 20
"""Whose permission is looked up: of those who spoke last. What anybody else says asks for nothing, and may forbid."""


@dataclass(frozen=True)
class Asks:
    """Something at GitHub asks for a merge. `by`: a login, or GitHub where nobody can tell who.

    `said_at`: of a comment, which asks no longer than a request lives.
    """

    source: triggers.Way
    by: str = GITHUB
    said_at: datetime | None = None


@dataclass(frozen=True)
class Silent:
    """Nothing at GitHub asks for a merge."""


Told = Asks | Silent | None
"""None: it could not be found out, so that all stays as it is."""


def read(context: Context, run: Run, judged: Judged, gate: GateFile) -> Told:
    """What GitHub's side says now; raises nothing."""
    with context.pool.connection() as tx:
        counts = operator_settings.everywhere(tx, context.settings)
    if not counts.writes_to(run.full_name):
        return Silent()
    try:
        if gate.text is None:
            return Silent()
        rules = document.parsed(gate.text, context.settings.policy_options)
        return _told(context, run, judged, rules)
    except (Unavailable, PolicyError, SoftTimeLimitExceeded):
        return None


def record(context: Context, tx: Transaction, run: Run, pull: documents.Pull, *, told: Told) -> list[UUID]:
    """Keep, renew or end the wish, and open the runs that the evaluation wakes; the caller sends their messages.

    Belongs into the transaction that records the evaluation, so that no run comes before it, and before whatever that
    appends to the audit. Runs come before the wish: whoever ends a run holds its issue before its request.
    """
    if isinstance(told, Silent):
        return _silent(context, tx, run, pull.number, context.clock())
    now = context.clock()
    woken = merge_waking.wake(context, tx, run, pull.number, now=now)
    return [*woken, *_keep(context, tx, run, pull, told=told, now=now)] if told is not None else woken


def closed(context: Context, tx: Transaction, run: Run, now: datetime) -> list[UUID]:
    """The same for a pull request that is not open any more: nothing at GitHub asks for it."""
    return _silent(context, tx, run, run.number or 0, now)


def _told(context: Context, run: Run, judged: Judged, rules: MergeRules) -> Told:
    comments = _comments(context, run, judged, rules)
    oldest = context.clock() - _lives(context)
    fresh = tuple(comment for comment in comments if comment.created_at > oldest and _is_as_written(comment))
    if triggers.ignores(rules, _asked(judged.pull, comments)) is not None:
        return Silent()
    way = triggers.asks(rules, _asked(judged.pull, fresh))
    if way is None:
        return Silent()
    if way != "comment":
        return Asks(way)
    last = [comment for comment in fresh if triggers.says(rules.trigger, comment.body)][-1]
    return Asks(way, last.author, last.created_at)


def _comments(context: Context, run: Run, judged: Judged, rules: MergeRules) -> tuple[Comment, ...]:
    """Those that say something, of people who may write now; oldest first.

    Of so many people that nobody asks about them all, what forbids counts: a crowd lifts nothing that a writer said.
    """
    if not (triggers.reads_comments(rules.trigger) or triggers.reads_comments(rules.ignore)):
        return ()
    place = Place(run.installation_id, run.repository_id)
    said = [comment for comment in _talk(context, place, judged) if _counts(rules, comment)]
    authors = dict.fromkeys(comment.author for comment in reversed(said))
    asked = list(authors)[:MOST_ASKING]
    writers = {login for login in asked if facts.level(context.reader.permission(place, login)) in MAY_ASK}
    return tuple(comment for comment in said if _is_heard(rules, comment, asked, writers))


def _is_heard(rules: MergeRules, comment: Comment, asked: Collection[str], writers: Collection[str]) -> bool:
    if comment.author in asked:
        return comment.author in writers
    return triggers.says(rules.ignore, comment.body)


def _counts(rules: MergeRules, comment: Comment) -> bool:
    if comment.author.endswith(BOT):
        return False
    asks = _is_as_written(comment) and triggers.says(rules.trigger, comment.body)
    return asks or triggers.says(rules.ignore, comment.body)


def _is_as_written(comment: Comment) -> bool:
    """Whether nobody but its author has written into it."""
    return comment.edited_by in (None, comment.author)


def _talk(context: Context, place: Place, judged: Judged) -> tuple[Comment, ...]:
    known = judged.snapshot
    if known is not None and known.knows("comments"):
        return known.comments
    return cast("tuple[Comment, ...]", facts.talk(context.reader.talk(place, judged.pull))["comments"])


def _asked(pull: documents.Pull, comments: tuple[Comment, ...]) -> Asked:
    is_own = pull.head.repo is not None and pull.base.repo is not None and pull.head.repo.id == pull.base.repo.id
    return Asked(
        labels=tuple(label.name for label in pull.labels),
        comments=tuple(comment.body for comment in comments),
        title=pull.title,
        body=pull.body,
        head_branch=pull.head.ref if is_own else None,
        base_branch=pull.base.ref,
        author=pull.user.login if pull.user else documents.GHOST,
        draft=pull.draft,
    )


def _keep(
    context: Context, tx: Transaction, run: Run, pull: documents.Pull, *, told: Asks, now: datetime
) -> list[UUID]:
    """The run of a new wish; an open one is renewed."""
    until = (told.said_at or now) + _lives(context)
    if (known := github_requests.open_one(tx, run.repository_id, pull.number)) is not None:
        github_requests.renew(tx, known, pull.head.sha, until)
        return []
    wish = Wish(
        mode="execute",
        request_id=str(uuid4()),
        source=told.source,
        asked_by=told.by,
        until=until,
        repository_id=run.repository_id,
        number=pull.number,
        waits=True,
    )
    request = github_requests.accept(tx, wish, pull.head.sha, now)
    if request is None:
        return []
    opened = merge_waking.open_run(context, tx, request, woken_by="event", now=now)
    said = {"request": wish.request_id, "source": told.source, "by": told.by, "head_sha": pull.head.sha}
    _attest(tx, run, pull.number, kind="merge_requested", body=said, now=now)
    return [opened]


def _silent(context: Context, tx: Transaction, run: Run, number: int, now: datetime) -> list[UUID]:
    """The runs of those who wait and have not asked at GitHub; the wish from there is taken back."""
    woken = merge_waking.wake(context, tx, run, number, leaving_out=github_requests.SOURCES, now=now)
    for wish_id in github_requests.take_back(tx, run.repository_id, number, now):
        said = {"merge_request": str(wish_id)}
        _attest(tx, run, number, kind="merge_request_taken_back", body=said, now=now)
    return woken


def _lives(context: Context) -> timedelta:
    return timedelta(hours=context.settings.merge_request_hours)


def _attest(tx: Transaction, run: Run, number: int, *, kind: str, body: dict[str, str], now: datetime) -> None:
    subject = f"pull:{run.repository_id}#{number}"
    ledger.append(tx, kind=kind, subject=subject, actor=GITHUB, body=body, at=now)
