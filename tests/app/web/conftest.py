"""A door to knock on: the web application on a real Redis, and deliveries signed as GitHub signs them."""

import copy
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.settings import Settings
from app.web import create_app

SECRET = "current-secret-0123456789abcdef"
PREVIOUS = "previous-secret-0123456789abcd"
PATH = "/webhooks/github"
PAYLOAD: dict[str, Any] = {
    "action": "opened",
    "number": 7,
    "pull_request": {
        "number": 7,
        "head": {"sha": "a" * 40, "ref": "f", "repo": {"id": 2, "full_name": "evil/fork"}},
        "base": {"sha": "b" * 40, "ref": "main"},
    },
    "repository": {"id": 1296269, "full_name": "octocat/Hello-World", "owner": {"login": "octocat", "id": 1}},
    "sender": {"login": "octocat", "id": 1},
    "installation": {"id": 5},
}


def sign(body: bytes, secret: str = SECRET) -> str:
    """The value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def make_headers(body: bytes, event: str = "pull_request", **changed: str | None) -> dict[str, str]:
    """GitHub's headers for a body; an argument such as `x_github_hook_id` changes one, `None` drops it."""
    headers: dict[str, str | None] = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-GitHub-Hook-ID": "292430182",
        "X-Hub-Signature-256": sign(body),
    }
    known = {name.lower().replace("-", "_"): name for name in headers}
    headers |= {known.get(name, name.replace("_", "-")): value for name, value in changed.items()}
    return {name: value for name, value in headers.items() if value is not None}


class Door:
    """A client of the application, and the queue behind it."""

    def __init__(self, client: FlaskClient, queue: "redis.Redis") -> None:
        self.client, self._queue = client, queue

    def post(
        self, payload: Mapping[str, Any] | bytes | None = None, event: str = "pull_request", **changed: str | None
    ) -> TestResponse:
        """Send one signed delivery."""
        given = copy.deepcopy(PAYLOAD) if payload is None else payload
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        return self.client.post(PATH, data=body, headers=make_headers(body, event, **changed))

    def count(self) -> int:
        """How many deliveries are on the queue."""
        return int(self._queue.llen("intake"))


MakeSettings = Callable[..., Settings]
OpenDoor = Callable[..., Door]


@pytest.fixture
def make_settings(redis_db: str) -> MakeSettings:
    """Settings on the Redis of this test; arguments change them."""

    def make(**changed: Any) -> Settings:
        given = {
            "database_url": "postgresql://nobody@127.0.0.1:1/none",
            "redis_url": redis_db,
            "broker_url": redis_db,
            "webhook_secret": SECRET,
        }
        return Settings.model_validate({**given, **changed})

    return make


@pytest.fixture
def open_door(make_settings: MakeSettings, redis_db: str) -> OpenDoor:
    """Open a door with changed settings."""

    def make(**changed: Any) -> Door:
        return Door(create_app(make_settings(**changed)).test_client(), redis.Redis.from_url(redis_db))

    return make


@pytest.fixture
def door(open_door: OpenDoor) -> Door:
    return open_door()
