"""What is not kept for ever: by which time it is old, and what keeps it however old it is.

Whatever is open keeps all that it refers to: a pull request its workflows, deliveries and facts, a workflow its rows, a
merge its evidence, an issue its runs. A remark that somebody else altered is known by the facts from before, and a
deleted one by its delivery alone, so these stay with the pull request, open or not.
"""

from dataclasses import dataclass, replace
from typing import Literal

What = Literal["workflows", "merges", "looks", "requests", "deliveries", "facts", "snapshots", "artifacts"]
OVER = "status IN ('succeeded', 'failed', 'cancelled')"
NO_UUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Rows of `table` by `at` and `id` (of `id_type`, above `lowest_id`), among those that `old` says.

    `kept_by`: what keeps a row, each as the condition of a query on it. `act`: what is done to those that are let go,
    by their ids.
    """

    table: str
    at: str
    id: str = "id"
    id_type: str = "uuid"
    lowest_id: str = NO_UUID
    old: str = "true"
    kept_by: dict[str, str]
    act: str

    @property
    def stays(self) -> str:
        """The condition for a row that is kept; OFFSET 0 has each asked of one row by index, not of whole tables."""
        return " OR ".join(f"EXISTS ({query} OFFSET 0)" for query in self.kept_by.values())


_OPEN_PULL = """
SELECT FROM pulls WHERE (repository_id, number) = ({table}.repository_id, {table}.number) AND is_open
"""
_ALTERED = "SELECT FROM alterations WHERE (repository_id, number) = ({table}.repository_id, {table}.number)"

_OF_MERGES = "type IN ('merge', 'loop_step')"
_WORKFLOWS = Rule(
    table="workflows",
    at="updated_at",
    old=f"{OVER} AND NOT {_OF_MERGES}",
    kept_by={
        "work under way": """
SELECT FROM steps WHERE workflow_id = workflows.id AND status IN ('pending', 'running', 'waiting')""",
        "a write that may leave": """
SELECT FROM intents WHERE run_id = workflows.id AND status IN ('pending', 'waiting', 'sent')""",
        "an open run": """
SELECT FROM bindings WHERE run_id = workflows.id AND (is_open OR EXISTS (SELECT FROM pulls
    WHERE lower(full_name) = lower(remote) AND pulls.number = bindings.number AND pulls.is_open))""",
        "an open pull request": _OPEN_PULL.format(table="workflows"),
        "an altered remark": _ALTERED.format(table="workflows"),
        "a merge": "SELECT FROM merge_attempts WHERE run_id = workflows.id",
        "the verdict of a merge": """
SELECT FROM evaluations WHERE run_id = workflows.id AND EXISTS (
    SELECT FROM merge_attempts WHERE evidence ->> 'evaluation_id' = evaluations.id::text OFFSET 0)""",
        "an issue, or a wish to merge": """
SELECT FROM step_runs LEFT JOIN merge_requests ON merge_requests.id = merge_request_id
    WHERE step_runs.run_id = workflows.id AND (ending IS NULL OR step_runs.issue_id IS NOT NULL
        OR merge_requests.issue_id IS NOT NULL OR merge_requests.status = 'open' OR EXISTS (SELECT FROM pulls WHERE
            (repository_id, number) = (merge_requests.repository_id, merge_requests.number) AND is_open OFFSET 0))""",
        "a verdict on an open pull request": """
SELECT FROM intents WHERE run_id = workflows.id AND EXISTS (
    SELECT FROM evaluations AS told WHERE told.intent_id = intents.id AND told.run_id <> workflows.id AND EXISTS (
        SELECT FROM pulls WHERE (repository_id, number) = (told.repository_id, told.number) AND is_open OFFSET 0)
    OFFSET 0)""",
        "a retry": f"""
SELECT FROM workflows AS again WHERE again.retry_of = workflows.id AND NOT again.{OVER}""",
        "an import": """
SELECT FROM legacy_rows WHERE target_id = workflows.id AND status = 'imported'
    UNION ALL SELECT FROM legacy_batches WHERE workflow_id = workflows.id""",
    },
    act="""
WITH gone AS (DELETE FROM workflows WHERE id = ANY(%(ids)s::uuid[]) RETURNING repository_id, number),
     told AS (UPDATE pulls SET pruned_at = %(now)s FROM (SELECT DISTINCT repository_id, number FROM gone) AS of
              WHERE (pulls.repository_id, pulls.number) = (of.repository_id, of.number))
SELECT count(*) AS gone FROM gone""",
)

_FACTS = Rule(
    table="evaluations",
    at="evaluated_at",
    old="snapshot_digest IS NOT NULL",
    kept_by={
        "an open pull request": _OPEN_PULL.format(table="evaluations"),
        "an altered remark": _ALTERED.format(table="evaluations"),
        "a merge": "SELECT FROM merge_attempts WHERE evidence ->> 'evaluation_id' = evaluations.id::text",
        "work under way": f"SELECT FROM workflows WHERE id = evaluations.run_id AND NOT {OVER}",
    },
    act="""
WITH gone AS (UPDATE evaluations SET snapshot_digest = NULL WHERE id = ANY(%(ids)s::uuid[])
              RETURNING repository_id, number),
     told AS (UPDATE pulls SET pruned_at = %(now)s FROM (SELECT DISTINCT repository_id, number FROM gone) AS of
              WHERE (pulls.repository_id, pulls.number) = (of.repository_id, of.number))
SELECT count(*) AS gone FROM gone""",
)


def _deleted(table: str, id_: str, id_type: str) -> str:
    of_ids = f"DELETE FROM {table} WHERE {id_} = ANY(%(ids)s::{id_type}[]) RETURNING 1"  # noqa: S608
    return f"WITH gone AS ({of_ids}) SELECT count(*) AS gone FROM gone"  # noqa: S608


RULES: dict[What, Rule] = {
    "workflows": _WORKFLOWS,
    "merges": replace(_WORKFLOWS, old=f"{OVER} AND {_OF_MERGES}"),
    "looks": replace(_WORKFLOWS, old="status = 'blocked' AND type = 'merge'"),
    "requests": Rule(
        table="merge_requests",
        at="ended_at",
        old="status = 'ended'",
        kept_by={
            "an issue": "SELECT WHERE merge_requests.issue_id IS NOT NULL",
            "an open pull request": _OPEN_PULL.format(table="merge_requests"),  # where a label is heard once
            "a run": "SELECT FROM step_runs WHERE merge_request_id = merge_requests.id",
        },
        act=_deleted("merge_requests", "id", "uuid"),
    ),
    "deliveries": Rule(
        table="deliveries",
        at="received_at",
        id_type="bigint",
        lowest_id="0",
        kept_by={
            "a workflow": "SELECT FROM run_deliveries WHERE delivery_id = deliveries.id",
            "an altered remark": "SELECT FROM alterations WHERE delivery_id = deliveries.id",
        },
        act=_deleted("deliveries", "id", "bigint"),
    ),
    "facts": _FACTS,
    "snapshots": Rule(
        table="snapshots",
        at="recorded_at",
        id="digest",
        id_type="text",
        lowest_id="",
        kept_by={"an evaluation": "SELECT FROM evaluations WHERE snapshot_digest = digest"},
        act=_deleted("snapshots", "digest", "text"),
    ),
    "artifacts": Rule(
        table="artifacts",
        at="stored_at",
        id="digest",
        id_type="text",
        lowest_id="",
        kept_by={"a run": "SELECT FROM wishes WHERE content ? 'artifact' AND content ->> 'artifact' = digest"},
        act=_deleted("artifacts", "digest", "text"),
    ),
}
"""In the order in which they are gone through: each lets go of what keeps those behind it.

A look at a wish to merge ends `blocked` where something is in the way, again and again, so that it goes with the wish.
"""
