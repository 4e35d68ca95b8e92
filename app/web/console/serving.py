"""Serve the console where `CONSOLE_SECRET` is set: its pages behind one door, and the forms that sign in and out."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Flask, Response

from app import database
from app.settings import Settings
from app.web.console import audit, settings, signing_in, workflows
from app.web.console.door import HOME, Door

PATH = "/console"
PAGES: tuple[tuple[str, Callable[..., Response]], ...] = (
    ("/workflows", workflows.list_workflows),
    ("/workflows/<uuid:workflow_id>", workflows.show),
    ("/settings", settings.show),
    ("/audit", audit.show),
)


def install(flask: Flask, settings: Settings, now: Callable[[], datetime]) -> None:
    """Serve it on `flask`; without a secret there is no such page. Postgres may be away meanwhile."""
    if settings.console_secret is None:
        return
    pool = database.pool(settings.database_url)
    pool.open()
    door = Door(settings, settings.console_secret.get_secret_value().encode(), pool, now)
    console = Blueprint("console", __name__, url_prefix=PATH, template_folder="../templates")
    for path, look in PAGES:
        _add(console, "GET", path, door.over(look))
    for path in ("", "/sign-in"):
        _add(console, "GET", path, lambda: signing_in.led_to(HOME))
    _add(console, "POST", "/sign-in", signing_in.sign_in(door, settings.public_url))
    _add(console, "POST", "/sign-out", signing_in.sign_out(settings.public_url))
    flask.register_blueprint(console)


def _add(console: Blueprint, method: str, path: str, view: Callable[..., Response]) -> None:
    name = f"{method.lower()}{path.translate(str.maketrans('/<:>', '____'))}"
    console.add_url_rule(path, endpoint=name, view_func=view, methods=[method], provide_automatic_options=False)
