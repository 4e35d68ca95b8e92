"""Reads typed values out of YAML nodes, noting every mistake instead of stopping at the first."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from policies import keys, scalars
from policies.error import ErrorKind, PolicyError
from policies.yaml_tree import PLAIN_TAG, place, refusal

MERGE_KEY = "<<"
MERGE_TAGS = (PLAIN_TAG, "tag:yaml.org,2002:merge")
FATAL_KINDS = ("regexp", "comparison", "permission")
MAX_REPORTED_PROBLEMS = 20


class Warned(NamedTuple):
    """Something that is allowed and hardly meant; `line` and `column` count from 1, `None` where unknown."""

    kind: str
    message: str
    hint: str
    line: int | None
    column: int | None


class Problems:
    """Every mistake found so far in one document, and what is only doubtful."""

    def __init__(self) -> None:
        self._found: list[PolicyError] = []
        self._doubtful: list[Warned] = []

    def note(self, kind: ErrorKind, message: str, node: Node | None, *, hint: str = "") -> None:
        self._found.append(PolicyError(kind, message, *_start(node), hint=hint))

    def warn(self, kind: str, message: str, node: Node | None, *, hint: str = "") -> None:
        self._doubtful.append(Warned(kind, message, hint, *_start(node)))

    @property
    def are_many(self) -> bool:
        """Whether nobody will read how to mend one more."""
        return len(self._found) >= MAX_REPORTED_PROBLEMS

    def mistakes(self) -> tuple[PolicyError, ...]:
        """In the order in which they were found."""
        return tuple(self._found)

    def warnings(self) -> tuple[Warned, ...]:
        """In the order in which they were found."""
        return tuple(self._doubtful)

    def raise_first(self) -> None:
        """Raise what policy-bot reports: the first bad pattern or permission, else all of one kind together.

        Those of the tree stand in the order in which the tree is read.
        """
        fatal = [problem for problem in self._found if problem.kind in FATAL_KINDS]
        if fatal:
            raise min(fatal, key=_place)
        if problems := [problem for problem in self._found if problem.kind == "yaml_type"]:
            raise _joined(sorted(problems, key=_place))
        if self._found:
            raise _joined(self._found)


class Value:
    """One value of the document, or its absence; a wrong type is noted and read as absent."""

    def __init__(self, node: Node | None, problems: Problems) -> None:
        self.node = node
        self.problems = problems

    @property
    def is_absent(self) -> bool:
        return self.scalar() is None

    def scalar(self) -> scalars.Scalar:
        """The value as YAML resolves it; what is no scalar reads as a text that fits nowhere."""
        if self.node is None:
            return None
        try:
            return scalars.resolve(self.node) if isinstance(self.node, ScalarNode) else "not a scalar"
        except ValueError as error:
            self.refuse(str(error))
            return None

    def text(self) -> str:
        if self.is_absent:
            return ""
        if isinstance(self.node, ScalarNode):
            return str(self.node.value)
        self.refuse("a text is expected here")
        return ""

    def boolean(self) -> bool | None:
        """`None` if absent."""
        value = self.scalar()
        if not (value is None or isinstance(value, bool)):
            self.refuse("true or false is expected here")
        return value if isinstance(value, bool) else None

    def integer(self) -> int:
        """A fraction is cut off."""
        value = self.scalar()
        if isinstance(value, bool | str) or (value is not None and not _is_countable(value)):
            self.refuse("a whole number is expected here")
            return 0
        return int(value or 0)

    def items(self) -> tuple["Value", ...] | None:
        """`None` if absent."""
        if self.is_absent:
            return None
        if isinstance(self.node, SequenceNode):
            return tuple(Value(node, self.problems) for node in self.node.value)
        self.refuse("a list is expected here")
        return None

    def texts(self) -> tuple[str, ...] | None:
        """`None` if absent."""
        items = self.items()
        return None if items is None else tuple(item.text() for item in items)

    def fields(self, known: tuple[str, ...]) -> "Fields":
        """The values by key; keys that are not known are noted."""
        fields = Fields(self)
        for key, node in self.pairs():
            name = str(key.value)
            if name in known:
                fields.add(name, node)
            else:
                self.problems.note("yaml_type", f"the key {name!r} is not known here", key, hint=keys.hint(name, known))
        return fields

    def pairs(self) -> Iterator[tuple[ScalarNode, Node]]:
        """Keys and values in the order in which they take effect, merged ones included."""
        if self.is_absent:
            return
        if not isinstance(self.node, MappingNode):
            self.refuse("a map is expected here")
            return
        yield from self._own_pairs(self.node)

    def entries(self) -> tuple[tuple[str, "Value"], ...]:
        """Keys and values of a map with keys of any name; here even a merged key may not come twice."""
        found: dict[str, Value] = {}
        for key, node in self.pairs():
            name = str(key.value)
            if name in found:
                self.problems.note("yaml_type", f"the key {name!r} is already set", key)
            found[name] = Value(node, self.problems)
        return tuple(found.items())

    def refuse(self, message: str, kind: ErrorKind = "yaml_type", *, hint: str = "") -> None:
        self.problems.note(kind, message, self.node, hint=hint)

    def warn(self, kind: str, message: str, *, hint: str = "") -> None:
        self.problems.warn(kind, message, self.node, hint=hint)

    def _own_pairs(self, mapping: MappingNode) -> Iterator[tuple[ScalarNode, Node]]:
        seen: set[str] = set()
        for key, node in mapping.value:
            if not isinstance(key, ScalarNode):
                raise refusal("a list or map cannot be a key", key)
            if key.value == MERGE_KEY and key.tag in MERGE_TAGS:
                yield from self._merged_pairs(node)
            elif key.value in seen:
                self.problems.note("yaml_type", f"the key {key.value!r} is already set", key)
            else:
                seen.add(key.value)
                yield key, node

    def _merged_pairs(self, node: Node) -> Iterator[tuple[ScalarNode, Node]]:
        sources = list(reversed(node.value)) if isinstance(node, SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, MappingNode):
                raise refusal("only a map or a list of maps can be merged", source)
            yield from self._own_pairs(source)


class Fields:
    """The values of one map by key; a key that is not there reads as absent."""

    def __init__(self, owner: Value) -> None:
        self._owner = owner
        self._nodes: dict[str, Node] = {}

    def add(self, name: str, node: Node) -> None:
        """Let `node` replace what was merged or merged over; of two maps the later is laid over the earlier."""
        before = self._nodes.get(name)
        if isinstance(before, MappingNode) and isinstance(node, MappingNode):
            node = _laid_over(before, node)
        self._nodes[name] = node

    def __getitem__(self, name: str) -> Value:
        return Value(self._nodes.get(name), self._owner.problems)


class _Layers(MappingNode):
    """Maps merged one over another; flat, so that no number of them can exhaust the stack."""


def _laid_over(before: MappingNode, node: MappingNode) -> MappingNode:
    merge = ScalarNode(PLAIN_TAG, MERGE_KEY, node.start_mark, node.end_mark)
    layers = before if isinstance(before, _Layers) else _Layers(node.tag, [(merge, before)], node.start_mark)
    layers.value.append((merge, node))
    return layers


def _is_countable(number: float) -> bool:
    return math.isfinite(number) and number <= scalars.MAX_INTEGER


def _start(node: Node | None) -> tuple[int | None, int | None]:
    return place(node.start_mark if node is not None else None)


def _place(problem: PolicyError) -> tuple[int, int]:
    return (problem.line or 0, problem.column or 0)


def _joined(problems: list[PolicyError]) -> PolicyError:
    first, *rest = problems[:MAX_REPORTED_PROBLEMS]
    message = "; ".join([first.message, *(f"line {problem.line}: {problem.message}" for problem in rest)])
    return PolicyError(first.kind, message, first.line, first.column)
