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
def in_the_middle(house: House, point: str, do: Callable[[], None]) -> Iterator[None]:
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
