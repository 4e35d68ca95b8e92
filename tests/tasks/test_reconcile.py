"""What GitHub says it delivered is compared with what came in; what got lost is taken in, once, wherever that was."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import redis
from werkzeug.serving import make_server

from app import explain, ledger
from app.chain_text import render
from app.events import Delivery
from app.github import payloads
from app.github.deliveries import Deliveries, Listed, LiveDeliveries, LocalDeliveries, Page, Sent
from app.github.reader import LiveReader
from app.records.runs import LeaseLost
from app.rosters import RostersUnavailable
from app.simulator import Hooks
from app.web import create_app
from tasks import intake, reconcile
from tests.tasks.house import REPOSITORY, House

NOBODY = "http://127.0.0.1:9/nobody"
LIST = "/app/hook/deliveries$"
ONE = r"/app/hook/deliveries/\d+$"


@dataclass
class Post:
    """The webhooks of a house's GitHub, and what reconciling makes of them."""

    house: House
    hooks: Hooks
    bound: Deliveries

    def lose(self, count: int) -> None:
        """So many webhooks that say the same, each an event of its own, a second apart."""
        self.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
        github, first = self.house.github, self.hooks.sent[-1]
        for _ in range(count - 1):
            self.house.clock.forward(1)
            guid = str(uuid4())
            headers = {**first.headers, "X-GitHub-Delivery": guid}
            sent = replace(first, id=github.next_id(), guid=guid, headers=headers, delivered_at=github.now())
            github.state.sent.append(sent)

    def reconcile(self) -> bool:
        """One task, and all work that follows from it."""
        more = reconcile.deliveries(self.house.context, self.bound)
        self.house.sent = list(dict.fromkeys(self.house.sent))
        self.house.work()
        return more

    def reconcile_all(self) -> None:
        while self.reconcile():
            pass

    def reads(self, pattern: str = "/app/hook/deliveries/") -> int:
        """How many single deliveries were asked for."""
        return len([asked for asked in self.house.github.requests if asked.path.startswith(pattern)])

    def lists(self) -> int:
        """How many pages were asked for."""
        return len([asked for asked in self.house.github.requests if asked.path == "/app/hook/deliveries"])

    def rows(self) -> list[dict[str, Any]]:
        return self.house.rows("SELECT guid, event, via FROM deliveries ORDER BY id")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten deliveries a page."""
    monkeypatch.setattr("app.github.deliveries.PER_PAGE", 10)


@pytest.fixture
def post(house: House, monkeypatch: pytest.MonkeyPatch) -> Post:
    """Every webhook of pull request 1 gets lost, and is old enough to be missed."""
    monkeypatch.setattr(reconcile, "UNDER_WAY_SECONDS", 0)
    (app,) = house.github.state.apps.values()
    house.github.set_hook(app, NOBODY)
    house.with_settings(github_deliveries="live")
    assert isinstance(house.context.reader, LiveReader)
    return Post(house, Hooks(house.github), LiveDeliveries(house.context.reader._app, house.clock))


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
    event = _event(post)
    for number, sent in enumerate(post.hooks.sent):
        if number % 20:
            post.house.deliver(event, guid=sent.guid)
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
    slow = replace(post, bound=_Slow(post.bound, post.house))
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
    _arrive(post)
    post.reconcile_all()
    assert post.reads() == 0
    assert [row["via"] for row in post.rows()] == ["webhook"]


def test_deliveries_made_again_and_copies_add_nothing(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    post.hooks.redeliver(post.hooks.sent[0].id)
    post.reconcile_all()
    post.hooks.redeliver(post.hooks.sent[0].id)
    post.reconcile_all()
    _arrive(post)
    post.house.work()
    assert (len(post.hooks.sent), len(post.rows()), post.reads()) == (3, 1, 1)
    assert post.house.states() == ["pending"]


def test_the_same_event_of_another_hook_stands_for_nothing(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    event = _event(post)
    assert event is not None
    of_another_hook = event.model_copy(update={"installation_id": None})
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


def test_one_that_cannot_be_read_now_is_read_in_the_next_round(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "OVERLAP_SECONDS", 0)
    post.lose(3)
    post.house.clock.forward(1)
    post.house.github.fault("GET", ONE, 502, skip=1)
    assert not post.reconcile()
    assert [row["guid"] for row in post.rows()] == [post.hooks.sent[0].guid, post.hooks.sent[2].guid]
    post.house.clock.forward(10)
    assert not post.reconcile()
    assert len(post.rows()) == 3


@pytest.mark.parametrize(("what", "reads"), [(502, 3), (429, 1), ("drop", 3)])
def test_while_github_is_away_it_is_left_in_peace(post: Post, what: int | str, reads: int) -> None:
    post.lose(5)
    fault = post.house.github.fault
    fault("GET", ONE, what, times=9)
    assert not post.reconcile()
    assert (post.reads(), post.rows()) == (reads, [])
    post.house.github.faults.script.clear()
    post.house.clock.forward(61)
    post.reconcile_all()
    assert len(post.rows()) == 5


@pytest.mark.usefixtures("small_pages")
def test_a_page_that_fails_in_the_middle_is_where_the_next_task_goes_on(post: Post) -> None:
    post.lose(25)
    post.house.github.fault("GET", LIST, 502, skip=1)
    assert not post.reconcile()
    assert (len(post.rows()), post.lists()) == (10, 2)
    post.reconcile_all()
    assert (len(post.rows()), post.lists()) == (25, 4)


@pytest.mark.usefixtures("small_pages")
def test_a_place_in_the_list_that_github_forgot_is_looked_for_from_the_beginning(post: Post) -> None:
    post.lose(15)
    post.house.github.fault("GET", LIST, 422, skip=1)
    assert post.reconcile()
    assert len(post.rows()) == 10
    post.reconcile_all()
    assert (len(post.rows()), post.reads()) == (15, 15)


POINTS = [
    "reconcile.claimed",
    "reconcile.listed",
    "reconcile.read",
    "intake.before_commit",
    "intake.committed",
    "reconcile.went_on",
    "reconcile.walked",
]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_any_point_loses_nothing_and_doubles_nothing(post: Post, point: str) -> None:
    post.lose(11)
    with post.house.dying_at(point):
        post.reconcile_all()
    assert not post.reconcile()  # the lease of the dead is still there
    post.house.clock.forward(post.house.context.settings.lease_seconds + 1)
    post.reconcile_all()
    post.house.sweep()
    assert len(post.rows()) == 11
    assert post.house.rows("SELECT count(*) AS n FROM audit_entries WHERE kind = 'delivery_reconciled'") == [{"n": 11}]
    assert post.house.states() == ["pending"]
    with post.house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def test_of_two_at_once_one_does_the_work(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    meanwhile: list[bool] = []
    first = _Meanwhile(post.bound, lambda: meanwhile.append(reconcile.deliveries(post.house.context, post.bound)))
    reconcile.deliveries(post.house.context, first)
    assert meanwhile == [False]
    assert (post.lists(), len(post.rows())) == (1, 1)


def test_two_of_which_one_was_taken_for_dead_record_each_delivery_once(post: Post) -> None:
    post.lose(3)

    def overtake() -> None:
        post.house.clock.forward(post.house.context.settings.lease_seconds + 1)
        reconcile.deliveries(post.house.context, post.bound)

    with pytest.raises(LeaseLost):
        reconcile.deliveries(post.house.context, _Meanwhile(post.bound, overtake))
    post.house.work()
    assert len(post.rows()) == 3
    assert post.house.states() == ["pending"]


def test_two_transactions_at_once_record_one_delivery(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    event, guid = _event(post), post.hooks.sent[0].guid
    (app,) = post.house.github.state.apps.values()
    assert event is not None
    lost = Delivery(
        hook_id=app.hook_id, guid=guid, body_digest="0" * 64, received_at=post.house.clock(), event=event, via="api"
    )
    came_in = lost.model_copy(update={"via": "webhook", "body_digest": "1" * 64})
    with post.house.context.pool.connection() as tx:
        intake._take_in(post.house.context, tx, lost)
        other = threading.Thread(target=intake.handle, args=(post.house.context, came_in))
        other.start()
        post.house.wait_until_one_waits()
    other.join()
    assert [row["via"] for row in post.rows()] == ["api"]


def test_where_the_list_is_local_nothing_is_asked_for(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    asked = len(post.house.github.requests)
    assert not reconcile.deliveries(post.house.context, LocalDeliveries())
    assert (len(post.house.github.requests), post.rows()) == (asked, [])


def test_a_change_of_members_is_not_taken_in_while_what_is_kept_of_them_can_not_be_dropped(post: Post) -> None:
    post.house.github.add_organization("acme", members={"alice": "admin"}, teams={"core": {}})
    post.hooks.add_to_team("acme", "core", "bob", by="alice")
    away = post.house.context.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    with pytest.raises(RostersUnavailable):
        reconcile.deliveries(replace(post.house.context, settings=away), post.bound)
    assert post.rows() == []
    post.house.clock.forward(post.house.context.settings.lease_seconds + 1)
    post.reconcile_all()
    assert [row["event"]["name"] for row in post.rows()] == ["membership"]


def test_the_audit_says_where_it_comes_from_and_explain_too(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    post.reconcile_all()
    [row] = post.house.rows("SELECT body, actor FROM audit_entries WHERE kind = 'delivery_reconciled'")
    sent = post.hooks.sent[0]
    assert (row["actor"], row["body"]["guid"], row["body"]["note"]) == ("github", sent.guid, intake.RECONCILED)
    assert row["body"]["sent_at"] == sent.delivered_at.isoformat()
    with post.house.context.pool.connection() as tx:
        chain = explain.delivery(tx, sent.guid)
    assert chain is not None
    assert "got lost and was read from GitHub's list" in render(chain).splitlines()[0]


@dataclass
class _Slow:
    """Each reading takes 20 seconds."""

    bound: Deliveries
    house: House

    def page(self, cursor: str | None) -> Page:
        return self.bound.page(cursor)

    def sent(self, listed: Listed) -> Sent:
        self.house.clock.forward(20)
        return self.bound.sent(listed)


@dataclass
class _Meanwhile:
    """Something happens between the first page and what is made of it."""

    bound: Deliveries
    happen: Callable[[], object]

    def page(self, cursor: str | None) -> Page:
        page, happen = self.bound.page(cursor), self.happen
        self.happen = lambda: None
        happen()
        return page

    def sent(self, listed: Listed) -> Sent:
        return self.bound.sent(listed)


def _event(post: Post) -> Any:
    """What the first webhook says."""
    sent = post.hooks.sent[0]
    return payloads.normalize(sent.event, payloads.parse(sent.body))


def _arrive(post: Post) -> None:
    """The first webhook comes in after all."""
    sent, (app,) = post.hooks.sent[0], post.house.github.state.apps.values()
    digest = hashlib.sha256(sent.body).hexdigest()
    now = post.house.clock()
    delivery = Delivery(hook_id=app.hook_id, guid=sent.guid, body_digest=digest, received_at=now, event=_event(post))
    intake.handle(post.house.context, delivery)


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
