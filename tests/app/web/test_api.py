"""The API: closed without a token, one sentence for everything that is wrong, and answers from what is stored."""

import json
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web import api, guard, replies
from tests.tasks.house import POLICY, House, built

TOKEN = "api-token-0123456789"
PULL = "/api/v1/pulls/acme/widget/1"


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """Pull request 1 waits for an approval."""
    with built(database_url, redis_db) as made:
        made.deliver_pull()
        made.work()
        made.clock.forward(60)
        yield made


def opened(house: House, token: str | None = TOKEN) -> FlaskClient:
    settings = type(house.context.settings).model_validate({**house.context.settings.model_dump(), "api_token": token})
    flask = Flask("mergegate", static_folder=None)
    replies.install(flask)
    api.install(flask, settings, house.clock)
    return flask.test_client()


@pytest.fixture
def client(house: House) -> FlaskClient:
    made = opened(house)
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return made


@pytest.mark.parametrize("given", [None, "Bearer wrong", TOKEN, "Bearer \u00e9", f"bearer {TOKEN}"])
def test_who_has_no_token_gets_nothing(house: House, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    answer = opened(house).get(PULL, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_may_hold_any_letters(house: House) -> None:
    token = "schlüssel-0123456789"
    sent = f"Bearer {token}".encode().decode("latin-1")
    assert opened(house, token).get(PULL, headers={"Authorization": sent}).status_code == 200


def test_without_a_token_there_is_no_api(house: House) -> None:
    assert opened(house, token=None).get(PULL, headers={"Authorization": "Bearer "}).status_code == 404


def test_it_shows_the_newest_verdict_as_data(client: FlaskClient) -> None:
    said = client.get(PULL).get_json()
    assert (said["schemaVersion"], said["state"], said["mode"]) == ("mergegate.evaluation.v1", "pending", "compat")
    assert said["result"]["children"][0]["children"][0]["name"] == "a writer approves"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/pulls/acme/widget/2",
        "/api/v1/pulls/acme/%00/1",
        "/api/v1/pulls/acme/%27/1",
        "/api/v1/pulls/acme/widget/99999999999999999999",
    ],
)
def test_what_is_not_known_is_not_found(client: FlaskClient, path: str) -> None:
    for answer in (client.get(path), client.post(f"{path}/simulate", json={})):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown_pull")


def test_before_there_are_facts_it_says_so(house: House, client: FlaskClient) -> None:
    house.rows("UPDATE evaluations SET snapshot_digest = NULL RETURNING 1")
    assert client.post(f"{PULL}/simulate", json={}).get_json()["code"] == "no_facts"
    house.rows("DELETE FROM evaluations RETURNING 1")
    assert client.get(PULL).get_json()["code"] == "no_verdict"


def test_it_simulates(client: FlaskClient) -> None:
    body = {"policy": POLICY, "add_reviews": [{"author": "zoe", "state": "approved"}], "permissions": {"zoe": "write"}}
    said = client.post(f"{PULL}/simulate", json=body).get_json()
    assert (said["recorded"]["state"], said["verdict"]["state"]) == ("pending", "success")


def test_a_verdict_that_cannot_be_told_is_null_and_says_why(client: FlaskClient) -> None:
    body = {"policy": POLICY, "add_reviews": [{"author": "zoe", "state": "approved"}]}
    said = client.post(f"{PULL}/simulate", json=body).get_json()
    assert (said["verdict"], said["missingFacts"]) == (None, ["permission:zoe"])
    answer = client.post("/api/simulate/acme/widget/1", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "facts_not_recorded")


def test_it_simulates_in_the_shape_of_policy_bot(client: FlaskClient) -> None:
    said = client.post("/api/simulate/acme/widget/1", json={"policy": POLICY, "base_branch": "main"}).get_json()
    assert (said["name"], said["status"], said["status_description"]) == ("policy", "pending", "0/1 rules approved")
    assert said["children"][0]["children"][0]["name"] == "a writer approves"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "empty_body"),
        (b"{", 400, "malformed_body"),
        (b'{"x": 1}', 400, "malformed_body"),
        (b'{"add_comments": [{"author": "a", "created_at": "9999-12-31T23:59:59-23:59"}]}', 400, "malformed_body"),
        (b'{"policy": "no: policy"}', 422, "policy_invalid"),
        (b" " * (guard.MOST_BYTES + 1), 413, "too_large"),
        (b"[" * 100_000, 400, "malformed_body"),
    ],
)
@pytest.mark.parametrize("path", [f"{PULL}/simulate", "/api/simulate/acme/widget/1"])
def test_a_body_that_is_wrong_is_refused(client: FlaskClient, path: str, body: bytes, status: int, code: str) -> None:
    answer = client.post(path, data=body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_it_validates_in_the_shape_of_policy_bot(client: FlaskClient) -> None:
    good = client.put("/api/validate", data=POLICY)
    bad = client.put("/api/validate", data="policy:\n  approvals: []\n")
    assert (good.status_code, good.get_json()["message"]) == (200, "")
    assert bad.status_code == 422
    assert bad.get_json()["message"].startswith("line 2: the key 'approvals' is not known here")
    assert good.get_json()["version"]


def test_it_says_what_is_wrong_with_a_policy_and_where(client: FlaskClient) -> None:
    assert client.post("/api/v1/policies/validate", data=POLICY).get_json() == {"valid": True, "findings": []}
    said = client.post("/api/v1/policies/validate", data="policy:\n  approvals: []\n").get_json()
    assert said["valid"] is False
    assert (said["findings"][0]["line"], said["findings"][0]["column"]) == (2, 3)
    assert client.post("/api/v1/policies/validate", data=b"\xff").get_json()["code"] == "not_utf8"


def test_a_policy_that_is_no_text_is_refused(client: FlaskClient) -> None:
    assert client.put("/api/validate", data=b"\xff").get_json()["code"] == "not_utf8"
    assert client.put("/api/validate", data=b" " * (guard.MOST_BYTES + 1)).get_json()["code"] == "too_large"


def test_a_method_that_is_not_there_is_refused_in_json(client: FlaskClient) -> None:
    answer = client.post(PULL)
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")


def test_without_a_database_it_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.database.WAIT_SECONDS", 1)
    house.with_settings(database_url="postgresql://127.0.0.1:1/nothing?connect_timeout=1")
    answer = opened(house).get(PULL, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")


def test_it_never_takes_all_the_threads_of_the_receiver(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, leave = threading.Event(), threading.Event()

    def look_slowly(*_: object) -> None:
        entered.set()
        leave.wait(10)

    monkeypatch.setattr(guard, "MOST_AT_ONCE", 1)
    monkeypatch.setattr("app.records.pulls.named", look_slowly)
    client, headers = opened(house), {"Authorization": f"Bearer {TOKEN}"}
    first: list[int] = []
    thread = threading.Thread(target=lambda: first.append(client.get(PULL, headers=headers).status_code))
    thread.start()
    assert entered.wait(10)
    busy = client.application.test_client().get(PULL, headers=headers)
    assert (busy.status_code, busy.get_json()["code"], busy.headers["Retry-After"]) == (429, "busy", "1")
    leave.set()
    thread.join(10)
    assert first == [404]


def test_answers_are_not_kept_by_anybody(client: FlaskClient) -> None:
    assert client.get(PULL).headers["Cache-Control"] == "no-store"
    assert json.loads(client.get(PULL).text)["number"] == 1
