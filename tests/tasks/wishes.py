"""Wishes for writes of every kind, about pull request 1: of the gate's own evaluation of it, or of a run of the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from app.database import Transaction
from app.records.runs import Run
from app.records.steps import Held
from policies.contents import Annotation, CheckRunContent, ReviewDismissContent, ReviewRequestContent
from tasks import names, proposing
from tasks.proposing import Cause
from tests.tasks.house import REPOSITORY, House
from tests.tasks.run_wishes import make_ground, wish_of_run

VERDICTS = ("review_request", "review_dismiss", "check_run")
"""What an evaluation asks for beside the status; the rest is asked for by runs."""
GIT_OBJECTS = ("blob", "tree", "commit")
WISHES = (
    *VERDICTS,
    "review_approve",
    "pull_request_create",
    "pull_request_update",
    "comment_create",
    "comment_update",
    "label_add",
    "label_remove",
    "branch_create",
    "branch_fast_forward",
    *GIT_OBJECTS,
    "project_field",
)
"""By the name of their kind, or of the git object."""
AT = {
    "review_request": ("POST", "/requested_reviewers$"),
    "review_dismiss": ("PUT", "/dismissals$"),
    "check_run": ("POST", "/check-runs$"),
    "review_approve": ("POST", "/pulls/1/reviews$"),
    "pull_request_create": ("POST", "/pulls$"),
    "pull_request_update": ("PATCH", "/pulls/1$"),
    "comment_create": ("POST", "/issues/1/comments$"),
    "comment_update": ("PATCH", "/issues/comments/"),
    "label_add": ("POST", "/labels$"),
    "label_remove": ("DELETE", "/labels/"),
    "branch_create": ("POST", "/git/refs$"),
    "branch_fast_forward": ("PATCH", "/git/refs/heads/"),
    "blob": ("POST", "/git/blobs$"),
    "tree": ("POST", "/git/trees$"),
    "commit": ("POST", "/git/commits$"),
    "project_field": ("POST", "^/graphql updateProjectV2ItemFieldValue$"),
}
"""Method and path of each, for the faults of the simulated GitHub."""
RUN = "id, type, kind, version, subject, repository_id, full_name, installation_id, number, sha, branch, input"


def kind_of(name: str) -> str:
    return "git_object" if name in GIT_OBJECTS else name


def prepare(house: House, name: str) -> None:
    """Evaluate pull request 1, have alice approve it, and leave a wish of that name to be worked on."""
    switch = "branch_create" if name in GIT_OBJECTS else name
    house.allow(switch)
    house.kinds = (*house.kinds, kind_of(name))
    house.with_settings(approvals_required="none")
    house.deliver_pull()
    house.work()
    house.clock.forward(1)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    make_ground(house, name)
    wish(house, name)


def wish(house: House, name: str, **changes: Any) -> UUID | None:
    """Propose the write; its message is sent."""
    with house.context.pool.connection() as tx:
        intent_id = propose(house, tx, name, changes)
    if intent_id is not None:
        house.context.send(names.WRITE, intent_id, 0)
    return intent_id


def propose(house: House, tx: Transaction, name: str, changes: dict[str, Any]) -> UUID | None:
    verdicts: dict[str, Callable[[Cause], UUID | None]] = {
        "review_request": lambda cause: proposing.review_request(tx, cause, request(house, **changes)),
        "review_dismiss": lambda cause: proposing.dismissal(tx, cause, dismissal(house, **changes)),
        "check_run": lambda cause: proposing.check_run(tx, cause, check(house, **changes)),
    }
    if name not in verdicts:
        return wish_of_run(house, tx, name, changes)
    return verdicts[name](newest_cause(house, tx))


def newest_cause(house: House, tx: Transaction) -> Cause:
    row = tx.execute(
        f"SELECT {RUN} FROM workflows WHERE kind <> 'work' ORDER BY created_at DESC LIMIT 1".encode()
    ).fetchone()
    evaluation = tx.execute("SELECT id FROM evaluations ORDER BY seq DESC LIMIT 1").fetchone()
    assert row is not None
    assert evaluation is not None
    step = Held(uuid4(), row["id"], "judge", 1, uuid4(), row["subject"], {})
    return Cause(Run(**row, step=step), 1, evaluation["id"], house.clock())


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
