"""What every step is handed: settings, the database, the governor, the reader, the artifacts, the clock, messages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.artifacts import store
from app.artifacts.store import Store
from app.database import Pool
from app.github.answers import utc_now
from app.github.client import App
from app.github.reader import LiveReader, LocalReader, Reader
from app.governor import Governor
from app.rosters import Rosters
from app.settings import Settings

Send = Callable[[str, UUID, float], None]
"""Send a message: task name, the row to look at, and after how many seconds. Losing it changes nothing."""


def no_checkpoint(name: str) -> None:
    """The checkpoint of production: nothing happens between two steps."""


@dataclass(frozen=True)
class Context:
    """Everything a step may use. `checkpoint` is called by name between any two steps; tests kill there."""

    settings: Settings
    pool: Pool
    governor: Governor
    reader: Reader
    send: Send
    artifacts: Store
    clock: Callable[[], datetime] = utc_now
    checkpoint: Callable[[str], None] = no_checkpoint


def artifacts(settings: Settings) -> Store:
    """The store that the settings name."""
    return store.opened(settings.artifact_store, endpoint=settings.artifact_s3_endpoint)


def reader(settings: Settings, governor: Governor, clock: Callable[[], datetime] = utc_now) -> Reader:
    """The reader that the settings bind."""
    if settings.github_reader == "local":
        return LocalReader()
    return LiveReader(github_app(settings, governor, clock), clock, Rosters(settings.redis_url))


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
