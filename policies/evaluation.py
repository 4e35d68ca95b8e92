"""Judges a pull request by a policy: the same policy and facts give the same explanation."""

from typing import Literal

from policies import disapprovals, rules
from policies.facts import PullSnapshot
from policies.policy import Mode, Operator, Policy, Rule
from policies.result import Result, Status

NO_POLICY = "No approval policy defined"
ALL_SKIPPED = "All of the rules are skipped"
Children = tuple[Result, ...]


def evaluate(policy: Policy, snapshot: PullSnapshot, mode: Mode = "compat") -> Result:
    """Never raises: a fact that is missing becomes an `error` that names it."""
    approval = _approval(policy, snapshot)
    disapproval = disapprovals.evaluate(policy.disapproval, snapshot)
    deciding = _deciding(approval, disapproval)
    return Result(
        name="policy",
        kind="policy",
        status=deciding.status,
        description=deciding.description,
        error=deciding.error,
        missing_fact=deciding.missing_fact,
        children=(approval, disapproval),
    )


def _approval(policy: Policy, snapshot: PullSnapshot) -> Result:
    if not policy.approval:
        return Result(name="approval", kind="approval", status="approved", description=NO_POLICY)
    children = tuple(_node(node, snapshot) for node in policy.approval)
    return _all_of(children).model_copy(update={"name": "approval", "kind": "approval"})


def _node(node: Operator | Rule, snapshot: PullSnapshot) -> Result:
    if isinstance(node, Rule):
        return rules.evaluate(node, snapshot)
    children = tuple(_node(child, snapshot) for child in node.children)
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


def _deciding(approval: Result, disapproval: Result) -> Result:
    """Which branch the verdict is taken from."""
    if disapproval.status == "error" or (disapproval.status == "disapproved" and approval.status != "error"):
        return disapproval
    return approval
