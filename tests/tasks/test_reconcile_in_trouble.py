"""Reconciling while GitHub, Redis or a worker fails: nothing is lost, and nothing is taken in twice."""

import threading
from dataclasses import replace

import pytest

from app import ledger
from app.events import Delivery
from app.records.runs import LeaseLost
from app.rosters import RostersUnavailable
from tasks import intake, reconcile
from tests.tasks.house import REPOSITORY
from tests.tasks.lost_post import Meanwhile, Post, event

LIST = "/app/hook/deliveries$"
ONE = r"/app/hook/deliveries/\d+$"


@pytest.mark.usefixtures("small_pages")
def test_one_that_cannot_be_read_now_is_read_in_the_next_round(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "OVERLAP_SECONDS", 0)
    post.lose(15)
    post.house.clock.forward(1)
    post.house.github.fault("GET", ONE, 502, skip=12)
    assert not post.reconcile()
    assert len(post.rows()) == 14
    post.house.clock.forward(10)
    assert not post.reconcile()
    assert (len(post.rows()), post.lists()) == (15, 4)
    post.house.clock.forward(10)
    assert not post.reconcile()
    assert post.lists() == 5


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
    post.house.clock.forward(2)
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


@pytest.mark.matrix
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
    assert post.house.rows("SELECT count(*) AS n FROM audit_events WHERE kind = 'delivery_reconciled'") == [{"n": 11}]
    assert post.house.states() == ["pending"]
    with post.house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def test_of_two_at_once_one_does_the_work(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    meanwhile: list[bool] = []
    first = Meanwhile(post.bound, lambda: meanwhile.append(post.compare()))
    post.compare(first)
    assert meanwhile == [False]
    assert (post.lists(), len(post.rows())) == (1, 1)


def test_two_of_which_one_was_taken_for_dead_record_each_delivery_once(post: Post) -> None:
    post.lose(3)

    def overtake() -> None:
        post.house.clock.forward(post.house.context.settings.lease_seconds + 1)
        post.compare()

    with pytest.raises(LeaseLost):
        post.compare(Meanwhile(post.bound, overtake))
    post.house.work()
    assert len(post.rows()) == 3
    assert post.house.states() == ["pending"]


def test_two_transactions_at_once_record_one_delivery(post: Post) -> None:
    post.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
    said, guid = event(post), post.hooks.sent[0].guid
    (app,) = post.house.github.state.apps.values()
    lost = Delivery(
        hook_id=app.hook_id, guid=guid, body_digest="0" * 64, received_at=post.house.clock(), event=said, via="api"
    )
    came_in = lost.model_copy(update={"via": "webhook", "body_digest": "1" * 64})
    with post.house.context.pool.connection() as tx:
        intake._take_in(post.house.context, tx, lost)
        other = threading.Thread(target=intake.handle, args=(post.house.context, came_in))
        other.start()
        post.house.wait_until_one_waits()
    other.join()
    assert [row["via"] for row in post.rows()] == ["api"]


def test_a_change_of_members_is_not_taken_in_while_what_is_kept_of_them_can_not_be_dropped(post: Post) -> None:
    post.house.github.add_organization("acme", members={"alice": "admin"}, teams={"core": {}})
    post.hooks.add_to_team("acme", "core", "bob", by="alice")
    away = post.house.context.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    with pytest.raises(RostersUnavailable):
        replace(post, house=replace(post.house, context=replace(post.house.context, settings=away))).compare()
    assert post.rows() == []
    post.house.clock.forward(post.house.context.settings.lease_seconds + 1)
    post.reconcile_all()
    assert [row["event"]["name"] for row in post.rows()] == ["membership"]
