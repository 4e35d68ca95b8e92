"""Whether the web process is alive, and whether the services that it needs answer."""

import json
import threading
import time
from collections.abc import Callable

import psycopg
from flask import Flask, Response

from app.keys import Keys, KeysUnavailable
from app.queue import NotEnqueued, Publisher

POSTGRES_SECONDS = 2
REMEMBERED_SECONDS = 1.0


class Readiness:
    """Checks the services, one check at a time; who asks meanwhile or soon after gets the last answer."""

    def __init__(self, checks: dict[str, Callable[[], bool]]) -> None:
        self._checks, self._lock = checks, threading.Lock()
        self._found: dict[str, bool] = dict.fromkeys(checks, False)
        self._found_at = float("-inf")

    def read(self) -> dict[str, bool]:
        """Which services answer; before the first check none does."""
        if time.monotonic() - self._found_at > REMEMBERED_SECONDS and self._lock.acquire(blocking=self._is_new()):
            try:
                self._found = {name: check() for name, check in self._checks.items()}
                self._found_at = time.monotonic()
            finally:
                self._lock.release()
        return self._found

    def _is_new(self) -> bool:
        return self._found_at == float("-inf")


def install(flask: Flask, database_url: str, keys: Keys, publisher: Publisher) -> None:
    """Serve `/healthz` and `/readyz` on `flask`."""
    readiness = Readiness(
        {
            "broker": lambda: _answers(publisher.probe),
            "redis": lambda: _answers(keys.ping),
            "postgres": lambda: _postgres_answers(database_url),
        }
    )

    def live() -> Response:
        return _say(200, {"status": "ok"})

    def ready() -> Response:
        down = [name for name, is_up in readiness.read().items() if not is_up]
        return _say(503, {"status": "unavailable", "down": down}) if down else _say(200, {"status": "ok"})

    flask.add_url_rule("/healthz", view_func=live, endpoint="healthz", provide_automatic_options=False)
    flask.add_url_rule("/readyz", view_func=ready, endpoint="readyz", provide_automatic_options=False)


def _say(status: int, said: dict[str, str | list[str]]) -> Response:
    return Response(json.dumps(said) + "\n", status, content_type="application/json")


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except (NotEnqueued, KeysUnavailable):
        return False
    return True


def _postgres_answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=POSTGRES_SECONDS, autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
