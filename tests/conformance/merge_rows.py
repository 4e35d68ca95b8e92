"""The rows of a list that is longer than a scenario writes out: each at its position, the rest filled (pure)."""

import json
from typing import Any

from tests.conformance.merge_words import Record, WrongScenario


def paged(rows: list[Record], page: Record | None, key: str) -> list[Record]:
    """All rows, each with its position under `key`; without `page` the rows as they are, at theirs."""
    if page is None:
        return [{**row, key: row.get(key) or place} for place, row in enumerate(rows, start=1)]
    placed = {row[key]: row for row in rows if row.get(key)}
    waiting = [row for row in rows if not row.get(key)]
    if placed and max(placed) > page["total"]:
        raise WrongScenario(f"a row stands at position {max(placed)} of {page['total']}")
    found = []
    for place in range(1, page["total"] + 1):
        row = placed.get(place) or (waiting.pop(0) if waiting else _filled(page.get("fill", {}), place))
        found.append({**row, key: place})
    return found


def _filled(fill: Record, place: int) -> Record:
    text: Any = json.loads(json.dumps(fill).replace("@n", str(place)))
    return dict(text)
