"""A fresh house for each test."""

from collections.abc import Iterator

import pytest

from tests.tasks.house import House, built


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    with built(database_url, redis_db) as made:
        yield made
