"""One GraphQL request: read, validated, measured, executed, and answered with HTTP 200 as GitHub does."""

from functools import cache
from pathlib import Path

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    validate,
)

from app.simulator.answers import Answer, Refusal
from app.simulator.call import Call
from app.simulator.graph import cost, documents, errors, mutations, root
from app.simulator.shapes.view import Json


def answer(call: Call) -> Answer:
    """A document that is not understood is an unknown request."""
    text, variables = call.body.get("query"), call.body.get("variables") or {}
    if not isinstance(text, str) or not isinstance(variables, dict):
        raise Refusal(400, "A query attribute must be specified and must be a string.")
    try:
        document = documents.read(text)
    except GraphQLSyntaxError as trouble:
        return _refused(call, [trouble])
    operation = get_operation_ast(document, call.body.get("operationName"))
    found = validate(schema(), document)
    if operation is None or found:
        return _refused(call, found or [GraphQLError("No operation of that name present")])
    return _executed(call, document, operation, variables)


@cache
def schema() -> GraphQLSchema:
    return build_schema(Path(__file__).with_name("schema.graphql").read_text())


def _executed(call: Call, document: DocumentNode, operation: OperationDefinitionNode, variables: Json) -> Answer:
    price = cost.of(document, operation, variables)
    if price.nodes > cost.MOST_NODES:
        said = f"it is requesting up to {price.nodes} possible nodes which exceeds the maximum limit of"
        trouble = {
            "type": "MAX_NODE_LIMIT_EXCEEDED",
            "message": f"By the time this query ends {said} {cost.MOST_NODES}.",
        }
        return Answer(200, {"errors": [trouble]}, points=price.points)
    name = operation.name.value if operation.name else None
    entries = mutations.root(call) if operation.operation is OperationType.MUTATION else root.query(call, price)
    done = execute_sync(schema(), document, root_value=entries, variable_values=variables, operation_name=name)
    if done.data is None and done.errors and any(e.path is None for e in done.errors):  # of its variables
        return _refused(call, done.errors)
    found = {"errors": errors.listed(done.errors)} if done.errors else {}
    return Answer(200, {"data": done.data, **found}, points=price.points)


def _refused(call: Call, found: list[GraphQLError]) -> Answer:
    """GitHub sends no `data` with these."""
    call.github.unknown_requests.extend(f"POST /graphql: {error.message}" for error in found)
    return Answer(200, {"errors": errors.listed(found)})
