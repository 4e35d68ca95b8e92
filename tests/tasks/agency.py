"""An agent, a verifier and an operator at the API of a house, each with a token of their own."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from app.artifacts import artifact
from app.records import artifacts as records
from app.records.artifacts import Stored
from tests.app.web.api.knocking import Knocking, knocking
from tests.tasks.house import REPOSITORY, House

KINDS = (
    "branch_create",
    "branch_fast_forward",
    "pull_request_create",
    "pull_request_update",
    "label_add",
    "review_request",
)
MOST_SWEEPS = 20
MOVING = (
    "SELECT id FROM runs WHERE status IN ('pending', 'running')"
    " UNION ALL SELECT id FROM intents WHERE status IN ('pending', 'sent')"
)
BRANCH = "agent/add-b"


@dataclass
class Agency:
    """`agent` proposes, `verifier` gives evidence, `operator` approves; all of them may read."""

    house: House
    knock: Knocking
    agent: FlaskClient
    verifier: FlaskClient
    operator: FlaskClient

    def store(self, *files: dict[str, Any], base: str | None = None) -> str:
        """An artifact of these files (`{"path": "b.py", "content": "2\\n"}`); answers its digest."""
        document = {"kind": "files", "base": base, "files": list(files or ({"path": "b.py", "content": "2\n"},))}
        read = artifact.read(json.dumps(document).encode())
        text, context = artifact.canonical(read), self.house.context
        digest, paths = context.artifacts.put(text), artifact.changed_paths(read)
        with context.pool.connection() as tx:
            records.record(tx, Stored(digest, read.kind, len(text), paths, "agent", self.house.clock()))
        return digest

    def ask(self, digest: str | None = None, **changes: Any) -> dict[str, Any]:
        """The agent asks for a pull request; the workers do what they can. The run as it then is."""
        wanted = {
            "artifact": digest or self.store(),
            "repository": REPOSITORY,
            "base": "main",
            "branch": BRANCH,
            "title": "Add b",
            "body": "Because.",
            **changes,
        }
        answer = self.agent.post("/api/v1/pull-requests", json=wanted)
        assert answer.status_code == 202, answer.get_json()
        self.house.sweep()
        return self.run(answer.get_json()["runId"])

    def run(self, run_id: str) -> dict[str, Any]:
        found = self.agent.get(f"/api/v1/runs/{run_id}").get_json()
        assert isinstance(found, dict)
        return found

    def give(self, run_id: str, kind: str, verdict: str = "PASS", **changes: Any) -> Any:
        """Evidence about the present epoch and head."""
        run = self.run(run_id)
        said = {"kind": kind, "verdict": verdict, "epoch": run["epoch"], "headSha": run["headSha"], **changes}
        answer = self.verifier.post(f"/api/v1/runs/{run_id}/evidence", json=said)
        self.house.sweep()
        return answer

    def approve(self, run_id: str, **changes: Any) -> Any:
        """The operator approves all that the run wishes for, as it is now."""
        said = {"digest": self.run(run_id)["digest"], **changes}
        answer = self.operator.post(f"/api/v1/runs/{run_id}/approve", json=said)
        self.house.sweep()
        return answer

    def clear(self, run_id: str) -> dict[str, Any]:
        """Everything that is asked for arrives, and the workers do the rest."""
        for kind in ("verification", "internal_review"):
            assert self.give(run_id, kind).status_code == 201
        assert self.approve(run_id).status_code == 200
        self.settle()
        return self.run(run_id)

    def settle(self) -> None:
        """Time goes by until nothing is left to do."""
        for _ in range(MOST_SWEEPS):
            self.house.clock.forward(5)
            self.house.sweep()
            if not self.house.rows(MOVING):
                return


def agency(house: House, directory: Path, **settings: Any) -> Agency:
    """At a house that allows all that a pull request needs."""
    house.kinds = ("status", "git_object", *KINDS)
    wanted = {"allowed_writes": ("status", *KINDS), "artifact_store": f"file://{directory}", **settings}
    house.with_settings(**wanted)
    knock = knocking(house.context.settings, house.clock)
    return Agency(
        house,
        knock,
        agent=knock.client("read", "propose", principal="agent"),
        verifier=knock.client("read", "evidence", principal="verifier"),
        operator=knock.client("read", "approve", principal="olga"),
    )


def codes(run: dict[str, Any]) -> list[str]:
    """The codes of all that is in a run's way, sorted."""
    return sorted(blocker["code"] for blocker in run["blockers"])


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
