"""A parsed policy file: rules, the tree over them, and what disapproves."""

from functools import cached_property
from typing import Literal

from policies.actors import NOBODY, Actors
from policies.facts import Frozen
from policies.mode import MODES as MODES
from policies.mode import Mode as Mode
from policies.options import BUILT_IN, Methods, Options
from policies.predicates.predicate import Predicate

DISAPPROVE = Methods(comments=(":-1:", "👎"), github_review=True)
REVOKE = BUILT_IN.methods


class Rule(Frozen):
    """One rule; it applies if all of `predicates` hold, and then asks for `count` approvals and all `conditions`."""

    name: str = ""
    description: str = ""
    predicates: tuple[Predicate, ...] = ()
    options: Options = BUILT_IN
    count: int = 0
    approvers: Actors = NOBODY
    conditions: tuple[Predicate, ...] = ()

    @cached_property
    def required(self) -> int:
        """How many approvals it asks for: policy-bot takes a negative count for none."""
        return max(self.count, 0)


class Operator(Frozen):
    """An inner node of the approval tree."""

    kind: Literal["and", "or"]
    children: tuple["Operator | Rule", ...]


class Disapproval(Frozen):
    """What turns a pull request down; all empty means nothing does."""

    predicates: tuple[Predicate, ...] = ()
    disapprovers: Actors = NOBODY
    disapprove: Methods = DISAPPROVE
    revoke: Methods = REVOKE


class Policy(Frozen):
    """The whole file; an empty `approval` approves everything, as in policy-bot."""

    approval: tuple[Operator | Rule, ...] = ()
    disapproval: Disapproval = Disapproval()
    rules: tuple[Rule, ...] = ()
    """Every rule of the file in its order, used by the tree or not."""

    def used_rules(self) -> tuple[Rule, ...]:
        """The rules that the tree mentions."""
        return self._used

    @cached_property
    def _used(self) -> tuple[Rule, ...]:
        return tuple(rule for node in self.approval for rule in _leaves(node))


def _leaves(node: Operator | Rule) -> tuple[Rule, ...]:
    if isinstance(node, Rule):
        return (node,)
    return tuple(rule for child in node.children for rule in _leaves(child))
