"""Shows a result to people as an indented tree, one line for each node."""

from collections.abc import Iterator

from policies.result import PredicateResult, Result, Status
from policies.text import plain

MARKS: dict[Status, str] = {"approved": "✓", "pending": "…", "disapproved": "✗", "skipped": "-", "error": "!"}
SOURCES = {"comment": "comment", "review": "review", "body": "text of the pull request"}
INDENT = "  "


def render(result: Result) -> str:
    """No line holds a control character, whatever the names and sentences hold."""
    return "\n".join(_lines(result, 0))


def _lines(result: Result, depth: int) -> Iterator[str]:
    yield _line(depth, MARKS[result.status], f"{_title(result)}: {result.error or result.description}")
    yield from (_line(depth + 1, _check(found), _finding(found)) for found in result.predicates)
    yield from (_line(depth + 1, _check(found), _finding(found)) for found in result.conditions)
    yield from (_line(depth + 1, "+", f"{one.login} counts by a {SOURCES[one.source]}") for one in result.approvers)
    yield from (_line(depth + 1, "·", ignored.reason) for ignored in result.ignored)
    for child in result.children:
        yield from _lines(child, depth + 1)


def _line(depth: int, mark: str, sentence: str) -> str:
    return f"{INDENT * depth}{mark} {plain(sentence)}"


def _title(result: Result) -> str:
    return f'rule "{result.name}"' if result.kind == "rule" else result.name


def _check(found: PredicateResult) -> str:
    return "✓" if found.satisfied else "✗"


def _finding(found: PredicateResult) -> str:
    return f"{found.kind}: {found.description or ('holds' if found.satisfied else 'does not hold')}"
