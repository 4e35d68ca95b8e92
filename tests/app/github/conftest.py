"""A fresh ground for each test."""

from collections.abc import Iterator

import pytest

from tests.app.github.ground import Ground, standing


@pytest.fixture
def ground() -> Iterator[Ground]:
    with standing() as made:
        yield made
