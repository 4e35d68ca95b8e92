"""A fresh house for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks.asking import write_policy
from tests.tasks.house import House, built


@pytest.fixture
def house(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[House]:
    with built(database_url, redis_db) as made:
        made.with_settings(artifact_store=f"file://{tmp_path}/artifacts")
        yield made


@pytest.fixture
def asking(house: House) -> House:
    """One whose policy asks for reviews, and which may ask for them and dismiss them."""
    house.allow("review_request", "review_dismiss")
    write_policy(house)
    return house
