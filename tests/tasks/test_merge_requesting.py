"""What at GitHub asks for a merge, and for how long."""

from datetime import timedelta
from uuid import UUID

import pytest

from tasks import merge_requesting
from tests.tasks.house import REPOSITORY, House
from tests.tasks.merge_wishes import GATE, audited, ends, happens, wishes, write_gate

LABELLED = [("label", "github", "open")]


@pytest.fixture
def gated(house: House) -> House:
    write_gate(house)
    return house


def label(house: House, name: str = "merge me") -> list[UUID]:
    house.github.label(REPOSITORY, 1, name)
    return happens(house)


def unlabel(house: House, name: str = "merge me") -> list[UUID]:
    house.github.unlabel(REPOSITORY, 1, name)
    return happens(house, "unlabeled")


def comment(house: House, by: str = "alice", body: str = "/merge", app_id: int | None = None) -> int:
    return house.github.comment(REPOSITORY, 1, by=by, body=body, app_id=app_id).id


def test_a_label_asks_for_a_merge(gated: House) -> None:
    (run_id,) = label(gated)
    assert wishes(gated) == LABELLED
    (row,) = gated.rows("SELECT step, mode, woken_by, run_id FROM step_runs")
    assert row == {"step": "S5_MERGE", "mode": "execute", "woken_by": "event", "run_id": run_id}
    (said,) = audited(gated, "merge_requested")
    assert (said["source"], said["by"], said["head_sha"]) == (
        "label",
        "github",
        gated.github.state.pull(REPOSITORY, 1).head_sha,
    )


def test_the_run_comes_after_the_evaluation(gated: House) -> None:
    label(gated)
    (row,) = gated.rows("SELECT (SELECT max(evaluated_at) FROM evaluations) <= min(started_at) AS comes FROM step_runs")
    assert row["comes"]


@pytest.mark.parametrize("text", ["", "merge: {}", "approve: []", "merge: {ignore: {labels: [x]}}"])
def test_without_a_trigger_nothing_ever_asks(house: House, text: str) -> None:
    write_gate(house, text)
    assert (label(house), wishes(house)) == ([], [])


def test_without_a_gate_file_nothing_ever_asks(house: House) -> None:
    assert (label(house), wishes(house)) == ([], [])


def test_a_file_that_is_not_valid_changes_nothing(gated: House) -> None:
    label(gated)
    write_gate(gated, "merge: {trigger: label}")
    unlabel(gated)
    assert wishes(gated) == LABELLED


def test_a_repository_that_is_not_allowed_asks_for_nothing(gated: House) -> None:
    gated.with_settings(allowed_repositories=("acme/other",))
    assert (label(gated), wishes(gated)) == ([], [])


def test_a_label_that_is_said_twice_is_one_wish(gated: House) -> None:
    (run_id,) = label(gated)
    assert happens(gated) == []  # its run is under way
    ends(gated, run_id)
    assert len(happens(gated)) == 1
    assert wishes(gated) == LABELLED


def test_a_label_that_is_taken_away_takes_the_wish_back(gated: House) -> None:
    (run_id,) = label(gated)
    ends(gated, run_id)
    assert unlabel(gated) == []
    assert wishes(gated) == [("label", "github", "ended")]
    assert len(audited(gated, "merge_request_taken_back")) == 1


def test_what_is_ignored_asks_for_nothing_and_takes_the_wish_back(gated: House) -> None:
    label(gated)
    label(gated, "wip")
    assert wishes(gated) == [("label", "github", "ended")]
    unlabel(gated, "wip")
    assert wishes(gated) == [("label", "github", "ended"), ("label", "github", "open")]


def test_a_draft_asks_for_nothing_until_it_is_ready(gated: House) -> None:
    gated.github.convert_to_draft(REPOSITORY, 1)
    assert (label(gated), wishes(gated)) == ([], [])
    gated.github.mark_ready(REPOSITORY, 1)
    assert len(happens(gated, "ready_for_review")) == 1


def test_a_comment_of_a_writer_asks(gated: House) -> None:
    comment(gated, body=" /MERGE ")
    assert len(happens(gated)) == 1
    assert wishes(gated) == [("comment", "alice", "open")]


def test_a_comment_asks_no_longer_than_a_request_lives(gated: House) -> None:
    gated.clock.forward(-71 * 3_600)
    said_at = gated.clock()
    comment(gated)
    gated.clock.forward(71 * 3_600)
    happens(gated)
    (row,) = gated.rows("SELECT until FROM merge_requests")
    assert row["until"] - said_at.replace(microsecond=0) == timedelta(hours=72)


def test_a_comment_of_long_ago_does_not_ask(gated: House) -> None:
    gated.clock.forward(-73 * 3_600)
    comment(gated)
    gated.clock.forward(73 * 3_600)
    assert (happens(gated), wishes(gated)) == ([], [])


@pytest.mark.parametrize(("by", "body"), [("carol", "/merge"), ("stranger", "/merge"), ("alice", "/merge it")])
def test_a_comment_of_anybody_else_or_of_other_words_does_not(gated: House, by: str, body: str) -> None:
    comment(gated, by, body)
    assert (happens(gated), wishes(gated)) == ([], [])


def test_a_comment_of_somebody_who_may_write_no_more_does_not(gated: House) -> None:
    comment(gated)
    gated.github.grant(REPOSITORY, "alice", "read")
    assert (happens(gated), wishes(gated)) == ([], [])


def test_a_comment_of_an_app_does_not(gated: House) -> None:
    (app,) = gated.github.state.apps.values()
    comment(gated, by=f"{app.slug}[bot]", app_id=app.id)
    assert (happens(gated), wishes(gated)) == ([], [])


def test_a_comment_that_somebody_else_wrote_into_does_not(gated: House) -> None:
    said = comment(gated, body="not yet")
    gated.github.edit_comment(REPOSITORY, 1, said, "/merge", by="bob")
    assert (happens(gated), wishes(gated)) == ([], [])


def test_a_comment_may_hold_a_merge_up(gated: House) -> None:
    label(gated)
    comment(gated, body="/hold")
    happens(gated)
    assert wishes(gated) == [("label", "github", "ended")]


def test_a_crowd_does_not_lift_what_a_writer_holds_up(gated: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_requesting, "MOST_ASKING", 2)
    label(gated)
    comment(gated, body="/hold")
    for name in ("stranger", "stranger-2"):
        comment(gated, by=name)
    happens(gated)
    assert wishes(gated) == [("label", "github", "ended")]


def test_a_crowd_beside_a_writer_asks_for_nothing(gated: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_requesting, "MOST_ASKING", 2)
    comment(gated)
    for name in ("stranger", "stranger-2"):
        comment(gated, by=name)
    assert (happens(gated), wishes(gated)) == ([], [])


def test_what_holds_a_merge_up_does_so_whoever_wrote_into_it(gated: House) -> None:
    label(gated)
    said = comment(gated, body="/holdd")
    gated.github.edit_comment(REPOSITORY, 1, said, "/hold", by="bob")
    happens(gated)
    assert wishes(gated) == [("label", "github", "ended")]


def test_a_stranger_holds_nothing_up(gated: House) -> None:
    label(gated)
    comment(gated, by="stranger", body="/hold")
    happens(gated)
    assert wishes(gated) == LABELLED


def test_where_nobody_can_tell_who_may_write_all_stays_as_it_is(gated: House) -> None:
    label(gated)
    gated.github.unlabel(REPOSITORY, 1, "merge me")
    comment(gated)
    gated.github.fault("GET", r"/collaborators/alice/permission", 500, times=9)
    happens(gated)
    assert wishes(gated) == LABELLED


def test_a_branch_of_the_repository_itself_asks(gated: House) -> None:
    gated.github.push(REPOSITORY, "bot/update", {"b.py": "1"}, by="bob")
    gated.github.open_pull(REPOSITORY, "bot/update", by="bob")
    assert len(happens(gated, "opened", number=2)) == 1
    assert wishes(gated) == [("branch", "github", "open")]


def test_a_branch_of_that_name_in_a_fork_does_not(gated: House) -> None:
    gated.github.fork(REPOSITORY, "carol")
    gated.github.push("carol/widget", "bot/update", {"b.py": "1"}, by="carol")
    gated.github.open_pull(REPOSITORY, "carol:bot/update", by="carol")
    assert (happens(gated, "opened", number=2), wishes(gated)) == ([], [])


def test_a_closed_pull_request_asks_for_nothing(gated: House) -> None:
    (run_id,) = label(gated)
    ends(gated, run_id)
    gated.github.close(REPOSITORY, 1)
    assert happens(gated, "closed") == []
    assert wishes(gated) == [("label", "github", "ended")]
    gated.github.reopen(REPOSITORY, 1)
    assert len(happens(gated, "reopened")) == 1


def test_what_came_to_its_end_is_not_asked_for_again_at_the_same_head(gated: House) -> None:
    (run_id,) = label(gated)
    ends(gated, run_id, "would_merge", request_ends=True)
    assert (happens(gated), wishes(gated)) == ([], [("label", "github", "ended")])
    gated.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    assert len(happens(gated, "synchronize")) == 1


def test_a_label_that_is_put_there_anew_asks_anew(gated: House) -> None:
    (run_id,) = label(gated)
    ends(gated, run_id, "needs_operator", request_ends=True)
    unlabel(gated)
    assert len(label(gated)) == 1


def test_the_trigger_is_read_from_the_base_branch_alone(house: House) -> None:
    house.github.push(REPOSITORY, "feature", {".mergegate.yml": GATE}, by="bob")
    assert (label(house), wishes(house)) == ([], [])
