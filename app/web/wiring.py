"""The parts of the web process put together."""

from datetime import UTC, datetime

from flask import Flask

from app import settings as configuration
from app.governor import Governor
from app.keys import Keys
from app.queue import Publisher, make_celery
from app.settings import Settings
from app.web import console, health, metrics, pages, receiver, replies
from app.web.anchored import Anchored
from app.web.api import serving
from app.web.budgets import Budgets
from app.web.intake import Intake
from app.web.merges import Merges
from app.web.receiver import Receiver
from app.web.reconciled import Reconciled


def make_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Raises `app.settings.SettingsError` where a setting is missing or wrong."""
    settings = settings or configuration.load()
    keys = Keys(settings.redis_url)
    publisher = Publisher(make_celery(settings), threads=settings.web_threads)
    flask = Flask("mergegate", static_folder=None)
    flask.url_map.merge_slashes = False
    replies.install(flask)
    receiver.install(flask, Receiver(settings, Intake(keys, publisher), lambda: datetime.now(UTC)))
    health.install(flask, settings.database_url, keys, publisher)
    budgets = Budgets(Governor.of(settings), lambda: datetime.now(UTC))
    counted = (Reconciled(settings.database_url), Merges(settings.database_url))
    anchored = Anchored(settings.database_url, settings.audit_anchor)
    metrics.install(flask, settings.metrics_token, budgets, anchored, *counted)
    pages.install(flask, settings.database_url)
    console.install(flask, settings, lambda: datetime.now(UTC))
    serving.install(flask, settings, publisher, lambda: datetime.now(UTC))
    return flask
