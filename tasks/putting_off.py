"""Put a run off: until the time GitHub named, else for longer each time, and stopped for a person at the end.

What can't be judged for long is told as an error on the commit, so that no earlier success stands there unquestioned.
"""

from datetime import datetime, timedelta
from uuid import UUID

from app import definitions, ledger
from app.database import Transaction
from app.github.answers import Unavailable
from app.governor import DOWN_SECONDS
from app.records import groups, runs, steps
from app.records.runs import Run
from tasks import names, step_endings, telling, telling_groups
from tasks.context import Context

OF_STEPS = ("step", "merge")


def run(context: Context, run: Run, trouble: Unavailable) -> None:
    """Keep the run for later, with the reason. Raises `LeaseLost`."""
    now = context.clock()
    intent_id = None
    with context.pool.connection() as tx:
        if trouble.not_before is not None:
            runs.snooze(tx, run, trouble.not_before, trouble.sentence, now=now)
        else:
            intent_id = after_attempt(context, tx, run, trouble.sentence, now)
    if intent_id is not None:
        context.send(names.WRITE, intent_id, 0)
    wake_next(context, run)


def after_attempt(context: Context, tx: Transaction, run: Run, sentence: str, now: datetime) -> UUID | None:
    """Put a failed run back, or stop it for a person; the intent that tells of it, if any. Raises `LeaseLost`."""
    stopped = run.attempts >= definitions.step(run.kind, run.version, run.step.name).most_attempts
    if stopped and run.kind in OF_STEPS:
        step_endings.fail(tx, run, sentence, now)
    elif stopped:
        runs.block(tx, run, sentence, now)
    else:
        due_at = now + timedelta(seconds=steps.backoff_seconds(run.attempts, run.id))
        runs.retry(tx, run, due_at, sentence, now=now)
    tell = stopped or run.attempts == runs.TELL_AFTER_ATTEMPTS
    intent_id = _tell(context, tx, run, sentence, now) if tell else None
    if stopped:
        _attest_stop(tx, run, now)
    return intent_id


def _tell(context: Context, tx: Transaction, run: Run, sentence: str, now: datetime) -> UUID | None:
    if run.kind in ("work", *OF_STEPS):
        return None  # whoever asked for it looks at the run
    tell = telling_groups.trouble if run.kind == "merge_group" else telling.trouble
    return tell(context, tx, run, sentence, now)


def until_limits_answer(context: Context) -> Unavailable:
    """The reason to wait while Redis is away."""
    later = context.clock() + timedelta(seconds=DOWN_SECONDS)
    return Unavailable("RATE_LIMITED", "Redis does not answer, so the rate limit is not known.", later)


def wake_next(context: Context, run: Run) -> None:
    """Send a message for the run that waited for this one to end, and for the merge groups it has a verdict for."""
    with context.pool.connection() as tx:
        waiting = runs.next_waiting(tx, run.kind, run.subject)
        of_groups = groups.waiting_of(tx, run.repository_id, run.number) if run.number is not None else ()
    if waiting is not None:
        context.send(waiting.task, waiting.message, 0)
    for run_id in of_groups:
        context.send(names.MERGE_GROUP, run_id, 0)


def _attest_stop(tx: Transaction, run: Run, now: datetime) -> None:
    subject = f"pull:{run.repository_id}#{run.number}" if run.number is not None else run.subject
    body = {"run": str(run.id), "attempts": run.attempts}
    ledger.append(tx, kind="run_blocked", subject=subject, actor=ledger.BY_GATE, body=body, at=now)
