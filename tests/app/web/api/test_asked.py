"""What a request may ask: sound JSON of a bounded size in the right type, and a query that is understood."""

from typing import Annotated
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from pydantic import Field

from app.cursors import NEWEST
from app.settings import Settings
from app.web.api.asked import MOST_PLACES
from app.web.api.bodies import Page, Paging, RequestBody, ResponseBody
from app.web.api.endpoint import MOST_BYTES, Answer, Call, Endpoint
from tests.app.web.api.knocking import knocking_at
from tests.clock import Clock

PATH = "/api/v1/things"


class Wanted(RequestBody):
    """A thing to make."""

    given_name: Annotated[str, Field(max_length=10)]
    sizes: tuple[int, ...] = ()


class Thing(ResponseBody):
    """A thing."""

    given_name: str
    sizes: tuple[int, ...]


def make_thing(call: Call, wanted: Wanted) -> Answer:
    """Make a thing."""
    return Answer(Thing(given_name=wanted.given_name, sizes=wanted.sizes), status=201)


def list_things(call: Call, paging: Paging) -> Answer:
    """All things."""
    return Answer(Page[str](items=("a",), limit=paging.limit, next=str(paging.after) if paging.after else None))


def keep_bytes(call: Call, content: bytes) -> Answer:
    """How many bytes came."""
    return Answer({"bytes": len(content)})


@pytest.fixture
def client(settings: Settings, clock: Clock) -> FlaskClient:
    endpoints = (
        Endpoint(method="POST", path=PATH, work=make_thing, scope="read", takes=Wanted, answers={201: Thing}),
        Endpoint(method="GET", path=PATH, work=list_things, scope="read", query=Paging, answers={200: Page[str]}),
        Endpoint(
            method="PUT",
            path=f"{PATH}/bytes",
            work=keep_bytes,
            scope="read",
            takes=bytes,
            types=("text/x-diff",),
            most_bytes=10,
            answers={200: Thing},
        ),
    )
    return knocking_at(settings, clock, *endpoints).client("read")


def test_it_takes_and_answers_camel_case(client: FlaskClient) -> None:
    answer = client.post(PATH, json={"givenName": "a", "sizes": [1, 2]})
    assert (answer.status_code, answer.get_json()) == (201, {"givenName": "a", "sizes": [1, 2]})


@pytest.mark.parametrize(
    ("body", "status", "code", "subject"),
    [
        (b"", 400, "MALFORMED", None),
        (b"{", 400, "MALFORMED", None),
        (b"\xff", 400, "MALFORMED", None),
        (b'{"givenName": NaN}', 400, "MALFORMED", None),
        (b'{"givenName": "a", "givenName": "b"}', 400, "MALFORMED", None),
        (b'{"givenName": "a", "sizes": [{"a": 1, "\\u0061": 2}]}', 400, "MALFORMED", None),
        (b'{"givenName": "\\ud800"}', 400, "MALFORMED", None),
        (b"[" * 5_000 + b"]" * 5_000, 400, "MALFORMED", None),
        (b'{"givenName": ' * 5_000 + b"1" + b"}" * 5_000, 400, "MALFORMED", None),
        (b"[]", 422, "INVALID", "body"),
        (b"{}", 422, "INVALID", "givenName"),
        (b'{"givenName": 1}', 422, "INVALID", "givenName"),
        (b'{"givenName": "a", "sizes": ["1"]}', 422, "INVALID", "sizes.0"),
        (b'{"givenName": "a", "\\u001b[0mx": 1}', 422, "INVALID", "[0mx"),
    ],
)
def test_a_body_that_is_wrong_is_refused_with_its_places(
    client: FlaskClient, body: bytes, status: int, code: str, subject: str | None
) -> None:
    answer = client.post(PATH, data=body, content_type="application/json")
    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (status, code)
    assert [blocker["subject"] for blocker in said["blockers"]] == ([subject] if subject else [])


def test_a_refusal_repeats_no_value(client: FlaskClient) -> None:
    answer = client.post(PATH, json={"givenName": "secret" * 10, "sizes": ["secret"]})
    assert answer.status_code == 422
    assert "secret" not in answer.text


def test_a_refusal_names_a_bounded_number_of_places(client: FlaskClient) -> None:
    said = client.post(PATH, json={"givenName": "a", "sizes": ["x"] * 1000}).get_json()
    assert len(said["blockers"]) == MOST_PLACES
    assert said["detail"].endswith("(and 999 more)")


@pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(client: FlaskClient, declared: str) -> None:
    answer = client.post(PATH, data=b'{"givenName": "a"}', content_type=declared)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "UNSUPPORTED_TYPE")


def test_a_packed_body_is_refused(client: FlaskClient) -> None:
    headers = {"Content-Encoding": "gzip"}
    answer = client.post(PATH, json={"givenName": "a"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "UNSUPPORTED_TYPE")


def test_a_body_has_a_limit_of_its_endpoint(client: FlaskClient) -> None:
    large = client.post(PATH, data=b" " * (MOST_BYTES + 1), content_type="application/json")
    assert (large.status_code, large.get_json()["code"]) == (413, "TOO_LARGE")
    put = f"{PATH}/bytes"
    assert client.put(put, data=b"x" * 10, content_type="text/x-diff").get_json() == {"bytes": 10}
    assert client.put(put, data=b"x" * 11, content_type="text/x-diff").status_code == 413


def test_a_list_comes_in_parts(client: FlaskClient) -> None:
    assert client.get(PATH).get_json() == {"items": ["a"], "limit": 50, "next": None}
    said = client.get(f"{PATH}?limit=200&after={NEWEST}").get_json()
    assert (said["limit"], said["next"]) == (200, str(NEWEST))


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "offset=1", "limit=1&limit=2", "after=", "after=7", "="]
)
def test_a_query_that_is_not_understood_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID")


@pytest.mark.parametrize("query", ["limit=1", "wait=1", "="])
def test_an_endpoint_without_a_query_knows_no_parameter(client: FlaskClient, query: str) -> None:
    answer = client.post(f"{PATH}?{query}", json={"givenName": "a"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID")


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\u00e9"])
def test_a_malformed_idempotency_key_is_refused(client: FlaskClient, key: str) -> None:
    answer = client.post(PATH, json={"givenName": "a"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "MALFORMED")


def test_any_visible_key_will_do(client: FlaskClient) -> None:
    for key in ("x" * 255, str(uuid4()), "~!'\"{}"):
        assert client.post(PATH, json={"givenName": "a"}, headers={"Idempotency-Key": key}).status_code == 201
