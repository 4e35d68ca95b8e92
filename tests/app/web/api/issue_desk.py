"""Issues at the API, as tests ask for them."""

from typing import Any
from uuid import UUID

from flask.testing import FlaskClient

from app import database
from app.records import issues
from app.records.issues import Issue
from app.settings import Settings
from policies.lifecycle import State
from tests.clock import Clock

ISSUES = "/api/v1/issues"
GITHUB_URL = "https://github.com/acme/widget/issues/3"
PR_URL = "https://github.com/acme/widget/pull/7"
SHA = "a" * 40


def made(agent: FlaskClient, **given: Any) -> dict[str, Any]:
    answer = agent.post(ISSUES, json=given)
    assert answer.status_code == 201, answer.get_json()
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def rows(settings: Settings, query: str) -> list[dict[str, Any]]:
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        return tx.execute(query.encode()).fetchall()


def put(settings: Settings, issue_id: str, state: State, clock: Clock) -> Issue:
    """The issue in a state, by whatever way."""
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        tx.execute("UPDATE issues SET status = %(to)s WHERE id = %(id)s", {"to": state, "id": issue_id})
        found = issues.get(tx, UUID(issue_id))
    assert found is not None
    return found
