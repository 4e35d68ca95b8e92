"""Whether the reviews of a pull request speak for its merge, and which of them stand against it."""

from collections.abc import Iterator
from typing import Literal

from policies.facts import LEVELS, Frozen, Level
from policies.merging.answer import Against
from policies.merging.facts import MergeFacts, Pull, Review
from policies.merging.rules import MergeRules
from policies.merging.situation import Veto
from policies.text import short

MIN_APPROVALS = 1
"""Whatever the rules say: nothing is merged that nobody has approved."""
VETO_PERMISSION: Level = "write"
OPINIONS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
SILENT = ("COMMENTED", "PENDING")
UNHARMFUL = ("APPROVED", "DISMISSED", *SILENT)
"""States of a review that only a webhook told of, for which no reading has to wait."""
APP_SUFFIX = "[bot]"


class ReviewsJudged(Frozen):
    """`vetoes`: the ignored ones. `review_ids`: the newest opinion of each reviewer."""

    status: Literal["APPROVED", "NOT_APPROVED", "CHANGES_REQUESTED"]
    against: tuple[Against, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    review_ids: tuple[int, ...] = ()


def judge(facts: MergeFacts, rules: MergeRules) -> ReviewsJudged:
    """The newest opinion of each person, whatever they are called, under the rules."""
    standing = _standing(_as_hooked(facts))
    vetoes = [review for review in standing if review.state == "CHANGES_REQUESTED"]
    heard = [review for review in vetoes if _may(review, VETO_PERMISSION)]
    changes = (*map(_vetoed, heard), *_behind_webhook(facts), *_told_of_changes(facts.pull, heard))
    missing = tuple(_missing(facts, rules, standing))
    return ReviewsJudged(
        status="CHANGES_REQUESTED" if changes else "NOT_APPROVED" if missing else "APPROVED",
        against=(*changes, *missing),
        vetoes=tuple(
            Veto(login=_name(review), permission=review.permission) for review in vetoes if review not in heard
        ),
        review_ids=tuple(sorted(review.id for review in standing)),
    )


def _as_hooked(facts: MergeFacts) -> list[Review]:
    """The list without what says nothing, and with what webhooks said was dismissed."""
    dismissed = {id_ for id_, state in facts.hooked_reviews if state.upper() == "DISMISSED"}
    told = (
        review.model_copy(update={"state": "DISMISSED" if review.id in dismissed else review.state.upper()})
        for review in facts.reviews
    )
    return [review for review in told if review.state not in SILENT]


def _standing(reviews: list[Review]) -> list[Review]:
    """What counts of each person, oldest first; each deleted account is a person of its own."""
    by_person = dict[int, list[Review]]()
    for review in _in_order(reviews):
        by_person.setdefault(-review.id if review.user_id is None else review.user_id, []).append(review)
    return _in_order([review for said in by_person.values() for review in _last_words(said)])


def _in_order(reviews: list[Review]) -> list[Review]:
    """By time and id; by id alone where a time is missing."""
    by_id = sorted(reviews, key=lambda review: review.id)
    times = {review.id: review.submitted_at for review in reviews if review.submitted_at}
    return by_id if len(times) < len(reviews) else sorted(by_id, key=lambda review: times[review.id])


def _last_words(said: list[Review]) -> list[Review]:
    """The newest; and a veto before it where nobody knows what the state of the newest means."""
    newest = said[-1]
    if newest.state in OPINIONS:
        return [newest]
    opinion = [review for review in said if review.state in OPINIONS][-1:]
    return [*(review for review in opinion if review.state == "CHANGES_REQUESTED"), newest]


def _may(review: Review, least: Level) -> bool:
    return LEVELS.index(review.permission) >= LEVELS.index(least)


def _name(review: Review) -> str:
    return short(review.login or "") or "a deleted account"


def _vetoed(review: Review) -> Against:
    name = _name(review)
    sentence = f"Changes are requested by {name}, who has to approve, or somebody has to dismiss that review."
    return Against(code="CHANGES_REQUESTED", detail=None, sentence=sentence)


def _behind_webhook(facts: MergeFacts) -> Iterator[Against]:
    """A review that a webhook told of, which is no approval, and which the list does not show yet."""
    listed = {review.id for review in facts.reviews}
    if any(id_ not in listed and state.upper() not in UNHARMFUL for id_, state in facts.hooked_reviews):
        yield Against(
            code="CHANGES_REQUESTED",
            detail="EVIDENCE_BEHIND_WEBHOOK",
            sentence="GitHub told of a review that its list does not show yet; the list is read again soon.",
            outcome="retry_scheduled",
        )


def _told_of_changes(pull: Pull, heard: list[Review]) -> Iterator[Against]:
    if pull.review_decision == "CHANGES_REQUESTED" and not heard:
        sentence = "GitHub says that changes are requested; the reviewer has to approve, or the review be dismissed."
        yield Against(code="CHANGES_REQUESTED", detail=None, sentence=sentence)


def _missing(facts: MergeFacts, rules: MergeRules, standing: list[Review]) -> Iterator[Against]:
    """Why it is not approved; nothing where it is."""
    spoken = [review for review in reversed(standing) if review.state not in ("CHANGES_REQUESTED", "DISMISSED")]
    against = [reason for review in spoken if (reason := _uncounted(review, facts, rules))]
    needed = max(rules.required_approvals, facts.protection.required_approvals, MIN_APPROVALS)
    given = len(spoken) - len(against)
    if given >= needed:
        yield from _doubts(facts.pull, [review for review in spoken if _may(review, VETO_PERMISSION)])
        return
    if given:
        sentence = f"Only {given} of {needed} approvals count; {needed - given} more has to be given."
        yield _not_approved("TOO_FEW_APPROVALS", sentence)
    elif not against:
        yield _silence(facts.pull, needed)
    yield from _first_of_each(against)


def _first_of_each(against: list[Against]) -> list[Against]:
    details = [reason.detail for reason in against]
    return [reason for place, reason in enumerate(against) if reason.detail not in details[:place]]


def _doubts(pull: Pull, spoken: list[Review]) -> Iterator[Against]:
    """What stands against it although enough approvals count."""
    yield from [_unknown(review) for review in spoken if review.state not in OPINIONS][:1]
    if pull.review_decision not in (None, "APPROVED", "CHANGES_REQUESTED"):
        sentence = "GitHub demands a review that is not given, as of a code owner; it has to be given."
        yield _not_approved("REVIEW_DECISION_REQUIRED", sentence)


def _silence(pull: Pull, needed: int) -> Against:
    """Nobody has approved."""
    if pull.author_is_gate:
        sentence = "The pull request is the gate's own, and an App cannot approve its own; somebody else has to."
        return _not_approved("APP_CANNOT_APPROVE_OWN_PR", sentence)
    return _not_approved(None, f"Nobody approves the pull request; it needs the approval of {needed}.")


def _uncounted(review: Review, facts: MergeFacts, rules: MergeRules) -> Against | None:
    """Why the review does not count as an approval: by who gave it first, then by what became of it."""
    if review.state not in OPINIONS:
        return _unknown(review)
    return _of_whom(review, facts.pull, rules) or _of_when(review, facts.pull, rules)


def _unknown(review: Review) -> Against:
    sentence = f"The newest review of {_name(review)} is of the state {short(review.state)}, which nobody knows here; "
    return _not_approved("UNKNOWN_REVIEW_STATE", sentence + "it has to be dismissed, or given anew.")


def _of_whom(review: Review, pull: Pull, rules: MergeRules) -> Against | None:
    if review.user_id is None or review.login is None:
        return _discounted(review, "GHOST_REVIEWER", "the account is deleted; somebody else has to approve")
    if _is_one_of(review, (pull.author,)):
        detail = "APP_CANNOT_APPROVE_OWN_PR" if pull.author_is_gate else "SELF_APPROVAL"
        return _discounted(review, detail, "the pull request is their own; somebody else has to approve")
    if review.is_bot and not _is_listed(review.login, rules):
        return _discounted(
            review, "BOT_APPROVAL", "bots do not count unless the rules list them; a person has to approve"
        )
    if not _may(review, rules.approver_min_permission):
        least = rules.approver_min_permission
        why = f"it takes the permission {least} and theirs is {review.permission}; somebody who has it has to approve"
        return _discounted(review, "APPROVER_LACKS_WRITE", why)
    return None


def _of_when(review: Review, pull: Pull, rules: MergeRules) -> Against | None:
    if rules.approval_must_match_head and review.commit_sha != pull.head_sha:
        why = f"it is not of the head {short(pull.head_sha)}; the head has to be approved"
        return _discounted(review, "STALE_APPROVAL", why)
    if rules.forbid_last_pusher and _may_have_pushed(review, pull):
        why = "they may have pushed the head themselves; somebody else has to approve"
        return _discounted(review, "LAST_PUSHER_APPROVAL", why)
    if rules.rerequest_withdraws_approval and _is_one_of(review, pull.requested_reviewers):
        return _discounted(review, "REVIEW_REREQUESTED", "they were asked to review again; they have to approve again")
    return None


def _may_have_pushed(review: Review, pull: Pull) -> bool:
    by_id = pull.pusher_id is not None and review.user_id == pull.pusher_id
    return not pull.pushers or by_id or _is_one_of(review, pull.pushers)


def _is_one_of(review: Review, logins: tuple[str, ...]) -> bool:
    return review.login is not None and review.login.casefold() in {login.casefold() for login in logins}


def _is_listed(login: str, rules: MergeRules) -> bool:
    """With the suffix of an App or without it."""
    listed = {bot.casefold().removesuffix(APP_SUFFIX) for bot in rules.allowed_bot_approvers}
    return login.casefold().removesuffix(APP_SUFFIX) in listed


def _discounted(review: Review, detail: str, why: str) -> Against:
    return _not_approved(detail, f"The approval of {_name(review)} does not count, since {why}.")


def _not_approved(detail: str | None, sentence: str) -> Against:
    return Against(code="NO_REVIEW_APPROVAL", detail=detail, sentence=sentence)
