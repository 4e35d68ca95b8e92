"""Where a list goes on, by the `Link` header of GitHub's answers."""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit


class Headed(Protocol):
    """An answer with its headers, whose names are lower case."""

    @property
    def headers(self) -> Mapping[str, str]:
        """All of them."""


def next_page(answer: Headed) -> str | None:
    """Path and query of the next page, from the `Link` header; None on the last one."""
    parts = _linked(answer, "next")
    return None if parts is None else below_prefix(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def last_page(answer: Headed) -> int:
    """How many pages there are, from the `Link` header; 1 where it does not say."""
    parts = _linked(answer, "last")
    number = parse_qs(parts.query).get("page", [""])[0] if parts else ""
    return int(number) if number.isascii() and number.isdigit() else 1


def _linked(answer: Headed, relation: str) -> SplitResult | None:
    for part in answer.headers.get("link", "").split(","):
        url, _, said = part.partition(";")
        if f'rel="{relation}"' in said:
            return urlsplit(url.strip().strip("<>"))
    return None


def below_prefix(url: str) -> str:
    """GitHub Enterprise Server has the API below /api/v3, and GraphQL beside it."""
    return "/graphql" if url == "/api/graphql" else url.removeprefix("/api/v3")
