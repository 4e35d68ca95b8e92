"""Wishes for writes of every kind, about pull request 1, as an evaluation of it would have them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.database import Transaction
from app.records.runs import Run
from policies.contents import Annotation, CheckRunContent, ReviewDismissContent, ReviewRequestContent
from tasks import names, proposing
from tasks.proposing import Cause
from tests.tasks.house import REPOSITORY, House

OTHER_KINDS = ("review_request", "review_dismiss", "check_run")
RUN = "id, kind, subject, repository_id, full_name, installation_id, number, sha, branch, attempts, lease"


def prepare(house: House, kind: str) -> None:
    """Evaluate pull request 1, have alice approve it, and leave a wish of that kind to be worked on."""
    house.allow(kind)
    house.deliver_pull()
    house.work()
    house.clock.forward(1)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    wish(house, kind)


def wish(house: House, kind: str, **changes: Any) -> UUID | None:
    """Propose the write; its message is sent."""
    with house.context.pool.connection() as tx:
        intent_id = propose(house, tx, kind, changes)
    if intent_id is not None:
        house.context.send(names.WRITE, intent_id, 0)
    return intent_id


def propose(house: House, tx: Transaction, kind: str, changes: dict[str, Any]) -> UUID | None:
    kinds: dict[str, Callable[[Cause], UUID | None]] = {
        "review_request": lambda cause: proposing.review_request(tx, cause, request(house, **changes)),
        "review_dismiss": lambda cause: proposing.dismissal(tx, cause, dismissal(house, **changes)),
        "check_run": lambda cause: proposing.check_run(tx, cause, check(house, **changes)),
    }
    return kinds[kind](newest_cause(house, tx))


def newest_cause(house: House, tx: Transaction) -> Cause:
    row = tx.execute(f"SELECT {RUN} FROM runs ORDER BY created_at DESC LIMIT 1".encode()).fetchone()
    evaluation = tx.execute("SELECT id FROM evaluations ORDER BY seq DESC LIMIT 1").fetchone()
    assert row is not None
    assert evaluation is not None
    return Cause(Run(**row), 1, evaluation["id"], house.clock())


def request(house: House, **changes: Any) -> ReviewRequestContent:
    facts: dict[str, Any] = {"number": 1, "head_sha": _head(house), "users": ("carol",)}
    return ReviewRequestContent(**(facts | changes))


def dismissal(house: House, **changes: Any) -> ReviewDismissContent:
    review = house.github.state.repository(REPOSITORY).reviews[1][0]
    facts: dict[str, Any] = {"number": 1, "review_id": review.id, "login": "alice", "message": "It was edited"}
    return ReviewDismissContent(**(facts | changes))


def check(house: House, **changes: Any) -> CheckRunContent:
    facts: dict[str, Any] = {
        "sha": _head(house),
        "name": "mergegate: policy",
        "conclusion": "failure",
        "title": "The policy can't be read",
        "summary": "Line 3 names a rule that is not there.",
        "annotations": (Annotation(path=".policy.yml", line=3, level="failure", message="no such rule"),),
        "details_url": "https://gate.example.org/pulls/1",
    }
    return CheckRunContent(**(facts | changes))


def _head(house: House) -> str:
    return house.github.state.pull(REPOSITORY, 1).head_sha
