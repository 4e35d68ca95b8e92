"""A fresh house for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.github import bindings
from app.simulator import Hooks
from tasks import reconcile
from tests.tasks import lost_post
from tests.tasks.asking import write_policy
from tests.tasks.house import House, built
from tests.tasks.lost_post import Post


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


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten deliveries a page."""
    monkeypatch.setattr("app.github.deliveries.PER_PAGE", 10)


@pytest.fixture
def post(house: House, monkeypatch: pytest.MonkeyPatch) -> Post:
    """Every webhook of pull request 1 gets lost, and is old enough to be missed."""
    monkeypatch.setattr(reconcile, "UNDER_WAY_SECONDS", 0)
    (app,) = house.github.state.apps.values()
    house.github.set_hook(app, lost_post.NOBODY)
    house.with_settings(github_deliveries="live")
    bound = bindings.deliveries(house.context.settings, house.context.governor, house.clock)
    return Post(house, Hooks(house.github), bound)
