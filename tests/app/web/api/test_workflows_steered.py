"""The endpoints that cancel, retry and pause: who may, what ends otherwise, and what is refused."""

from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app import database
from app.records import runs
from app.records.runs import Wanted
from tests.app.web.api.knocking import Knocking
from tests.app.web.api.workflow_desk import (
    HANDOFF,
    NOBODY,
    PAUSES,
    PR_URL,
    WORKFLOWS,
    agent,
    audited,
    knock,
    operator,
    rows,
    seen,
    started,
)

__all__ = ["agent", "knock", "operator"]


def stop(knock: Knocking, workflow_id: str, status: str = "blocked") -> None:
    """As a worker leaves it for a person."""
    step = {"blocked": "stopped", "failed": "stopped", "succeeded": "done"}[status]
    rows(
        knock,
        f"WITH line AS (UPDATE steps SET status = '{step}', error = 'It broke.' WHERE workflow_id = '{workflow_id}')"
        f" UPDATE workflows SET status = '{status}', finished_at = now() WHERE id = '{workflow_id}' RETURNING id",
    )


def test_only_an_operator_cancels_retries_and_pauses(agent: FlaskClient) -> None:
    for method, path in (
        ("POST", f"{WORKFLOWS}/{NOBODY}/cancel"),
        ("POST", f"{WORKFLOWS}/{NOBODY}/retry"),
        ("PUT", f"{PAUSES}/types/merge"),
        ("DELETE", f"{PAUSES}/types/merge"),
    ):
        assert agent.open(path, method=method).status_code == 403


def test_what_is_over_is_not_cancelled(operator: FlaskClient, knock: Knocking) -> None:
    found = started(operator, "pull_request_handoff", **HANDOFF)
    cancelled = operator.post(f"{WORKFLOWS}/{found['id']}/cancel").get_json()
    assert (cancelled["status"], cancelled["unblock"]) == ("cancelled", None)
    assert audited(knock, found["id"])[-1] == ("workflow_cancelled", "olga")
    again = operator.post(f"{WORKFLOWS}/{found['id']}/cancel")
    assert (again.status_code, again.get_json()["code"]) == (409, "WORKFLOW_OVER")


def test_a_key_makes_a_cancellation_that_is_repeated_the_same_one(operator: FlaskClient) -> None:
    found = started(operator, "pull_request_handoff", **HANDOFF)
    path, key = f"{WORKFLOWS}/{found['id']}/cancel", {"Idempotency-Key": "once"}
    first, again = operator.post(path, headers=key), operator.post(path, headers=key)
    assert (first.status_code, again.status_code, again.get_json()) == (200, 200, first.get_json())


def test_a_stopped_evaluation_says_so_and_is_retried_as_itself(operator: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    found = started(operator, "policy_evaluation", repository="acme/widget", number=7)
    retry = f"{WORKFLOWS}/{found['id']}/retry"
    under_way = operator.post(retry)
    assert (under_way.status_code, under_way.get_json()["code"]) == (409, "WORKFLOW_UNDER_WAY")
    stop(knock, found["id"])
    shown = operator.get(f"{WORKFLOWS}/{found['id']}").get_json()
    assert (shown["status"], shown["unblock"]) == ("blocked", "It broke. Retry it once that is mended.")
    retried = operator.post(retry)
    assert (retried.status_code, retried.get_json()["id"], retried.get_json()["status"]) == (
        202,
        found["id"],
        "pending",
    )
    assert (retried.get_json()["attempts"], retried.get_json()["error"]) == (0, None)
    assert audited(knock, found["id"])[-1] == ("workflow_retried", "olga")


def test_a_retry_where_another_one_waits_is_that_one(operator: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    first = started(operator, "policy_evaluation", repository="acme/widget", number=7)["id"]
    stop(knock, first)
    second = started(operator, "policy_evaluation", repository="acme/widget", number=7)["id"]
    assert second != first
    assert operator.post(f"{WORKFLOWS}/{first}/retry").get_json()["id"] == second


def test_what_has_succeeded_is_not_retried(operator: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    found = started(operator, "policy_evaluation", repository="acme/widget", number=7)
    stop(knock, found["id"], "succeeded")
    refused = operator.post(f"{WORKFLOWS}/{found['id']}/retry")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "WORKFLOW_OVER")


def test_only_a_step_that_was_begun_is_begun_again(operator: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    found = started(operator, "policy_evaluation", repository="acme/widget", number=7)
    stop(knock, found["id"])
    path = f"{WORKFLOWS}/{found['id']}/retry"
    refused = operator.post(path, json={"step": "write"})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "STEP_NOT_BEGUN")
    assert operator.post(path, json={"step": "judge"}).status_code == 202


def test_a_row_of_a_version_that_is_not_known_is_left_to_that(operator: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    found = started(operator, "policy_evaluation", repository="acme/widget", number=7)
    stop(knock, found["id"])
    rows(knock, "UPDATE workflows SET version = 99 RETURNING id")
    refused = operator.post(f"{WORKFLOWS}/{found['id']}/retry")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "VERSION_NOT_KNOWN")
    rows(knock, "UPDATE workflows SET version = 1 RETURNING id")
    assert operator.post(f"{WORKFLOWS}/{found['id']}/retry").status_code == 202


@pytest.mark.parametrize("what", ["cancel", "retry"])
@pytest.mark.parametrize(("kind", "type_"), [("approval", "approval"), ("evaluate", "legacy_import")])
def test_what_ends_otherwise_says_how(operator: FlaskClient, knock: Knocking, kind: str, type_: str, what: str) -> None:
    seen(knock)
    found = started(operator, "policy_evaluation", repository="acme/widget", number=7)
    step = "await_word" if kind == "approval" else "judge"
    changed = f"type = '{type_}', kind = '{kind}', current_step = '{step}'"
    rows(knock, f"UPDATE workflows SET {changed} RETURNING id")
    refused = operator.post(f"{WORKFLOWS}/{found['id']}/{what}")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "ENDS_OTHERWISE")


def test_a_type_is_paused_once_and_resumed_once(operator: FlaskClient, knock: Knocking) -> None:
    path = f"{PAUSES}/types/merge"
    paused = operator.put(path, json={"reason": "Release week."})
    assert paused.status_code == 200
    said = paused.get_json()
    assert (said["scope"], said["reason"], said["pausedBy"]) == ("type:merge", "Release week.", "olga")
    assert operator.put(path, json={"reason": "Something else."}).get_json() == said
    assert operator.get(PAUSES).get_json() == {"items": [said], "limit": 50, "next": None}
    assert operator.delete(path).get_json() == {"scope": "type:merge", "wasPaused": True}
    assert operator.delete(path).get_json() == {"scope": "type:merge", "wasPaused": False}
    kinds = rows(knock, "SELECT kind, actor, body FROM audit_events WHERE subject = 'type:merge' ORDER BY seq")
    assert [(each["kind"], each["actor"]) for each in kinds] == [("type_paused", "olga"), ("type_resumed", "olga")]
    assert kinds[0]["body"] == {"reason": "Release week."}


def test_a_repository_is_paused_in_whichever_case_and_shows_it(operator: FlaskClient) -> None:
    found = started(operator, "pull_request_handoff", **HANDOFF)
    assert operator.put(f"{PAUSES}/repositories/ACME/Widget", json={"reason": "Moving."}).status_code == 200
    shown = operator.get(f"{WORKFLOWS}/{found['id']}").get_json()
    assert shown["paused"]["scope"] == "repository:acme/widget"
    assert shown["unblock"] == "olga has paused acme/widget: Moving. It goes on when that is resumed."
    assert operator.delete(f"{PAUSES}/repositories/acme/widget").get_json()["wasPaused"] is True
    assert operator.get(f"{WORKFLOWS}/{found['id']}").get_json()["paused"] is None


def test_what_can_not_be_paused_is_refused(operator: FlaskClient) -> None:
    unknown = operator.put(f"{PAUSES}/types/deploy", json={"reason": "No."})
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "TYPE_UNKNOWN")
    hostile = operator.put(f"{PAUSES}/repositories/a%20b/c", json={"reason": "No."})
    assert (hostile.status_code, hostile.get_json()["code"]) == (422, "INVALID")
    for reason in ("", "two\nlines", "x" * 1_001, None):
        assert operator.put(f"{PAUSES}/types/merge", json={"reason": reason}).status_code == 422


def test_pauses_are_listed_in_parts_the_newest_first(operator: FlaskClient, knock: Knocking) -> None:
    rows(
        knock,
        "INSERT INTO pauses SELECT 'repository:acme/' || n, 'No.', 'olga', now() + n * interval '1 s'"
        " FROM generate_series(1, 5) AS n RETURNING scope",
    )
    found, after = list[str](), ""
    while after is not None:
        part = operator.get(f"{PAUSES}?limit=2{after}").get_json()
        found += [each["scope"] for each in part["items"]]
        after = part["next"] and f"&after={part['next']}"
    assert found == [f"repository:acme/{number}" for number in (5, 4, 3, 2, 1)]
    assert operator.get(f"{PAUSES}?after=x").status_code == 422


def test_a_pause_says_of_which_repository_it_is_and_where_it_went(operator: FlaskClient, knock: Knocking) -> None:
    unknown = operator.put(f"{PAUSES}/repositories/acme/other", json={"reason": "Moving."}).get_json()
    seen(knock)
    known = operator.put(f"{PAUSES}/repositories/acme/widget", json={"reason": "Moving."}).get_json()
    assert (unknown["repositoryId"], known["repositoryId"]) == (None, 5)
    rows(knock, "UPDATE pauses SET scope = 'repository:acme/new' WHERE repository_id = 5 RETURNING scope")
    assert operator.delete(f"{PAUSES}/repositories/acme/widget").get_json()["wasPaused"] is True
    resumed = rows(knock, "SELECT subject, body FROM audit_events WHERE kind = 'repository_resumed'")
    assert resumed == [{"subject": "repository:acme/new", "body": {"repository_id": 5}}]


def test_pauses_have_an_end(operator: FlaskClient, knock: Knocking) -> None:
    rows(
        knock,
        "INSERT INTO pauses SELECT 'repository:acme/' || n, 'No.', 'olga', now() FROM generate_series(1, 500) AS n"
        " RETURNING scope",
    )
    refused = operator.put(f"{PAUSES}/types/merge", json={"reason": "One more."})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "TOO_MANY_PAUSES")
    known = operator.put(f"{PAUSES}/repositories/acme/1", json={"reason": "Again."})
    assert (known.status_code, known.get_json()["reason"]) == (200, "No.")
    assert operator.delete(f"{PAUSES}/repositories/acme/1").status_code == 200
    assert operator.put(f"{PAUSES}/types/merge", json={"reason": "One more."}).status_code == 200


def test_a_merge_that_ended_is_retried_as_another_one_with_the_same_input(
    operator: FlaskClient, knock: Knocking
) -> None:
    first = started(operator, "merge", prUrl=PR_URL, whenReady=True)
    cancelled = operator.post(f"{WORKFLOWS}/{first['id']}/cancel").get_json()
    assert cancelled["status"] == "cancelled"
    assert rows(knock, "SELECT status FROM merge_requests") == [{"status": "ended"}]
    second = operator.post(f"{WORKFLOWS}/{first['id']}/retry").get_json()
    assert (second["retryOf"], second["status"], second["repository"]) == (first["id"], "pending", "acme/widget")
    wish = "SELECT pr_url, waits, mode, source FROM merge_requests WHERE status = 'open'"
    assert rows(knock, wish) == [{"pr_url": PR_URL, "waits": True, "mode": "execute", "source": "api"}]
    again = operator.post(f"{WORKFLOWS}/{first['id']}/retry")
    assert (again.status_code, again.get_json()["code"]) == (409, "WORKFLOW_UNDER_WAY")


def test_a_run_that_only_looked_is_not_retried(operator: FlaskClient, knock: Knocking) -> None:
    found = started(operator, "merge", prUrl=PR_URL)
    stop(knock, found["id"])
    rows(knock, "UPDATE step_runs SET mode = 'observe' RETURNING run_id")
    refused = operator.post(f"{WORKFLOWS}/{found['id']}/retry")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "ENDS_OTHERWISE")


def test_a_merge_that_was_sent_is_not_cancelled(operator: FlaskClient, knock: Knocking) -> None:
    found = started(operator, "merge", prUrl=PR_URL)
    rows(
        knock,
        "INSERT INTO merge_attempts (id, kind, repository_id, full_name, installation_id, number, base_ref, head_sha,"
        " run_id, request_id, state, request, history, expires_at, recorded_at) VALUES"
        f" ('{uuid4()}', 'merge', 5, 'acme/widget', 9, 7, 'main', '{'a' * 40}', '{found['id']}', 'r', 'SENT', '{{}}',"
        " '[]', now(), now()) RETURNING id",
    )
    refused = operator.post(f"{WORKFLOWS}/{found['id']}/cancel")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "MERGE_SENT")
    rows(knock, "UPDATE merge_attempts SET state = 'INTENT' RETURNING id")
    assert operator.post(f"{WORKFLOWS}/{found['id']}/cancel").status_code == 200
    assert rows(knock, "SELECT state, detail FROM merge_attempts") == [{"state": "FAILED", "detail": "CANCELLED"}]


def test_a_round_of_finding_is_cancelled(operator: FlaskClient, knock: Knocking) -> None:
    with database.pool(knock.settings.database_url) as pool, pool.connection() as tx:
        run_id = runs.want(tx, Wanted("find_by_head", 5, "acme/widget", 9, sha="a" * 40), knock.now())
    assert operator.post(f"{WORKFLOWS}/{run_id}/cancel").get_json()["status"] == "cancelled"
    assert operator.post(f"{WORKFLOWS}/{run_id}/retry").get_json()["status"] == "pending"
