"""The real worker app, whose process group is killed (kill -9) at each checkpoint once, whichever worker comes there.

`DEATH_POINTS` names the checkpoints, and the directory `DEATHS` holds a mark for each that was met.
Between two deaths `DEATH_PAUSE_SECONDS` go by, so that work goes on meanwhile.
A delivery of which nothing was heard for `UNDER_WAY_SECONDS` is taken for lost.
"""

import os
import signal
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

from tasks import reconcile, worker
from tasks.context import Context

VISIBILITY_TIMEOUT_SECONDS = 5

celery = worker.celery
if "visibility_timeout" in celery.conf.broker_transport_options:
    celery.conf.broker_transport_options = {
        **celery.conf.broker_transport_options,
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        "unacked_restore_interval": 1,
    }
_context = worker._context
_marks = Path(os.environ["DEATHS"])
_left = frozenset(os.environ["DEATH_POINTS"].split())
_pause_seconds = float(os.environ["DEATH_PAUSE_SECONDS"])


def _checkpoint(name: str) -> None:
    if name not in _left or (_marks / name).exists() or time.time() - _marks.stat().st_mtime < _pause_seconds:
        return
    try:
        (_marks / name).touch(exist_ok=False)  # which also says when somebody died last
    except FileExistsError:
        return
    os.killpg(os.getpgrp(), signal.SIGKILL)


reconcile.UNDER_WAY_SECONDS = int(os.environ["UNDER_WAY_SECONDS"])


@cache
def _dying_context(pid: int) -> Context:
    return replace(_context(pid), checkpoint=_checkpoint)


worker._context = _dying_context
