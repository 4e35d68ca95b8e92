"""The page behind a status: the verdict and its chain for who has the link, and nothing for who has not."""

import re
import threading
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web import pages, replies
from tests.tasks.house import REPOSITORY, House, built


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    with built(database_url, redis_db) as made:
        yield made


@pytest.fixture
def client(house: House) -> FlaskClient:
    flask = Flask("mergegate", static_folder=None)
    replies.install(flask)
    pages.install(flask, house.context.settings.database_url)
    return flask.test_client()


def _path(house: House) -> str:
    url = str(house.github.writes("/statuses/")[-1].body["target_url"])
    assert url.startswith("https://gate.example.org/pulls/")
    return url.removeprefix("https://gate.example.org")


def _lines(page: str) -> list[str]:
    """The text of a page as people read it, an element a line."""
    body = re.sub(r"<(?!/?(?:b|code|span)\b)[^>]*>", "\n", page.partition("</style>")[2])
    bare = unescape(re.sub(r"<[^>]*>", "", body))
    return [" ".join(line.split()) for line in bare.splitlines() if line.strip()]


def test_the_link_of_a_status_shows_the_verdict_and_why(house: House, client: FlaskClient) -> None:
    house.deliver_pull()
    house.work()
    answer = client.get(_path(house))
    assert answer.status_code == 200
    for shown in ("acme/widget#1", "pending", "0/1 required approvals", "pull_request.opened", "write_receipted"):
        assert shown in answer.text


def test_the_tree_is_a_list_that_says_who_counted_and_who_did_not(house: House, client: FlaskClient) -> None:
    house.deliver_pull()
    house.work()
    house.clock.forward(60)
    house.github.comment(REPOSITORY, 1, by="bob", body=":+1:")
    house.approve()
    tree = _lines(client.get(_path(house)).text)
    assert "✓ rule a writer approves: Approved by alice" in tree
    assert "+ alice counts by a review" in tree
    assert "· bob's comment does not count: bob is the author of the pull request" in tree
    assert "- disapproval: No disapproval policy is specified or the policy is empty" in tree


def test_where_the_other_mode_differs_it_says_so_and_shows_its_tree(house: House, client: FlaskClient) -> None:
    house.deliver_pull()
    house.work()
    assert "Posted in compat mode; strict mode says the same." in client.get(_path(house)).text
    house.github.push(REPOSITORY, "main", {".policy.yml": "policy: {approval: []}"}, by="acme")
    house.deliver_pull(action="edited")
    house.work()
    lines = _lines(client.get(_path(house)).text)
    assert "In strict mode this would be error" in lines
    assert "✓ approval: No approval policy defined" in lines
    assert "The same in strict mode" in lines
    assert any(line.startswith("! approval: the policy asks for no approval") for line in lines)


def test_an_evaluation_older_than_the_modes_is_shown_without_them(house: House, client: FlaskClient) -> None:
    house.deliver_pull()
    house.work()
    house.rows("UPDATE evaluations SET mode = NULL, other_state = NULL, other_result = NULL RETURNING 1")
    answer = client.get(_path(house))
    assert (answer.status_code, "mode" in answer.text.replace("mode of", "")) == (200, False)
    assert "… approval: 0/1 rules approved" in _lines(answer.text)


def test_the_link_stays_the_same_over_pushes(house: House, client: FlaskClient) -> None:
    house.deliver_pull()
    house.work()
    before = _path(house)
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    house.deliver_pull(action="synchronize")
    house.work()
    assert _path(house) == before
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    assert head[:10] in client.get(before).text


def test_what_waits_says_why(house: House, client: FlaskClient) -> None:
    house.github.fault("GET", "/pulls/1$", 502)
    house.deliver_pull()
    house.work()
    key = house.rows("SELECT page_key FROM pulls")[0]["page_key"]
    assert "GitHub did not give the pull request" in client.get(f"/pulls/{key}").text


def test_what_stands_against_a_write_is_shown(house: House, client: FlaskClient) -> None:
    house.with_settings(github_projector="local")
    house.deliver_pull()
    house.work()
    key = house.rows("SELECT page_key FROM pulls")[0]["page_key"]
    assert "TRANSPORT_DISABLED" in client.get(f"/pulls/{key}").text


@pytest.mark.parametrize("key", ["x", "1", "x" * 5000, "%00", "..", "' OR 1=1"])
def test_a_guessed_link_shows_nothing(client: FlaskClient, key: str) -> None:
    assert client.get(f"/pulls/{key}").status_code == 404


def test_hostile_text_stays_text(house: House, client: FlaskClient) -> None:
    branch = "<script>alert(1)</script>"
    house.github.create_branch(REPOSITORY, branch)
    house.github.retarget(REPOSITORY, 1, branch)
    house.deliver_pull(action="edited")
    house.work()
    answer = client.get(_path(house))
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_hostile_names_of_rules_stay_text(house: House, client: FlaskClient) -> None:
    rule = '{name: "<img src=x>\\u202e", if: {title: {matches: ["<b>"]}}, requires: {count: 1, users: ["<i>"]}}'
    policy = f'policy: {{approval: ["<img src=x>\\u202e"]}}\napproval_rules: [{rule}]\n'
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")
    house.deliver_pull()
    house.work()
    page = client.get(_path(house)).text
    assert "&lt;img src=x&gt;" in page
    assert "<img" not in page
    assert "\u202e" not in page


def test_the_page_may_load_and_run_nothing(house: House, client: FlaskClient) -> None:
    house.deliver_pull()
    house.work()
    headers = client.get(_path(house)).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_without_a_database_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.database.WAIT_SECONDS", 1)
    flask = Flask("mergegate", static_folder=None)
    pages.install(flask, "postgresql://127.0.0.1:1/nothing?connect_timeout=1")
    answer = flask.test_client().get("/pulls/x")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text


def test_pages_never_take_all_the_threads_of_the_receiver(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, leave = threading.Event(), threading.Event()

    def look_slowly(*_: object) -> None:
        entered.set()
        leave.wait(10)

    monkeypatch.setattr(pages, "MOST_AT_ONCE", 1)
    monkeypatch.setattr("app.records.pulls.with_page_key", look_slowly)
    flask = Flask("mergegate", static_folder=None)
    pages.install(flask, house.context.settings.database_url)
    first: list[int] = []
    thread = threading.Thread(target=lambda: first.append(flask.test_client().get("/pulls/x").status_code))
    thread.start()
    assert entered.wait(10)
    assert flask.test_client().get("/pulls/y").status_code == 503
    leave.set()
    thread.join(10)
    assert first == [404]
