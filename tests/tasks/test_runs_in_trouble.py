"""What people, agents and GitHub do in the middle of a run: nothing leaves that was not judged, and nothing twice."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.governor import Governor, Turn
from tasks.receipts import MOST_TOKENS
from tests.tasks.agency import BRANCH, MOST_SWEEPS, Agency, agency, codes
from tests.tasks.house import REPOSITORY, built, forget_clients

STRANGE = ("ä/ö", "a#b", "a%20b", "日本🚀", "x;$(y)", "'q'", "a+b&c=d,e", "x" * 200)


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


@pytest.mark.parametrize("branch", STRANGE)
def test_whatever_a_branch_is_called_it_is_made_and_moved(at: Agency, branch: str) -> None:
    run = at.clear(at.ask(branch=branch)["runId"])
    assert (run["status"], codes(run)) == ("succeeded", [])
    at.ask(at.store({"path": "b.py", "content": "3\n"}), branch=branch)
    run = at.clear(run["runId"])
    assert (run["status"], [pull.head_ref for pull in _pulls(at)]) == ("succeeded", [branch])
    assert _pulls(at)[0].head_sha == run["headSha"]


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"branch": name}
            for name in ("-x", "a..b", "a b", "@", "HEAD", "refs/heads/x", "0" * 40, "x" * 201, "a\x00")
        ),
        *({"base": name} for name in ("", "a.lock", "x/", "refs/heads/main")),
        *({"repository": name} for name in ("acme", "acme/..", "./widget", "acme/wid get", "acme/widget/x")),
        *({"title": title} for title in ("", "  ", "\x1c", "a\x00b", "x" * 256)),
        {"labels": [""]},
        {"reviewers": ["x"] * 101},
        {"body": "x" * 60_001},
        {"artifact": "../../etc/passwd"},
        {"draft": "yes"},
        {"force": True},
    ],
    ids=str,
)
def test_what_can_be_no_pull_request_is_refused_at_the_door(at: Agency, changes: dict[str, Any]) -> None:
    wanted = {"artifact": at.store(), "repository": REPOSITORY, "base": "main", "branch": BRANCH, "title": "Add b"}
    answer = at.agent.post("/api/v1/pull-requests", json={**wanted, **changes})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID")
    assert at.house.rows("SELECT run_id FROM bindings") == []


def test_a_commit_needs_no_message_of_its_own(at: Agency) -> None:
    run = at.clear(at.ask(message=" \n")["runId"])
    assert at.house.github.state.repository(REPOSITORY).commits[run["headSha"]].message == "Add b"


@pytest.mark.parametrize("content", [{"number": 10**30, "labels": ["x"]}, {"number": 1, "labels": ["\x00"] * 101}])
def test_a_wish_that_nobody_can_store_is_a_blocker_and_stops_no_worker(at: Agency, content: dict[str, Any]) -> None:
    run = at.clear(at.ask()["runId"])
    answer = at.agent.post(f"/api/v1/runs/{run['runId']}/writes", json={"kind": "label_add", "content": content})
    at.settle()
    said = (answer.status_code, codes(at.run(run["runId"])))
    assert said in ((202, ["WISH_NOT_UNDERSTOOD"]), (422, []))


def test_asked_for_five_times_at_once_it_is_one_run(at: Agency) -> None:
    wanted = {"artifact": at.store(), "repository": REPOSITORY, "base": "main", "branch": BRANCH, "title": "Add b"}
    clients = [at.knock.client("propose", principal="agent") for _ in range(2)]
    start = threading.Barrier(len(clients))
    answers: list[Any] = []

    def ask(client: Any) -> None:
        start.wait()
        answers.append(client.post("/api/v1/pull-requests", json=wanted))

    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.get_json()["runId"] for answer in answers}) == 1


class _Interrupted(Governor):
    """A governor that lets something happen in the middle of a decision, once."""

    def __init__(self, known: Governor, happen: Any) -> None:
        self.__dict__.update(known.__dict__)
        self._happen = happen

    def next_turn(self, installation_id: int, turn: Turn, target: str, now: datetime) -> datetime | None:
        happen, self._happen = self._happen, lambda: None
        happen()
        return super().next_turn(installation_id, turn, target, now)


def test_evidence_that_arrives_in_the_middle_of_a_decision_is_heard(at: Agency) -> None:
    run = at.ask()
    assert at.approve(run["runId"]).status_code == 200
    assert at.give(run["runId"], "verification").status_code == 201
    said = {"kind": "internal_review", "verdict": "PASS", "epoch": 1, "headSha": run["headSha"]}
    given = threading.Thread(target=lambda: at.verifier.post(f"/api/v1/runs/{run['runId']}/evidence", json=said))

    def happen() -> None:
        given.start()
        at.house.wait_until_one_waits(or_until=lambda: not given.is_alive())

    alive = at.house.context
    at.house.context = replace(alive, governor=_Interrupted(alive.governor, happen))
    at.agent.post("/api/v1/pull-requests", json=_wanted(at))
    at.house.sweep()
    given.join()
    at.house.context = alive
    at.settle()
    assert (codes(at.run(run["runId"])), at.run(run["runId"])["status"]) == ([], "succeeded")


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
