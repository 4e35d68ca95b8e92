"""Enqueue again whatever is due: lost messages, lapsed leases and passed not-before times are all found here."""

from app.records import intents, runs
from tasks import names
from tasks.context import Context


def enqueue_due(context: Context) -> int:
    """Send a message for each due row that none points at; how many."""
    now = context.clock()
    with context.pool.connection() as tx:
        runs.lapse(tx, now)
        due_runs = runs.take_due(tx, now)
        due_intents = intents.take_due(tx, now)
    for run_id, kind in due_runs:
        context.send(names.OF_RUN[kind], run_id, 0)
    for intent_id in due_intents:
        context.send(names.WRITE, intent_id, 0)
    return len(due_runs) + len(due_intents)
