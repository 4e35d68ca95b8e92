"""The real worker app, whose whole process group is killed with SIGKILL at a named checkpoint, once.

`KILL_AT` names the checkpoint; the file `KILL_MARK` is made just before, and while it is there nobody dies.
"""

import os
import signal
from dataclasses import replace
from functools import cache
from pathlib import Path

from tasks import worker
from tasks.context import Context

VISIBILITY_TIMEOUT_SECONDS = 2

celery = worker.celery
celery.conf.broker_transport_options = {
    **celery.conf.broker_transport_options,
    "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
    "unacked_restore_interval": 1,
}
_context = worker._context


def _checkpoint(name: str) -> None:
    mark = Path(os.environ["KILL_MARK"])
    if name == os.environ["KILL_AT"] and not mark.exists():
        mark.touch()
        os.killpg(os.getpgrp(), signal.SIGKILL)


@cache
def _dying_context(pid: int) -> Context:
    return replace(_context(pid), checkpoint=_checkpoint)


worker._context = _dying_context
