"""What is found at GitHub in place of a write that was sought: it, nothing yet, or something else in its way."""

from dataclasses import replace

import pytest

from app.simulator import objects
from tests.tasks.house import REPOSITORY, House
from tests.tasks.outcomes import fault, intents, outcomes, written
from tests.tasks.run_wishes import BRANCH, LABEL
from tests.tasks.wishes import prepare, wish

BOT = "mergegate[bot]"


def _later(house: House, seconds: int = 5) -> None:
    house.clock.forward(seconds)
    house.sweep()


def _error(house: House, kind: str) -> str:
    return str(house.rows(f"SELECT error FROM writes WHERE kind = '{kind}' ORDER BY sequence")[-1]["error"])


def _tip(house: House, branch: str) -> str:
    return house.github.state.repository(REPOSITORY).branches[branch]


def test_an_approval_with_our_marker_by_another_is_not_taken_for_ours(house: House) -> None:
    prepare(house, "review_approve")
    fault(house, "review_approve", 502)
    house.work()
    key = house.rows("SELECT key FROM intents WHERE kind = 'review_approve'")[0]["key"]
    house.github.review(REPOSITORY, 1, by="carol", state="approved", body=f"ok\n\n<!-- mergegate:{key} -->")
    _later(house, 60)
    assert outcomes(house, "review_approve") == ["absent", "written"]


def test_an_approval_that_somebody_dismissed_meanwhile_is_not_given_again(house: House) -> None:
    prepare(house, "review_approve")
    fault(house, "review_approve", 502, when="after")
    house.work()
    ours = next(one for one in house.github.state.repository(REPOSITORY).reviews[1] if one.author == BOT)
    house.github.dismiss(REPOSITORY, 1, ours.id)
    _later(house, 60)
    assert (len(written(house, "review_approve")), outcomes(house, "review_approve")) == (1, ["written"])


def test_an_approval_answered_as_something_else_is_read_back(house: House) -> None:
    prepare(house, "review_approve")
    fault(house, "review_approve", 200, when="after", body={"id": 7, "state": "PENDING", "commit_id": "a" * 40})
    house.work()
    assert intents(house, "review_approve") == ["sent"]
    _later(house)
    assert outcomes(house, "review_approve") == ["written"]


def test_a_pull_request_that_somebody_opened_before_stands_in_the_way(house: House) -> None:
    prepare(house, "pull_request_create")
    house.github.open_pull(REPOSITORY, BRANCH, by="bob", title="Mine")
    house.work()
    _later(house)
    assert (written(house, "pull_request_create"), outcomes(house, "pull_request_create")) == ([], ["refused"])
    assert f"#2 of {BRANCH} into main is open already, by bob" in _error(house, "pull_request_create")


def test_a_pull_request_that_was_closed_meanwhile_is_not_opened_again(house: House) -> None:
    prepare(house, "pull_request_create")
    fault(house, "pull_request_create", 502, when="after")
    house.work()
    house.github.close(REPOSITORY, 2)
    _later(house, 60)
    assert (len(written(house, "pull_request_create")), outcomes(house, "pull_request_create")) == (1, ["written"])


def test_one_of_somebody_that_was_closed_before_is_not_taken_for_ours(house: House) -> None:
    prepare(house, "pull_request_create")
    house.github.open_pull(REPOSITORY, BRANCH, by="bob")
    house.github.close(REPOSITORY, 2)
    fault(house, "pull_request_create", 502)
    house.work()
    _later(house, 60)
    assert outcomes(house, "pull_request_create") == ["absent", "written"]


def test_one_of_ours_from_before_is_not_taken_for_the_one_sought(house: House) -> None:
    prepare(house, "pull_request_create")
    house.work()
    house.github.close(REPOSITORY, 2)
    fault(house, "pull_request_create", 502)
    wish(house, "pull_request_create", title="Once more")
    house.work()
    _later(house, 60)
    assert outcomes(house, "pull_request_create") == ["written", "absent", "written"]


def test_a_pull_request_whose_head_moved_at_the_last_moment_is_not_called_written(house: House) -> None:
    prepare(house, "pull_request_create")

    def push(point: str) -> None:
        if point == "write.spent":
            house.github.push(REPOSITORY, BRANCH, {"evil.py": "1"}, by="carol")

    house.context = replace(house.context, checkpoint=push)
    house.work()
    _later(house)
    assert outcomes(house, "pull_request_create") == ["refused"]
    assert f"by {BOT}, at {_tip(house, BRANCH)}" in _error(house, "pull_request_create")


@pytest.mark.parametrize("login", ["carol", "our App", "alice[bot]"])
def test_a_review_of_another_than_the_wish_names_is_not_dismissed(house: House, login: str) -> None:
    prepare(house, "review_dismiss")
    house.sent.clear()
    with house.context.pool.connection() as tx:
        tx.execute("DELETE FROM steps WHERE id IN (SELECT id FROM intents WHERE kind = 'review_dismiss')")
    wish(house, "review_dismiss", login=login)
    house.work()
    assert (house.github.writes("/dismissals"), outcomes(house, "review_dismiss")) == ([], ["refused"])
    assert "is alice's, and not" in _error(house, "review_dismiss")


def test_a_review_of_our_own_needs_no_login(house: House) -> None:
    prepare(house, "review_approve")
    house.work()
    house.allow("review_approve", "review_dismiss")
    ours = next(one for one in house.github.state.repository(REPOSITORY).reviews[1] if one.author == BOT)
    wish(house, "review_dismiss", login="our App", review_id=ours.id)
    house.work()
    assert outcomes(house, "review_dismiss") == ["written"]


def test_a_branch_that_is_there_at_the_commit_is_the_one_wished_for(house: House) -> None:
    prepare(house, "branch_create")
    house.github.create_branch(REPOSITORY, BRANCH, at=_tip(house, "feature"))
    house.work()
    assert intents(house, "branch_create") == ["sent"]
    _later(house)
    assert (written(house, "branch_create"), outcomes(house, "branch_create")) == ([], ["written"])


def test_a_branch_that_is_there_at_another_commit_stands_in_the_way(house: House) -> None:
    prepare(house, "branch_create")
    house.github.create_branch(REPOSITORY, BRANCH)
    house.work()
    _later(house)
    assert (written(house, "branch_create"), outcomes(house, "branch_create")) == ([], ["refused"])
    assert "is there already" in _error(house, "branch_create")


def test_a_branch_that_somebody_moved_is_not_moved(house: House) -> None:
    prepare(house, "branch_fast_forward")
    house.github.push(REPOSITORY, BRANCH, {"c.py": "1"}, by="bob")
    house.work()
    assert (house.github.writes("/git/refs"), outcomes(house, "branch_fast_forward")) == ([], ["refused"])
    assert "by now" in _error(house, "branch_fast_forward")


def test_a_branch_that_is_gone_is_not_moved(house: House) -> None:
    prepare(house, "branch_fast_forward")
    house.github.delete_branch(REPOSITORY, BRANCH)
    house.work()
    assert (house.github.writes("/git/refs"), outcomes(house, "branch_fast_forward")) == ([], ["refused"])


def test_a_branch_that_somebody_moves_on_after_an_unknown_move_is_left_where_it_is(house: House) -> None:
    prepare(house, "branch_fast_forward")
    fault(house, "branch_fast_forward", 502, when="after")
    house.work()
    house.github.push(REPOSITORY, BRANCH, {"c.py": "1"}, by="bob")
    _later(house)
    assert (len(written(house, "branch_fast_forward")), outcomes(house, "branch_fast_forward")) == (1, ["refused"])


def test_a_branch_is_never_moved_to_what_is_not_on_top_of_it(house: House) -> None:
    prepare(house, "branch_fast_forward")
    house.sent.clear()
    before, aside = _tip(house, "feature"), _tip(house, "next")
    house.github.create_branch(REPOSITORY, "aside", at=before)
    wish(house, "branch_fast_forward", branch="aside", before=before, sha=aside)
    house.work()
    assert (written(house, "branch_fast_forward"), outcomes(house, "branch_fast_forward")) == ([], ["refused"])
    assert _tip(house, "aside") == before


def test_a_label_that_is_not_there_was_taken_off(house: House) -> None:
    prepare(house, "label_remove")
    house.github.unlabel(REPOSITORY, 1, LABEL)
    house.work()
    assert intents(house, "label_remove") == ["sent"]
    _later(house)
    assert (written(house, "label_remove"), outcomes(house, "label_remove")) == ([], ["written"])


def test_labels_have_no_case(house: House) -> None:
    prepare(house, "label_add")
    house.sent.clear()
    house.github.add_label(REPOSITORY, "BUG")
    wish(house, "label_add", labels=("bug",))
    house.work()
    assert outcomes(house, "label_add") == ["written"]


@pytest.mark.parametrize("name", ["blob", "tree", "commit"])
def test_an_object_of_another_sha_than_the_one_computed_is_not_called_written(house: House, name: str) -> None:
    prepare(house, name)
    house.sent.clear()
    wish(house, name, sha="a" * 40)
    house.work()
    assert outcomes(house, name) == ["refused"]
    assert "another SHA" in _error(house, "git_object")


def test_the_bytes_of_a_blob_arrive_as_they_are(house: House) -> None:
    prepare(house, "blob")
    house.work()
    assert objects.blob_sha(b"\x00\xffbytes of a file\r\n") in house.github.state.repository(REPOSITORY).blobs
