"""Serve the JSON API: `ENDPOINTS` of the modules beside this one, behind one door."""

from collections.abc import Callable
from datetime import datetime

import redis
from flask import Flask
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import database
from app.queue import Publisher
from app.settings import Settings
from app.web.api import artifacts, audit, document, issues, operator_settings, policies, runs, verdicts, workflows
from app.web.api.answering import Services
from app.web.api.door import Door
from app.web.api.endpoint import Endpoint
from app.web.api.idempotency import Cache
from app.web.api.rate import Rate
from app.web.api.waiting import Waiting

REDIS_SECONDS = 2.0

ENDPOINTS: tuple[Endpoint, ...] = (
    *verdicts.ENDPOINTS,
    *policies.ENDPOINTS,
    *runs.ENDPOINTS,
    *issues.ENDPOINTS,
    *workflows.ENDPOINTS,
    *artifacts.ENDPOINTS,
    *audit.ENDPOINTS,
    *operator_settings.ENDPOINTS,
)


def install(flask: Flask, settings: Settings, publisher: Publisher, now: Callable[[], datetime]) -> None:
    """Serve the API on `flask`. Connections are made on demand, so Postgres and Redis may be away meanwhile."""
    door = Door(make_services(settings, publisher, now), Waiting(settings.web_threads))
    serve(flask, (*ENDPOINTS, document.endpoint(ENDPOINTS)), door)


def serve(flask: Flask, endpoints: tuple[Endpoint, ...], door: Door) -> None:
    """Serve these endpoints behind this door."""
    for endpoint in endpoints:
        flask.add_url_rule(
            endpoint.path,
            view_func=door.over(endpoint),
            endpoint=f"api_{endpoint.work.__name__}",
            methods=[endpoint.method],
            provide_automatic_options=False,
        )


def make_services(settings: Settings, publisher: Publisher, now: Callable[[], datetime]) -> Services:
    """What the endpoints lean on; connections are made on demand."""
    pool = database.pool(settings.database_url)
    pool.open()
    client = redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    rate = Rate(settings.redis_url, client, settings.api_requests_per_minute)
    return Services(settings, pool, rate, Cache(client), publisher, now)
