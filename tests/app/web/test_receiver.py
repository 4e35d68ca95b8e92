"""The receiver's contract: which delivery gets which answer, and what is on the queue afterwards."""

import base64
import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import redis

from app.events import Delivery
from app.web import request_body
from tests.app.github.test_payloads import mutate
from tests.app.web.conftest import PATH, PAYLOAD, PREVIOUS, Door, OpenDoor, make_headers, sign

BODY = json.dumps(PAYLOAD).encode()


def test_it_enqueues_a_signed_delivery_once(door: Door, redis_db: str) -> None:
    answered = door.post(x_github_delivery="one")
    assert (answered.status_code, answered.json) == (
        202,
        {"code": "enqueued", "message": "The delivery is on the queue."},
    )
    again = door.post(x_github_delivery="one")
    assert again.json is not None
    assert (again.status_code, again.json["code"], door.count()) == (200, "duplicate", 1)


def test_what_is_enqueued_holds_the_event_and_no_text_of_the_payload(door: Door, redis_db: str) -> None:
    door.post({**PAYLOAD, "title": "a title"}, x_github_delivery="one")
    with redis.Redis.from_url(redis_db) as client:
        (raw,) = client.lrange("intake", 0, -1)
    arguments = json.loads(base64.b64decode(json.loads(raw)["body"]))[0]
    delivery = Delivery.model_validate_json(json.dumps(arguments[0]))
    assert (delivery.hook_id, delivery.guid, delivery.event.pulls) == (292430182, "one", (7,))
    assert b"title" not in base64.b64decode(json.loads(raw)["body"])


def test_the_same_guid_of_another_hook_or_with_another_body_is_another_delivery(door: Door) -> None:
    statuses = [
        door.post(x_github_delivery="one").status_code,
        door.post(x_github_delivery="one", x_github_hook_id="2").status_code,
        door.post({**PAYLOAD, "extra": 1}, x_github_delivery="one").status_code,
    ]
    assert (statuses, door.count()) == ([202, 202, 202], 3)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"x_hub_signature_256": None}, 401),
        ({"x_hub_signature_256": sign(BODY, "wrong")}, 401),
        ({"x_hub_signature_256": sign(BODY).upper()}, 401),
        ({"x_hub_signature_256": sign(BODY) + "\u00e9"}, 401),
        ({"x_hub_signature_256": sign(BODY) + "," + sign(BODY)}, 401),
        ({"content_type": None}, 415),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Encoding": "gzip"}, 415),
        ({"content_type": "Application/JSON; charset=utf-7"}, 202),
        ({"x_github_event": None}, 400),
        ({"x_github_event": "PULL_REQUEST"}, 400),
        ({"x_github_event": "a" * 65}, 400),
        ({"x_github_event": "pull_request2"}, 400),
        ({"x_github_event": "projects_v2_item"}, 200),
        ({"x_github_event": "pull_request_review"}, 400),
        ({"x_github_event": "ping"}, 200),
        ({"x_github_event": "pull_request_quantum"}, 200),
        ({"x_github_delivery": None}, 400),
        ({"x_github_delivery": "../../etc/passwd"}, 400),
        ({"x_github_hook_id": None}, 400),
        ({"x_github_hook_id": "\u00b2"}, 400),
        ({"x_github_hook_id": str(2**63)}, 400),
        ({"User_Agent": "curl"}, 202),
    ],
)
def test_headers_decide(door: Door, changed: dict[str, str | None], status: int) -> None:
    assert door.post(**changed).status_code == status  # type: ignore[arg-type]
    assert door.count() == (1 if status == 202 else 0)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_refused_with_what_is_allowed(door: Door, method: str) -> None:
    headers = {**make_headers(BODY), "X-HTTP-Method-Override": "POST"}
    answered = door.client.open(PATH, method=method, data=BODY, headers=headers)
    assert (answered.status_code, answered.headers["Allow"], door.count()) == (405, "POST", 0)


@pytest.mark.parametrize("path", [f"{PATH}/", "/webhooks", "/Webhooks/github", "/", f"{PATH}/x"])
def test_another_path_is_not_found(door: Door, path: str) -> None:
    assert (door.client.post(path, data=BODY, headers=make_headers(BODY)).status_code, door.count()) == (404, 0)


def test_a_query_string_is_ignored_and_not_logged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        answered = door.client.post(f"{PATH}?secret=hunter2", data=BODY, headers=make_headers(BODY))
    assert (answered.status_code, "hunter2" in caplog.text) == (202, False)


@pytest.mark.parametrize(("size", "status"), [(request_body.MOST_BYTES, 202), (request_body.MOST_BYTES + 1, 413)])
def test_the_body_is_capped(door: Door, size: int, status: int) -> None:
    body = BODY[:-1] + b', "pad": "'
    body += b"x" * (size - len(body) - 2) + b'"}'
    assert (len(body), door.post(body).status_code) == (size, status)


def test_a_form_is_taken_only_where_that_is_set(open_door: OpenDoor) -> None:
    form = b"payload=" + quote_plus(BODY).encode()
    statuses = [
        open_door(accept_form=accept).post(form, content_type="application/x-www-form-urlencoded").status_code
        for accept in (False, True)
    ]
    assert statuses == [415, 202]


@pytest.mark.parametrize("form", [b"payload=%7B%7D&payload=%7B%7D", b"x=1", b"payload=", b"x=1&payload=%7B%7D"])
def test_a_form_has_exactly_one_field(open_door: OpenDoor, form: bytes) -> None:
    answered = open_door(accept_form=True).post(form, content_type="application/x-www-form-urlencoded")
    assert answered.status_code == 400


def test_compressed_bytes_are_not_json(door: Door) -> None:
    assert door.post(gzip.compress(BODY)).status_code == 400


def test_a_previous_secret_counts_until_its_end(open_door: OpenDoor) -> None:
    def post(until: datetime) -> int:
        rotating = open_door(webhook_previous_secret=PREVIOUS, webhook_previous_secret_until=until)
        return rotating.post(x_hub_signature_256=sign(BODY, PREVIOUS)).status_code

    now = datetime.now(UTC)
    assert [post(now + timedelta(hours=1)), post(now - timedelta(seconds=1))] == [202, 401]


def test_where_nothing_listens_it_answers_503_and_the_delivery_is_not_seen(open_door: OpenDoor, door: Door) -> None:
    refused = open_door(broker_url="redis://127.0.0.1:1/0").post(x_github_delivery="one")
    assert (refused.status_code, refused.headers["Content-Type"]) == (503, "application/json")
    assert (door.post(x_github_delivery="one").status_code, door.count()) == (202, 1)


def test_a_claim_that_nobody_confirmed_is_answered_503(door: Door, redis_db: str) -> None:
    door.post(x_github_delivery="one")
    with redis.Redis.from_url(redis_db) as client:
        (key,) = client.keys("delivery:*")
        client.set(key, "another request's token", ex=5)
    assert (door.post(x_github_delivery="one").status_code, door.count()) == (503, 1)


def test_only_addresses_on_the_allow_list_come_in(open_door: OpenDoor) -> None:
    networks = "140.82.112.0/20"

    def post(trusted_proxies: int, forwarded: str) -> int:
        gated = open_door(allowed_networks=networks, trusted_proxies=trusted_proxies)
        return gated.post(X_Forwarded_For=forwarded).status_code

    assert post(0, "140.82.115.1") == 403
    assert post(1, "140.82.115.1") == 202
    assert post(1, "140.82.115.1, 10.0.0.1") == 403
    assert post(2, "140.82.115.1, 10.0.0.1") == 202
    assert post(2, "140.82.115.1") == 403
    assert post(1, "nonsense") == 403


def test_every_answer_is_hardened(door: Door) -> None:
    for answered in (door.post(), door.post(x_hub_signature_256=None), door.client.get("/nowhere")):
        assert answered.headers["X-Content-Type-Options"] == "nosniff"
        assert answered.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_mistake_of_ours_is_503_without_a_traceback(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.receiver.payloads.parse", lambda text: 1 / 0)
    answered = door.post()
    assert (answered.status_code, b"Zero" in answered.data, answered.json) == (
        503,
        False,
        {"code": "unavailable", "message": "The request could not be handled now; try again later."},
    )


def test_all_of_github_s_examples_are_taken(door: Door, cases: Path) -> None:
    statuses = [door.post(payload, name).status_code for name, payload in _examples(cases)]
    assert (len(statuses), set(statuses), door.count()) == (329, {200, 202}, statuses.count(202))


@pytest.mark.timeout(100)
def test_no_mutation_of_an_example_is_answered_5xx(door: Door, cases: Path) -> None:
    statuses = {
        door.post(json.dumps(mutated).encode(), name).status_code
        for index, (name, payload) in enumerate(_examples(cases))
        for mutated in mutate(payload, random.Random(index))
    }
    assert statuses == {200, 202, 400}


def _examples(cases: Path) -> list[tuple[str, dict[str, Any]]]:
    listed = json.loads((cases / "webhook_examples.json").read_text("utf-8"))
    return [(event["name"], payload) for event in listed for payload in event["examples"]]
