"""Pages of a list with their Link header, and entity tags."""

import hashlib
from urllib.parse import urlencode

from app.simulator.answers import Answer, Listing
from app.simulator.shapes.view import Json

PAGE_RECORDS = 30
LARGEST_PAGE_RECORDS = 100


def cut(listing: Listing, query: dict[str, str], address: str) -> Answer:
    """The page that the query asks for; `address` is absolute and without a query."""
    per_page = size(query)
    page = max(1, number(query, "page", 1))
    last = max(1, -(-len(listing.records) // per_page))
    chosen = listing.records[(page - 1) * per_page : page * per_page]
    shapes: list[Json] = [listing.shape(record) for record in chosen]
    wrapped = {"total_count": len(listing.records), listing.key: shapes, **listing.extra} if listing.key else shapes
    return Answer(200, wrapped, _link(query, address, page=page, last=last))


def size(query: dict[str, str]) -> int:
    wanted = number(query, "per_page", PAGE_RECORDS)
    return min(wanted, LARGEST_PAGE_RECORDS) if wanted > 0 else PAGE_RECORDS


def number(query: dict[str, str], name: str, default: int) -> int:
    """The whole number in the query; what is none counts as not given, as at GitHub."""
    text = query.get(name, "")
    return int(text) if text.isdecimal() else default


def tag(body: bytes) -> str:
    return f'W/"{hashlib.sha256(body).hexdigest()}"'


def _link(query: dict[str, str], address: str, *, page: int, last: int) -> dict[str, str]:
    places = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    if page == 1:
        del places["prev"], places["first"]
    if page >= last:
        places.pop("next")
        places.pop("last")
    links = [f'<{address}?{urlencode({**query, "page": str(n)})}>; rel="{rel}"' for rel, n in places.items()]
    return {"link": ", ".join(links)} if links else {}
