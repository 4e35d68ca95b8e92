"""Waiting for an answer: found in time, not found in time, or no place to wait."""

import threading

import pytest
from flask.testing import FlaskClient

from app.database import Transaction
from app.settings import Settings
from app.web.api.bodies import Document, ResponseBody
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.waiting import MOST_WAITING, POLL_SECONDS, THREADS_OF_OTHERS, Waiting
from tests.app.web.api.knocking import Knocking, knocking_at
from tests.clock import Clock

PATH = "/api/v1/things"


class Thing(ResponseBody):
    """A thing that takes its time."""

    name: str


class Others:
    """Those who make things meanwhile: ready after so many pauses."""

    def __init__(self, pauses: int) -> None:
        self.left, self.paused = pauses, 0.0

    def pause(self, seconds: float) -> None:
        self.left, self.paused = self.left - 1, self.paused + seconds

    def find(self, tx: Transaction, accepted: Document, settings: Settings) -> Answer | None:
        tx.execute("SELECT 1")
        return Answer(Thing(name=accepted["name"].upper())) if self.left <= 0 else None


def accept_thing(call: Call) -> Answer:
    """Take a thing in."""
    return Answer(Thing(name="a"), status=202, location=f"{PATH}/1")


def knock_at(others: Others, settings: Settings, clock: Clock) -> Knocking:
    endpoint = Endpoint(
        method="POST",
        path=PATH,
        work=accept_thing,
        scope="read",
        answers={202: Thing, 200: Thing},
        awaits=others.find,
    )
    return knocking_at(settings, clock, endpoint, pause=others.pause)


def ask(client: FlaskClient, query: str = "", **headers: str) -> tuple[int, str]:
    answer = client.post(PATH + query, headers=headers)
    return answer.status_code, answer.get_json().get("name") or answer.get_json()["detail"]


def test_without_a_wish_to_wait_it_answers_at_once(settings: Settings, clock: Clock) -> None:
    others = Others(pauses=0)
    assert ask(knock_at(others, settings, clock).client("read")) == (202, "a")


def test_it_answers_as_soon_as_there_is_an_answer(settings: Settings, clock: Clock) -> None:
    others = Others(pauses=3)
    assert ask(knock_at(others, settings, clock).client("read"), "?wait=30") == (200, "A")
    assert others.paused == 3 * POLL_SECONDS


def test_after_its_time_it_answers_what_it_knows(settings: Settings, clock: Clock) -> None:
    others = Others(pauses=1_000)
    assert ask(knock_at(others, settings, clock).client("read"), "?wait=5") == (202, "a")
    assert others.paused == 5


def test_a_repeated_request_waits_too(settings: Settings, clock: Clock) -> None:
    others = Others(pauses=2)
    client = knock_at(others, settings, clock).client("read")
    key = {"Idempotency-Key": "k"}
    assert [ask(client, query, **key) for query in ("", "?wait=30")] == [(202, "a"), (200, "A")]


@pytest.mark.parametrize("wait", ["31", "-1", "1.5", "x", "", "\u0663"])
def test_it_waits_for_whole_seconds_up_to_a_limit(settings: Settings, clock: Clock, wait: str) -> None:
    client = knock_at(Others(0), settings, clock).client("read")
    assert ask(client, f"?wait={wait}") == (422, "wait: should be 0 to 30 seconds.")
    assert ask(client, "?wait=30&limit=1")[0] == 422


def test_who_finds_no_place_does_not_wait() -> None:
    inside, leave = threading.Semaphore(0), threading.Event()

    def stay(_seconds: float) -> None:
        inside.release()
        leave.wait(10)

    waiting = Waiting(THREADS_OF_OTHERS + 5, stay)
    threads = [threading.Thread(target=lambda: waiting.until(lambda: None, 1)) for _ in range(MOST_WAITING)]
    for thread in threads:
        thread.start()
        assert inside.acquire(timeout=10)
    assert waiting.until(lambda: "found", 1) is None
    leave.set()
    for thread in threads:
        thread.join(10)
    assert waiting.until(lambda: "found", 1) == "found"


@pytest.mark.parametrize("threads", [1, THREADS_OF_OTHERS])
def test_nobody_waits_where_threads_are_few(threads: int) -> None:
    assert Waiting(threads).until(lambda: "found", 1) is None
    assert Waiting(THREADS_OF_OTHERS + 1).until(lambda: "found", 1) == "found"
