"""The endpoints of the settings: what is set and refused, by whom, what was before, and who may do it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import database
from app.records import pulls
from app.records.pulls import Sighting
from app.settings import Settings
from tests.app.web.api.knocking import Knocking, knocking
from tests.clock import Clock

SETTINGS = "/api/v1/settings"
WIDGET = f"{SETTINGS}/acme/widget"
BEYOND = "9999-12-31T23:59:59-23:59"
"""In UTC that is in the year 10000, which no moment is."""


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        pulls.seen(tx, Sighting(5, 1, "acme/widget", 1))
    given = {"github_projector": "live", "allowed_repositories": ("acme/widget",)}
    return knocking(settings.model_copy(update=given), clock)


@pytest.fixture
def olga(knock: Knocking) -> FlaskClient:
    return knock.client("read", "operate", principal="olga")


def put(client: FlaskClient, path: str, **body: Any) -> dict[str, Any]:
    answer = client.put(path, json=body)
    assert answer.status_code == 200, answer.get_json()
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def of(shown: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in shown["settings"] if each["name"] == name)
    assert isinstance(found, dict)
    return found


def test_where_nothing_is_said_the_environment_counts(olga: FlaskClient) -> None:
    shown = olga.get(WIDGET).get_json()
    assert (shown["repository"], shown["version"], shown["trouble"]) == ("acme/widget", 0, None)
    assert (shown["isListed"], shown["isMergedIn"]) == (True, False)
    writes = of(shown, "writes")
    assert (writes["value"], writes["inForce"], writes["origin"], writes["changedBy"]) == (
        None,
        True,
        "environment",
        None,
    )
    general = olga.get(SETTINGS).get_json()
    assert of(general, "repositories")["inForce"] == ["acme/widget"]
    assert of(general, "retention_deliveries_days")["inForce"] == 90


def test_a_change_says_who_when_why_and_what_was_before(olga: FlaskClient, clock: Clock) -> None:
    put(olga, WIDGET, settings={"kinds": ["status"], "writes": False}, reason="an audit")
    clock.forward(60)
    shown = put(olga, WIDGET, settings={"writes": True}, version=2)
    writes = of(shown, "writes")
    assert (shown["version"], writes["value"], writes["version"], writes["changedBy"]) == (3, True, 2, "olga")
    assert writes["changedAt"] == clock().isoformat().replace("+00:00", "Z")
    history = olga.get(f"{WIDGET}/history").get_json()
    assert [(each["name"], each["before"], each["after"], each["reason"]) for each in history["items"]] == [
        ("writes", False, True, ""),
        ("kinds", None, ["status"], "an audit"),
        ("writes", None, False, "an audit"),
    ]
    assert {each["by"] for each in history["items"]} == {"olga"}
    assert olga.get(f"{SETTINGS}/history").get_json()["items"] == []


def test_the_history_is_read_in_parts(olga: FlaskClient) -> None:
    for days in (30, 40, 50):
        put(olga, SETTINGS, settings={"retention_deliveries_days": days})
    first = olga.get(f"{SETTINGS}/history?limit=2").get_json()
    kept = of(olga.get(SETTINGS).get_json(), "retention_deliveries_days")
    assert (kept["value"], kept["inForce"], kept["origin"]) == (50, 50, "all repositories")
    rest = olga.get(f"{SETTINGS}/history?limit=2&before={first['next']}").get_json()
    assert [each["after"] for each in (*first["items"], *rest["items"])] == [50, 40, 30]
    assert rest["next"] is None


def test_what_is_said_of_all_counts_for_each_and_says_so(olga: FlaskClient) -> None:
    put(olga, SETTINGS, settings={"safe_mode": True})
    shown = of(olga.get(WIDGET).get_json(), "safe_mode")
    assert (shown["value"], shown["inForce"], shown["origin"]) == (None, True, "all repositories")
    put(olga, WIDGET, settings={"dry_run": True})
    assert of(olga.get(WIDGET).get_json(), "dry_run")["origin"] == "this repository"


def test_null_takes_away_and_what_is_left_out_stays(olga: FlaskClient) -> None:
    put(olga, WIDGET, settings={"freeze": {"reason": "release"}, "writes": False})
    shown = put(olga, WIDGET, settings={"writes": None})
    assert of(shown, "writes")["value"] is None
    assert of(shown, "freeze")["value"] == {"reason": "release", "until": None}
    assert of(shown, "freeze")["inForce"]["reason"] == "release (olga)"


def test_what_says_the_same_is_no_change(olga: FlaskClient) -> None:
    put(olga, WIDGET, settings={"writes": False})
    assert put(olga, WIDGET, settings={"writes": False}, reason="again")["version"] == 1
    assert len(olga.get(f"{WIDGET}/history").get_json()["items"]) == 1


@pytest.mark.parametrize(
    ("path", "given", "place"),
    [
        (WIDGET, {"settings": {"bogus": 1}}, "settings.bogus"),
        (WIDGET, {"settings": {"repositories": []}}, "settings.repositories"),
        (WIDGET, {"settings": {"writes": "yes"}}, "settings.writes"),
        (WIDGET, {"settings": {"kinds": ["merge"]}}, "settings.kinds.0"),
        (WIDGET, {"settings": {"freeze": {"reason": "a\u202eb"}}}, "settings.freeze.reason"),
        (WIDGET, {"settings": {"freeze": {"reason": "x", "until": "2026-01-01T00:00:00"}}}, "settings.freeze.until"),
        (WIDGET, {"settings": {"freeze": {"reason": "x", "until": BEYOND}}}, "settings.freeze.until"),
        (WIDGET, {"settings": {"freeze": {"reason": "x", "until": "2001-01-01T00:00:00Z"}}}, "freeze.until"),
        (SETTINGS, {"settings": {"repositories": ["acme"]}}, "settings.repositories.0"),
        (SETTINGS, {"settings": {"retention_deliveries_days": 1}}, "settings.retention_deliveries_days"),
        (SETTINGS, {"settings": {}, "reason": "\n"}, "reason"),
        (SETTINGS, {}, "settings"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(olga: FlaskClient, path: str, given: Any, place: str) -> None:
    answer = olga.put(path, json=given)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID")
    assert answer.get_json()["blockers"][0]["subject"] == place
    assert olga.get(path).get_json()["version"] == 0


def test_settings_that_changed_meanwhile_are_not_changed_unseen(olga: FlaskClient) -> None:
    put(olga, WIDGET, settings={"writes": False})
    answer = olga.put(WIDGET, json={"settings": {"writes": True}, "version": 0})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "VERSION_CONFLICT")
    assert of(olga.get(WIDGET).get_json(), "writes")["value"] is False


def test_of_several_at_once_who_have_seen_the_same_one_changes_it(knock: Knocking) -> None:
    clients = [knock.client("operate", principal=f"olga{number}") for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        bodies = [{"settings": {"approval_seconds": 60 + number}, "version": 0} for number in range(2)]
        answers = list(pool.map(lambda client, body: client.put(WIDGET, json=body).status_code, clients, bodies))
    assert sorted(answers) == [200, 409]


def test_the_same_request_with_a_key_is_one_change(olga: FlaskClient) -> None:
    body = {"settings": {"writes": False}, "version": 0}
    first = olga.put(WIDGET, json=body, headers={"Idempotency-Key": "k1"})
    second = olga.put(WIDGET, json=body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, second.status_code, second.get_json()) == (200, 200, first.get_json())
    assert second.headers["Idempotency-Replayed"] == "true"
    other = olga.put(WIDGET, json={"settings": {"writes": True}}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.get_json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_of_a_repository_that_was_never_seen_nothing_is_said(olga: FlaskClient) -> None:
    for answer in (
        olga.get(f"{SETTINGS}/acme/other"),
        olga.put(f"{SETTINGS}/acme/other", json={"settings": {}}),
        olga.get(f"{SETTINGS}/acme/other/history"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "REPOSITORY_NOT_FOUND")


def test_an_agent_that_may_propose_and_approve_changes_no_settings(knock: Knocking) -> None:
    agent = knock.client("read", "propose", "evidence", "approve")
    answer = agent.put(SETTINGS, json={"settings": {"approvals": "none"}})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "SCOPE_MISSING")


def test_a_freeze_that_has_ended_counts_no_more_and_may_be_said_again(olga: FlaskClient, clock: Clock) -> None:
    until = (clock() + timedelta(hours=1)).isoformat()
    put(olga, WIDGET, settings={"freeze": {"reason": "release", "until": until}})
    clock.forward(3_601)
    shown = put(olga, WIDGET, settings={"freeze": {"reason": "release", "until": until}})
    assert (of(shown, "freeze")["inForce"], shown["version"]) == (None, 1)


def test_a_row_that_is_not_understood_allows_nothing_until_it_is_set_anew(
    olga: FlaskClient, settings: Settings
) -> None:
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        tx.execute("INSERT INTO settings VALUES (5, 'writes', 'acme/widget', '\"perhaps\"', 1, '', 'newer', now())")
    shown = olga.get(WIDGET).get_json()
    assert 'The setting "writes" of acme/widget is not understood' in shown["trouble"]
    assert of(shown, "kinds")["inForce"] == []
    assert put(olga, WIDGET, settings={"writes": True})["trouble"] is None
