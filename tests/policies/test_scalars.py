"""What a scalar means in YAML 1.1 as Go reads it."""

import math
from typing import Any

import pytest
from yaml import ScalarNode

from policies.scalars import MAX_NUMBER_CHARACTERS, resolve
from policies.yaml_tree import compose


def scalar(text: str) -> ScalarNode:
    node = compose(text)
    assert isinstance(node, ScalarNode)
    return node


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("NULL", None),
        ("y", True),
        ("On", True),
        ("FALSE", False),
        ("n", False),
        ("yEs", "yEs"),
        ("'yes'", "yes"),
        ("!!str yes", "yes"),
        ("!!bool 'yes'", True),
        ("!!int '7'", 7),
        ("!!float 7", 7.0),
        ("!!float 7.5", 7.5),
        ("!!null ''", None),
        ("12", 12),
        ("+12", 12),
        ("-0x1F", -31),
        ("0b101", 5),
        ("010", 8),
        ("0o10", 8),
        ("08", 8.0),
        ("1_000", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("0x", "0x"),
        ("2024-01-01", "2024-01-01"),
        ("-.inf", -math.inf),
        ("+.INF", math.inf),
        ("text", "text"),
        ("1" * (MAX_NUMBER_CHARACTERS + 1), "1" * (MAX_NUMBER_CHARACTERS + 1)),
    ],
)
def test_it_resolves(text: str, value: Any) -> None:
    found = resolve(scalar(text))
    assert (type(found), found) == (type(value), value)


def test_it_knows_what_is_not_a_number() -> None:
    assert math.isnan(float(resolve(scalar(".NaN")) or 0))


@pytest.mark.parametrize("text", ["!!int seven", "!!bool 1", "!!binary aGk=", "!mine x", "!!timestamp 2024-01-01"])
def test_it_refuses_a_tag_that_does_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        resolve(scalar(text))
