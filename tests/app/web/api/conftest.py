"""Settings and a clock for the API of a test, on its own Postgres and Redis."""

import pytest

from app.settings import Settings
from tests.clock import Clock


@pytest.fixture
def settings(database_url: str, redis_db: str) -> Settings:
    given = {"database_url": database_url, "redis_url": redis_db, "broker_url": redis_db}
    return Settings.model_validate({**given, "webhook_secret": "a-secret-for-the-tests"})


@pytest.fixture
def clock() -> Clock:
    return Clock()
