"""Put a run off: snoozed where GitHub said until when, else tried again later, and stopped for a person at the end."""

from datetime import timedelta

from app import ledger
from app.github.answers import Unavailable
from app.records import runs
from app.records.runs import Run
from tasks import names
from tasks.context import Context

LIMITS_DOWN_SECONDS = 10


def run(context: Context, run: Run, trouble: Unavailable) -> None:
    """Keep the run for later, with the reason."""
    now = context.clock()
    with context.pool.connection() as tx:
        if trouble.not_before is not None:
            runs.snooze(tx, run, trouble.not_before, trouble.sentence)
        elif run.attempts < runs.MOST_ATTEMPTS:
            runs.retry(tx, run, now, trouble.sentence)
        else:
            runs.block(tx, run, trouble.sentence, now)
            body = {"run": str(run.id), "code": trouble.code, "attempts": run.attempts}
            ledger.append(tx, kind="run_blocked", subject=run.subject, actor="mergegate", body=body, at=now)
    wake_next(context, run)


def until_limits_answer(context: Context) -> Unavailable:
    """The reason to wait while Redis is away."""
    later = context.clock() + timedelta(seconds=LIMITS_DOWN_SECONDS)
    return Unavailable("RATE_LIMITED", "Redis does not answer, so the rate limit is not known.", later)


def wake_next(context: Context, run: Run) -> None:
    """Send a message for the run that waited for this one to end."""
    with context.pool.connection() as tx:
        waiting = runs.next_waiting(tx, run)
    if waiting is not None:
        context.send(names.OF_RUN[run.kind], waiting, 0)
