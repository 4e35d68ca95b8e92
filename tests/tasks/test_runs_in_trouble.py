"""What people, agents and GitHub do in the middle of a run: nothing leaves that was not judged, and nothing twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.receipts import MOST_TOKENS
from tests.tasks.agency import BRANCH, MOST_SWEEPS, Agency, agency, codes
from tests.tasks.house import REPOSITORY, built, forget_clients


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


def _pulls(at: Agency) -> list[Any]:
    """Those that a run opened."""
    return [pull for pull in at.house.github.state.repository(REPOSITORY).pulls.values() if pull.number > 1]


def _change(at: Agency, content: str = "3\n") -> dict[str, Any]:
    """The agent asks for its pull request with other work."""
    return at.ask(at.store({"path": "b.py", "content": content}))


def _wanted(at: Agency) -> dict[str, Any]:
    return {
        "artifact": at.store(),
        "repository": REPOSITORY,
        "base": "main",
        "branch": BRANCH,
        "title": "Add b",
        "body": "Because.",
    }


def test_a_repository_that_is_renamed_in_between_is_another_remote(at: Agency) -> None:
    run = at.ask()
    at.house.github.rename(REPOSITORY, "acme/gadget")
    run = at.clear(run["runId"])
    assert (run["status"], set(codes(run)), at.house.written("git_object")) == ("blocked", {"REMOTE_MISMATCH"}, [])


def test_a_branch_that_somebody_makes_in_between_is_theirs(at: Agency) -> None:
    run = at.ask()
    theirs = at.house.github.push(REPOSITORY, BRANCH, {"x.py": "theirs"}, by="bob").sha
    run = at.clear(run["runId"])
    assert (run["status"], _pulls(at)) == ("blocked", [])
    assert at.house.github.state.repository(REPOSITORY).branches[BRANCH] == theirs
    again = at.agent.post(f"/api/v1/runs/{run['runId']}/epochs", json={})
    assert again.get_json()["epoch"] == 2
    assert codes(at.ask()) == ["BRANCH_EXISTS"]


def test_a_branch_that_somebody_moves_before_its_pull_request_opens_none(at: Agency) -> None:
    run = at.ask()
    at.house.github.fault("POST", "/pulls$", 502, when="before")
    _advance_until_sent(at, run["runId"])
    theirs = at.house.github.push(REPOSITORY, BRANCH, {"x.py": "theirs"}, by="bob").sha
    run = at.clear(run["runId"])
    assert (run["status"], set(codes(run)), _pulls(at)) == ("blocked", {"BRANCH_MISMATCH"}, [])
    assert theirs in run["blockers"][0]["sentence"]


def _advance_until_sent(at: Agency, run_id: str) -> None:
    """The pull request is on its way, and nobody knows what became of it."""
    for kind in ("verification", "internal_review"):
        at.give(run_id, kind)
    at.approve(run_id)
    for _ in range(MOST_SWEEPS):
        if at.house.rows("SELECT id FROM intents WHERE status = 'sent' AND kind = 'pull_request_create'"):
            return
        at.house.clock.forward(2)
        at.house.sweep()
    raise AssertionError("the pull request is not sent")


def test_a_branch_that_somebody_deletes_in_between_is_made_anew_by_the_next_epoch(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    _change(at)
    at.house.github.delete_branch(REPOSITORY, BRANCH)
    blocked = at.clear(first["runId"])
    assert blocked["status"] == "blocked"
    assert "is gone by now" in blocked["blockers"][0]["sentence"]
    assert at.agent.post(f"/api/v1/runs/{first['runId']}/epochs", json={}).status_code == 201
    _change(at)
    done = at.clear(first["runId"])
    assert (done["status"], done["pullRequest"]["number"]) == ("succeeded", 3)
    assert _pulls(at)[1].head_sha == done["headSha"]


def test_a_branch_that_somebody_pushes_to_in_between_is_left_alone(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    _change(at)
    theirs = at.house.github.push(REPOSITORY, BRANCH, {"x.py": "theirs"}, by="bob").sha
    blocked = at.clear(first["runId"])
    assert (blocked["status"], _pulls(at)[0].head_sha) == ("blocked", theirs)


def test_a_base_that_is_deleted_in_between_opens_nothing(at: Agency) -> None:
    at.house.github.create_branch(REPOSITORY, "release")
    run = at.ask(base="release")
    at.house.github.delete_branch(REPOSITORY, "release")
    run = at.clear(run["runId"])
    assert (run["status"], set(codes(run)), _pulls(at)) == ("blocked", {"GITHUB_API_ERROR"}, [])


def test_a_pull_request_that_is_closed_while_it_waits_ends_its_run_and_is_not_changed(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    waiting = _change(at)
    assert waiting["status"] == "blocked"
    at.house.github.close(REPOSITORY, 2)
    at.house.deliver_pull(2, "closed")
    at.house.work()
    ended = at.run(first["runId"])
    assert (ended["status"], ended["intents"], ended["blockers"]) == ("cancelled", [], [])
    assert _pulls(at)[0].head_sha == first["headSha"]
    later = at.clear(_change(at)["runId"])
    assert (later["status"], later["pullRequest"]["number"]) == ("succeeded", 3)


def test_an_approval_of_what_an_epoch_has_replaced_is_refused(at: Agency) -> None:
    seen = at.ask()
    at.agent.post("/api/v1/pull-requests", json={**_wanted(at), "title": "Add c"})
    assert at.operator.post(f"/api/v1/runs/{seen['runId']}/approve", json={"digest": seen["digest"]}).get_json()[
        "code"
    ] in ("NOTHING_TO_APPROVE", "APPROVAL_CONTENT_CHANGED")
    at.house.sweep()
    answer = at.operator.post(f"/api/v1/runs/{seen['runId']}/approve", json={"digest": seen["digest"]})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "APPROVAL_CONTENT_CHANGED")
    intent = seen["intents"][0]
    answer = at.operator.post(f"/api/v1/intents/{intent['intentId']}/approve", json={"digest": intent["digest"]})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "INTENT_NOT_WAITING")


@pytest.mark.parametrize("base", ["main", "release"])
def test_a_branch_has_one_run_at_a_time(at: Agency, base: str) -> None:
    first = at.ask()
    other = at.knock.client("propose", principal="other")
    answers = [
        other.post("/api/v1/pull-requests", json={**_wanted(at), "base": base}),
        other.post("/api/v1/runs", json={"repository": REPOSITORY.upper(), "base": base, "head": BRANCH}),
    ]
    assert [(answer.status_code, answer.get_json()["code"]) for answer in answers] == [(409, "BRANCH_TAKEN")] * 2
    assert at.agent.post(f"/api/v1/runs/{first['runId']}/cancel").status_code == 200
    assert other.post("/api/v1/pull-requests", json=_wanted(at)).status_code == 202


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_cancelled_while_it_opens_opens_once_or_not_at_all(at: Agency, when: str) -> None:
    run = at.ask(labels=["bot"])
    at.house.github.fault("POST", "/pulls$", 502, when=when)
    at.house.github.fault("GET", "/pulls$", 502, times=3)
    _advance_until_sent(at, run["runId"])
    assert at.agent.post(f"/api/v1/runs/{run['runId']}/cancel").get_json()["status"] == "cancelled"
    for _ in range(MOST_SWEEPS):
        at.house.clock.forward(30)
        at.house.sweep()
    assert at.run(run["runId"])["status"] == "cancelled"
    assert len(_pulls(at)) == (1 if when == "after" else 0)
    assert at.house.written("label_add") == []
    assert at.house.rows("SELECT id FROM intents WHERE status IN ('pending', 'sent', 'waiting')") == []


def test_who_is_asked_for_a_review_already_is_not_asked_again(at: Agency) -> None:
    first = at.clear(at.ask(reviewers=["alice"], labels=["bot"])["runId"])
    wanted = {"labels": ["bot", "more"], "reviewers": ["Alice", "carol"]}
    changed = at.ask(at.store({"path": "b.py", "content": "3\n"}), **wanted)
    assert (changed["runId"], at.clear(first["runId"])["status"]) == (first["runId"], "succeeded")
    asked = [write["reviewers"] for write in at.house.written("review_request")]
    assert (asked, [write["labels"] for write in at.house.written("label_add")]) == (
        [["alice"], ["carol"]],
        [["bot"], ["more"]],
    )


def test_an_approval_holds_in_a_new_attempt_at_exactly_the_same_while_the_evidence_does_not(at: Agency) -> None:
    run = at.ask()
    assert at.approve(run["runId"]).status_code == 200
    assert at.give(run["runId"], "verification").status_code == 201
    assert at.agent.post(f"/api/v1/runs/{run['runId']}/epochs", json={}).status_code == 201
    again = at.ask()
    assert (again["epoch"], again["digest"]) == (2, run["digest"])
    assert sorted(set(codes(again))) == ["INTERNAL_REVIEW_MISSING", "VERIFICATION_STALE"]


def test_a_part_that_github_refuses_is_in_the_way_of_its_run(at: Agency) -> None:
    run = at.clear(at.ask(reviewers=["nobody"])["runId"])
    assert (run["status"], codes(run), len(_pulls(at))) == ("blocked", ["GITHUB_API_ERROR"], 1)
    assert "refused (422)" in run["blockers"][0]["sentence"]


def test_bytes_that_are_lost_are_in_the_way_of_their_run(at: Agency, tmp_path: Path) -> None:
    run = at.ask()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            file.unlink()
    at.clear(run["runId"])
    for _ in range(MOST_TOKENS):
        at.house.clock.forward(900)
        forget_clients()
        at.house.sweep()
    run = at.run(run["runId"])
    assert (run["status"], codes(run)) == ("blocked", ["ARTIFACT_STORE_UNAVAILABLE"])
    assert "is not in the store; send it again" in run["blockers"][0]["sentence"]


def test_a_pull_request_whose_closing_nobody_heard_of_is_not_changed_and_ends_no_worker(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    at.ask(at.store({"path": "b.py", "content": "3\n"}), title="Add b, better")
    at.house.github.close(REPOSITORY, 2)
    blocked = at.clear(first["runId"])
    assert (blocked["status"], codes(blocked), _pulls(at)[0].title) == ("blocked", ["BRANCH_MISMATCH"], "Add b")
