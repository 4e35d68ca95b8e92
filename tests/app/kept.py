"""Rows of every age for the tests of retention, and what refers to what."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app import retention
from app.artifacts.store import Store
from app.database import Transaction
from app.records.prunable import What

NOW_TEXT = "2027-06-01T12:00:00+00:00"
NOW = datetime.fromisoformat(NOW_TEXT)
OLD, NEW = 400, 20
"""Days: longer ago than anything is kept, and not."""


@dataclass(frozen=True)
class Attic:
    """Makes rows as they lie after so many days."""

    tx: Transaction

    def at(self, days: int) -> datetime:
        return NOW - timedelta(days=days)

    def insert(self, table: str, **values: Any) -> None:
        columns, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        self.tx.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})".encode(), values)

    def pull(self, number: int, *, is_open: str = "no") -> None:
        self.insert(
            "pulls",
            repository_id=1,
            number=number,
            full_name="octo/repo",
            installation_id=1,
            is_open=is_open == "yes",
            page_key=str(uuid4()),
        )

    def workflow(
        self, days: int, *, kind: str = "evaluate", number: int | None = None, status: str = "succeeded"
    ) -> UUID:
        of = {"evaluate": "policy_evaluation", "merge": "merge", "work": "pull_request_handoff"}
        made, at = uuid4(), self.at(days)
        self.insert(
            "workflows",
            id=made,
            type=of[kind],
            kind=kind,
            subject=str(made),
            repository_id=1,
            full_name="octo/repo",
            installation_id=1,
            number=number,
            current_step="judge",
            status=status,
            created_at=at,
            updated_at=at,
        )
        return made

    def step(self, workflow: UUID, status: str) -> None:
        self.insert(
            "steps",
            id=uuid4(),
            workflow_id=workflow,
            name="write",
            exclusive=str(uuid4()),
            status=status,
            due_at=NOW,
            lease=uuid4() if status == "running" else None,
        )

    def evaluation(self, workflow: UUID, number: int, days: int) -> UUID:
        made, digest = uuid4(), uuid4().hex
        self.insert("snapshots", digest=digest, facts=Jsonb({}), recorded_at=self.at(days))
        self.insert(
            "evaluations",
            id=made,
            run_id=workflow,
            repository_id=1,
            number=number,
            head_sha="a" * 40,
            base_ref="main",
            policy_source="here",
            snapshot_digest=digest,
            state="success",
            description="",
            status_text="",
            evaluated_at=self.at(days),
        )
        return made

    def delivery(self, days: int, *, led_to: UUID | None = None) -> int:
        self.insert(
            "deliveries", hook_id=1, guid=str(uuid4()), body_digest="", event=Jsonb({}), received_at=self.at(days)
        )
        row = self.tx.execute("SELECT max(id) AS id FROM deliveries").fetchone()
        assert row is not None
        if led_to is not None:
            self.insert("run_deliveries", run_id=led_to, delivery_id=row["id"])
        return int(row["id"])

    def attempt(self, number: int, *, run: UUID | None = None, evaluation: UUID | None = None) -> None:
        self.insert(
            "merge_attempts",
            id=uuid4(),
            kind="merge",
            repository_id=1,
            full_name="octo/repo",
            installation_id=1,
            number=number,
            base_ref="main",
            head_sha=uuid4().hex,
            run_id=run,
            request_id="",
            state="SUCCEEDED",
            request=Jsonb({}),
            evidence=Jsonb({"evaluation_id": str(evaluation)}),
            history=Jsonb([]),
            expires_at=NOW,
            recorded_at=NOW,
        )

    def request(
        self, days: int, *, status: str = "ended", issue: UUID | None = None, number: int | None = None
    ) -> UUID:
        made = uuid4()
        self.insert(
            "merge_requests",
            id=made,
            issue_id=issue,
            repository_id=None if number is None else 1,
            number=number,
            mode="execute",
            request_id="",
            source="label",
            asked_by="olga",
            status=status,
            created_at=self.at(days),
            until=NOW,
            ended_at=self.at(days) if status == "ended" else None,
        )
        return made

    def issue(self) -> UUID:
        made = uuid4()
        self.insert("issues", id=made, created_by="olga", created_at=NOW, updated_at=NOW)
        return made

    def step_run(
        self, workflow: UUID, *, request: UUID | None = None, issue: UUID | None = None, ending: str | None = "finished"
    ) -> None:
        self.insert(
            "step_runs",
            run_id=workflow,
            merge_request_id=request,
            issue_id=issue,
            step="S5_MERGE",
            mode="execute",
            request_id="",
            asked_by="olga",
            ending=ending,
            started_at=NOW,
        )

    def binding(self, workflow: UUID, *, is_open: str = "no", number: int | None = None) -> None:
        self.insert(
            "bindings",
            run_id=workflow,
            remote="octo/repo",
            base_ref="main",
            head_ref=str(workflow),
            proposed_by="agent",
            number=number,
            is_open=is_open == "yes",
            opened_at=NOW,
        )

    def alteration(self, number: int, delivery: int) -> None:
        self.insert(
            "alterations",
            repository_id=1,
            number=number,
            comment_id=1,
            author="ann",
            altered_by="bob",
            what="deleted",
            said_at=NOW,
            altered_at=NOW,
            delivery_id=delivery,
        )

    def ids(self, table: str, column: str = "id") -> list[Any]:
        return [row["id"] for row in self.tx.execute(f"SELECT {column} AS id FROM {table}".encode()).fetchall()]


def a_round(attic: Attic, shelf: Store) -> dict[What, int]:
    """One round: how many rows of each kind went, of those of which any did."""

    @contextmanager
    def transact() -> Iterator[Transaction]:
        with attic.tx.transaction():
            yield attic.tx

    return {what: count for what, count in retention.run(transact, shelf, NOW).items() if count}
