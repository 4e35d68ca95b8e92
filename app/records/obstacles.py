"""Obstacles: what is recorded against workflows that have stopped or wait, each read for a whole page at once."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.database import Transaction
from policies.decision import Blocker
from policies.gates import PREDECESSOR_PENDING

MOST_OF_A_WORKFLOW = 50
WRITE_STOPPED = "WRITE_STOPPED"
"""The code of a write that was tried and is not tried again."""


@dataclass(frozen=True)
class Obstacles:
    """Of one workflow. `blockers`: of its run and its writes. `answer`: how a run of a step or a merge has ended.

    `comes_back_at`: when the gate looks at its wish again by itself. `waits`: it does with each event.
    `in_doubt`: whether nobody knows what came of a merge that it sent.
    """

    blockers: tuple[Blocker, ...] = ()
    answer: dict[str, Any] = field(default_factory=dict)
    comes_back_at: datetime | None = None
    waits: bool = False
    in_doubt: bool = False


NONE = Obstacles()


def of(tx: Transaction, workflow_ids: Collection[UUID]) -> dict[UUID, Obstacles]:
    """Those of each workflow."""
    ids = {"ids": list(workflow_ids), "most": MOST_OF_A_WORKFLOW}
    blockers = defaultdict[UUID, list[Blocker]](list)
    for row in (*tx.execute(_OF_RUNS, ids).fetchall(), *tx.execute(_OF_WRITES, ids).fetchall()):
        found = Blocker(code=row["code"], sentence=row["sentence"], subject=row["subject"])
        if found not in blockers[row["id"]]:
            blockers[row["id"]].append(found)
    doubts = {row["id"] for row in tx.execute(_DOUBTS, ids).fetchall()}
    all_of = {each: Obstacles(blockers=tuple(blockers[each]), in_doubt=each in doubts) for each in workflow_ids}
    for row in tx.execute(_OF_STEPS, ids).fetchall():
        all_of[row["id"]] = _of_wish(all_of[row["id"]], row)
    return all_of


def _of_wish(found: Obstacles, row: dict[str, Any]) -> Obstacles:
    """How its run has ended, and whether the gate comes back to it by itself."""
    is_open = row["status"] == "open"
    return replace(
        found,
        answer=row["answer"] or {},
        comes_back_at=row["due_at"] if is_open else None,
        waits=is_open and row["waits"],
    )


_OF_RUNS = """
SELECT run_id AS id, found ->> 'code' AS code, found ->> 'sentence' AS sentence, found ->> 'subject' AS subject
FROM bindings, jsonb_array_elements(blockers) AS found WHERE run_id = ANY(%(ids)s)
"""
_OF_WRITES = f"""
SELECT wanted.run_id AS id, found ->> 'code' AS code, found ->> 'sentence' AS sentence, found ->> 'subject' AS subject
FROM unnest(%(ids)s::uuid[]) AS wanted (run_id)
CROSS JOIN LATERAL (SELECT writes.* FROM writes LEFT JOIN bindings ON bindings.run_id = writes.run_id
    WHERE writes.run_id = wanted.run_id AND status IN ('waiting', 'denied', 'refused', 'blocked')
        AND writes.epoch IS NOT DISTINCT FROM bindings.epoch
    ORDER BY stage, recorded_at, writes.id LIMIT %(most)s) AS stopped
CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN status IN ('waiting', 'denied') THEN (SELECT blockers FROM decisions
        WHERE intent_id = stopped.id ORDER BY audit_seq DESC LIMIT 1)
    ELSE jsonb_build_array(jsonb_build_object('code', '{WRITE_STOPPED}', 'subject', 'intent:' || stopped.id,
        'sentence', coalesce(stopped.error, 'A person must look.'))) END) AS found
WHERE found ->> 'code' <> '{PREDECESSOR_PENDING}'
"""  # noqa: S608 -- a constant
_OF_STEPS = """
SELECT run_id AS id, answer, status, due_at, waits FROM step_runs
LEFT JOIN merge_requests ON merge_requests.id = merge_request_id WHERE run_id = ANY(%(ids)s)
"""
_DOUBTS = """
SELECT DISTINCT run_id AS id FROM merge_attempts WHERE state IN ('SENT', 'IN_DOUBT') AND kind <> 'branch_delete'
AND run_id = ANY(%(ids)s)
"""
