"""What the commit status says about a pull request."""

from typing import Literal

from policies.error import PolicyError
from policies.facts import Frozen
from policies.result import Result, Status
from policies.text import plain, short

State = Literal["success", "failure", "pending", "error"]
STATES: dict[Status, State] = {
    "approved": "success",
    "disapproved": "failure",
    "pending": "pending",
    "skipped": "error",
    "error": "error",
}
ALL_SKIPPED = "All rules were skipped. At least one rule must match."
MAX_NAMED_RULES = 10


class Origin(Frozen):
    """Where a policy was read from, or looked for."""

    owner: str
    repo: str
    ref: str
    path: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.repo}@{self.ref}: {self.path}"


class Verdict(Frozen):
    """`description` fits into a commit status; `summary` is one line with the reason, of any length.

    `whole` is the description as policy-bot has it, neither cut nor made plain: to compare, never to show.
    """

    state: State
    description: str
    summary: str
    whole: str


def of_result(result: Result, origin: Origin) -> Verdict:
    """The verdict of an evaluation; an evaluation that failed or skipped everything is no success."""
    state = STATES[result.status]
    if result.status == "error":
        return _verdict(state, f"Error evaluating policy in {origin}", result.error)
    if result.status == "skipped":
        return _verdict(state, ALL_SKIPPED, "")
    return _verdict(state, result.description, _reason(result))


def of_policy_error(error: PolicyError, origin: Origin) -> Verdict:
    """The file is there and was refused."""
    place = f"line {error.line}: " if error.line else ""
    return _verdict("error", f"Invalid policy in {origin}", place + error.message)


def of_missing_policy(origin: Origin, also: str = "") -> Verdict:
    """No file at all: policy-bot stays silent here, we never do. `also`: where else one could be."""
    place = f"put one there or into {also}, since " if also else ""
    return _verdict("error", f"No policy found in {origin}", f"{place}without a policy nothing can be approved")


def of_missing_fact(origin: Origin, reason: str) -> Verdict:
    """The policy is there, but not what it asks about; `reason` is one sentence."""
    return _verdict("error", f"Error evaluating policy in {origin}", reason)


def of_load_error(origin: Origin, reason: str) -> Verdict:
    """The file could not be read; `reason` is one sentence."""
    return _verdict("error", f"Error loading policy from {origin.owner}/{origin.repo}@{origin.ref}", reason)


def _verdict(state: State, description: str, reason: str) -> Verdict:
    summary = f"{description.rstrip('.')}: {reason}" if reason else description
    return Verdict(state=state, description=short(description), summary=plain(summary), whole=description)


def _reason(result: Result) -> str:
    """The rules that are still waited for, or those that are approved and by whom."""
    if result.status == "pending":
        return f"waiting for {_named_rules(result)}"
    return _named_rules(result) if result.status == "approved" else ""


def _named_rules(result: Result) -> str:
    named = [f"{rule.name} ({rule.description})" for rule in _leaves(result) if rule.status == result.status]
    return ", ".join(named[:MAX_NAMED_RULES])


def _leaves(result: Result) -> tuple[Result, ...]:
    if result.kind == "rule":
        return (result,)
    return tuple(rule for child in result.children for rule in _leaves(child))
