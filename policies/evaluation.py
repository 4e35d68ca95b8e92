"""Judges a pull request by a policy: the same policy and facts give the same explanation."""

from collections.abc import Iterator
from typing import Literal

from policies import disapprovals, history, rules, tampering
from policies.facts import PullSnapshot
from policies.mode import Manner, Mode
from policies.policy import Operator, Policy, Rule
from policies.result import Kind, Result, Status

NO_POLICY = "No approval policy defined"
ASKS_FOR_NOTHING = "the policy asks for no approval, so policy.approval has to name at least one rule"
AGAINST: tuple[Status, ...] = ("error", "disapproved")
ALL_SKIPPED = "All of the rules are skipped"
Children = tuple[Result, ...]


def evaluate(policy: Policy, snapshot: PullSnapshot, mode: Mode = "compat") -> Result:
    """Never raises: a fact that is missing becomes an `error` that names it."""
    manner = Manner(mode=mode)
    *leaves, disapproval = _leaves(policy, snapshot, manner)
    approval = _approval(policy, iter(leaves), mode)
    tampered = tampering.evaluate(policy, snapshot, manner)
    branches = (approval, disapproval, *((tampered,) if tampered else ()))
    deciding = _deciding(branches)
    return Result(
        name="policy",
        kind="policy",
        status=deciding.status,
        description=deciding.description,
        error=deciding.error,
        missing_fact=deciding.missing_fact,
        children=branches,
    )


def _leaves(policy: Policy, snapshot: PullSnapshot, manner: Manner) -> Iterator[Result]:
    """Every rule that is used, in the order of the tree, and the disapproval last."""
    missing_head = history.missing_head(snapshot) if snapshot.knows("commits") else ""
    for rule in policy.used_rules():
        result = rules.evaluate(rule, snapshot, manner)
        yield result
        if missing_head and result.error == missing_head:
            manner = manner._replace(head_reported=True)
    yield disapprovals.evaluate(policy.disapproval, snapshot, manner)


def _approval(policy: Policy, leaves: Iterator[Result], mode: Mode) -> Result:
    if policy.approval:
        children = tuple([_node(node, leaves, mode) for node in policy.approval])
        return _all_of(children, "approval")
    if mode == "strict":
        return Result(name="approval", kind="approval", status="error", error=ASKS_FOR_NOTHING)
    return Result(name="approval", kind="approval", status="approved", description=NO_POLICY)


def _node(node: Operator | Rule, leaves: Iterator[Result], mode: Mode) -> Result:
    if isinstance(node, Rule):
        return next(leaves)
    children = tuple([_node(child, leaves, mode) for child in node.children])
    if node.kind == "and":
        return _all_of(children, "and")
    return _one_of(children, mode)


def _all_of(children: Children, kind: Literal["and", "approval"]) -> Result:
    """The last error wins; then pending; then approved."""
    statuses = [child.status for child in children]
    if "error" in statuses:
        return _failed(kind, children)
    approved, pending = statuses.count("approved"), statuses.count("pending")
    if pending:
        return _operator(kind, "pending", f"{approved}/{approved + pending} rules approved", children)
    if approved:
        return _operator(kind, "approved", "All rules are approved", children)
    return _operator(kind, "skipped", ALL_SKIPPED, children)


def _one_of(children: Children, mode: Mode) -> Result:
    """One approval is enough, even beside an error; so policy-bot has it, and strict mode has not."""
    statuses = [child.status for child in children]
    if "error" in statuses and mode == "strict":
        return _failed("or", children)
    if "approved" in statuses:
        return _operator("or", "approved", "One or more rules approved", children)
    if "pending" in statuses:
        return _operator("or", "pending", "None of the rules are satisfied", children)
    if "error" in statuses:
        return _failed("or", children)
    return _operator("or", "skipped", ALL_SKIPPED, children)


def _operator(kind: Kind, status: Status, description: str, children: Children) -> Result:
    return Result(name=kind, kind=kind, status=status, description=description, children=children)


def _failed(kind: Kind, children: Children) -> Result:
    """The last error is the one that is told."""
    cause = [child for child in children if child.status == "error"][-1]
    return Result(
        name=kind,
        kind=kind,
        status="error",
        error=cause.error,
        missing_fact=cause.missing_fact,
        children=children,
    )


def _deciding(branches: Children) -> Result:
    """Which branch the verdict is taken from: one that fails, else one that is against, else the approval."""
    for status in AGAINST:
        if found := [branch for branch in branches if branch.status == status]:
            return found[-1]
    return branches[0]
