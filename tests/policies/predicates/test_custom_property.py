"""`custom_property_is_not_null`, `..._is_null`, `..._matches_any_of` and `..._matches_none_of`"""

from typing import Any

import pytest

from policies.document import parse
from policies.error import PolicyError
from policies.facts import NOT_FETCHED, FactMissing

KNOWN = (("tier", "gold"), ("langs", ("go", "rust")))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("is_not_null: [tier, langs]", True),
        ("is_not_null: [tier, env]", False),
        ("is_not_null: []", True),
        ("is_null: [env]", True),
        ("is_null: [env, tier]", False),
        ("matches_any_of: {}", True),
        ("matches_any_of: {tier: [x, ^go]}", True),
        ("matches_any_of: {tier: ~}", False),
        ("matches_any_of: {tier: [silver]}", False),
        ("matches_any_of: {tier: [gold], env: ['']}", False),
        ("matches_any_of: {langs: [go]}", False),
        ("matches_none_of: {}", True),
        ("matches_none_of: {tier: [x, ^go]}", False),
        ("matches_none_of: {tier: [silver], env: [''], langs: [go]}", True),
    ],
)
def test_it_asks_each_property(ask: Any, condition: str, holds: bool) -> None:
    result = ask(f"custom_property_{condition}", custom_properties=KNOWN)
    assert (result.kind, result.satisfied, result.description) == (
        f"custom_property_{condition.split(':')[0]}",
        holds,
        "",
    )


def test_it_shows_what_it_compared(ask: Any) -> None:
    null = ask("custom_property_is_null: [env]", custom_properties=KNOWN)
    assert (null.values, null.condition_values) == (("langs: [go, rust]", "tier: gold"), ("env",))
    match = ask("custom_property_matches_any_of: {env: [a, b]}", custom_properties=KNOWN)
    assert (match.values, match.condition_values) == (("langs: [go, rust]", "tier: gold"), ("env: [a, b]",))


@pytest.mark.parametrize("condition", ["is_null: []", "is_not_null: []", "matches_any_of: {}", "matches_none_of: {}"])
def test_it_does_not_guess_the_properties(found: Any, condition: str) -> None:
    with pytest.raises(FactMissing, match="custom_properties"):
        found(f"custom_property_{condition}", custom_properties=NOT_FETCHED)


def test_it_refuses_a_property_that_is_merged_over() -> None:
    text = "approval_rules: [{if: {custom_property_matches_any_of: {<<: {tier: [a]}, tier: [b]}}}]"
    with pytest.raises(PolicyError, match="the key 'tier' is already set") as caught:
        parse(text)
    assert caught.value.kind == "yaml_type"
