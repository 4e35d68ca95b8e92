"""What tests of merges that went past the gate share: a merge by hand, its webhook, what is recorded of it."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app.events import Event, Merged
from app.github.merge_documents import MergePull
from app.github.reader import Place
from app.records import issues, step_runs
from app.records.issues import Issue
from app.records.step_runs import StepRun
from tasks import bypass, names
from tests.tasks.house import REPOSITORY, House

URL = f"https://github.com/{REPOSITORY}/pull/1"


def closed(house: House, **merged: Any) -> Event:
    pull = house.github.state.pull(REPOSITORY, 1)
    said = Merged(by="alice", sha=pull.merge_sha, **merged)
    return house.event("pull_request", "closed", pulls=(1,), head_sha=pull.head_sha, branch="main", merged=said)


def merge_by_hand(house: House) -> None:
    house.github.merge(REPOSITORY, 1, by="alice")


def judge(house: House) -> None:
    house.deliver_pull()
    house.work()


def looking(house: House) -> list[UUID]:
    return [row_id for task, row_id in house.sent if task == names.MERGE]


def work_but_merges(house: House) -> list[UUID]:
    """Do what the messages say but for merge runs, which are returned."""
    kept = []
    while house.sent:
        task, row_id = house.sent.pop(0)
        if task == names.MERGE:
            kept.append(row_id)
        else:
            house.run(task, row_id)
    return kept


def pull_now(house: House) -> MergePull:
    found = house.context.reader.merge_pull(Place(house.installation_id, house.repository_id), 1)
    assert found is not None
    return found


def step_of(house: House, run_id: UUID) -> StepRun:
    with house.context.pool.connection() as tx:
        found = step_runs.get(tx, run_id)
    assert found is not None
    return found


def recognise(house: House, run_id: UUID, issue: Issue | None = None, **changes: Any) -> bool:
    step, pull = replace(step_of(house, run_id), **changes), pull_now(house)
    with house.context.pool.connection() as tx:
        return bypass.recognise(house.context, tx, step, pull, issue, house.clock())


def audit(house: House, kind: str) -> list[dict[str, Any]]:
    return [row["body"] for row in house.rows(f"SELECT body FROM audit_events WHERE kind = '{kind}' ORDER BY seq")]


def alerts(house: House) -> list[str]:
    return [row["code"] for row in house.rows("SELECT code FROM alerts ORDER BY raised_at, code")]


def linked(house: House, status: str = "REVIEW_READY") -> Issue:
    with house.context.pool.connection() as tx:
        made = issues.create(tx, pr_url=URL, created_by="bob", now=house.clock())
        tx.execute("UPDATE issues SET status = %(status)s", {"status": status})
        found = issues.get(tx, made.id)
    assert found is not None
    return found


def merged_and_looked_at(house: House, **merged: Any) -> UUID:
    merge_by_hand(house)
    house.deliver(closed(house, **merged))
    return looking(house)[0]


def attempt(house: House, kind: str, state: str, head_sha: str) -> None:
    values = {"id": uuid4(), "kind": kind, "state": state, "repo": house.repository_id, "head": head_sha}
    with house.context.pool.connection() as tx:
        tx.execute(
            "INSERT INTO merge_attempts (id, kind, repository_id, full_name, installation_id, number, base_ref,"
            " head_sha, request_id, state, request, history, expires_at, recorded_at) VALUES (%(id)s, %(kind)s,"
            " %(repo)s, 'acme/widget', 1, 1, 'main', %(head)s, 'r', %(state)s, %(empty)s, %(empty)s, now(), now())",
            {**values, "empty": Jsonb({})},
        )


def head(house: House) -> str:
    return house.github.state.pull(REPOSITORY, 1).head_sha


def enabled(house: House) -> Event:
    facts = {"pulls": (1,), "head_sha": head(house), "branch": "main", "sender": "mallory"}
    return house.event("pull_request", "auto_merge_enabled", **facts)
