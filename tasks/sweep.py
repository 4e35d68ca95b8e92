"""Enqueue again whatever is due: lost messages, lapsed leases and passed not-before times are all found here."""

from app.records import intents, runs
from app.records.runs import Run
from tasks import names, putting_off
from tasks.context import Context


def enqueue_due(context: Context) -> int:
    """Send a message for each due row that none points at; how many."""
    _put_back_lapsed(context)
    now = context.clock()
    with context.pool.connection() as tx:
        due_runs = runs.take_due(tx, now)
        due_intents = intents.take_due(tx, now)
    for run_id, kind in due_runs:
        context.send(names.OF_RUN[kind], run_id, 0)
    for intent_id in due_intents:
        context.send(names.WRITE, intent_id, 0)
    return len(due_runs) + len(due_intents)


def _put_back_lapsed(context: Context) -> None:
    """Each in a transaction of its own, so that one that can't be put back holds up no other."""
    with context.pool.connection() as tx:
        lapsed = runs.lapsed(tx, context.clock())
    for run in lapsed:
        _put_back(context, run)


def _put_back(context: Context, run: Run) -> None:
    sentence = f"The worker stopped in the middle of attempt {run.attempts}."
    try:
        with context.pool.connection() as tx:
            intent_id = putting_off.after_attempt(context, tx, run, sentence, context.clock())
    except runs.LeaseLost:  # another sweep was first, or the worker has ended after all
        return
    if intent_id is not None:
        context.send(names.WRITE, intent_id, 0)
