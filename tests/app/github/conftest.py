"""A fresh ground for each test."""

from collections.abc import Iterator

import pytest

from tests.app.github.ground import Ground, standing


@pytest.fixture
def ground(redis_db: str) -> Iterator[Ground]:
    with standing(redis_db) as made:
        yield made
