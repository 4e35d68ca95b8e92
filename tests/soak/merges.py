"""A gate that really runs and is asked for many merges at once, while its workers are killed (kill -9) by a plan."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from app import simulator
from app.demo import agent as agents
from app.demo import stage as stages
from app.demo.agent import Agent
from app.demo.stage import REPOSITORY, Stage
from app.records import gate_findings, issues, timeline
from tests.soak.plan import Kill, Plan
from tests.soak.waiting import TooLong

ASKING_AT_ONCE = 16
SOAK_SECONDS = 1200
LOOK_SECONDS = 0.5
POLL_SECONDS = 0.01
ACCEPTED, BUSY = 202, 429
SETTINGS = {
    "ALLOWED_REPOSITORIES": REPOSITORY,
    "MERGE_REPOSITORIES": REPOSITORY,
    "GITHUB_MERGER": "live",
    "ALLOWED_WRITES": "status",
    "WRITE_SPACING_SECONDS": "0",
    "NOTIFYING_SPACING_SECONDS": "0",
    "WORKER_CONCURRENCY": "2",
    "API_REQUESTS_PER_MINUTE": "100000",
    "MERGE_SETTLE_SECONDS": "5",
    "MERGE_LEASE_SECONDS": "30",
}
POLICY = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""
IS_OVER = """
SELECT NOT EXISTS (SELECT FROM step_runs WHERE ending IS NULL)
   AND NOT EXISTS (SELECT FROM merge_requests WHERE status = 'open') AS over
"""


@dataclass
class Soak:
    """`issues`: that of each pull request, by its number. `heads`: what was judged. `killed`: so many workers."""

    stage: Stage
    plan: Plan
    agent: Agent
    heads: dict[int, str] = field(default_factory=dict)
    issues: dict[int, str] = field(default_factory=dict)
    killed: int = 0

    def prepare(self) -> None:
        """Each pull request is approved, green and evaluated, and has an issue; GitHub will make its troubles.

        Raises `TooLong`.
        """
        for number in self.plan.numbers:
            self._open(number)
        self._kill_until(lambda: self._passed() == len(self.plan.numbers), ())
        repository_id = self.stage.github.state.repository(REPOSITORY).id
        with self._transaction() as tx:
            gate_findings.override(tx, repository_id, "main", by="olga", reason="a soak", now=datetime.now(UTC))
            self.issues = {number: _issue(tx, number) for number in self.plan.numbers}
        for number, (what, when) in self.plan.troubles.items():
            self.stage.github.fault("PUT", f"/pulls/{number}/merge$", what, when=when)

    def play(self) -> None:
        """Ask for all merges at once, kill workers meanwhile, and wait for the end. Raises `TooLong`."""
        with ThreadPoolExecutor(ASKING_AT_ONCE) as many:
            answers = [many.submit(self._ask, number) for number in self.plan.asked]
            self._kill_until(lambda: all(answer.done() for answer in answers) and self._is_over(), self.plan.kills)
        assert [answer.result() for answer in answers] == [ACCEPTED] * len(answers)

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self.stage.rows(query)

    def _open(self, number: int) -> None:
        github, hooks = self.stage.github, self.stage.hooks
        self.heads[number] = github.push(REPOSITORY, f"feature-{number}", {f"{number}.py": "1"}, by="bob").sha
        hooks.open_pull(REPOSITORY, f"feature-{number}", by="bob", title=f"Add {number}")
        github.check_run(REPOSITORY, self.heads[number], app_id=other_app(github), name="ci")
        hooks.review(REPOSITORY, number, by="alice", state="approved")

    def _passed(self) -> int:
        return int(self.rows("SELECT count(DISTINCT number) AS n FROM evaluations WHERE state = 'success'")[0]["n"])

    def _ask(self, number: int) -> int:
        path = f"/api/v1/issues/{self.issues[number]}/merge"
        while (said := self.agent.post("agent", path, {})[0]) == BUSY:
            time.sleep(POLL_SECONDS)
        return said

    def _is_over(self) -> bool:
        return bool(self.rows(IS_OVER)[0]["over"])

    def _kill_until(self, is_over: Callable[[], bool], kills: Sequence[Kill]) -> None:
        asked, left, began = self.stage.github.requests, list(kills), time.monotonic()
        last, looked = len(asked), 0.0
        while True:
            if left and len(asked) - last >= left[0].after:
                self._kill(left.pop(0).worker)
                last = len(asked)
            if time.monotonic() - looked > LOOK_SECONDS:
                if is_over():
                    return
                looked = time.monotonic()
            if time.monotonic() - began > SOAK_SECONDS:
                raise TooLong(f"after {SOAK_SECONDS} s {self._passed()} passed, and there are {self._states()}")
            time.sleep(POLL_SECONDS)

    def _kill(self, worker: str) -> None:
        self.stage.kill(worker, signal.SIGKILL)
        self.stage.start(worker)
        self.killed += 1

    def _states(self) -> str:
        return str(self.rows("SELECT status, count(*) AS issues FROM issues GROUP BY status"))

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[DictRow]]:
        url = self.stage.environment["DATABASE_URL"]
        with psycopg.Connection[DictRow].connect(url, row_factory=dict_row) as tx:
            yield tx


@contextmanager
def running(plan: Plan, directory: Path, database_url: str) -> Iterator[Soak]:
    """The processes with as many workers as the plan has, on a migrated database."""
    github = simulator.GitHub()
    github.add_repository(REPOSITORY, collaborators={"alice": "write", "bob": "write"}, files={".policy.yml": POLICY})
    github.install(github.add_app(), "acme")
    with stages.running(github, directory, database_url, **SETTINGS) as stage:
        stage.start(*plan.workers[1:])
        yield Soak(stage, plan, agents.hired(stage))


def other_app(github: simulator.GitHub) -> int:
    """The App that tests; without an installation of ours."""
    known = next((app.id for app in github.state.apps.values() if app.slug == "actions"), None)
    return known or github.add_app("actions").id


def _issue(tx: psycopg.Connection[DictRow], number: int) -> str:
    """One that links the pull request and whose review was asked for."""
    now = datetime.now(UTC)
    link = f"https://github.com/{REPOSITORY}"
    made = issues.create(
        tx, github_url=f"{link}/issues/{1000 + number}", pr_url=f"{link}/pull/{number}", created_by="agent", now=now
    )
    tx.execute("UPDATE issues SET status = 'REVIEW_READY' WHERE id = %(id)s", {"id": made.id})
    timeline.append(tx, made.id, None, "loop_review_requested", {"prUrl": made.pr_url}, now)
    return str(made.id)
