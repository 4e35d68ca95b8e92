"""The explanation tree of a policy evaluation, as data."""

from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import to_json

from policies.facts import Moment

Status = Literal["approved", "pending", "disapproved", "skipped", "error"]
Kind = Literal["policy", "approval", "disapproval", "tampering", "and", "or", "rule"]


class PredicateResult(NamedTuple):
    """What one predicate found: `values` are what it looked at, `description` may be empty.

    `doubt` is not empty where policy-bot is satisfied and strict mode is not.
    """

    kind: str
    satisfied: bool
    description: str = ""
    values: tuple[str, ...] = ()
    condition_values: tuple[str, ...] = ()
    doubt: str = ""


class Approver(NamedTuple):
    """Somebody whose comment or review counted."""

    login: str
    source: Literal["comment", "review", "body"]
    review_id: str | None
    created_at: Moment


class Ignored(NamedTuple):
    """Somebody whose comment or review did not count, and one sentence that says why.

    `spoilt_by` is not empty where an edit or a push has spoilt it: the reason to give for dismissing the review.
    """

    login: str
    reason: str
    review_id: str | None = None
    spoilt_by: str = ""


class Result(NamedTuple):
    """One node: the policy, a branch of it, an operator or a rule.

    Some thirty of these and their parts are made in each evaluation, from values that are sound: named tuples, since
    they cost a third of a validated model. What comes from outside is validated by `from_json`.
    """

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

    @classmethod
    def from_json(cls, text: str) -> "Result":
        """Raise `ValueError` for what is no result."""
        return _reader().validate_json(text)

    def to_json(self) -> str:
        return to_json(_document(self)).decode()


@cache
def _reader() -> TypeAdapter[Result]:
    return TypeAdapter(Result, config=ConfigDict(strict=True))


def _document(value: Any) -> Any:
    """Named tuples as maps, which JSON keeps apart from lists."""
    if hasattr(value, "_fields"):
        return {name: _document(part) for name, part in zip(value._fields, value, strict=True)}
    return [_document(part) for part in value] if isinstance(value, tuple) else value
