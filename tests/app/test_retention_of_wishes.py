"""Wishes to merge and the looks at them: kept while a label could be heard again, then gone with their pull request."""

from app.artifacts.store import Store
from tests.app.kept import NEW, OLD, Attic, a_round


def test_a_wish_to_merge_goes_after_its_runs(attic: Attic, shelf: Store) -> None:
    attic.step_run(attic.workflow(OLD, kind="merge"), request=attic.request(OLD))
    attic.step_run(attic.workflow(NEW, kind="merge"), request=attic.request(OLD))
    attic.request(OLD, issue=attic.issue())
    assert a_round(attic, shelf) == {"merges": 1, "requests": 1}
    assert len(attic.ids("merge_requests")) == 2


def test_a_wish_that_has_ended_is_remembered_while_its_pull_request_is_open(attic: Attic, shelf: Store) -> None:
    attic.pull(7, is_open="yes")
    attic.step_run(attic.workflow(OLD, kind="merge", status="cancelled"), request=attic.request(OLD, number=7))
    attic.request(OLD, number=7)
    assert a_round(attic, shelf) == {}
    attic.tx.execute("UPDATE pulls SET is_open = false")
    assert a_round(attic, shelf) == {"merges": 1, "requests": 2}


def test_a_look_that_found_something_in_the_way_goes_once_its_wish_has_ended(attic: Attic, shelf: Store) -> None:
    attic.pull(7)
    for status in ("ended", "open"):
        wish = attic.request(OLD, number=7, status=status)
        attic.step_run(attic.workflow(OLD, kind="merge", status="blocked"), request=wish, ending="blocked")
    assert a_round(attic, shelf) == {"looks": 1, "requests": 1}
    attic.tx.execute("UPDATE merge_requests SET status = 'ended', ended_at = created_at")
    assert a_round(attic, shelf) == {"looks": 1, "requests": 1}
