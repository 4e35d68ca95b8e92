"""The internet-facing web process: it takes webhooks in, says how it is, and cannot write to GitHub."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The WSGI application. Raises `app.settings.SettingsError` where a setting is missing or wrong.

    The parts are imported here, since `gunicorn_conf` must say where metrics live before anything counts, and since the
    command needs a few of them only.
    """
    from app.web import wiring

    return wiring.make_app(settings)
