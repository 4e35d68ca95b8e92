"""Workflows at the API, as tests start and look at them."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app import database
from app.records import pulls, runs
from app.records.pulls import Sighting
from app.records.runs import Wanted
from app.settings import Settings
from tests.app.web.api.knocking import Knocking, knocking
from tests.clock import Clock

WORKFLOWS, PAUSES = "/api/v1/workflows", "/api/v1/pauses"
PR_URL = "https://github.com/acme/widget/pull/7"
NOBODY = "12345678-1234-5678-1234-567812345678"
HANDOFF = {"remote": "acme/widget", "base": "main", "head": "work"}


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    live = settings.model_copy(update={"github_reader": "live", "github_deliveries": "live"})
    return knocking(live, clock)


@pytest.fixture
def agent(knock: Knocking) -> FlaskClient:
    return knock.client("read", "propose", principal="agent")


@pytest.fixture
def operator(knock: Knocking) -> FlaskClient:
    return knock.client("read", "propose", "operate", principal="olga")


def rows(knock: Knocking, query: str) -> list[dict[str, Any]]:
    with database.pool(knock.settings.database_url) as pool, pool.connection() as tx:
        return tx.execute(query.encode()).fetchall()


def seen(knock: Knocking, number: int = 7) -> None:
    """The gate has seen a pull request."""
    with database.pool(knock.settings.database_url) as pool, pool.connection() as tx:
        pulls.seen(tx, Sighting(5, number, "acme/widget", 9))


def arrived(knock: Knocking, number: int) -> str:
    """An event of a pull request has the gate judge it, which waits to be done; its id."""
    wanted = Wanted("evaluate", 5, "acme/widget", 9, number=number)
    with database.pool(knock.settings.database_url) as pool, pool.connection() as tx:
        return str(runs.want(tx, wanted, knock.now()))


def start(client: FlaskClient, type_: str, **given: Any) -> Any:
    return client.post(WORKFLOWS, json={"type": type_, "input": given})


def started(client: FlaskClient, type_: str, **given: Any) -> dict[str, Any]:
    answer = start(client, type_, **given)
    assert answer.status_code == 202, answer.get_json()
    found = answer.get_json()
    assert isinstance(found, dict)
    assert answer.headers["Location"].endswith(f"{WORKFLOWS}/{found['id']}")
    return found


def audited(knock: Knocking, workflow_id: str) -> list[tuple[str, str]]:
    entries = rows(knock, f"SELECT kind, actor FROM audit_events WHERE subject = 'run:{workflow_id}' ORDER BY seq")
    return [(entry["kind"], entry["actor"]) for entry in entries]
