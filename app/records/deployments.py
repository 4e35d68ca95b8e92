"""The deployments of what an issue was merged as, one row each, as they were observed last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A deployment as GitHub shows it. `is_authentic`: it has a status, and its commit is the merged one."""

    deployment_id: int
    environment: str
    sha: str
    target_url: str | None
    latest_status: str | None
    is_authentic: bool


def observe(tx: Transaction, issue_id: UUID, observations: Iterable[Observation], now: datetime) -> None:
    """Keep what was seen; a deployment that was seen before is the same row, with what it says now."""
    for each in observations:
        tx.execute(
            "INSERT INTO deployment_observations (issue_id, deployment_id, environment, sha, target_url,"
            " latest_status, is_authentic, observed_at) VALUES (%(issue)s, %(deployment_id)s, %(environment)s, %(sha)s,"
            " %(target_url)s, %(latest_status)s, %(is_authentic)s, %(now)s)"
            " ON CONFLICT (issue_id, deployment_id) DO UPDATE SET environment = EXCLUDED.environment,"
            " sha = EXCLUDED.sha, target_url = EXCLUDED.target_url, latest_status = EXCLUDED.latest_status,"
            " is_authentic = EXCLUDED.is_authentic, observed_at = EXCLUDED.observed_at",
            {**each.__dict__, "issue": issue_id, "now": now},
        )


def of_issue(tx: Transaction, issue_id: UUID) -> list[Observation]:
    """Those that were observed, oldest first."""
    rows = tx.execute(
        "SELECT deployment_id, environment, sha, target_url, latest_status, is_authentic FROM deployment_observations"
        " WHERE issue_id = %(issue)s ORDER BY deployment_id",
        {"issue": issue_id},
    ).fetchall()
    return [Observation(**row) for row in rows]
