"""An agent's pull request, over HTTP alone, with two workers: whatever happens to them, one of everything."""

import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from app import simulator
from app.demo import agent as agents
from app.demo import stage as stages
from app.demo.agent import Agent
from app.demo.stage import Stage, eventually
from tests import databases

MOST_OWNERS = 20
WORKERS = ("worker", "worker.2")
BRANCH = "agent/add-b"
STAGES = ("git/blobs", "git/trees", "git/commits", "git/refs", "pulls", "labels", "requested_reviewers")
ONE_OF_EACH = dict.fromkeys((f"POST {stage}" for stage in STAGES), 1)
ALLOWED = "branch_create,branch_fast_forward,pull_request_create,pull_request_update,label_add,review_request"
BUSY = 429
SETTINGS = {
    "ALLOWED_WRITES": f"{ALLOWED},comment_create,comment_update",
    "WORKER_CONCURRENCY": "4",
    "WRITE_SPACING_SECONDS": "0",
    "NOTIFYING_SPACING_SECONDS": "0",
    "SETTLE_SECONDS": "1",
    "API_REQUESTS_PER_MINUTE": "100000",
}


@dataclass
class Office:
    """A gate with two workers, an agent and those who say yes to it; each job has a repository of its own."""

    stage: Stage
    agent: Agent
    app_id: int
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(MOST_OWNERS)))

    def post(self, who: str, path: str, document: Any) -> tuple[int, dict[str, Any]]:
        """Ask until the door has a place."""
        while (said := self.agent.post(who, path, document))[0] == BUSY:
            pass
        return said

    def job(self) -> "Job":
        owner, github = f"acme-{next(self._numbers)}", self.stage.github
        github.add_organization(owner, members={"ann": "admin"})
        github.add_repository(f"{owner}/widget", collaborators={"alice": "write"})
        github.install(github.state.apps[self.app_id], owner)
        return Job(self, f"{owner}/widget")


@dataclass
class Job:
    """One pull request that is asked for."""

    office: Office
    name: str
    run_id: str = ""

    def wanted(self, content: str = "1\n", title: str = "Add b") -> dict[str, Any]:
        """The request for it; its artifact is stored."""
        document = {"kind": "files", "files": [{"path": "b.py", "content": content}]}
        digest = self.office.post("agent", "/api/v1/artifacts", document)[1]["digest"]
        ends = {"repository": self.name, "base": "main", "branch": BRANCH}
        return {**ends, "artifact": digest, "title": title, "labels": ["bot"], "reviewers": ["alice"]}

    def ask(self, **changes: str) -> dict[str, Any]:
        """The run, once there is nothing more to do without others."""
        status, run = self.office.post("agent", "/api/v1/pull-requests?wait=20", self.wanted(**changes))
        assert status in (200, 202), run
        self.run_id = run["runId"]
        return run

    def approve(self) -> None:
        """Verification, internal review and an operator's approval of what is planned now."""
        agents.give_evidence(self.office.agent, self.run())
        status, said = self.post("olga", "approve", {"digest": self.run()["digest"]})
        assert status == 200, said

    def post(self, who: str, what: str, document: Any) -> tuple[int, dict[str, Any]]:
        return self.office.post(who, f"/api/v1/runs/{self.run_id}/{what}", document)

    def run(self) -> dict[str, Any]:
        return self.office.agent.run(self.run_id)

    def succeeds(self) -> dict[str, Any]:
        """Wait until all of it is written."""
        eventually(lambda: self.run()["status"] == "succeeded", f"the end of the run of {self.name}")
        return self.run()

    def effects(self) -> dict[str, int]:
        """How many writes of each sort took effect at GitHub."""
        found = (re.search(rf"^/repos/{self.name}/(.*)", write.path) for write in self._written())
        kinds = (re.sub(r"(issues|pulls)/\d+/|/heads/.*|/\d+$", "", match[1]) for match in found if match)
        return dict(Counter(f"{write.method} {kind}" for write, kind in zip(self._written(), kinds, strict=True)))

    def _written(self) -> list[Any]:
        return [write for write in self.office.stage.github.writes(f"/{self.name}/") if write.effect == "yes"]

    def pull(self) -> Any:
        """The one pull request of the repository."""
        (pull,) = self.office.stage.github.state.repository(self.name).pulls.values()
        return pull


@pytest.fixture(scope="module")
def office(postgres: str, service_directory: Path) -> Iterator[Office]:
    directory = service_directory / "office"
    directory.mkdir()
    github = simulator.GitHub()
    app = github.add_app()
    settings = {
        **SETTINGS,
        "ALLOWED_REPOSITORIES": ",".join(f"acme-{number}/widget" for number in range(MOST_OWNERS)),
        "ARTIFACT_STORE": f"file://{directory}/artifacts",
    }
    with databases.fresh(postgres) as url, stages.running(github, directory, url, **settings) as stage:
        stage.start(WORKERS[1])
        yield Office(stage, agents.hired(stage), app.id)
        stage.run("audit", "verify")
    assert (github.unknown_requests, github.open_requests) == ([], [])


def test_it_is_blocked_then_opened_then_changed_then_ended_by_a_person(office: Office) -> None:
    job = office.job()
    run = job.ask()
    assert (run["status"], {blocker["code"] for blocker in run["blockers"]}, job.effects()) == (
        "blocked",
        {"VERIFICATION_MISSING", "INTERNAL_REVIEW_MISSING", "APPROVAL_MISSING"},
        {},
    )
    assert job.post("agent", "approve", {"digest": run["digest"]})[1]["code"] == "SCOPE_MISSING"
    job.approve()
    assert job.succeeds()["pullRequest"]["number"] == 1
    pull = job.pull()
    assert (pull.title, pull.head_sha, pull.labels, pull.requested_reviewers) == (
        *("Add b", run["headSha"], ("bot",), ("alice",)),
    )
    changed = job.ask(content="2\n", title="Add b, better")
    assert (changed["runId"], changed["epoch"], changed["status"]) == (run["runId"], 2, "blocked")
    job.post("agent", "writes", {"kind": "comment", "content": {"number": 1, "body": "Better by 1."}})
    eventually(lambda: len(job.run()["intents"]) == 3, "the plan of the comment")
    job.approve()
    assert (job.succeeds()["headSha"], job.pull().title) == (job.pull().head_sha, "Add b, better")
    office.stage.hooks.close(job.name, 1, by="alice")
    eventually(lambda: job.post("agent", "epochs", {})[1].get("code") == "RUN_CLOSED", "the end of the run")
    assert job.effects() == {
        **{**ONE_OF_EACH, **dict.fromkeys(("POST git/blobs", "POST git/trees", "POST git/commits"), 2)},
        **{"PATCH git/refs": 1, "PATCH pulls": 1, "POST comments": 1},
    }


def test_asked_for_five_times_at_once_there_is_one_of_everything(office: Office) -> None:
    job = office.job()
    wanted = job.wanted()

    def ask(_: int) -> str:
        status, said = office.post("agent", "/api/v1/pull-requests", wanted)
        assert status == 202, said
        return str(said["runId"])

    with ThreadPoolExecutor(5) as five:
        asked = set(five.map(ask, range(5)))
        (job.run_id,) = asked
        eventually(lambda: job.run()["digest"] is not None, "the plan")
        job.approve()
        assert set(five.map(ask, range(5))) == asked
    job.succeeds()
    assert job.effects() == ONE_OF_EACH


def test_both_workers_killed_in_the_middle_of_every_stage_cost_nothing_and_double_nothing(office: Office) -> None:
    jobs = _jobs_that_meet(office, "hang")
    office.stage.github.faults.until_hanging(len(jobs))
    for worker in WORKERS:
        office.stage.kill(worker, signal.SIGKILL)
    assert {stage: job.effects()[f"POST {stage}"] for stage, job in jobs.items()} == dict.fromkeys(STAGES, 1)
    office.stage.start(*WORKERS)
    _demand_one_of_each(jobs)


@pytest.mark.long
def test_github_answers_502_after_any_effect_and_it_is_found_again(office: Office) -> None:
    _demand_one_of_each(_jobs_that_meet(office, 502))


def _jobs_that_meet(office: Office, what: int | str) -> dict[str, Job]:
    """For each stage a job whose request goes wrong there, once GitHub has done what it asks for."""
    jobs = {stage: office.job() for stage in STAGES}
    for stage, job in jobs.items():
        office.stage.github.fault("POST", f"^/repos/{job.name}/.*{stage}$", what, when="after")
    with ThreadPoolExecutor(2) as two:
        list(two.map(Job.ask, jobs.values()))
        list(two.map(Job.approve, jobs.values()))
    return jobs


def _demand_one_of_each(jobs: dict[str, Job]) -> None:
    for job in jobs.values():
        assert job.succeeds()["pullRequest"]["number"] == 1
        assert (job.effects(), job.pull().requested_reviewers) == (ONE_OF_EACH, ("alice",))


@pytest.mark.long
def test_while_redis_stands_still_nothing_is_written_and_then_all_of_it_once(office: Office) -> None:
    job = office.job()
    job.ask()
    office.stage.github.fault("POST", f"^/repos/{job.name}/git/blobs$", "hang", when="before")
    job.approve()
    office.stage.github.faults.until_hanging()
    with _frozen_redis(office.stage):
        eventually(lambda: _stands_still(job), "an answer of the door without Redis")
        assert job.effects() == {}
    job.succeeds()
    assert job.effects() == ONE_OF_EACH


def _stands_still(job: Job) -> bool:
    return job.post("verifier", "evidence", {})[1].get("code") == "UNAVAILABLE"


@contextmanager
def _frozen_redis(stage: Stage) -> Iterator[None]:
    with redis.Redis.from_url(stage.environment["REDIS_URL"]) as client:
        pid = client.info()["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
