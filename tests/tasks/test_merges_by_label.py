"""From a label at GitHub to the merge: it waits until it may be merged, and it is merged once."""

from datetime import timedelta
from typing import Any

import pytest

from app.records import issues, postures
from app.records.operator_settings import Where
from app.records.postures import Switch
from app.records.watches import WATCH_SECONDS
from app.web.api import step_shapes
from tasks import names
from tests.tasks.house import REPOSITORY, House
from tests.tasks.merge_wishes import audited, wishes, write_gate
from tests.tasks.merge_wishes import happens as until_merging
from tests.tasks.merging import ask, check, issue, puts, ready

GATE = """
merge:
  trigger: {labels: [merge me], comments: [/merge]}
  commit_title: "{title} (#{number})"
  commit_message: ""
"""


@pytest.fixture
def gated(house: House) -> House:
    write_gate(house, GATE)
    return ready(house)


def label(house: House) -> None:
    house.github.label(REPOSITORY, 1, "merge me")
    happens(house, "labeled")


def happens(house: House, action: str) -> None:
    house.clock.forward(1)
    house.deliver_pull(action=action)
    house.work()


def ran(house: House) -> list[tuple[str, str | None]]:
    """Outcome and code of each merge run, oldest first."""
    rows = house.rows("SELECT outcome, answer->>'code' AS code FROM step_runs ORDER BY started_at, run_id")
    return [(row["outcome"], row["code"]) for row in rows]


def switch(house: House, **what: Any) -> None:
    with house.context.pool.connection() as tx:
        where = Where(repository_id=house.repository_id, full_name=REPOSITORY)
        postures.set_posture(tx, where, Switch(**what), by="olga", reason="a test", now=house.clock())


def test_a_labelled_pull_request_is_merged_with_the_text_of_the_file(gated: House) -> None:
    label(gated)
    assert [(put.body["commit_title"], put.body["commit_message"]) for put in puts(gated)] == [("Add a (#1)", "")]
    assert (ran(gated), wishes(gated)) == ([("merged", None)], [("label", "github", "ended")])


def test_a_comment_merges_in_the_name_of_who_wrote_it(gated: House) -> None:
    gated.github.comment(REPOSITORY, 1, by="alice", body="/merge")
    happens(gated, "edited")
    assert (ran(gated), wishes(gated)) == ([("merged", None)], [("comment", "alice", "ended")])


def test_it_waits_for_what_is_missing_and_is_merged_once_that_is_there(gated: House) -> None:
    running = check(gated, "build", None)
    label(gated)
    assert (ran(gated)[-1], puts(gated)) == (("blocked", "CHECKS_PENDING"), [])
    gated.github.update_check_run(REPOSITORY, running.id, status="completed", conclusion="success")
    happens(gated, "edited")
    assert (ran(gated)[-1], len(puts(gated))) == (("merged", None), 1)


def test_it_waits_for_the_end_of_a_freeze(gated: House) -> None:
    switch(gated, name="frozen", on=True, until=gated.clock() + timedelta(seconds=100))
    label(gated)
    assert ran(gated) == [("retry_scheduled", "MERGE_FAILED")]
    gated.clock.forward(90)
    gated.sweep()
    assert len(ran(gated)) == 1
    gated.clock.forward(10)
    gated.sweep()
    assert (ran(gated)[-1], len(puts(gated))) == (("merged", None), 1)


def test_it_waits_no_longer_where_somebody_ends_the_freeze_before(gated: House) -> None:
    switch(gated, name="frozen", on=True, until=gated.clock() + timedelta(hours=12))
    label(gated)
    switch(gated, name="frozen", on=False)
    gated.clock.forward(1)
    gated.sweep()
    assert (ran(gated)[-1], len(puts(gated))) == (("merged", None), 1)


def test_a_freeze_window_of_the_file_holds_it_up_too(gated: House) -> None:
    at = gated.clock() + timedelta(minutes=5)
    window = f"[{{reason: the release, start: 2020-01-01T00:00, end: '{at:%Y-%m-%dT%H:%M}'}}]"
    write_gate(gated, GATE + f"  freezes: {window}\n")
    label(gated)
    assert ran(gated) == [("retry_scheduled", "MERGE_FAILED")]
    (row,) = gated.rows("SELECT due_at FROM merge_requests")
    assert row["due_at"] == at.replace(second=0, microsecond=0)


def test_where_merges_are_not_switched_on_it_is_only_said(gated: House) -> None:
    gated.with_settings(merge_repositories=())
    label(gated)
    happens(gated, "edited")
    assert (ran(gated), puts(gated)) == ([("would_merge", None)], [])
    assert [said["method"] for said in audited(gated, "WOULD_MERGE")] == ["squash"]


def test_it_ends_the_issue_that_links_the_pull_request(gated: House) -> None:
    linked = issue(gated)
    label(gated)
    with gated.context.pool.connection() as tx:
        found = issues.get(tx, linked.id)
    assert found is not None
    assert (found.status, ran(gated)) == ("DONE", [("merged", None)])


def test_a_label_and_a_request_of_the_api_at_once_merge_it_once(gated: House) -> None:
    ask(gated, waits=True)
    label(gated)
    assert len(puts(gated)) == 1
    assert {outcome for outcome, _ in ran(gated)} <= {"merged", "already_merged"}


def test_a_label_whose_webhook_was_lost_is_found_in_the_list(gated: House) -> None:
    gated.clock.forward(60)
    gated.sweep()
    gated.github.label(REPOSITORY, 1, "merge me")
    gated.clock.forward(WATCH_SECONDS)
    gated.sweep()
    assert wishes(gated) == [("label", "github", "open")]


def test_a_run_that_was_opened_for_a_label_merges_nothing_once_the_label_is_gone(gated: House) -> None:
    gated.github.label(REPOSITORY, 1, "merge me")
    (run_id,) = until_merging(gated, "labeled")
    gated.github.unlabel(REPOSITORY, 1, "merge me")
    assert until_merging(gated, "unlabeled") == []
    gated.run(names.MERGE, run_id)
    assert (ran(gated), puts(gated), wishes(gated)) == ([("ignored", None)], [], [("label", "github", "ended")])
    with gated.context.pool.connection() as tx:
        said = step_shapes.final(tx, run_id)
    assert said is not None
    assert (said["code"], said["message"].split(",")[0]) == ("IGNORED", "What asked for it at GitHub is gone")
