"""What a verdict asks of reviewers: reviews that count no more are dismissed, and while it waits somebody is asked.

Neither holds the verdict up or changes it: that is recorded and on its way before GitHub is asked about reviewers.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from app import handed, ledger
from app.database import Transaction
from app.github import documents
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records import deliveries, runs
from policies import dismissals, review_requests
from policies.contents import MOST_REVIEWERS, ReviewDismissContent, ReviewRequestContent
from policies.dismissals import Dismissal
from policies.error import CannotJudge
from policies.facts import FactMissing, PullSnapshot
from policies.policy import Rule
from policies.predicates.predicate import Trigger
from policies.review_requests import ReviewRequest
from policies.reviewers import Reviewers
from tasks import gathering, names, proposing
from tasks.context import Context
from tasks.judging import Judged
from tasks.proposing import Cause

TALK: dict[str, Trigger] = {"issue_comment": "comment", "pull_request_review": "review"}


@dataclass(frozen=True)
class Asking:
    """That somebody is to be asked for a review of the pull request as it was judged, for the rules that wait."""

    cause: Cause
    pull: documents.Pull
    snapshot: PullSnapshot
    rules: tuple[Rule, ...]
    judged: handed.Judged


def dismiss(
    context: Context, tx: Transaction, cause: Cause, judged: Judged, *, others: tuple[UUID, ...] = ()
) -> tuple[UUID, ...]:
    """Propose the dismissals, and put aside those that wait and are wished for no more; the intents to work on.

    `others`: those that something else wishes for.
    """
    proposed = dismissals.propose(judged.result, context.settings.policy_options) if judged.result else ()
    found = (proposing.dismissal(tx, cause, _dismissed(cause, each)) for each in proposed)
    wished = (*(intent_id for intent_id in found if intent_id is not None), *others)
    proposing.withdraw(tx, cause, "review_dismiss", wished)
    return wished


def _dismissed(cause: Cause, proposed: Dismissal) -> ReviewDismissContent:
    return ReviewDismissContent(
        number=cause.number, review_id=int(proposed.review_id), login=proposed.login, message=proposed.reason
    )


def asking(tx: Transaction, cause: Cause, judged: Judged) -> Asking | None:
    """Whether somebody is to be asked now. A request that waits is put aside once no rule waits for it."""
    snapshot, rules = judged.snapshot, _waiting(judged)
    if snapshot is None or snapshot.draft or not rules:
        proposing.withdraw(tx, cause, "review_request", ())
        return None
    events = tuple(TALK.get(name, "pull_request") for name in deliveries.events_of(tx, cause.run.id))
    if not review_requests.is_time(snapshot, events):
        return None
    state, head = judged.verdict.state, judged.pull.head.sha
    of = handed.Judged(evaluation=cause.evaluation_id, state=state, head_sha=head)
    return Asking(cause, judged.pull, snapshot, rules, of)


def _waiting(judged: Judged) -> tuple[Rule, ...]:
    if judged.policy is None or judged.result is None:
        return ()
    return review_requests.waiting_rules(judged.policy, judged.result)


def ask(context: Context, wanted: Asking) -> None:
    """Find out whom to ask, propose that, and end the run; trouble is noted in the audit and stops nothing else.

    Raises `LeaseLost`.
    """
    cause, chosen = wanted.cause, _choose(context, wanted)
    with context.pool.connection() as tx:
        runs.finish(tx, cause.run, context.clock(), wanted.judged)
        intent_id = proposing.review_request(tx, cause, chosen.content) if chosen.content else None
        if chosen.content is None and chosen.trouble is None:
            proposing.withdraw(tx, cause, "review_request", ())
        _attest(tx, cause, chosen, intent_id, context.clock())
    if intent_id is not None:
        context.send(names.WRITE, intent_id, 0)


@dataclass(frozen=True)
class _Chosen:
    """Whom to ask, None for nobody; what could not be listed; and why nobody could be chosen at all."""

    content: ReviewRequestContent | None = None
    left_out: tuple[str, ...] = ()
    trouble: str | None = None


def _choose(context: Context, wanted: Asking) -> _Chosen:
    place = Place(wanted.cause.run.installation_id, wanted.cause.run.repository_id)
    try:
        reviewers = gathering.reviewers(context, place, wanted.pull, wanted.rules)
        wishes = review_requests.requests(wanted.rules, wanted.snapshot, reviewers)
        request = review_requests.choose(wishes, wanted.snapshot, reviewers)
    except Unavailable as trouble:
        return _Chosen(trouble=trouble.sentence)
    except CannotJudge as trouble:
        return _Chosen(trouble=f"{trouble}.")
    except FactMissing as missing:
        return _Chosen(trouble=f"The fact {missing.name} is not known.")
    except SoftTimeLimitExceeded:
        return _Chosen(trouble="Reading GitHub took too long.")
    return _Chosen(_requested(wanted.snapshot, request), _left_out(wanted.rules, reviewers))


def _requested(snapshot: PullSnapshot, request: ReviewRequest) -> ReviewRequestContent | None:
    if not request.users and not request.teams:
        return None
    users, teams = request.users[:MOST_REVIEWERS], request.teams[:MOST_REVIEWERS]
    return ReviewRequestContent(number=snapshot.number, head_sha=snapshot.head_sha, users=users, teams=teams)


def _left_out(rules: tuple[Rule, ...], reviewers: Reviewers) -> tuple[str, ...]:
    """The teams and organizations that could not be listed."""
    needed = review_requests.reviewers_needed(rules)
    listed = tuple(name for name, _ in (*reviewers.teams, *reviewers.organizations))
    return tuple(name for name in (*needed.teams, *needed.organizations) if name not in listed)


def _attest(tx: Transaction, cause: Cause, chosen: _Chosen, intent_id: UUID | None, now: datetime) -> None:
    body = {
        "run": str(cause.run.id),
        "evaluation": str(cause.evaluation_id),
        "users": list(chosen.content.users) if chosen.content else [],
        "teams": list(chosen.content.teams) if chosen.content else [],
        "left_out": list(chosen.left_out),
        "trouble": chosen.trouble,
        "intent": str(intent_id) if intent_id else None,
    }
    subject = f"pull:{cause.run.repository_id}#{cause.number}"
    ledger.append(tx, kind="reviewers_chosen", subject=subject, actor=ledger.BY_GATE, body=body, at=now)
