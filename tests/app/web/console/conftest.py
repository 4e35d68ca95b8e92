"""A console to visit, signed in or not, on the Postgres of a test."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.rows import dict_row
from werkzeug.test import TestResponse

from app import tokens
from app.settings import Settings
from app.tokens import Created, Scope
from app.web import console, replies
from tests.clock import Clock

SECRET = "a-secret-of-the-console"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Console:
    """The console as it is served; `clock` is its own."""

    flask: Flask
    settings: Settings
    clock: Clock

    @property
    def stranger(self) -> FlaskClient:
        return self.flask.test_client()

    def token(self, *scopes: Scope, principal: str = "olga", expires_at: datetime | None = None) -> Created:
        with psycopg.connect(self.settings.database_url, row_factory=dict_row) as tx:
            now = self.clock()
            return tokens.create(tx, principal, scopes, expires_at=expires_at, by="operator", now=now)

    def revoke(self, token_id: str) -> None:
        with psycopg.connect(self.settings.database_url, row_factory=dict_row) as tx:
            assert tokens.revoke(tx, token_id, by="operator", now=self.clock())

    def operator(self, *scopes: Scope) -> FlaskClient:
        """Somebody who has signed in with a new token; by default one that may read."""
        client = self.stranger
        assert sign_in(client, self.token(*(scopes or ("read",)))).status_code == 303
        return client


MakeConsole = Callable[..., Console]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_console(database_url: str, clock: Clock) -> MakeConsole:
    """A console with changed settings."""

    def make(**changed: object) -> Console:
        given = {
            "database_url": database_url,
            "redis_url": "redis://127.0.0.1:1/0",
            "broker_url": "redis://127.0.0.1:1/0",
            "webhook_secret": "a-secret-for-the-tests",
            "console_secret": SECRET,
        }
        settings = Settings.model_validate({**given, **changed})
        flask = Flask("mergegate", static_folder=None)
        replies.install(flask)
        console.install(flask, settings, clock)
        return Console(flask, settings, clock)

    return make


@pytest.fixture
def visited(make_console: MakeConsole) -> Console:
    return make_console()


def sign_in(client: FlaskClient, created: Created, to: str = "") -> TestResponse:
    """Send the form as a browser does."""
    form = {"token": created.token.get_secret_value(), "to": to}
    return client.post("/console/sign-in", data=form, headers=SAME_ORIGIN)
