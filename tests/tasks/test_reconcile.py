"""What GitHub says it delivered is compared with what came in; what got lost is taken in, once, wherever that was."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import redis
from werkzeug.serving import make_server

from app import explain
from app.chain_text import render
from app.github import payloads
from app.github.deliveries import LocalDeliveries
from app.web import create_app
from tasks import intake, reconcile
from tests.tasks.house import REPOSITORY, House
from tests.tasks.lost_post import Post, Slow, arrive, event

ONE = r"/app/hook/deliveries/\d+$"


def _approve(post: Post) -> None:
    post.hooks.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    post.house.clock.forward(2)
    post.hooks.review(REPOSITORY, 1, by="alice", state="approved")


def _take_back(post: Post) -> None:
    _approve(post)
    post.house.clock.forward(2)
    review = post.house.github.state.repository(REPOSITORY).reviews[1][0]
    post.hooks.dismiss(REPOSITORY, 1, review.id, by="alice")


def _push_after(post: Post) -> None:
    _approve(post)
    post.house.clock.forward(2)
    post.hooks.push(REPOSITORY, "feature", {"a.py": "3"}, by="bob")


@pytest.mark.parametrize(("story", "end"), [(_approve, "success"), (_take_back, "pending"), (_push_after, "pending")])
def test_with_every_webhook_lost_the_end_is_the_same(post: Post, story: Callable[[Post], None], end: str) -> None:
    story(post)
    assert post.house.states() == []
    post.house.clock.forward(60)
    assert not post.reconcile()
    head = post.house.github.state.pull(REPOSITORY, 1).head_sha
    statuses = [each for each in post.house.github.state.repository(REPOSITORY).statuses if each.sha == head]
    assert statuses[-1].state == end


def test_what_is_read_says_what_the_webhook_said(post: Post) -> None:
    hooks, head = post.hooks, post.house.github.state.pull(REPOSITORY, 1).head_sha
    hooks.comment(REPOSITORY, 1, by="bob", body="größer 👍 \x00")
    hooks.review(REPOSITORY, 1, by="alice", state="approved")
    hooks.label(REPOSITORY, 1, "x", by="alice")
    hooks.set_status(REPOSITORY, head, by="bob", context="ci", state="success")
    hooks.push(REPOSITORY, "main", {"b": "1"}, by="alice")
    hooks.close(REPOSITORY, 1, by="bob")
    post.reconcile()
    said = {sent.guid: payloads.normalize(sent.event, payloads.parse(sent.body)) for sent in hooks.sent}
    assert {row["guid"]: row["event"] for row in post.rows()} == {
        guid: event.model_dump(mode="json") for guid, event in said.items() if not isinstance(event, payloads.Ignored)
    }
    assert len(post.rows()) == len(hooks.sent) == 6
    assert {row["via"] for row in post.rows()} == {"api"}


def test_what_was_answered_202_and_lost_with_the_queue_is_taken_in(post: Post) -> None:
    with _receiving(post.house) as url:
        (app,) = post.house.github.state.apps.values()
        secret = post.house.context.settings.webhook_secret.get_secret_value()
        post.house.github.set_hook(app, url, secret=secret)
        post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Better")
    with redis.Redis.from_url(post.house.context.settings.broker_url) as broker:
        assert (post.hooks.sent[0].status_code, broker.llen("intake")) == (202, 1)
        broker.flushall()
    assert not post.reconcile()
    assert post.house.states() == ["pending"]


def test_over_many_pages_just_what_is_missing_is_read(post: Post) -> None:
    post.lose(230)
    said = event(post)
    for number, sent in enumerate(post.hooks.sent):
        if number % 20:
            post.house.deliver(said, guid=sent.guid)
    post.reconcile_all()
    assert (len(post.rows()), post.lists(), post.reads()) == (230, 3, 12)
    assert {row["guid"] for row in post.rows()} == {sent.guid for sent in post.hooks.sent}
    assert post.house.states() == ["pending"]


@pytest.mark.usefixtures("small_pages")
def test_a_round_goes_on_where_the_last_task_stopped(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "MOST_PAGES", 1)
    post.lose(15)
    assert [post.reconcile() for _ in range(2)] == [True, False]
    assert (len(post.rows()), post.lists()) == (15, 2)


def test_a_task_ends_before_its_lease_does(post: Post) -> None:
    post.lose(3)
    slow = replace(post, bound=Slow(post.bound, post.house))
    assert slow.reconcile()
    assert 0 < len(post.rows()) < 3
    slow.reconcile_all()
    assert len(post.rows()) == 3


@pytest.mark.usefixtures("small_pages")
def test_what_is_settled_is_not_listed_for_ever(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "OVERLAP_SECONDS", 0)
    post.lose(22)
    post.house.clock.forward(5)
    post.reconcile_all()
    before = post.lists()
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="One more")
    post.house.clock.forward(5)
    post.reconcile_all()
    assert (before, post.lists() - before, len(post.rows())) == (3, 1, 23)


def test_what_github_lists_late_is_found_all_the_same(post: Post) -> None:
    post.reconcile_all()
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Late")
    late = post.house.github.state.sent.pop()
    post.house.clock.forward(60)
    post.reconcile_all()
    post.house.github.state.sent.append(late)
    post.reconcile_all()
    assert [row["guid"] for row in post.rows()] == [late.guid]


def test_what_is_older_than_the_hours_that_are_set_is_left(post: Post) -> None:
    post.house.with_settings(reconcile_hours=1)
    now = post.house.clock.now
    post.house.clock.forward(-3700)
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Old")
    post.house.clock.now = now
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="New")
    post.reconcile_all()
    assert [row["guid"] for row in post.rows()] == [post.hooks.sent[1].guid]


def test_what_may_be_under_way_is_left_alone_until_it_is_older(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "UNDER_WAY_SECONDS", 180)
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Just now")
    for seconds, rows in ((0, 0), (170, 0), (20, 1)):
        post.house.clock.forward(seconds)
        post.reconcile_all()
        assert len(post.rows()) == rows


def test_what_was_recorded_is_not_read(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Came in")
    arrive(post)
    post.reconcile_all()
    assert post.reads() == 0
    assert [row["via"] for row in post.rows()] == ["webhook"]


def test_deliveries_made_again_and_copies_add_nothing(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    post.hooks.redeliver(post.hooks.sent[0].id)
    post.reconcile_all()
    post.hooks.redeliver(post.hooks.sent[0].id)
    post.reconcile_all()
    arrive(post)
    post.house.work()
    assert (len(post.hooks.sent), len(post.rows()), post.reads()) == (3, 1, 1)
    assert post.house.states() == ["pending"]


def test_the_same_event_of_another_hook_stands_for_nothing(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    of_another_hook = event(post).model_copy(update={"installation_id": None})
    post.house.deliver(of_another_hook, guid=post.hooks.sent[0].guid)
    assert post.house.sent == []
    post.reconcile_all()
    assert [row["via"] for row in post.rows()] == ["webhook", "api"]
    assert post.house.states() == ["pending"]


def test_what_can_lead_to_nothing_is_not_read_and_what_leads_to_nothing_only_once(post: Post) -> None:
    post.hooks.ping()
    (app,) = post.house.github.state.apps.values()
    post.hooks.put(app, "star", {"action": "created"})
    post.hooks.put(app, "pull_request", {"action": "bewitched"})
    post.reconcile_all()
    assert post.reads() == 0
    post.hooks.put(app, "issue_comment", {**_comment(), "action": "created"}, installation_id=7)
    for _ in range(3):
        post.house.clock.forward(1)
        post.reconcile_all()
    assert (post.reads(), post.rows()) == (1, [])


def test_what_the_receiver_would_refuse_is_passed_over_and_holds_up_nothing(post: Post) -> None:
    (app,) = post.house.github.state.apps.values()
    post.hooks.put(app, "pull_request", {"action": "opened", "pull_request": "text"}, installation_id=7)
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    post.reconcile_all()
    post.house.clock.forward(1)
    post.reconcile_all()
    assert (len(post.rows()), post.reads()) == (1, 2)


def test_one_that_github_does_not_show_any_more_is_passed_over(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    post.house.github.fault("GET", ONE, 404)
    post.reconcile_all()
    post.house.clock.forward(1)
    post.reconcile_all()
    assert (post.rows(), post.reads()) == ([], 1)


def test_where_the_list_is_local_nothing_is_asked_for(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    asked = len(post.house.github.requests)
    assert not post.compare(LocalDeliveries())
    assert (len(post.house.github.requests), post.rows()) == (asked, [])


def test_the_audit_says_where_it_comes_from_and_explain_too(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    post.reconcile_all()
    [row] = post.house.rows("SELECT body, actor FROM audit_events WHERE kind = 'delivery_reconciled'")
    sent = post.hooks.sent[0]
    assert (row["actor"], row["body"]["guid"], row["body"]["note"]) == ("github", sent.guid, intake.RECONCILED)
    assert row["body"]["sent_at"] == sent.delivered_at.isoformat()
    with post.house.context.pool.connection() as tx:
        chain = explain.delivery(tx, sent.guid)
    assert chain is not None
    assert "got lost and was read from GitHub's list" in render(chain).splitlines()[0]


def _comment() -> dict[str, Any]:
    owner = {"login": "acme", "id": 1}
    return {
        "issue": {"number": 3},
        "comment": {"id": 1},
        "repository": {"id": 1, "full_name": REPOSITORY, "owner": owner},
    }


@contextmanager
def _receiving(house: House) -> Iterator[str]:
    """The real receiver over HTTP."""
    server = make_server("127.0.0.1", 0, create_app(house.context.settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks/github"
    server.shutdown()
    thread.join()
    server.server_close()
