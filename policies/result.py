"""The explanation tree of a policy evaluation, as data."""

from typing import Literal

from policies.facts import Frozen, Moment

Status = Literal["approved", "pending", "disapproved", "skipped", "error"]
Kind = Literal["policy", "approval", "disapproval", "tampering", "and", "or", "rule"]


class PredicateResult(Frozen):
    """What one predicate found: `values` are what it looked at, `description` may be empty.

    `doubt` is not empty where policy-bot is satisfied and strict mode is not.
    """

    kind: str
    satisfied: bool
    description: str = ""
    values: tuple[str, ...] = ()
    condition_values: tuple[str, ...] = ()
    doubt: str = ""


class Approver(Frozen):
    """Somebody whose comment or review counted."""

    login: str
    source: Literal["comment", "review", "body"]
    review_id: str | None = None
    created_at: Moment


class Ignored(Frozen):
    """Somebody whose comment or review did not count, and one sentence that says why.

    `spoilt_by` is not empty where an edit or a push has spoilt it: the reason to give for dismissing the review.
    """

    login: str
    reason: str
    review_id: str | None = None
    spoilt_by: str = ""


class Result(Frozen):
    """One node: the policy, a branch of it, an operator or a rule."""

    name: str
    kind: Kind
    status: Status
    description: str = ""
    error: str = ""
    """Why it could not be evaluated; not empty exactly where `status` is `error`."""
    missing_fact: str = ""
    """The fact that was not fetched, where that is the error."""
    predicates: tuple[PredicateResult, ...] = ()
    conditions: tuple[PredicateResult, ...] = ()
    required: int = 0
    approvers: tuple[Approver, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    children: tuple["Result", ...] = ()
