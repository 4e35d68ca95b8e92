"""Let go of what is old enough, round after round."""

import logging

from app import retention
from app.retention import RetentionUnknown
from tasks.context import Context

PRUNE_SECONDS = 600

log = logging.getLogger("mergegate")


def prune(context: Context) -> None:
    """One round; where it cannot be read how long things are kept, all of them are."""
    try:
        gone = retention.run(context.pool.connection, context.artifacts, context.clock())
    except RetentionUnknown as trouble:
        log.warning("action=prune_failed why=%r", str(trouble))
        return
    if any(gone.values()):
        log.info("action=pruned %s", " ".join(f"{what}={count}" for what, count in gone.items()))
