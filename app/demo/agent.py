"""The chapter of the agent: it asks for a pull request, is told everything that is in the way, and it opens once."""

import json
import signal
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from app import tokens
from app.demo.stage import REPOSITORY, DemoFailed, Stage, eventually
from app.tokens import Scope

ARTIFACT = {"kind": "files", "files": [{"path": "limits.py", "content": "MOST = 100\n"}]}
SCOPES: dict[str, tuple[Scope, ...]] = {
    "agent": ("read", "propose"),
    "verifier": ("evidence",),
    "reviewer": ("evidence",),
    "olga": ("approve",),
}
WAIT_SECONDS = 10
ANSWERED = (200, 202)
"""With the run as it is in the end, or as it is until now."""


@dataclass(frozen=True)
class Agent:
    """An agent, a verifier, a reviewer and an operator, by their tokens."""

    stage: Stage
    tokens: dict[str, str]

    def post(self, who: str, path: str, document: Any) -> tuple[int, dict[str, Any]]:
        """Ask the API as somebody; status and answer."""
        return self._ask(who, "POST", path, json.dumps(document).encode())

    def get(self, path: str) -> dict[str, Any]:
        """Look at something as the agent."""
        return self._ask("agent", "GET", path, None)[1]

    def run(self, run_id: str) -> dict[str, Any]:
        """The run as it is now."""
        return self.get(f"/api/v1/runs/{run_id}")

    def _ask(self, who: str, method: str, path: str, body: bytes | None) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.stage.web_url}{path}", body, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- our own address
                return int(answer.status), json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)


def hired(stage: Stage) -> Agent:
    """Each with a token of their own: who proposes does not verify, and who verifies does not approve."""
    now, made = datetime.now(UTC), dict[str, str]()
    url = stage.environment["DATABASE_URL"]
    with psycopg.Connection[DictRow].connect(url, row_factory=dict_row) as tx:
        for who, scopes in SCOPES.items():
            created = tokens.create(tx, who, scopes, expires_at=None, by="demo", now=now)
            made[who] = created.token.get_secret_value()
    return Agent(stage, made)


def ask(agent: Agent) -> dict[str, Any]:
    """Store the artifact and ask for its pull request; the run, once there is nothing more to do without others."""
    stored = agent.post("agent", "/api/v1/artifacts", ARTIFACT)[1]
    wanted = {"artifact": stored["digest"], "repository": REPOSITORY, "base": "main", "branch": "agent/limits"}
    said = {"title": "Add a limit", "body": "Proposed by an agent.", "labels": ["agent"], "reviewers": ["alice"]}
    path = f"/api/v1/pull-requests?wait={WAIT_SECONDS}"
    status, run = agent.post("agent", path, {**wanted, **said})
    if status not in ANSWERED:
        raise DemoFailed(f"the request for a pull request was answered {status}: {run}")
    return run


def give_evidence(agent: Agent, run: dict[str, Any]) -> None:
    """The verifier and the reviewer each say that the head passes."""
    said = {"verdict": "PASS", "epoch": run["epoch"], "headSha": run["headSha"]}
    for who, kind in (("verifier", "verification"), ("reviewer", "internal_review")):
        status, answer = agent.post(who, f"/api/v1/runs/{run['runId']}/evidence", {"kind": kind, **said})
        if status != 201:
            raise DemoFailed(f"the {kind} was answered {status}: {answer}")


def approve(agent: Agent, run: dict[str, Any]) -> str:
    """olga approves exactly what she was shown, at the command line; what that says."""
    digest = agent.run(run["runId"])["digest"]
    arguments = ("intents", "approve", run["runId"], "--digest", digest)
    return agent.stage.run(*arguments, MERGEGATE_TOKEN=agent.tokens["olga"])


def interrupt(agent: Agent) -> None:
    """Kill the worker (kill -9) while GitHub opens the pull request; another one goes on."""
    stage = agent.stage
    eventually(lambda: bool(opened(stage)), "the pull request")
    stage.kill("worker", signal.SIGKILL)
    stage.github.faults.release()
    stage.start("worker")


def opened(stage: Stage) -> list[str]:
    """The pull requests that were opened through the API, by their titles."""
    return [
        write.body["title"]
        for write in stage.github.writes("/pulls")
        if write.method == "POST" and write.path.endswith("/pulls") and write.effect == "yes"
    ]
