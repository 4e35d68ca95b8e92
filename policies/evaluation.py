"""Judges a pull request by a policy: the same policy and facts give the same explanation."""

from collections.abc import Iterator
from typing import Literal

from policies import disapprovals, history, rules, tampering
from policies.facts import PullSnapshot
from policies.mode import Manner, Mode
from policies.policy import Operator, Policy, Rule
from policies.result import Result, Status

NO_POLICY = "No approval policy defined"
ASKS_FOR_NOTHING = "the policy asks for no approval, so policy.approval has to name at least one rule"
AGAINST: tuple[Status, ...] = ("error", "disapproved")
ALL_SKIPPED = "All of the rules are skipped"
Children = tuple[Result, ...]


def evaluate(policy: Policy, snapshot: PullSnapshot, mode: Mode = "compat") -> Result:
    """Never raises: a fact that is missing becomes an `error` that names it."""
    *leaves, disapproval = _leaves(policy, snapshot, mode)
    approval = _approval(policy, iter(leaves), mode)
    tampered = tampering.evaluate(policy, snapshot, Manner(mode=mode))
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


def _leaves(policy: Policy, snapshot: PullSnapshot, mode: Mode) -> Iterator[Result]:
    """Every rule that is used, in the order of the tree, and the disapproval last."""
    manner = Manner(mode=mode)
    missing_head = history.missing_head(snapshot) if snapshot.knows("commits") else ""
    for rule in policy.used_rules():
        result = rules.evaluate(rule, snapshot, manner)
        yield result
        if missing_head and result.error == missing_head:
            manner = Manner(mode=mode, head_reported=True)
    yield disapprovals.evaluate(policy.disapproval, snapshot, manner)


def _approval(policy: Policy, leaves: Iterator[Result], mode: Mode) -> Result:
    if policy.approval:
        children = tuple(_node(node, leaves, mode) for node in policy.approval)
        return _all_of(children)._replace(name="approval", kind="approval")
    if mode == "strict":
        return Result(name="approval", kind="approval", status="error", error=ASKS_FOR_NOTHING)
    return Result(name="approval", kind="approval", status="approved", description=NO_POLICY)


def _node(node: Operator | Rule, leaves: Iterator[Result], mode: Mode) -> Result:
    if isinstance(node, Rule):
        return next(leaves)
    children = tuple(_node(child, leaves, mode) for child in node.children)
    failed = _with(children, "error")
    if node.kind == "or" and failed and mode == "strict":
        return _failed("or", failed[-1], children)
    return _all_of(children) if node.kind == "and" else _one_of(children)


def _all_of(children: Children) -> Result:
    """The last error wins; then pending; then approved."""
    failed = _with(children, "error")
    if failed:
        return _failed("and", failed[-1], children)
    approved, pending = len(_with(children, "approved")), len(_with(children, "pending"))
    if pending:
        description = f"{approved}/{approved + pending} rules approved"
        return Result(name="and", kind="and", status="pending", description=description, children=children)
    if approved:
        return Result(
            name="and", kind="and", status="approved", description="All rules are approved", children=children
        )
    return Result(name="and", kind="and", status="skipped", description=ALL_SKIPPED, children=children)


def _one_of(children: Children) -> Result:
    """One approval is enough, even beside an error; so policy-bot has it."""
    if _with(children, "approved"):
        description = "One or more rules approved"
        return Result(name="or", kind="or", status="approved", description=description, children=children)
    if _with(children, "pending"):
        description = "None of the rules are satisfied"
        return Result(name="or", kind="or", status="pending", description=description, children=children)
    if failed := _with(children, "error"):
        return _failed("or", failed[-1], children)
    return Result(name="or", kind="or", status="skipped", description=ALL_SKIPPED, children=children)


def _with(children: Children, status: Status) -> Children:
    return tuple(child for child in children if child.status == status)


def _failed(kind: Literal["and", "or"], cause: Result, children: Children) -> Result:
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
        if found := _with(branches, status):
            return found[-1]
    return branches[0]
