"""What a GraphQL request asks for, before it is executed."""

from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
)

from app.simulator.shapes.view import Json

MOST_DOCUMENTS = 256  # kept as they were read


def writes(body: Json) -> bool:
    """Whether it is a mutation; what can't be read is none."""
    operation = _operation(body)
    return operation is not None and operation.operation is OperationType.MUTATION


def changes(body: Json) -> list[str]:
    """The names of the mutations in it; none for a query."""
    operation = _operation(body)
    chosen = operation.selection_set.selections if operation and writes(body) else ()
    return [node.name.value for node in chosen if isinstance(node, FieldNode)]


@lru_cache(MOST_DOCUMENTS)
def read(text: str) -> DocumentNode:
    """Raises GraphQLSyntaxError."""
    return parse(text)


def _operation(body: Json) -> OperationDefinitionNode | None:
    text = body.get("query")
    if not isinstance(text, str):
        return None
    try:
        return get_operation_ast(read(text), body.get("operationName"))
    except GraphQLSyntaxError:
        return None
