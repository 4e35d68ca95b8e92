"""What this process is bound to on its ways to GitHub: `local`, the default, which opens no socket, or `live`.

| way | setting | live | local |
|---|---|---|---|
| reader | GITHUB_READER | reads facts | knows none, and says so |
| deliveries | GITHUB_DELIVERIES | reads what GitHub says it sent | GitHub sent nothing |
| projector | GITHUB_PROJECTOR | makes the write of a permit | the gate denies it, and records what would be sent |

The projector is bound in `tasks/write.py`, the one module of `tasks` that may import it. Under each live binding sits
the egress list (`egress.py`).
"""

from collections.abc import Callable
from datetime import datetime

from app.github.answers import utc_now
from app.github.client import App
from app.github.deliveries import Deliveries, LiveDeliveries, LocalDeliveries
from app.github.reader import LiveReader, LocalReader, Reader
from app.governor import Governor
from app.rosters import Rosters
from app.settings import Settings


def reader(settings: Settings, governor: Governor, clock: Callable[[], datetime] = utc_now) -> Reader:
    """The reader that the settings bind."""
    if settings.github_reader == "local":
        return LocalReader()
    return LiveReader(github_app(settings, governor, clock), clock, Rosters(settings.redis_url))


def deliveries(settings: Settings, governor: Governor, clock: Callable[[], datetime] = utc_now) -> Deliveries:
    """The list of deliveries that the settings bind."""
    if settings.github_deliveries == "local":
        return LocalDeliveries()
    return LiveDeliveries(github_app(settings, governor, clock), clock)


def github_app(settings: Settings, governor: Governor, clock: Callable[[], datetime] = utc_now) -> App:
    """How to be our App; only for live bindings, whose settings are complete."""
    if settings.github_app_id is None or settings.github_private_key is None:
        raise ValueError("a live binding without an App cannot come out of app.settings.load")
    key = settings.github_private_key.get_secret_value()
    return App(
        api_url=settings.github_api_url,
        app_id=settings.github_app_id,
        private_key=key,
        governor=governor,
        clock=clock,
        timeout_seconds=settings.github_timeout_seconds,
    )
