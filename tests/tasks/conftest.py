"""A fresh house for each test."""

from collections.abc import Iterator

import pytest

from tests.tasks.asking import write_policy
from tests.tasks.house import House, built


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    with built(database_url, redis_db) as made:
        yield made


@pytest.fixture
def asking(house: House) -> House:
    """One whose policy asks for reviews, and which may ask for them and dismiss them."""
    house.allow("review_request", "review_dismiss")
    write_policy(house)
    return house
