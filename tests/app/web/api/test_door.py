"""The door of the API: closed without a token that counts, and no more than a few at once or in a minute."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.settings import Settings
from app.web.api import door
from app.web.api.bodies import ResponseBody
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.replies import Reply
from tests.app.web.api.knocking import Knocking, knocking_at
from tests.clock import Clock

PATH = "/api/v1/things"


class Thing(ResponseBody):
    """A thing."""

    name: str


def thing(work: Callable[..., Answer | Reply]) -> Endpoint:
    return Endpoint(method="GET", path=PATH, work=work, scope="evidence", answers={200: Thing})


def show_thing(call: Call) -> Answer:
    """A thing with the name of who asks."""
    return Answer(Thing(name=call.caller.principal))


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    return knocking_at(settings, clock, thing(show_thing))


def test_a_token_with_the_scope_opens_it_for_its_principal(knock: Knocking) -> None:
    answer = knock.client("read", "evidence", principal="alice").get(PATH)
    assert (answer.status_code, answer.get_json()) == (200, {"name": "alice"})


def test_a_problem_says_everything_in_one_shape(knock: Knocking) -> None:
    answer = knock.anonymous.get(PATH)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.get_json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "The header Authorization should be Bearer and a token that counts.",
        "code": "UNAUTHORIZED",
        "blockers": [],
    }


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer wrong", "Bearer \u00e9", "Basic {}", "bearer {}", "Bearer  {}", "Bearer {}x", "{}"]
)
def test_what_is_no_token_opens_nothing(knock: Knocking, given: str) -> None:
    token = knock.token("evidence").token.get_secret_value()
    answer = knock.anonymous.get(PATH, headers={"Authorization": given.format(token)})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "UNAUTHORIZED")


def test_a_token_with_the_id_of_another_opens_nothing(knock: Knocking) -> None:
    one, other = (knock.token("evidence").token.get_secret_value() for _ in range(2))
    assert knock.with_token(one[:20] + other[20:]).get(PATH).status_code == 401
    assert knock.with_token(one).get(PATH).status_code == 200


def test_another_scope_opens_nothing(knock: Knocking) -> None:
    answer = knock.client("read", "propose", "approve").get(PATH)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "SCOPE_MISSING")
    assert answer.get_json()["detail"] == "This needs a token with the scope evidence."


def test_a_token_counts_until_it_expires(knock: Knocking, clock: Clock) -> None:
    made = knock.token("evidence", expires_in=timedelta(seconds=60))
    client = knock.with_token(made.token.get_secret_value())
    clock.forward(59)
    assert client.get(PATH).status_code == 200
    clock.forward(1)
    assert client.get(PATH).status_code == 401


def test_a_revoked_token_counts_no_more_from_the_next_request_on(knock: Knocking) -> None:
    made = knock.token("evidence")
    client = knock.with_token(made.token.get_secret_value())
    assert client.get(PATH).status_code == 200
    assert knock.revoke(made.token_id)
    assert client.get(PATH).status_code == 401


def test_a_token_asks_so_often_a_minute_and_holds_up_no_other(settings: Settings, clock: Clock) -> None:
    few = settings.model_copy(update={"api_requests_per_minute": 2})
    knock = knocking_at(few, clock, thing(show_thing))
    client = knock.client("evidence")
    assert [client.get(PATH).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(PATH)
    assert refused.get_json()["code"] == "RATE_LIMITED"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert knock.client("evidence").get(PATH).status_code == 200


def test_requests_without_the_scope_are_counted_too(settings: Settings, clock: Clock) -> None:
    few = settings.model_copy(update={"api_requests_per_minute": 1})
    client = knocking_at(few, clock, thing(show_thing)).client("read")
    assert [client.get(PATH).status_code for _ in range(2)] == [403, 429]


def test_without_redis_nobody_is_let_in(settings: Settings, clock: Clock) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    answer = knocking_at(away, clock, thing(show_thing)).client("evidence").get(PATH)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "UNAVAILABLE")


def test_without_a_database_it_says_so(knock: Knocking, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    token = knock.token("evidence").token.get_secret_value()
    monkeypatch.setattr("app.database.WAIT_SECONDS", 1)
    away = knock.settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/nothing?connect_timeout=1"})
    answer = knocking_at(away, clock, thing(show_thing)).with_token(token).get(PATH)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "UNAVAILABLE")


def test_it_never_takes_all_the_threads_of_the_receiver(
    settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def show_slowly(call: Call) -> Answer:
        entered.set()
        leave.wait(10)
        return show_thing(call)

    monkeypatch.setattr(door, "MOST_AT_ONCE", 1)
    knock = knocking_at(settings, clock, thing(show_slowly))
    first: list[int] = []
    client, other = knock.client("evidence"), knock.client("evidence")
    thread = threading.Thread(target=lambda: first.append(client.get(PATH).status_code))
    thread.start()
    assert entered.wait(10)
    busy = other.get(PATH)
    assert (busy.status_code, busy.get_json()["code"], busy.headers["Retry-After"]) == (429, "BUSY", "1")
    leave.set()
    thread.join(10)
    assert first == [200]


def test_what_no_database_can_hold_is_no_trouble_of_ours(settings: Settings, clock: Clock) -> None:
    def store_thing(call: Call) -> Answer:
        call.tx.execute("SELECT %s::text", ["a\x00b"])
        return show_thing(call)

    answer = knocking_at(settings, clock, thing(store_thing)).client("evidence").get(PATH)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID")


def test_a_mistake_of_ours_is_a_503_in_the_same_shape(settings: Settings, clock: Clock) -> None:
    def fail(call: Call) -> Answer:
        raise ZeroDivisionError(call.caller.principal)

    answer = knocking_at(settings, clock, thing(fail)).client("evidence", principal="alice").get(PATH)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "UNAVAILABLE")
    assert "alice" not in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/v1/none", 404), ("POST", PATH, 405)])
def test_what_is_not_there_is_told_in_the_same_shape(knock: Knocking, method: str, path: str, status: int) -> None:
    answer = knock.client("evidence").open(path, method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.get_json()["status"] == status
