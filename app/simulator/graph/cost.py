"""What a query may cost: nodes and points, counted before it is executed, as GitHub documents it."""

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from app.simulator.shapes.view import Json

MOST_NODES = 500_000
_REQUESTS_PER_POINT = 100


@dataclass(frozen=True)
class Cost:
    nodes: int = 0
    requests: int = 0  # one for each page of each connection

    @property
    def points(self) -> int:
        return max(1, round(self.requests / _REQUESTS_PER_POINT))

    def plus(self, other: "Cost") -> "Cost":
        return Cost(self.nodes + other.nodes, self.requests + other.requests)


def of(document: DocumentNode, operation: OperationDefinitionNode, variables: Json) -> Cost:
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    return _Count(fragments, variables).below(operation.selection_set, 1)


@dataclass(frozen=True)
class _Count:
    fragments: dict[str, FragmentDefinitionNode]
    variables: Json

    def below(self, selected: SelectionSetNode | None, times: int) -> Cost:
        total = Cost()
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                total = total.plus(self._field(node, times))
            elif isinstance(node, FragmentSpreadNode):
                total = total.plus(self.below(self.fragments[node.name.value].selection_set, times))
            else:
                total = total.plus(self.below(node.selection_set, times))  # type: ignore[attr-defined]
        return total

    def _field(self, node: FieldNode, times: int) -> Cost:
        size = self._size(node)
        if size is None:
            return self.below(node.selection_set, times)
        return Cost(times * size, times).plus(self.below(node.selection_set, times * size))

    def _size(self, node: FieldNode) -> int | None:
        """What `first` or `last` asks for; None for a field that is no connection."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        value = given.get("first") or given.get("last")
        if isinstance(value, VariableNode):
            found = self.variables.get(value.name.value)
            return found if isinstance(found, int) else None
        return int(value.value) if isinstance(value, IntValueNode) else None
