"""Clients of the API with tokens of their own, on the Postgres and the Redis of a test."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient

from app import database, tokens
from app.queue import Publisher, make_celery
from app.settings import Settings
from app.tokens import Created, Scope
from app.web import replies
from app.web.api import serving
from app.web.api.door import Door
from app.web.api.endpoint import Endpoint
from app.web.api.idempotency import Cache
from app.web.api.waiting import Waiting


@dataclass(frozen=True)
class Knocking:
    """The API as it is served; `anonymous` sends no token."""

    flask: Flask
    settings: Settings
    now: Callable[[], datetime]

    @property
    def anonymous(self) -> FlaskClient:
        return self.flask.test_client()

    def client(self, *scopes: Scope, principal: str = "robot") -> FlaskClient:
        """A client with a new token."""
        return self.with_token(self.token(*scopes, principal=principal).token.get_secret_value())

    def with_token(self, token: str) -> FlaskClient:
        made = self.flask.test_client()
        made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return made

    def token(self, *scopes: Scope, principal: str = "robot", expires_in: timedelta | None = None) -> Created:
        now = self.now()
        with database.pool(self.settings.database_url) as pool, pool.connection() as tx:
            expires_at = now + expires_in if expires_in else None
            return tokens.create(tx, principal, scopes, expires_at=expires_at, by="operator", now=now)

    def revoke(self, token_id: str) -> bool:
        with database.pool(self.settings.database_url) as pool, pool.connection() as tx:
            return tokens.revoke(tx, token_id, by="operator", now=self.now())


def knocking(settings: Settings, now: Callable[[], datetime]) -> Knocking:
    """The API with its own endpoints."""
    flask = _flask()
    serving.install(flask, settings, Publisher(make_celery(settings), threads=1), now)
    return Knocking(flask, settings, now)


def knocking_at(
    settings: Settings,
    now: Callable[[], datetime],
    *endpoints: Endpoint,
    pause: Callable[[float], None] = time.sleep,
    cache: Cache | None = None,
) -> Knocking:
    """The API with endpoints of a test; `pause` is how it sleeps while it waits, `cache` another one for its keys."""
    flask = _flask()
    services = serving.make_services(settings, Publisher(make_celery(settings), threads=1), now)
    services = replace(services, cache=cache or services.cache)
    serving.serve(flask, endpoints, Door(services, Waiting(settings.web_threads, pause)))
    return Knocking(flask, settings, now)


def _flask() -> Flask:
    flask = Flask("mergegate", static_folder=None)
    replies.install(flask)
    return flask
