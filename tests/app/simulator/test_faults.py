"""Each fault breaks the request that it is meant for, before or after its effect."""

import http.client
import threading
from typing import Any

import pytest

W = "/repos/acme/widget"
BODY = {"state": "success", "context": "gate"}


def _statuses(town: Any) -> int:
    return len(town.github.state.repository("acme/widget").statuses)


@pytest.mark.parametrize(("when", "effect", "count"), [("before", "no", 0), ("after", "yes", 1)])
def test_it_fails_before_or_after_the_effect(town: Any, when: str, effect: str, count: int) -> None:
    town.github.fault("POST", "/statuses/", 502, when=when)
    assert town.ask("POST", f"{W}/statuses/{town.head}", BODY).status == 502
    assert _statuses(town) == count
    write = town.github.journal.writes[-1]
    assert (write.effect, write.status, write.body) == (effect, 502, BODY)
    assert town.ask("POST", f"{W}/statuses/{town.head}", BODY).status == 201


@pytest.mark.parametrize(("what", "when", "count"), [("drop", "before", 0), ("drop", "after", 1), ("cut", "after", 1)])
def test_it_ends_the_connection_without_a_whole_answer(town: Any, what: str, when: str, count: int) -> None:
    town.github.fault("POST", "/statuses/", what, when=when)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        town.ask("POST", f"{W}/statuses/{town.head}", BODY)
    assert _statuses(town) == count
    assert town.github.journal.writes[-1].status == 0


def test_it_cuts_the_body_in_half(town: Any) -> None:
    town.github.fault("GET", "/widget$", "cut")
    with pytest.raises(http.client.IncompleteRead) as cut:
        town.get(W)
    assert cut.value.expected is not None
    assert abs(cut.value.expected - len(cut.value.partial)) <= 1


def test_it_hangs_until_released(town: Any) -> None:
    town.github.fault("POST", "/statuses/", "hang", when="after")
    ended: list[str] = []

    def ask() -> None:
        try:
            town.ask("POST", f"{W}/statuses/{town.head}", BODY)
        except (http.client.HTTPException, ConnectionError) as trouble:
            ended.append(type(trouble).__name__)

    caller = threading.Thread(target=ask)
    caller.start()
    town.github.faults.until_hanging()
    assert caller.is_alive()
    assert _statuses(town) == 1
    assert town.get(W).status == 200
    town.github.faults.release()
    caller.join(5)
    assert ended == ["RemoteDisconnected"]


def test_it_answers_a_stale_read_as_of_before_the_last_change(town: Any) -> None:
    town.github.fault("GET", "/pulls/1$|/branches/feature$", "stale", times=2)
    commit = town.github.push("acme/widget", "feature", {"late.py": "1"}, by="bob")
    assert town.get(f"{W}/branches/feature").body["commit"]["sha"] == town.head
    assert town.get(f"{W}/pulls/1").body["head"]["sha"] == town.head
    assert town.get(f"{W}/pulls/1").body["head"]["sha"] == commit.sha


def test_it_answers_307_with_a_location_and_no_effect(town: Any) -> None:
    town.github.fault("POST", "/statuses/", 307)
    reply = town.ask("POST", f"{W}/statuses/{town.head}", BODY)
    number = town.github.state.repository("acme/widget").id
    assert (reply.status, reply.headers["location"]) == (
        307,
        f"{town.url}/repositories/{number}/statuses/{town.head}",
    )
    assert _statuses(town) == 0


def test_it_redirects_from_the_former_name_of_a_repository(town: Any) -> None:
    town.github.rename("acme/widget", "acme/gadget")
    moved = town.get(f"{W}/pulls/1")
    assert moved.status == 301
    assert town.get(moved.headers["location"].removeprefix(town.url)).body["number"] == 1
    assert town.ask("POST", f"{W}/statuses/{town.head}", BODY).status == 307
    assert town.github.state.repository("acme/gadget").statuses == []
    assert [write.effect for write in town.github.writes()] == ["no"]
    town.github.add_repository("acme/widget")
    assert town.get(W).status == 200


def test_it_fails_as_often_as_told_after_skipping(town: Any) -> None:
    town.github.fault("GET", "/pulls/1$", 500, times=2, skip=1)
    assert [town.get(f"{W}/pulls/1").status for _ in range(4)] == [200, 500, 500, 200]
    assert town.github.faults.unused == []


@pytest.mark.parametrize(("status", "retry_after"), [(403, 30), (429, None)])
def test_it_hits_a_secondary_limit(town: Any, status: int, retry_after: int | None) -> None:
    town.github.limit_secondary("POST", "/statuses/", status=status, retry_after=retry_after)
    reply = town.ask("POST", f"{W}/statuses/{town.head}", BODY)
    assert (reply.status, reply.headers.get("retry-after")) == (status, retry_after and str(retry_after))
    assert "secondary rate limit" in reply.body["message"]
    assert reply.headers["x-ratelimit-remaining"] != "0"
    assert _statuses(town) == 0


def test_it_refuses_a_fault_that_it_does_not_know(town: Any) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        town.github.fault("GET", "/", "explode")
