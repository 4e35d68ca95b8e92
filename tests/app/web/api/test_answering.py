"""The answer of an endpoint: its effect with it or not at all, once for each key, and messages only after it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import psycopg
import pytest
import redis
from flask.testing import FlaskClient
from pydantic import Field, JsonValue
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.test import TestResponse

from app import database, ledger
from app.settings import Settings
from app.web.api import idempotency
from app.web.api.bodies import Query, RequestBody, ResponseBody
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.idempotency import Cache
from app.web.replies import Reply
from tests.app.records import locks
from tests.app.web.api.knocking import Knocking, knocking_at
from tests.clock import Clock

PATH, OTHER_PATH = "/api/v1/things", "/api/v1/others"
ROW = UUID("12345678-1234-5678-1234-567812345678")
AT_ONCE = 2


class Wanted(RequestBody):
    """A thing to make."""

    name: str
    size: int = 1
    notes: Annotated[dict[str, JsonValue], Field(default_factory=dict)]


class Which(Query):
    """Which of the things."""

    colour: str = "red"


class Thing(ResponseBody):
    """A thing."""

    name: str
    made_at: str


def make_thing(call: Call, wanted: Wanted) -> Answer | Reply:
    """Make a thing, of which the audit knows; `bad` ones are refused when they are half made."""
    ledger.append(call.tx, kind="thing_made", subject=wanted.name, actor=call.caller.principal, body={}, at=call.at)
    call.send("work.advance", ROW)
    if wanted.name == "bad":
        return Reply(409, "THING_BAD", "Bad things are not made.")
    return Answer(Thing(name=wanted.name, made_at=call.at.isoformat()), status=201, location=f"{PATH}/1")


def endpoint(work: Callable[..., Answer | Reply], path: str = PATH) -> Endpoint:
    return Endpoint(
        method="POST",
        path=path,
        work=work,
        scope="propose",
        takes=Wanted,
        answers={201: Thing},
        refuses=(409,),
    )


def make_other_thing(call: Call, wanted: Wanted) -> Answer | Reply:
    """The same elsewhere."""
    return make_thing(call, wanted)


def make_coloured_thing(call: Call, wanted: Wanted, _which: Which) -> Answer | Reply:
    """The same in a colour."""
    return make_thing(call, wanted)


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    return knocking_at(settings, clock, endpoint(make_thing), endpoint(make_other_thing, OTHER_PATH))


@pytest.fixture
def client(knock: Knocking) -> FlaskClient:
    return knock.client("propose")


def ask(client: FlaskClient, name: str = "a", *, key: str | None = "k", path: str = PATH) -> TestResponse:
    return client.post(path, json={"name": name}, headers={"Idempotency-Key": key} if key else {})


def made(settings: Settings) -> list[str]:
    """The names of the things that were made."""
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        rows = tx.execute("SELECT subject FROM audit_events WHERE kind = 'thing_made' ORDER BY seq").fetchall()
    return [row["subject"] for row in rows]


def queued(settings: Settings) -> int:
    with redis.Redis.from_url(settings.broker_url) as queue:
        return int(queue.llen("work"))


def forget_in_redis(settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis_url) as client:
        names = client.keys(f"{idempotency.PREFIX}*")
        assert isinstance(names, list)
        assert client.delete(*names) == len(names) > 0


def test_an_answer_commits_its_effect_and_sends_its_message(client: FlaskClient, settings: Settings) -> None:
    answer = ask(client, key=None)
    assert (answer.status_code, answer.get_json()["name"], answer.headers["Location"]) == (201, "a", f"{PATH}/1")
    assert (made(settings), queued(settings)) == (["a"], 1)


def test_a_refusal_undoes_its_effect_sends_nothing_and_keeps_no_key(client: FlaskClient, settings: Settings) -> None:
    for _ in range(2):
        refused = ask(client, "bad")
        assert (refused.status_code, refused.get_json()["code"]) == (409, "THING_BAD")
        assert "Idempotency-Replayed" not in refused.headers
    assert (made(settings), queued(settings)) == ([], 0)
    assert ask(client, "good").status_code == 201


def test_a_message_that_is_lost_takes_nothing_back(settings: Settings, clock: Clock) -> None:
    away = settings.model_copy(update={"broker_url": "redis://127.0.0.1:1/0"})
    assert ask(knocking_at(away, clock, endpoint(make_thing)).client("propose")).status_code == 201
    assert made(settings) == ["a"]


def test_without_a_key_each_request_has_its_effect(client: FlaskClient, settings: Settings) -> None:
    assert [ask(client, key=None).status_code for _ in range(2)] == [201, 201]
    assert made(settings) == ["a", "a"]


@pytest.mark.parametrize("known_to", ["redis", "postgres"])
def test_the_same_request_again_has_the_same_answer_and_no_effect(
    client: FlaskClient, settings: Settings, clock: Clock, known_to: str
) -> None:
    first = ask(client)
    clock.forward(60)
    if known_to == "postgres":
        forget_in_redis(settings)
    again = ask(client)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert (made(settings), queued(settings)) == (["a"], 1)


@pytest.mark.parametrize("known_to", ["redis", "postgres"])
def test_another_request_with_the_same_key_is_refused(client: FlaskClient, settings: Settings, known_to: str) -> None:
    ask(client, "a")
    if known_to == "postgres":
        forget_in_redis(settings)
    for refused in (ask(client, "b"), ask(client, "a", path=OTHER_PATH)):
        assert (refused.status_code, refused.get_json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert made(settings) == ["a"]


def test_the_same_in_another_order_is_the_same_request(client: FlaskClient, settings: Settings) -> None:
    bodies = (b'{"name": "a", "size": 2}', b'{"size":2,"name":"\\u0061"}')
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answers = [client.post(PATH, data=body, headers=headers) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert made(settings) == ["a"]


def test_so_is_what_stands_deeper_in_another_order(client: FlaskClient, settings: Settings) -> None:
    bodies = (
        '{"name": "a", "notes": {"b": [{"c": 1, "d": 2}], "e": 3}}',
        '{"notes": {"e": 3, "b": [{"d": 2, "c": 1}]}, "name": "a"}',
    )
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    assert [client.post(PATH, data=body, headers=headers).status_code for body in bodies] == [201, 201]
    assert made(settings) == ["a"]


def test_another_query_is_another_request(settings: Settings, clock: Clock) -> None:
    coloured = replace(endpoint(make_coloured_thing), query=Which)
    client = knocking_at(settings, clock, coloured).client("propose")
    answers = [ask(client, path=f"{PATH}?{query}") for query in ("colour=blue", "colour=blue", "colour=green", "")]
    assert [answer.status_code for answer in answers] == [201, 201, 422, 422]
    assert made(settings) == ["a"]


def test_what_is_read_is_of_one_moment_and_changes_nothing(settings: Settings, clock: Clock) -> None:
    def read_twice(call: Call) -> Answer:
        """Somebody else makes a thing in between."""
        before = len(ledger.tail(call.tx, 100))
        with database.pool(settings.database_url) as pool, pool.connection() as tx:
            ledger.append(tx, kind="thing_made", subject="b", actor="x", body={}, at=call.at)
        assert len(ledger.tail(call.tx, 100)) == before
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), call.tx.transaction():
            ledger.append(call.tx, kind="thing_made", subject="c", actor="x", body={}, at=call.at)
        return Answer(Thing(name="a", made_at=call.at.isoformat()))

    reading = Endpoint(method="GET", path=PATH, work=read_twice, scope="propose", answers={200: Thing})
    knock = knocking_at(settings, clock, reading, endpoint(make_thing, OTHER_PATH))
    assert knock.client("propose").get(PATH).status_code == 200
    assert ask(knock.client("propose"), path=OTHER_PATH).status_code == 201
    assert made(settings) == ["b", "a"]


def test_a_key_belongs_to_a_principal(knock: Knocking, settings: Settings) -> None:
    one, two = knock.client("propose", principal="alice"), knock.client("propose", principal="bob")
    assert [ask(client, name).status_code for client, name in ((one, "a"), (two, "b"))] == [201, 201]
    again = knock.client("propose", principal="alice")
    assert ask(again, "a").headers["Idempotency-Replayed"] == "true"
    assert made(settings) == ["a", "b"]


def test_a_key_is_new_again_after_a_day(client: FlaskClient, settings: Settings, clock: Clock) -> None:
    ask(client, "a")
    clock.forward(24 * 3600 - 1)
    assert ask(client, "b").status_code == 422
    clock.forward(1)
    assert ask(client, "b").status_code == 201
    assert made(settings) == ["a", "b"]


def test_keys_of_yesterday_are_removed_a_few_at_a_time(
    client: FlaskClient, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "ROWS_PRUNED_AT_ONCE", 2)
    for number in range(5):
        ask(client, key=f"old-{number}")
    clock.forward(timedelta(days=1) // timedelta(seconds=1))
    left = []
    for number in range(3):
        ask(client, key=f"new-{number}")
        with database.pool(settings.database_url) as pool, pool.connection() as tx:
            query = "SELECT count(*) AS old FROM idempotency_keys WHERE key LIKE 'old-%%'"
            left += [row["old"] for row in tx.execute(query).fetchall()]
    assert left == [3, 1, 0]


def test_two_at_once_have_one_effect(settings: Settings, clock: Clock) -> None:
    together = threading.Barrier(AT_ONCE, timeout=10)

    def make_slowly(call: Call, wanted: Wanted) -> Answer | Reply:
        answer = make_thing(call, wanted)
        leave.wait(10)
        return answer

    leave = threading.Event()
    knock = knocking_at(settings, clock, endpoint(make_slowly))
    clients = [knock.client("propose") for _ in range(AT_ONCE)]

    def race(client: FlaskClient) -> TestResponse:
        together.wait()
        return ask(client)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(race, clients)
        locks.until_anybody_waits(settings.database_url)
        leave.set()
        both = list(answers)
    assert [answer.status_code for answer in both] == [201, 201]
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in both) == ["", "true"]
    assert made(settings) == ["a"]


def test_a_cache_that_is_away_is_not_missed(settings: Settings, clock: Clock) -> None:
    cache = Cache(redis.Redis(port=1, retry=Retry(NoBackoff(), 0)))
    client = knocking_at(settings, clock, endpoint(make_thing), cache=cache).client("propose")
    first, again = ask(client), ask(client)
    assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
    assert made(settings) == ["a"]
