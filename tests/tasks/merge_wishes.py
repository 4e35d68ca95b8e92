"""What GitHub's side asks for of a gate whose merge runs are opened and not run."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from app.database import Transaction
from app.handed import Ended
from app.records import merge_requests, runs, step_runs
from app.records.merge_requests import Wish
from app.records.runs import Wanted
from tasks import names, sweep
from tests.tasks.house import REPOSITORY, House

GATE = """
merge:
  trigger:
    labels: [merge me]
    comments: [/merge]
    branches: ["bot/**"]
  ignore: {labels: [wip], comments: [/hold]}
"""


def write_gate(house: House, text: str = GATE) -> None:
    house.github.push(REPOSITORY, "main", {".mergegate.yml": text}, by="acme")


def work(house: House) -> list[UUID]:
    """Do what the messages say, but for the merge runs, whose ids are the answer."""
    merging = list[UUID]()
    while house.sent:
        task, row_id = house.sent.pop(0)
        if task == names.MERGE:
            merging.append(row_id)
        else:
            house.run(task, row_id)
    return merging


def happens(house: House, action: str = "labeled", guid: str | None = None, number: int = 1) -> list[UUID]:
    """A webhook about the pull request, all that follows, and the merge runs among it."""
    house.clock.forward(1)
    head = house.github.state.pull(REPOSITORY, number).head_sha
    facts: dict[str, Any] = {"pulls": (number,), "head_sha": head, "branch": "main"}
    house.deliver(house.event("pull_request", action, **facts), guid)
    return work(house)


def swept(house: House) -> list[UUID]:
    sweep.enqueue_due(house.context)
    return work(house)


def wishes(house: House) -> list[tuple[str, str, str]]:
    """Source, who and status of each, oldest first."""
    rows = house.rows("SELECT source, asked_by, status FROM merge_requests ORDER BY created_at, id")
    return [(row["source"], row["asked_by"], row["status"]) for row in rows]


def ends(house: House, run_id: UUID, outcome: str = "blocked", *, request_ends: bool = False) -> None:
    """The run comes to this outcome, as the merge task records it."""
    with house.context.pool.connection() as tx:
        run = runs.claim(tx, run_id, house.clock(), 60)
        assert run is not None
        step = step_runs.get(tx, run_id)
        assert step is not None
        assert step.merge_request_id is not None
        step_runs.end(
            tx,
            run,
            ending="blocked",
            outcome=outcome,
            answer={},
            state_before=None,
            state_after=None,
            now=house.clock(),
        )
        runs.finish(tx, run, house.clock(), Ended(outcome=outcome, state_before=None, state_after=None))
        if request_ends:
            merge_requests.end(tx, step.merge_request_id, house.clock())
        else:
            merge_requests.come_back(tx, step.merge_request_id, None)


def waits(house: House, *, until: datetime | None = None, issue_id: UUID | None = None) -> UUID:
    """A merge request of the API that waits for events."""
    with house.context.pool.connection() as tx:
        wish_id = merge_requests.accept(tx, api_wish(house, until, issue_id), house.clock())
    assert wish_id is not None
    return wish_id


def api_wish(house: House, until: datetime | None = None, issue_id: UUID | None = None) -> Wish:
    return Wish(
        mode="execute",
        request_id=str(uuid4()),
        source="api",
        asked_by="alice",
        until=until or house.clock() + timedelta(hours=1),
        issue_id=issue_id,
        repository_id=house.repository_id,
        number=1,
        waits=True,
    )


def evaluates(house: House) -> list[UUID]:
    """An evaluation that no event has led to, and the merge runs that follow."""
    with house.context.pool.connection() as tx:
        wanted = Wanted("evaluate", house.repository_id, REPOSITORY, house.installation_id, number=1)
        house.sent.append((names.EVALUATE, runs.want(tx, wanted, house.clock())))
    return work(house)


def audited(house: House, kind: str) -> list[dict[str, Any]]:
    rows = house.rows(f"SELECT body, actor, subject FROM audit_events WHERE kind = '{kind}' ORDER BY seq")
    return [dict(row["body"]) for row in rows]


def seen(tx: Transaction, run_id: UUID) -> tuple[str, str, bool]:
    """By whom it was woken, in which mode, and whether for an issue."""
    step = step_runs.get(tx, run_id)
    assert step is not None
    return step.woken_by, step.mode, step.issue_id is not None
