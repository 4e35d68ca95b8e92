"""Reads the approval tree: names of rules under `and` and `or`."""

from collections.abc import Mapping
from typing import Literal

from yaml import MappingNode, ScalarNode, SequenceNode

from policies import keys
from policies.policy import Operator, Rule
from policies.reading import Value

MAX_NESTED_OPERATORS = 9
OPERATORS: tuple[Literal["and", "or"], ...] = ("and", "or")
Node = Operator | Rule


def read_approval(value: Value, rules: Mapping[str, Rule]) -> tuple[Node, ...]:
    """The children of the root; mistakes are noted as `policy_tree`."""
    return _nodes(value.items() or (), rules, 0)


def _nodes(items: tuple[Value, ...], rules: Mapping[str, Rule], depth: int) -> tuple[Node, ...]:
    found = (_node(item, rules, depth) for item in items)
    return tuple(node for node in found if node is not None)


def _node(value: Value, rules: Mapping[str, Rule], depth: int) -> Node | None:
    if isinstance(value.node, ScalarNode):
        return _named(value, value.node, rules)
    if isinstance(value.node, MappingNode):
        return _operator(value, rules, depth + 1)
    value.refuse("the name of a rule, or a map with `and` or `or`, is expected here", "policy_tree")
    return None


def _named(value: Value, node: ScalarNode, rules: Mapping[str, Rule]) -> Rule | None:
    name = str(node.value)
    if not isinstance(value.scalar(), str):
        value.refuse("the name of a rule is expected here", "policy_tree")
    elif name not in rules:
        hint = "" if value.problems.are_many else keys.nearest(name, tuple(rules))
        value.refuse(f"there is no rule named {name!r}", "policy_tree", hint=hint)
    return rules.get(name)


def _operator(value: Value, rules: Mapping[str, Rule], depth: int) -> Operator | None:
    pairs = list(value.pairs())
    if len(pairs) == 1:
        key, node = pairs[0]
        return _combination(Value(key, value.problems), Value(node, value.problems), rules, depth)
    if len(dict.fromkeys(key.value for key, _ in pairs)) < len(pairs):
        value.refuse("a merged key is already set")
    value.refuse("exactly one of `and` and `or` is expected here", "policy_tree")
    return None


def _combination(key: Value, value: Value, rules: Mapping[str, Rule], depth: int) -> Operator | None:
    word = key.scalar()
    kind = next((operator for operator in OPERATORS if operator == word), None)
    if not isinstance(word, str):
        key.refuse("an operator is expected here, not a number or the like; use `and` or `or`", "panic")
    elif kind is None:
        key.refuse(f"{key.text()!r} is not an operator; use `and` or `or`", "policy_tree")
    elif depth > MAX_NESTED_OPERATORS:
        key.refuse(f"operators nest deeper than {MAX_NESTED_OPERATORS} levels", "policy_tree")
    else:
        return Operator(kind=kind, children=_children(value, rules, depth))
    return None


def _children(value: Value, rules: Mapping[str, Rule], depth: int) -> tuple[Node, ...]:
    items = value.items() if isinstance(value.node, SequenceNode) else None
    if not items:
        value.refuse("a list with at least one entry is expected here", "policy_tree")
    return _nodes(items or (), rules, depth)
