"""Pages, entity tags, limits and request ids are as GitHub has them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.simulator import pages
from app.simulator.answers import Listing

W = "/repos/acme/widget"


def test_it_cuts_lists_into_pages_with_links(town: Any) -> None:
    for number in range(5):
        town.github.comment("acme/widget", 1, by="alice", body=str(number))
    path, seen = f"{W}/issues/1/comments?per_page=2", []
    for _ in range(3):
        reply = town.get(path)
        seen += [c["body"] for c in reply.body]
        links = dict(reversed(part.split("; rel=")) for part in reply.headers["link"].split(", "))
        path = links.get('"next"', "").strip("<>").removeprefix(town.url)
    number = town.github.state.repository("acme/widget").id
    assert links['"first"'] == f"<{town.url}/repositories/{number}/issues/1/comments?per_page=2&page=1>"
    assert seen == ["0", "1", "2", "3", "4"]
    assert path == ""
    assert set(links) == {'"prev"', '"first"'}


def test_it_gives_thirty_unless_told_and_never_more_than_a_hundred(town: Any) -> None:
    for number in range(120):
        town.github.comment("acme/widget", 1, by="alice", body=str(number))
    path = f"{W}/issues/1/comments"
    assert [len(town.get(path + q).body) for q in ("", "?per_page=500", "?per_page=0", "?per_page=x")] == [
        30,
        100,
        30,
        30,
    ]
    assert town.get(f"{path}?page=9").body == []


def test_it_counts_the_whole_list_where_github_wraps_it(town: Any) -> None:
    for name in ("a", "b", "c"):
        town.github.check_run("acme/widget", town.head, app_id=town.app.id, name=name)
    body = town.get(f"{W}/commits/{town.head}/check-runs?per_page=1").body
    assert (body["total_count"], [r["name"] for r in body["check_runs"]]) == (3, ["c"])


@given(count=st.integers(0, 250), per_page=st.integers(1, 120))
def test_it_shows_each_record_exactly_once_over_all_pages(count: int, per_page: int) -> None:
    listing = Listing(list(range(count)), lambda n: {"n": n})
    seen: list[int] = []
    page = 1
    while True:
        query = {"per_page": str(per_page), "page": str(page)}
        answer = pages.cut(listing, query, "http://github.test/x")
        seen += [shape["n"] for shape in answer.body]
        if 'rel="next"' not in answer.headers.get("link", ""):
            break
        page += 1
    assert seen == list(range(count))


def test_it_answers_304_for_a_known_tag_at_no_cost(town: Any) -> None:
    first = town.get(f"{W}/pulls/1")
    again = town.get(f"{W}/pulls/1", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, None)
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]
    town.github.label("acme/widget", 1, "new")
    changed = town.get(f"{W}/pulls/1", headers={"if-none-match": first.headers["etag"]})
    assert (changed.status, changed.headers["x-ratelimit-used"]) == (200, "2")


def test_it_keeps_every_request_with_its_answer(town: Any) -> None:
    tag = town.get(f"{W}/pulls/1").headers["etag"]
    number = town.github.state.repository("acme/widget").id
    town.get(f"/repositories/{number}/pulls/1?per_page=3", headers={"if-none-match": tag})
    town.ask("POST", "/graphql", {"query": "{ rateLimit { cost } }"})
    town.get("/nowhere")
    town.github.fault("GET", "/meta", 500)
    town.get("/meta")
    assert [(r.method, r.path, r.status, r.query) for r in town.github.requests] == [
        ("GET", f"{W}/pulls/1", 200, {}),
        ("GET", f"{W}/pulls/1", 304, {"per_page": "3"}),
        ("POST", "/graphql", 200, {}),
        ("GET", "/nowhere", 404, {}),
        ("GET", "/meta", 500, {}),
    ]


def test_it_counts_requests_per_installation_and_refuses_the_rest(town: Any) -> None:
    headers = town.get(W).headers
    reset = str(int(town.clock.now.timestamp()) + 3600)
    assert [headers[f"x-ratelimit-{n}"] for n in ("limit", "remaining", "used", "reset", "resource")] == [
        "5000",
        "4999",
        "1",
        reset,
        "core",
    ]
    town.github.exhaust(town.installation)
    refused = town.get(W)
    assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    assert refused.body["message"].startswith("API rate limit exceeded")
    assert town.get("/rate_limit").body["rate"]["remaining"] == 0
    town.clock.advance(3600)
    assert town.get(W).status == 200


def test_it_numbers_each_request_for_support(town: Any) -> None:
    one, other = (town.get(W).headers["x-github-request-id"] for _ in range(2))
    assert one != other
