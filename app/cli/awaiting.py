"""Wait at the command line for a run of a step to end, by looking at its row now and then."""

import time
from typing import Any
from uuid import UUID

from app.cli import reading
from app.records import step_runs
from app.web.api import step_shapes

POLL_SECONDS = 0.5


def ended(run_id: UUID, seconds: int) -> dict[str, Any]:
    """How the run ended within so many seconds, or how it stands then."""
    until = time.monotonic() + seconds
    while True:
        with reading.transaction() as tx:
            step = step_runs.get(tx, run_id)
            said = step_shapes.shape(tx, step) if step is not None else {}
        if step is None or step.ending is not None or time.monotonic() >= until:
            return said
        time.sleep(POLL_SECONDS)
