"""A governor on an empty Redis, and a Redis that can be stopped."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.embedded import redis as embedded_redis
from app.governor import Governor
from tests.app.governor import asked


@pytest.fixture
def governor(redis_db: str) -> Governor:
    return asked.governor(redis_db)


@pytest.fixture
def frozen_redis(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The URL and process id of a Redis that a test may stop; it goes on at the end."""
    with embedded_redis.running(tmp_path / "redis", durable=False) as url:
        with redis.Redis.from_url(url, decode_responses=True) as client:
            process_id = int(client.info("server")["process_id"])
        yield url, process_id
        os.kill(process_id, signal.SIGCONT)
