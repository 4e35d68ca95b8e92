"""GraphQL errors as GitHub words and shapes them."""

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


def _shape(error: GraphQLError) -> Json:
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphRefusal):
        raise cause
    kind = {} if cause is None else {"type": cause.kind}
    more = {"extensions": {"saml_failure": False}} if kind.get("type") == "FORBIDDEN" else {}
    place = [{"line": spot.line, "column": spot.column} for spot in error.locations or ()]
    path = {} if error.path is None else {"path": list(error.path)}
    return {**kind, **path, **more, "locations": place, "message": error.message}
