"""An operator at a house: workflows cancelled, retried and paused, also while a worker is in the middle of one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from app import workflows
from app.records.workflows import Which, Workflow
from app.work import By
from app.workflows import Whole, cancelling, pausing, retrying
from app.workflows.pausing import Scope
from app.workflows.retrying import Retried
from policies.decision import Blocker
from tests.tasks.house import House


def by(house: House) -> By:
    return By("olga", house.clock())


def cancel(house: House, workflow_id: UUID) -> str | None:
    """The code of what is in the way; None where it was done."""
    with house.context.pool.connection() as tx:
        return _code(cancelling.cancel(tx, workflow_id, by(house)))


def retry(house: House, workflow_id: UUID) -> UUID | str:
    """What is worked on now, whose message is sent; or the code of what is in the way."""
    with house.context.pool.connection() as tx:
        done = retrying.retry(tx, house.context.settings, workflow_id, by(house))
    if isinstance(done, Retried):
        house.sent.append((done.task, done.workflow_id))
        return done.workflow_id
    return done.code


def pause(house: House, scope: Scope) -> None:
    with house.context.pool.connection() as tx:
        pausing.pause(tx, scope, by(house), "A test.")


def resume(house: House, scope: Scope) -> bool:
    with house.context.pool.connection() as tx:
        return pausing.resume(tx, scope, by(house))


def later(house: House, seconds: int = 61) -> None:
    """So much later that no message counts as under way, and what follows from the sweep then."""
    house.clock.forward(seconds)
    house.sweep()


def shown(house: House, workflow_id: UUID) -> Whole:
    with house.context.pool.connection() as tx:
        found = workflows.show(tx, workflow_id, house.clock())
    assert isinstance(found, Whole)
    return found


def listed(house: House, type_: str) -> list[Workflow]:
    """The workflows of a type, newest first."""
    with house.context.pool.connection() as tx:
        found = workflows.page(tx, Which(type=type_), house.clock(), limit=200)  # type: ignore[arg-type]
    return [each.workflow for each in found.rows]


@contextmanager
def in_the_middle(house: House, point: str, do: Callable[[], object]) -> Iterator[None]:
    """Somebody does something when a worker gets to that checkpoint for the first time, which has to happen."""
    happened = list[str]()

    def interrupt(name: str) -> None:
        if name == point and not happened:
            happened.append(name)
            do()

    before, house.context = house.context, replace(house.context, checkpoint=interrupt)
    yield
    house.context = replace(house.context, checkpoint=before.checkpoint)
    assert happened == [point]


def _code(done: object) -> str | None:
    return done.code if isinstance(done, Blocker) else None


DISAGREEING = """
SELECT workflows.id, kind, workflows.status, line.status AS step FROM workflows
LEFT JOIN steps AS line ON workflow_id = workflows.id AND position IS NOT NULL AND name = current_step
LEFT JOIN LATERAL (SELECT count(*) > 0 AS is_blocked FROM intents WHERE run_id = workflows.id AND status = 'blocked')
    AS writes ON true
WHERE line.id IS NULL OR NOT CASE workflows.status
    WHEN 'blocked' THEN line.status = 'stopped' OR line.status = 'done' AND is_blocked
    WHEN 'failed' THEN line.status = 'stopped'
    WHEN 'succeeded' THEN line.status = 'done' AND (workflows.kind = 'work' OR NOT is_blocked)
    WHEN 'cancelled' THEN line.status IN ('cancelled', 'done')
    ELSE line.status = workflows.status END
"""
"""Workflows that say something else than the step where their line stands, and the writes beside it."""
MISTOLD = """
SELECT run_id, ending, status, told.* FROM step_runs JOIN workflows ON workflows.id = run_id CROSS JOIN LATERAL
    (SELECT count(*) FILTER (WHERE type = 'loop_run_started') AS begun,
        count(*) FILTER (WHERE type IN ('loop_run_finished', 'loop_run_blocked', 'loop_run_failed')) AS ended
    FROM timeline_events WHERE timeline_events.run_id = step_runs.run_id) AS told
WHERE step_runs.issue_id IS NOT NULL AND (begun, ended) <> (1, (ending IS NOT NULL)::integer)
    OR ending IS NULL AND status NOT IN ('pending', 'running')
    OR ending = 'finished' AND status <> 'succeeded'
    OR ending = 'blocked' AND status NOT IN ('blocked', 'cancelled', 'waiting')
    OR ending = 'failed' AND status <> 'failed'
"""
"""Runs of steps whose start and one end are not told once each, or whose workflow says otherwise."""


def disagreeing(house: House) -> list[object]:
    """Whatever says something else than what it belongs to; nothing, whatever was done."""
    return [*house.rows(DISAGREEING), *house.rows(MISTOLD), *house.disagreeing()]
