"""`modified_lines`"""

from typing import Any

import pytest

from policies.document import parse
from policies.error import PolicyError
from policies.facts import ChangedFile

FILES = (
    ChangedFile(filename="src/a.py", status="modified", additions=10, deletions=4),
    ChangedFile(filename="docs/a.md", status="deleted", additions=0, deletions=6),
)


@pytest.mark.parametrize(
    ("arguments", "holds"),
    [
        ("{additions: '> 9'}", True),
        ("{additions: '> 10'}", False),
        ("{deletions: '< 11'}", True),
        ("{deletions: '< 10'}", False),
        ("{total: '= 20'}", True),
        ("{total: '= 21'}", False),
        ("{additions: '> 99', total: '  > +19 '}", True),
        ("{additions: '> -1'}", True),
        ("{additions: '', deletions: ~}", False),
        ("{}", False),
        ("{total: '= 14', files: {include: ['^src/', x]}}", True),
        ("{total: '= 6', files: {exclude: ['^src/']}}", True),
        ("{total: '= 0', files: {include: [a], exclude: [a]}}", True),
        ("{total: '> 19', files: {include: ~, exclude: []}}", True),
    ],
)
def test_it_holds_where_any_comparison_does(ask: Any, arguments: str, holds: bool) -> None:
    result = ask(f"modified_lines: {arguments}", files=FILES)
    assert (result.kind, result.satisfied, result.description) == ("modified_lines", holds, "")


def test_it_shows_what_it_compared(ask: Any) -> None:
    result = ask("modified_lines: {additions: '>9', total: '= 1'}", files=FILES)
    assert (result.values, result.condition_values) == (("+10", "-10"), ("> 9", "= 1"))


@pytest.mark.parametrize(
    "text", [">= 3", "== 3", "> ten", "!= 3", "3", "> 1.5", "> 3 lines", ">", f"> {2**63}", "> 1_0"]
)
def test_it_refuses_what_is_no_comparison(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(f"approval_rules: [{{if: {{modified_lines: {{total: '{text}'}}}}}}]")
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("comparison", 1, 48)


def test_it_takes_the_largest_number() -> None:
    assert parse(f"approval_rules: [{{if: {{modified_lines: {{total: '> {2**63 - 1}'}}}}}}]").rules[0].predicates
