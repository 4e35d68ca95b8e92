"""Enqueue again whatever is due: lost messages, lapsed leases and passed not-before times are all found here."""

from datetime import datetime

from app import definitions
from app.database import Transaction
from app.records import (
    lapses,
    looks,
    operator_settings,
    paused_steps,
    rounds,
    runs,
    step_runs,
    steps,
    steps_beside,
    watches,
)
from app.records.runs import Run
from tasks import merge_waking, names, putting_off
from tasks.context import Context

GATES_SECONDS = 600
"""Between two looks at how GitHub is set up for this gate."""


def enqueue_due(context: Context) -> int:
    """Send a message for each due row that none points at; how many."""
    _put_back_lapsed(context)
    now = context.clock()
    with context.pool.connection() as tx:
        merge_waking.take_due(context, tx, now)
    with context.pool.connection() as tx:
        looks.end_of_ended(tx, now)
    with context.pool.connection() as tx:
        paused_steps.take_back(tx)
        paused_steps.put_aside(tx, now)
    with context.pool.connection() as tx:
        _open_rounds(context, tx, now)
        _watch(context, tx, now)
        steps_beside.put_back_lapsed(tx, now)
        found = steps.take_due(tx, now)
    for due in found:
        context.send(due.task, due.message, 0)
    return len(found)


def _open_rounds(context: Context, tx: Transaction, now: datetime) -> None:
    """What is looked at again and again, where the settings bind GitHub for it."""
    settings = context.settings
    if settings.github_deliveries == "live":
        rounds.open_due(tx, "deliveries", every_seconds=settings.reconcile_seconds, now=now)
    if settings.github_reader == "live" and operator_settings.everywhere(tx, settings).merge_repositories:
        rounds.open_due(tx, "gates", every_seconds=GATES_SECONDS, now=now)


def _watch(context: Context, tx: Transaction, now: datetime) -> None:
    """Compare the pull requests of guarded repositories with GitHub's list now and then: webhooks get lost."""
    if context.settings.github_reader != "live":
        return
    guarded = operator_settings.everywhere(tx, context.settings).merge_repositories
    for wanted in watches.take_due(tx, {name.lower() for name in guarded}, now):
        runs.want(tx, wanted, now)


def _put_back_lapsed(context: Context) -> None:
    """Each in a transaction of its own, so that one that can't be put back holds up no other."""
    with context.pool.connection() as tx:
        lapsed = lapses.found(tx, context.clock())
    for run in lapsed:
        _put_back(context, run)


def _put_back(context: Context, run: Run) -> None:
    sentence = f"The worker stopped in the middle of attempt {run.attempts}."
    try:
        with context.pool.connection() as tx:
            intent_id = putting_off.after_attempt(context, tx, run, sentence, context.clock())
            step_runs.woken_by(tx, run.id, "sweeper")
    except runs.LeaseLost:  # another sweep was first, or the worker has ended after all
        return
    except definitions.UnknownDefinition:  # it stands at a step of another version
        return
    if intent_id is not None:
        context.send(names.WRITE, intent_id, 0)
