"""What every step is handed: settings, the database, the governor, the reader, the artifacts, the clock, messages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.artifacts import store
from app.artifacts.store import Store
from app.database import Pool
from app.github.answers import utc_now
from app.github.bindings import github_app, reader
from app.github.reader import Reader
from app.governor import Governor
from app.settings import Settings

__all__ = ["Context", "Send", "artifacts", "github_app", "no_checkpoint", "reader"]

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
