"""Workflows of all types at once on a gate that really runs, while each process of it is killed and Postgres fails."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.error import URLError

import psycopg

from app import simulator
from app.database import Transaction
from app.demo import agent as agents
from app.demo import stage as stages
from app.demo.stage import REPOSITORY
from app.records import gate_findings, issues
from tests.soak import crew as crews
from tests.soak import importing, merges
from tests.soak.crew import Crew, Server
from tests.soak.plan import Plan

GADGET = "acme/gadget"
SETTINGS = {
    **merges.SETTINGS,
    "ALLOWED_REPOSITORIES": f"{REPOSITORY},{GADGET}",
    "ALLOWED_WRITES": "status,branch_create,pull_request_create",
    "GITHUB_DELIVERIES": "live",
    "RECONCILE_SECONDS": "5",
}
ASKING_AT_ONCE = 6
OK = range(200, 300)
GIVEN_ALREADY = 409
UNANSWERED = (URLError, OSError)
"""What asking meets while web is dead or on its way."""
OVER = """
SELECT NOT EXISTS (SELECT FROM workflows WHERE status IN ('pending', 'running', 'waiting') AND type <> 'reconciliation')
   AND NOT EXISTS (SELECT FROM merge_requests WHERE status = 'open')
   AND NOT EXISTS (SELECT FROM intents WHERE status IN ('pending', 'sent')) AS over
"""
COUNTS = "SELECT type, status, count(*) AS n FROM workflows GROUP BY type, status ORDER BY type, status"


@dataclass(frozen=True)
class Scale:
    """`blows`: what happens so many seconds after the last, one after the other: a process is killed, `cut`, `stop`."""

    pulls: int
    handoffs: int
    imports: int
    workers: int
    points: tuple[str, ...]
    pause_seconds: float
    blows: tuple[str, ...]
    apart_seconds: float
    away_seconds: float


@dataclass
class Workflows(merges.Soak):
    """`runs`: that of each branch which an agent has asked a pull request for."""

    scale: Scale = field(kw_only=True)
    crew: Crew = field(kw_only=True)
    server: Server = field(kw_only=True)
    runs: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Each pull request is approved, green and evaluated, and has an issue whose review nobody has asked for."""
        self.crew.begin()
        for number in self.plan.numbers:
            self._open(number)
            lint = {"state": "success", "context": "lint"}  # an event that names no pull request: it has to be found
            self.stage.hooks.set_status(REPOSITORY, self.heads[number], by="bob", **lint)
        self._until(lambda: self._passed() == len(self.plan.numbers))
        repository_id = self.stage.github.state.repository(REPOSITORY).id
        with self._transaction() as tx:
            gate_findings.override(tx, repository_id, "main", by="olga", reason="a soak", now=datetime.now(UTC))
            self.issues = {number: _issue(tx, number) for number in self.plan.numbers}

    def play(self) -> None:
        """Ask for everything at once, strike meanwhile, and wait for the end. Raises `TooLong`."""
        with ThreadPoolExecutor(ASKING_AT_ONCE) as many:
            asking: list[Future[None]] = [many.submit(self._merge, number) for number in self.plan.numbers]
            asking += [many.submit(self._hand_over, f"agent-{place}") for place in range(self.scale.handoffs)]
            asking += [many.submit(self._bring_over, place) for place in range(self.scale.imports)]
            for blow in self._blows():
                self._until_seconds(self.scale.apart_seconds)
                self._strike(blow)
            self._until(lambda: all(each.done() for each in asking))
        for each in asking:
            each.result()
        self._until(self._is_over)

    def counts(self) -> str:
        """How many workflows there are, of each type and status."""
        return ", ".join(f"{row['n']} {row['type']} {row['status']}" for row in self.rows(COUNTS))

    def _blows(self) -> list[str]:
        blows = list(self.scale.blows)
        Random(self.plan.seed).shuffle(blows)
        return blows

    def _strike(self, blow: str) -> None:
        if blow == "cut":
            crews.cut(self.stage.environment["DATABASE_URL"])
        elif blow == "stop":
            self.server.stop()
            time.sleep(self.scale.away_seconds)
            self.server.start()
        else:
            self.crew.kill(blow)

    def _merge(self, number: int) -> None:
        """The issue's review is asked for, and then its merge."""
        path = f"/api/v1/issues/{self.issues[number]}"
        self._say("agent", f"{path}/review", {"requestId": str(uuid.uuid4())})
        self._wait(path, lambda issue: issue.get("status") == "REVIEW_READY")
        self._say("agent", f"{path}/merge", {"requestId": str(uuid.uuid4()), "whenReady": True})

    def _hand_over(self, branch: str) -> None:
        """An agent asks for a pull request, and everybody says what is asked of them."""
        file = {"path": f"{branch}.py", "content": f"# {branch}\n"}
        stored = self._say("agent", "/api/v1/artifacts", {"kind": "files", "files": [file]})
        wanted = {"artifact": stored["digest"], "repository": GADGET, "base": "main", "branch": branch}
        run_id = self._say("agent", "/api/v1/pull-requests", {**wanted, "title": f"Add {branch}"})["runId"]
        self.runs[branch] = run_id
        path = f"/api/v1/runs/{run_id}"
        run = self._wait(path, lambda run: bool(run.get("headSha") and run.get("status") == "blocked"))
        said = {"verdict": "PASS", "epoch": run["epoch"], "headSha": run["headSha"]}
        for who, kind in (("verifier", "verification"), ("reviewer", "internal_review")):
            self._say(who, f"{path}/evidence", {"kind": kind, **said})
        self._say("olga", f"{path}/approve", {"digest": run["digest"]})

    def _bring_over(self, number: int) -> None:
        """Old records are imported by a command that is given again until all is in."""
        path = importing.file(self.stage.directory, number)
        for attempt, _ in enumerate(self._patiently(path.name)):
            if importing.bring_over(self.stage, path, attempt):
                return
        raise merges.TooLong(f"{path.name} was not imported")

    def _say(self, who: str, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Until it is taken: whoever gets no answer says the same again."""
        for _ in self._patiently(path):
            with suppress(*UNANSWERED):
                status, answer = self.agent.post(who, path, document)
                if status in OK or status == GIVEN_ALREADY:
                    return answer
        raise merges.TooLong(f"{path} was not taken")

    def _wait(self, path: str, is_there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in self._patiently(path):
            with suppress(*UNANSWERED):
                found = self.agent.get(path)
                if is_there(found):
                    return found
        raise merges.TooLong(f"{path} is not there: {found}")

    def _patiently(self, path: str) -> Iterator[None]:
        until = time.monotonic() + merges.SOAK_SECONDS
        while time.monotonic() < until:
            yield
            time.sleep(merges.LOOK_SECONDS)

    def _is_over(self) -> bool:
        return bool(self.rows(OVER)[0]["over"])

    def _until_seconds(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._until(lambda: time.monotonic() > until)

    def _until(self, is_over: Callable[[], bool]) -> None:
        """Whatever dies meanwhile is started again. Raises `TooLong`."""
        for _ in self._patiently("the soak"):
            self.crew.revive()
            with suppress(psycopg.OperationalError):
                if is_over():
                    return
        raise merges.TooLong(f"after {merges.SOAK_SECONDS} s there are {self.counts()}")


@contextmanager
def running(scale: Scale, seed: int, directory: Path, server: Server) -> Iterator[Workflows]:
    """The processes, on the migrated database of that server."""
    github = simulator.GitHub()
    people = {"alice": "write", "bob": "write"}
    for name in (REPOSITORY, GADGET):
        github.add_repository(name, collaborators=people, files={".policy.yml": merges.POLICY})
    github.install(github.add_app(), "acme")
    settings = {**SETTINGS, "ARTIFACT_STORE": f"file://{directory}/artifacts"}
    with stages.running(github, directory, server.url, **settings) as stage:
        workers = tuple(f"worker.{place + 1}" for place in range(scale.workers))
        crew = Crew(stage, workers, scale.points, scale.pause_seconds)
        plan = Plan(seed, workers, tuple(range(1, scale.pulls + 1)), {}, ())
        stage.start("flower")
        yield Workflows(stage, plan, agents.hired(stage), scale=scale, crew=crew, server=server)


def _issue(tx: Transaction, number: int) -> str:
    """One that links the pull request, and is worked on."""
    link, now = f"https://github.com/{REPOSITORY}", datetime.now(UTC)
    made = issues.create(
        tx, github_url=f"{link}/issues/{1000 + number}", pr_url=f"{link}/pull/{number}", created_by="agent", now=now
    )
    tx.execute("UPDATE issues SET status = 'IMPLEMENTING_PREP' WHERE id = %(id)s", {"id": made.id})
    return str(made.id)
