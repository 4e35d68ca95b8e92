"""Too much content and too many requests at once are counted, and refused where the simulator is told to."""

import http.client
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator import pace
from app.simulator.journal import Write
from tests.app.simulator.conftest import BEGIN

R = "/repos/acme/widget"
CONTENT = "blocked from content creation"


def comment(town: Any, **more: Any) -> Any:
    return town.ask("POST", f"{R}/issues/1/comments", {"body": "x"}, **more)


def status(town: Any) -> Any:
    return town.ask("POST", f"{R}/statuses/{town.head}", {"state": "success"})


def test_it_counts_and_refuses_nothing_unless_told(town: Any) -> None:
    assert [comment(town).status for _ in range(82)] == [201] * 82
    assert (town.github.most_writes(60), town.github.most_writes(60, "notifying")) == (82, 82)


@pytest.mark.parametrize("code", [403, 429])
def test_it_refuses_more_content_than_fits_a_minute(town: Any, code: int) -> None:
    town.github.enforce(status=code)
    town.clock.advance(20)
    assert [comment(town).status for _ in range(81)] == [201] * 80 + [code]
    town.clock.advance(15)
    refused = comment(town)
    assert (refused.headers["retry-after"], CONTENT in refused.body["message"]) == ("45", True)
    assert refused.headers["x-ratelimit-remaining"] != "0"
    town.clock.advance(44)
    assert comment(town).status == code
    town.clock.advance(1)
    assert comment(town).status == 201
    assert len(town.github.state.repository("acme/widget").comments[1]) == 81
    assert [w.effect for w in town.github.writes("/comments")] == ["yes"] * 80 + ["no"] * 3 + ["yes"]


def test_it_refuses_more_content_than_fits_an_hour(town: Any) -> None:
    town.github.enforce(per_minute=3, per_hour=5)
    statuses = []
    for _ in range(6):
        statuses.append(comment(town).status)
        town.clock.advance(60)
    assert statuses == [201] * 5 + [403]
    assert comment(town).headers["retry-after"] == str(3600 - 6 * 60)


def test_it_says_when_by_the_reset_or_not_at_all(town: Any) -> None:
    town.github.enforce(says="reset", per_minute=1)
    comment(town)
    reset = comment(town).headers
    again = int((town.clock.now + timedelta(seconds=60)).timestamp())
    assert (reset["x-ratelimit-remaining"], reset["x-ratelimit-reset"]) == ("0", str(again))
    assert "retry-after" not in reset
    town.github.enforce(says="nothing", per_minute=1)
    silent = comment(town)
    assert (silent.status, silent.headers["x-ratelimit-remaining"] == "0") == (403, False)
    assert "retry-after" not in silent.headers


def test_it_leaves_reads_and_statuses_alone(town: Any) -> None:
    town.github.enforce(per_minute=1)
    assert [comment(town).status, comment(town).status] == [201, 403]
    assert (status(town).status, town.get(f"{R}/pulls/1").status) == (201, 200)
    query = {"query": "{ rateLimit { cost } }"}
    assert "data" in town.ask("POST", "/graphql", query).body
    assert town.ask("POST", f"/app/installations/{town.installation.id}/access_tokens").status == 201


def test_it_counts_each_installation_and_mutations_too(town: Any) -> None:
    town.github.enforce(per_minute=1)
    other = town.github.install(town.github.add_app("other"), "acme")
    assert comment(town).status == 201
    assert comment(town, auth=f"token {town.token(other)}").status == 201
    mutation = "mutation { updateProjectV2ItemFieldValue(input: {}) { clientMutationId } }"
    assert town.ask("POST", "/graphql", {"query": mutation}).status == 403
    assert town.github.most_writes(60) == 2


def test_it_counts_what_is_under_way_at_once(town: Any) -> None:
    town.github.enforce(at_once=2)
    town.github.fault("GET", "/pulls/1$", "hang", times=2)
    auth = f"token {town.token()}"

    def ask() -> None:
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            town.get(f"{R}/pulls/1", auth=auth)

    callers = [threading.Thread(target=ask) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        town.github.faults.until_hanging(2)
        assert town.github.most_at_once(town.installation) == 2
        refused = town.get(R, auth=auth)
        assert (refused.status, "secondary rate limit" in refused.body["message"]) == (403, True)
        assert refused.headers["retry-after"] == "60"
    finally:
        town.github.faults.release()
        for caller in callers:
            caller.join(5)
    assert town.get(R, auth=auth).status == 200
    assert town.github.most_at_once(town.installation) == 3


def test_it_serves_as_many_at_once_as_are_allowed(town: Any) -> None:
    town.github.enforce(at_once=1)
    assert town.get(R).status == 200


def test_it_goes_by_the_newest_rule(town: Any) -> None:
    for _ in range(3):
        town.github.enforce()
        assert comment(town).status == 201
        town.clock.advance(10)
    town.github.enforce(per_minute=2)
    assert comment(town).headers["retry-after"] == "40"


def test_it_tells_how_close_writes_came(town: Any) -> None:
    assert town.github.closest_writes() is None
    for seconds in (0, 5, 2):
        town.clock.now += timedelta(seconds=seconds, milliseconds=500)
        comment(town)
    town.clock.advance(1)
    status(town)
    assert (town.github.closest_writes(), town.github.closest_writes("notifying")) == (1.0, 2.5)
    assert (town.github.most_writes(8), town.github.most_writes(9), town.github.most_writes(10, "all")) == (2, 3, 4)


def test_it_writes_down_when_a_write_came(town: Any) -> None:
    town.clock.now += timedelta(milliseconds=250)
    comment(town)
    assert town.github.writes("/comments")[0].at == town.clock.now


def test_it_knows_who_asked_for_what_never_came_to_pass(town: Any) -> None:
    town.github.fault("POST", "/comments", 502)
    assert [comment(town).status for _ in range(2)] == [502, 201]
    assert {write.auth for write in town.github.writes("/comments")} == {f"installation {town.installation.id}"}
    assert comment(town, auth="").status == 401
    assert town.github.writes("/comments")[-1].auth == "nobody"


@pytest.mark.parametrize("rule", [{"status": 500}, {"says": "please"}])
def test_it_knows_no_other_refusals(town: Any, rule: Any) -> None:
    with pytest.raises(ValueError, match="no such refusal"):
        town.github.enforce(**rule)


@pytest.mark.parametrize(
    ("method", "path", "kinds"),
    [
        ("POST", f"{R}/issues/1/comments", {"all", "content", "notifying"}),
        ("POST", f"{R}/pulls", {"all", "content", "notifying"}),
        ("POST", f"{R}/pulls/1/reviews", {"all", "content", "notifying"}),
        ("POST", f"{R}/pulls/1/requested_reviewers", {"all", "content", "notifying"}),
        ("DELETE", f"{R}/pulls/1/requested_reviewers", {"all", "content"}),
        ("PATCH", f"{R}/issues/comments/1", {"all", "content"}),
        ("PATCH", f"{R}/pulls/1", {"all", "content"}),
        ("PUT", f"{R}/pulls/1/reviews/2/dismissals", {"all", "content"}),
        ("POST", f"{R}/issues/1/labels", {"all", "content"}),
        ("POST", f"{R}/git/refs", {"all", "content"}),
        ("POST", "/graphql", {"all", "content"}),
        ("POST", f"{R}/git/blobs", {"all"}),
        ("POST", f"{R}/statuses/{'a' * 40}", {"all"}),
        ("PATCH", f"{R}/check-runs/1", {"all"}),
        ("POST", "/app/installations/1/access_tokens", set()),
    ],
)
def test_it_knows_what_counts_as_what(method: str, path: str, kinds: set[str]) -> None:
    assert {kind for kind in pace.KINDS if pace.fits(kind, method, path)} == kinds


def test_it_knows_no_other_kinds() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        pace.fits("loud", "POST", R)


@given(
    times=st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["one", "other"])), max_size=30),
    seconds=st.integers(1, 20),
)
def test_it_finds_the_busiest_stretch_of_one_installation(times: list[tuple[int, str]], seconds: int) -> None:
    writes = [
        Write("POST", f"{R}/pulls", {}, who, BEGIN + timedelta(seconds=second), "yes", 201) for second, who in times
    ]
    plain = [
        sum(who == other and second <= later < second + seconds for later, other in times) for second, who in times
    ]
    assert pace.most_within(writes, "content", seconds) == max(plain, default=0)
