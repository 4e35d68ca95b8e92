"""Judges one condition."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.document import parse
from policies.result import PredicateResult


@pytest.fixture
def ask(pull: Any) -> Callable[..., PredicateResult]:
    """One condition as YAML and facts -> what it found."""

    def asked(condition: str, **facts: Any) -> PredicateResult:
        (predicate,) = parse(f"approval_rules: [{{if: {{{condition}}}}}]").rules[0].predicates
        return predicate.evaluate(pull(**facts))

    return asked


@pytest.fixture
def found(ask: Any) -> Callable[..., tuple[bool, str]]:
    """The same, reduced to whether it holds and its sentence."""

    def reduced(condition: str, **facts: Any) -> tuple[bool, str]:
        result = ask(condition, **facts)
        return (result.satisfied, result.description)

    return reduced
