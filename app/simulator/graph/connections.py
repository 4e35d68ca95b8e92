"""Lists in GraphQL: pages with cursors, under GitHub's rules for `first` and `last`."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLResolveInfo

from app.simulator.graph.errors import GraphRefusal
from app.simulator.shapes.view import Json

T = TypeVar("T")
MOST_RECORDS = 100
Resolver = Callable[..., Any]
Info = GraphQLResolveInfo[Any]


def connection(records: Sequence[T], shape: Callable[[T], Json], edge: Callable[[T], Json] | None = None) -> Resolver:
    """Resolves a connection over these records; `edge` gives what an edge has beside its node."""

    def page(info: Info, **arguments: Any) -> Json:
        begin, end = _window(info.field_name, len(records), arguments)
        nodes = [shape(record) for record in records[begin:end]]
        more = [edge(record) if edge else {} for record in records[begin:end]]
        edges = [{"node": n, "cursor": cursor(begin + i), **more[i]} for i, n in enumerate(nodes)]
        return {
            "totalCount": len(records),
            "filteredCount": len(records),
            "nodes": nodes,
            "edges": edges,
            "pageInfo": _page_info(begin, end, len(records)),
        }

    return page


def cursor(place: int) -> str:
    return base64.b64encode(f"cursor:v2:{place}".encode()).decode()


def _page_info(begin: int, end: int, count: int) -> Json:
    shown = end > begin
    return {
        "startCursor": cursor(begin) if shown else None,
        "endCursor": cursor(end - 1) if shown else None,
        "hasNextPage": end < count,
        "hasPreviousPage": begin > 0,
    }


def _window(name: str, count: int, arguments: Json) -> tuple[int, int]:
    """Begin and end of the records that the arguments ask for."""
    begin = 0 if arguments.get("after") is None else min(_place(arguments["after"]) + 1, count)
    end = count if arguments.get("before") is None else max(begin, min(_place(arguments["before"]), count))
    first, last = (_size(name, which, arguments.get(which)) for which in ("first", "last"))
    if first is None and last is None:
        said = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphRefusal("MISSING_PAGINATION_BOUNDARIES", said)
    if first is not None:
        end = min(end, begin + first)
    if last is not None:
        begin = max(begin, end - last)
    return begin, end


def _size(name: str, which: str, wanted: int | None) -> int | None:
    if wanted is not None and wanted > MOST_RECORDS:
        limit = f"exceeds the `{which}` limit of {MOST_RECORDS} records."
        raise GraphRefusal("EXCESSIVE_PAGINATION", f"Requesting {wanted} records on the `{name}` connection {limit}")
    if wanted is not None and wanted < 0:
        raise GraphRefusal("INVALID_PAGINATION", f"`{which}` on the `{name}` connection cannot be less than zero.")
    return wanted


def _place(text: str) -> int:
    try:
        return int(base64.b64decode(text, validate=True).decode().removeprefix("cursor:v2:"))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise GraphRefusal("INVALID_CURSOR_ARGUMENTS", f"`{text}` does not appear to be a valid cursor.") from None
