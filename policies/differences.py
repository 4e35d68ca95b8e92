"""Says why strict mode gives another verdict than policy-bot on the same facts."""

from collections.abc import Iterator

from policies.result import Result
from policies.text import plain

MAX_SENTENCES = 20


def differences(compat: Result, strict: Result) -> tuple[str, ...]:
    """One sentence for each rule or branch that makes the difference; none where the verdicts are the same."""
    if compat.status == strict.status:
        return ()
    found = tuple(dict.fromkeys(plain(sentence) for sentence in _between(compat, strict)))
    return found[:MAX_SENTENCES]


def _between(compat: Result, strict: Result) -> Iterator[str]:
    """The trees have one shape, but for the branch `tampering`, which may be in either."""
    if not (compat.children and strict.children):
        yield from _leaf(compat, strict)
        return
    known = [(child.kind, child.name) for child in compat.children]
    for before, after in zip(compat.children, strict.children, strict=False):
        yield from _between(before, after)
    if compat.kind == "or" and compat.status != "error" and strict.status == "error":
        yield from (_unhidden(child) for child in compat.children if child.status == "error")
    yield from (_alone(child) for child in strict.children if (child.kind, child.name) not in known)


def _leaf(compat: Result, strict: Result) -> Iterator[str]:
    if compat.status != strict.status:
        statuses = f"{compat.status} in policy-bot and {strict.status} strictly"
        yield f"{_title(compat)} is {statuses}: {_reason(compat, strict)}"


def _reason(compat: Result, strict: Result) -> str:
    """Who counts no longer, where that is why."""
    counted = tuple(approver.login for approver in compat.approvers)
    known = tuple(ignored.reason for ignored in compat.ignored)
    lost = [one.reason for one in strict.ignored if one.login in counted and one.reason not in known]
    doubts = [f"{condition.kind}: {condition.doubt}" for condition in strict.conditions if condition.doubt]
    return "; ".join((*lost, *doubts)) or strict.error or strict.description


def _unhidden(failed: Result) -> str:
    return f"{_title(failed)} could not be judged, which policy-bot passes over: {failed.error}"


def _alone(branch: Result) -> str:
    return f"{_title(branch)} is {branch.status} strictly: {branch.error or branch.description}"


def _title(result: Result) -> str:
    return f'rule "{result.name}"' if result.kind == "rule" else result.name
