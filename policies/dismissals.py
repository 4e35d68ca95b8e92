"""Which reviews should be dismissed, because an edit or a push has spoilt them."""

from collections.abc import Iterator

from policies.facts import Frozen
from policies.result import Result
from policies.server_options import ServerOptions


class Dismissal(Frozen):
    """One review, and the reason to give."""

    review_id: str
    login: str
    reason: str


def propose(result: Result, server: ServerOptions) -> tuple[Dismissal, ...]:
    """Each review once, and none if the evaluation failed.

    Whoever counts in any rule keeps theirs, unless the server is strict about it.
    """
    rules = tuple(_rules(result)) if result.status != "error" else ()
    counted = {approver.login for rule in rules for approver in rule.approvers}
    found = {dismissal.review_id: dismissal for rule in reversed(rules) for dismissal in _spoilt(rule)}
    kept = counted if not server.strict_review_dismissal else set()
    return tuple(dismissal for dismissal in reversed(found.values()) if dismissal.login not in kept)


def _spoilt(rule: Result) -> Iterator[Dismissal]:
    for ignored in reversed(rule.ignored):
        if ignored.review_id is not None and ignored.spoilt_by:
            yield Dismissal(review_id=ignored.review_id, login=ignored.login, reason=ignored.spoilt_by)


def _rules(result: Result) -> Iterator[Result]:
    if result.kind == "rule":
        yield result
    for child in result.children:
        yield from _rules(child)
