"""The endpoints of verdicts and policies: answers from what is stored, a sentence for everything that is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient

from app.web.api.endpoint import MOST_BYTES
from tests.app.web.api.knocking import Knocking, knocking
from tests.databases import Lent
from tests.tasks.house import POLICY, House, built

PULL = "/api/v1/pulls/acme/widget/1"


@contextmanager
def _waiting(database_url: str, redis_url: str) -> Iterator[House]:
    """Pull request 1 waits for an approval."""
    with built(database_url, redis_url) as made:
        made.deliver_pull()
        made.work()
        made.clock.forward(60)
        yield made


@pytest.fixture(scope="module")
def house(lent: Lent, redis_url: str) -> Iterator[House]:
    """One for all tests that only read."""
    with lent.one() as url, _waiting(url, redis_url) as made:
        yield made


@pytest.fixture(scope="module")
def knock(house: House) -> Knocking:
    return knocking(house.context.settings, house.clock)


@pytest.fixture
def client(knock: Knocking) -> FlaskClient:
    """With a token that may read."""
    return knock.client("read")


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
        assert (answer.status_code, answer.get_json()["code"]) == (404, "UNKNOWN_PULL")


def test_before_there_are_facts_it_says_so(database_url: str, redis_db: str) -> None:
    with _waiting(database_url, redis_db) as own:
        client = knocking(own.context.settings, own.clock).client("read")
        own.rows("UPDATE evaluations SET snapshot_digest = NULL RETURNING 1")
        assert client.post(f"{PULL}/simulate", json={}).get_json()["code"] == "NO_FACTS"
        own.rows("DELETE FROM evaluations RETURNING 1")
        assert client.get(PULL).get_json()["code"] == "NO_VERDICT"


def test_it_simulates(client: FlaskClient) -> None:
    body = {"policy": POLICY, "add_reviews": [{"author": "zoe", "state": "approved"}], "permissions": {"zoe": "write"}}
    said = client.post(f"{PULL}/simulate", json=body).get_json()
    assert (said["recorded"]["state"], said["verdict"]["state"]) == ("pending", "success")


def test_a_verdict_that_cannot_be_told_is_null_and_says_why(client: FlaskClient) -> None:
    body = {"policy": POLICY, "add_reviews": [{"author": "zoe", "state": "approved"}]}
    said = client.post(f"{PULL}/simulate", json=body).get_json()
    assert (said["verdict"], said["missingFacts"]) == (None, ["permission:zoe"])
    answer = client.post("/api/simulate/acme/widget/1", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "FACTS_NOT_RECORDED")


def test_it_simulates_in_the_shape_of_policy_bot(client: FlaskClient) -> None:
    said = client.post("/api/simulate/acme/widget/1", json={"policy": POLICY, "base_branch": "main"}).get_json()
    assert (said["name"], said["status"], said["status_description"]) == ("policy", "pending", "0/1 rules approved")
    assert said["children"][0]["children"][0]["name"] == "a writer approves"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "MALFORMED"),
        (b"{", 400, "MALFORMED"),
        (b'{"x": 1}', 422, "INVALID"),
        (b'{"add_comments": [{"author": "a", "created_at": "9999-12-31T23:59:59-23:59"}]}', 422, "INVALID"),
        (b'{"policy": "no: policy"}', 422, "POLICY_INVALID"),
        (b" " * (MOST_BYTES + 1), 413, "TOO_LARGE"),
        (b"[" * 100_000, 400, "MALFORMED"),
    ],
)
@pytest.mark.parametrize("path", [f"{PULL}/simulate", "/api/simulate/acme/widget/1"])
def test_a_body_that_is_wrong_is_refused(client: FlaskClient, path: str, body: bytes, status: int, code: str) -> None:
    answer = client.post(path, data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_it_validates_in_the_shape_of_policy_bot(client: FlaskClient) -> None:
    good = client.put("/api/validate", data=POLICY)
    bad = client.put("/api/validate", data="policy:\n  approvals: []\n")
    assert (good.status_code, good.get_json()["message"]) == (200, "")
    assert bad.status_code == 422
    assert bad.get_json()["message"].startswith("line 2: the key 'approvals' is not known here")
    assert good.get_json()["version"]


QUERIES = ["debug=true", "debug", "debug=1&debug=2", "wait=99", "wait=soon", "limit=x", "%00=%ff", "&&=&", "a" * 2_000]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_at_the_addresses_of_policy_bot_is_passed_over_as_there(client: FlaskClient, query: str) -> None:
    simulated = client.post(f"/api/simulate/acme/widget/1?{query}", json={"policy": POLICY})
    assert simulated.get_json() == client.post("/api/simulate/acme/widget/1", json={"policy": POLICY}).get_json()
    validated = client.put(f"/api/validate?{query}", data=POLICY)
    assert (simulated.status_code, validated.status_code, validated.get_json()["message"]) == (200, 200, "")


@pytest.mark.parametrize("query", ["debug=true", "debug=1&debug=2"])
def test_a_query_that_is_not_known_is_refused_everywhere_else(client: FlaskClient, query: str) -> None:
    simulated = client.post(f"{PULL}/simulate?{query}", json={})
    validated = client.post(f"/api/v1/policies/validate?{query}", data=POLICY)
    assert [(each.status_code, each.get_json()["code"]) for each in (simulated, validated)] == [(422, "INVALID")] * 2


def test_it_says_what_is_wrong_with_a_policy_and_where(client: FlaskClient) -> None:
    assert client.post("/api/v1/policies/validate", data=POLICY).get_json() == {"valid": True, "findings": []}
    said = client.post("/api/v1/policies/validate", data="policy:\n  approvals: []\n").get_json()
    assert said["valid"] is False
    assert (said["findings"][0]["line"], said["findings"][0]["column"]) == (2, 3)
    assert client.post("/api/v1/policies/validate", data=b"\xff").get_json()["code"] == "MALFORMED"


def test_a_policy_that_is_no_text_is_refused(client: FlaskClient) -> None:
    assert client.put("/api/validate", data=b"\xff").get_json()["code"] == "MALFORMED"
    assert client.put("/api/validate", data=b" " * (MOST_BYTES + 1)).get_json()["code"] == "TOO_LARGE"


def test_a_method_that_is_not_there_is_refused_in_json(client: FlaskClient) -> None:
    answer = client.post(PULL)
    assert (answer.status_code, answer.get_json()["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_answers_are_not_kept_by_anybody(client: FlaskClient) -> None:
    assert client.get(PULL).headers["Cache-Control"] == "no-store"
    assert client.get(PULL).get_json()["number"] == 1
