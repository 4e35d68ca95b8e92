"""Propose the writes that a verdict asks for, each only where it changes something."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.database import Transaction
from app.github import documents
from app.records import evaluations, intents, own_reviews
from app.records.runs import Run
from policies.contents import (
    CheckRunContent,
    Content,
    Kind,
    ReviewApproveContent,
    ReviewDismissContent,
    ReviewRequestContent,
    StatusContent,
    status_target,
)
from policies.intents import Intent

UNDER_WAY = ("pending", "sent")
ENDED = ("written", "refused", "blocked")
"""How an intent ends that was not kept from leaving."""
BESIDE_THE_STATUS: tuple[Kind, ...] = ("review_request", "review_dismiss", "review_approve", "check_run")


@dataclass(frozen=True)
class Cause:
    """What asks for writes: an evaluation, its run, and the pull request `number` that it is about."""

    run: Run
    number: int
    evaluation_id: UUID
    now: datetime


def lock(tx: Transaction, repository_id: int, sha: str, context: str) -> None:
    """Nobody else proposes for this target until the transaction ends."""
    intents.lock(tx, status_target(repository_id, sha, context))


def status(tx: Transaction, cause: Cause, content: StatusContent, shown: documents.Status | None) -> UUID | None:
    """The intent that carries the status out; None where GitHub shows it already. `shown`: what GitHub shows.

    Any commit will do, the head of a merge group too. The caller has locked the target.
    """
    newest = intents.newest(tx, content.target_in(cause.run.repository_id))
    if _is_shown(newest, content, shown):
        return None
    intent_id = _carry(tx, cause, content, newest)
    evaluations.carried_by(tx, cause.evaluation_id, intent_id)
    return intent_id


def bare_status(tx: Transaction, cause: Cause, content: StatusContent) -> UUID | None:
    """The intent for a status beside the verdict's own; None where our own newest receipt has said the same."""
    newest = _locked(tx, cause, content)
    return None if _is_shown(newest, content, None) else _carry(tx, cause, content, newest)


def check_run(tx: Transaction, cause: Cause, content: CheckRunContent) -> UUID | None:
    """The intent that carries the check out; None where the newest one of its name has said the same."""
    newest = _locked(tx, cause, content)
    if newest is not None and newest["status"] in ENDED and _says(newest, content):
        return None
    return _carry(tx, cause, content, newest)


def dismissal(tx: Transaction, cause: Cause, content: ReviewDismissContent) -> UUID | None:
    """The intent that dismisses the review; None where that was tried before. The reason given makes no difference."""
    newest = _locked(tx, cause, content)
    if newest is not None and newest["status"] == "sent":
        return _again(tx, cause, newest)
    return None if newest is not None and newest["status"] in ENDED else _carry(tx, cause, content, newest)


def review_approve(
    tx: Transaction, cause: Cause, content: ReviewApproveContent, *, taken_back: Container[int], allowed: Container[str]
) -> UUID | None:
    """The intent that approves; None where that was tried at this head before and not `taken_back` by us since.

    One that was denied for lack of its switch is not decided again before the switch is among those `allowed`.
    """
    _locked(tx, cause, content)
    own_reviews.lock_waiting(tx, content.target_in(cause.run.repository_id))
    newest = _locked(tx, cause, content)  # as it is now that it stays so
    if newest is not None and newest["content"]["head_sha"] == content.head_sha:
        if newest["status"] == "sent":
            return _again(tx, cause, newest)
        if newest["status"] == "denied" and content.kind not in allowed and _wishes(newest, cause.run, content):
            return None
        if newest["status"] in ENDED and not _is_taken_back(newest, taken_back):
            return None
    return _carry(tx, cause, content, newest)


def _is_taken_back(newest: dict[str, Any], taken_back: Container[int]) -> bool:
    return newest["remote_id"] is not None and int(newest["remote_id"]) in taken_back


def review_request(tx: Transaction, cause: Cause, content: ReviewRequestContent) -> UUID | None:
    """The intent that asks those whom none has asked at this head before; None where nobody is left."""
    newest = _locked(tx, cause, content)
    if newest is not None and newest["status"] == "sent":
        _again(tx, cause, newest)
    left = _not_asked(content, intents.tried(tx, content.target_in(cause.run.repository_id)))
    return _carry(tx, cause, left, newest) if left.users or left.teams else None


def withdraw(tx: Transaction, cause: Cause, kind: Kind, wished: tuple[UUID, ...]) -> None:
    """Put aside what waits to be written about the pull request and is wished for no more."""
    intents.withdraw(tx, kind, repository_id=cause.run.repository_id, number=cause.number, wished=wished, now=cause.now)


def withdraw_all(tx: Transaction, run: Run, now: datetime) -> None:
    """The same for all but the status, where the pull request is closed or can't be judged."""
    for kind in BESIDE_THE_STATUS:
        intents.withdraw(tx, kind, repository_id=run.repository_id, number=run.number or 0, wished=(), now=now)
    own_reviews.wish_no_more(tx, run.repository_id, run.number or 0, now)


def _not_asked(content: ReviewRequestContent, earlier: list[dict[str, Any]]) -> ReviewRequestContent:
    """Less those of earlier requests at the same head."""
    asked = [request for request in earlier if request["head_sha"] == content.head_sha]
    users = {login for request in asked for login in request["users"]}
    teams = {slug for request in asked for slug in request["teams"]}
    left = {
        "users": tuple(login for login in content.users if login not in users),
        "teams": tuple(slug for slug in content.teams if slug not in teams),
    }
    return content.model_copy(update=left)


def _locked(tx: Transaction, cause: Cause, content: Content) -> dict[str, Any] | None:
    """The newest intent for the target, and nobody adds another until the transaction ends."""
    target = content.target_in(cause.run.repository_id)
    intents.lock(tx, target)
    return intents.newest(tx, target)


def _carry(tx: Transaction, cause: Cause, content: Content, newest: dict[str, Any] | None) -> UUID:
    """The newest intent, where it wishes the same and has not ended; a denied one is to be decided again."""
    if newest is not None and newest["status"] in (*UNDER_WAY, "denied") and _wishes(newest, cause.run, content):
        return _again(tx, cause, newest)
    sequence = newest["sequence"] + 1 if newest else 1
    return intents.record(tx, _intent(cause, content, sequence), cause.evaluation_id, cause.now)


def _again(tx: Transaction, cause: Cause, newest: dict[str, Any]) -> UUID:
    carried: UUID = newest["id"]
    intents.wish_again(tx, carried, cause.now)
    return carried


def _wishes(newest: dict[str, Any], run: Run, content: Content) -> bool:
    """Whether it would do the same, and go where the App is still."""
    same_place = (newest["full_name"], newest["installation_id"]) == (run.full_name, run.installation_id)
    return same_place and _says(newest, content)


def _says(newest: dict[str, Any], content: Content) -> bool:
    return bool(newest["content"] == content.model_dump(mode="json"))


def _is_shown(newest: dict[str, Any] | None, content: StatusContent, shown: documents.Status | None) -> bool:
    """Whether the target shows the content, and will go on to.

    It won't where another content is under way. Our own receipt counts for more than an older list of GitHub's.
    """
    if newest is not None and newest["status"] in UNDER_WAY:
        return False
    receipted = newest is not None and newest["status"] == "written" and newest["remote_id"] is not None
    if newest is not None and receipted and (shown is None or shown.id <= int(newest["remote_id"])):
        return _says(newest, content)
    wanted = (content.state, content.description, content.target_url)
    return shown is not None and (shown.state, shown.description, shown.target_url) == wanted


def _intent(cause: Cause, content: Content, sequence: int) -> Intent:
    run = cause.run
    return Intent(
        run_id=str(run.id),
        repository=run.full_name,
        repository_id=run.repository_id,
        installation_id=run.installation_id,
        number=cause.number,
        sequence=sequence,
        content=content,
    )
