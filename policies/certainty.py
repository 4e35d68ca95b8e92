"""Whether a verdict hangs on facts that nobody fetched."""

from collections.abc import Iterator

from policies.mode import Mode
from policies.result import Kind, Result, Status

OPEN_TO_A_RULE: tuple[Status, ...] = ("approved", "pending", "skipped")
OPEN_TO_WHAT_IS_AGAINST: tuple[Status, ...] = ("disapproved", "skipped")
ALL_OF: tuple[Status, ...] = ("error", "disapproved", "pending", "approved", "skipped")
ONE_OF: dict[Mode, tuple[Status, ...]] = {
    "compat": ("approved", "pending", "error", "disapproved", "skipped"),
    "strict": ("error", "approved", "pending", "disapproved", "skipped"),
}
"""Which status of a child an operator takes over first."""


def settled(result: Result, mode: Mode) -> Result | None:
    """The result with the status that it has whatever the missing facts are; `None` if it hangs on them.

    A fact that is fetched is taken to be one that can be judged.
    """
    possible = _possible(result, mode)
    if len(possible) > 1:
        return None
    if possible == (result.status,):
        return result
    description = f"{possible[0]} even without {', '.join(missing_facts(result))}"
    return result._replace(status=possible[0], description=description, error="", missing_fact="")


def missing_facts(result: Result) -> tuple[str, ...]:
    """The names of the facts that a part of the tree asked for in vain, sorted."""
    return tuple(sorted(dict.fromkeys(_missing(result))))


def _possible(result: Result, mode: Mode) -> tuple[Status, ...]:
    """Every status that the node could have."""
    if not result.children:
        return _open_to(result.kind) if result.missing_fact else (result.status,)
    if result.kind == "policy":
        return _possible_root(result, mode)
    order = ONE_OF[mode] if result.kind == "or" else ALL_OF
    found: tuple[Status, ...] = ("skipped",)
    for child in result.children:
        found = _distinct(min(a, b, key=order.index) for a in found for b in _possible(child, mode))
    return found


def _open_to(kind: Kind) -> tuple[Status, ...]:
    return OPEN_TO_WHAT_IS_AGAINST if kind in ("disapproval", "tampering") else OPEN_TO_A_RULE


def _possible_root(result: Result, mode: Mode) -> tuple[Status, ...]:
    """An error decides, then a disapproval, then what the approval says."""
    approval, *against = (_possible(child, mode) for child in result.children)
    found = approval
    for statuses in against:
        found = _distinct(_deciding(a, b) for a in found for b in statuses)
    return found


def _deciding(approval: Status, against: Status) -> Status:
    if against == "error" or (against == "disapproved" and approval != "error"):
        return against
    return approval


def _missing(result: Result) -> Iterator[str]:
    if result.missing_fact and not result.children:
        yield result.missing_fact
    for child in result.children:
        yield from _missing(child)


def _distinct(statuses: Iterator[Status]) -> tuple[Status, ...]:
    return tuple(dict.fromkeys(statuses))
