"""The line that ends each comment and review of ours, by which it is found again: anybody can paste it."""

import re

LINE = r"<!-- mergegate:([0-9a-f]{64}) -->"
_END = re.compile(rf"{LINE}\s*\Z")


def signed(body: str, key: str) -> str:
    """The body with the idempotency key of its intent."""
    return f"{body}\n\n<!-- mergegate:{key} -->"


def key_of(body: str) -> str | None:
    """The key that a body ends with; one that stands anywhere else was put there by somebody."""
    found = _END.search(body)
    return found[1] if found else None
