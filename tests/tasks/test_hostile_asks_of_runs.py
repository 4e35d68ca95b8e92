"""What an agent asks of a run that can be none, is asked at once, or is strange: refused at the door, or one run."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.governor import Governor, Turn
from tests.tasks.agency import BRANCH, Agency, agency, codes
from tests.tasks.house import REPOSITORY, built

STRANGE = ("ä/ö", "a#b", "a%20b", "日本🚀", "x;$(y)", "'q'", "a+b&c=d,e", "x" * 200)


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


def _pulls(at: Agency) -> list[Any]:
    """Those that a run opened."""
    return [pull for pull in at.house.github.state.repository(REPOSITORY).pulls.values() if pull.number > 1]


@pytest.mark.matrix
@pytest.mark.parametrize("branch", STRANGE)
def test_whatever_a_branch_is_called_it_is_made_and_moved(at: Agency, branch: str) -> None:
    run = at.clear(at.ask(branch=branch)["runId"])
    assert (run["status"], codes(run)) == ("succeeded", [])
    at.ask(at.store({"path": "b.py", "content": "3\n"}), branch=branch)
    run = at.clear(run["runId"])
    assert (run["status"], [pull.head_ref for pull in _pulls(at)]) == ("succeeded", [branch])
    assert _pulls(at)[0].head_sha == run["headSha"]


@pytest.mark.matrix
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
