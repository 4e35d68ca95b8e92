"""Two evaluations of one pull request side by side: which rules ended otherwise, and why."""

from collections.abc import Iterator
from typing import Literal

from policies.facts import Frozen
from policies.result import Result, Status
from policies.text import plain
from policies.verdict import STATES, State

Direction = Literal["unchanged", "stricter", "laxer"]
HARDNESS: tuple[State, ...] = ("success", "pending", "failure", "error")


class Leaf(Frozen):
    """How one rule, or the disapproval, ended; `sentence` says why."""

    status: Status
    sentence: str


class RuleChange(Frozen):
    """A rule that ended otherwise; `None` where the policy has no such rule in its tree."""

    rule: str
    then: Leaf | None
    now: Leaf | None

    def __str__(self) -> str:
        return f"{plain(self.rule)}: {_shown(self.then)} -> {_shown(self.now)}"


def direction(then: State, now: State) -> Direction:
    """Whether the later verdict is harder on the pull request."""
    if then == now:
        return "unchanged"
    return "stricter" if HARDNESS.index(now) > HARDNESS.index(then) else "laxer"


def state_of(result: Result) -> State:
    """What the commit status would be."""
    return STATES[result.status]


def rule_changes(then: Result | None, now: Result | None) -> tuple[RuleChange, ...]:
    """In the order of the newer tree, then what only the older one has; `None` is a tree that nobody knows."""
    before, after = _leaves(then), _leaves(now)
    names = dict.fromkeys((*after, *before))
    changes = (RuleChange(rule=name, then=before.get(name), now=after.get(name)) for name in names)
    return tuple(change for change in changes if change.then != change.now)


def _leaves(result: Result | None) -> dict[str, Leaf]:
    """By title: a rule that the tree mentions twice ends the same way twice."""
    if result is None:
        return {}
    return {_title(leaf): Leaf(status=leaf.status, sentence=_sentence(leaf)) for leaf in _walk(result)}


def _walk(result: Result) -> Iterator[Result]:
    if not result.children:
        yield result
    for child in result.children:
        yield from _walk(child)


def _title(leaf: Result) -> str:
    return f'rule "{leaf.name}"' if leaf.kind == "rule" else leaf.name


def _sentence(leaf: Result) -> str:
    return leaf.error or leaf.description


def _shown(leaf: Leaf | None) -> str:
    return f"{leaf.status} ({plain(leaf.sentence)})" if leaf else "not asked"
