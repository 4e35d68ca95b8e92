"""GraphQL errors as GitHub words and shapes them."""

from typing import Any

from graphql import GraphQLError

from app.simulator.shapes.view import Json


class GraphRefusal(Exception):
    """One field can't be answered; `kind` is GitHub's `type`, such as NOT_FOUND."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def listed(errors: list[GraphQLError]) -> list[Json]:
    """Raises what is no refusal: then the simulator itself broke."""
    return [_shape(error) for error in errors]


def partial(body: Json, name: str, message: str) -> Json:
    """The answer with null for every field of that name, and an error for each."""
    found: list[Json] = []
    data = _without(body.get("data"), name, path=[], found=found)
    return {"data": data, "errors": [{**error, "message": message} for error in found]} if found else body


def _without(value: Any, name: str, *, path: list[str | int], found: list[Json]) -> Any:
    if isinstance(value, list):
        return [_without(item, name, path=[*path, place], found=found) for place, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if name in value:
        found.append({"path": [*path, name]})
    return {
        key: None if key == name else _without(item, name, path=[*path, key], found=found)
        for key, item in value.items()
    }


def _shape(error: GraphQLError) -> Json:
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphRefusal):
        raise cause
    kind = {} if cause is None else {"type": cause.kind}
    more = {"extensions": {"saml_failure": False}} if kind.get("type") == "FORBIDDEN" else {}
    place = [{"line": spot.line, "column": spot.column} for spot in error.locations or ()]
    path = {} if error.path is None else {"path": list(error.path)}
    return {**kind, **path, **more, "locations": place, "message": error.message}
