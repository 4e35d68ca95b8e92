"""An agent with issues at the API of a house, whose workers do what is asked for."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from tests.app.web.api.knocking import Knocking, knocking
from tests.tasks.house import REPOSITORY, House

ISSUES = "/api/v1/issues"
GITHUB_URL = f"https://github.com/{REPOSITORY}/issues/3"
PULL_URL = f"https://github.com/{REPOSITORY}/pull/1"
MERGED_SHA = "a" * 40
BEFORE = {
    "S1_PICK_ISSUE": "CREATED",
    "S2_SPEC_READY": "CREATED",
    "S3_IMPLEMENT_PREP": "SPEC_READY",
    "S4_REVIEW": "IMPLEMENTING_PREP",
    "S5_MERGE": "REVIEW_READY",
    "S6_DEPLOYMENT_OBSERVE": "DONE",
    "S7_VERIFY_GATE": "DONE",
}


@dataclass
class Desk:
    """`agent` may read, propose and give evidence."""

    house: House
    knock: Knocking
    agent: FlaskClient

    def issue(self, status: str = "CREATED", **given: Any) -> str:
        """The id of a new issue that links an issue and pull request 1, in a state."""
        wanted = {"githubUrl": GITHUB_URL, "prUrl": PULL_URL, **given}
        made = self.agent.post(ISSUES, json={name: value for name, value in wanted.items() if value is not None})
        assert made.status_code == 201, made.get_json()
        issue_id = str(made.get_json()["id"])
        self.house.rows(f"UPDATE issues SET status = '{status}' WHERE id = '{issue_id}' RETURNING id")
        return issue_id

    def merged(self, **given: Any) -> str:
        """The id of one that is merged."""
        issue_id = self.issue("DONE", **given)
        self.house.rows(f"UPDATE issues SET merge_sha = '{MERGED_SHA}' WHERE id = '{issue_id}' RETURNING id")
        return issue_id

    def ask(self, issue_id: str, step: str | None = None, **how: Any) -> str:
        """Ask for a step, which nobody works on yet; the id of its run."""
        wanted = {**({"step": step} if step else {}), **how}
        answer = self.agent.post(f"{ISSUES}/{issue_id}/run-next-step", json=wanted)
        assert answer.status_code == 202, answer.get_json()
        return str(answer.get_json()["runId"])

    def run(self, issue_id: str, step: str | None = None, **how: Any) -> dict[str, Any]:
        """Ask for a step and let the workers do it; how it ended."""
        run_id = self.ask(issue_id, step, **how)
        self.house.sweep()
        return self.ended(run_id)

    def ended(self, run_id: str) -> dict[str, Any]:
        found = self.agent.get(f"/api/v1/runs/{run_id}").get_json()
        assert isinstance(found, dict)
        return found

    def state(self, issue_id: str) -> str:
        return str(self.agent.get(f"{ISSUES}/{issue_id}").get_json()["status"])

    def events(self, issue_id: str) -> list[dict[str, Any]]:
        """The timeline, oldest first."""
        found = self.agent.get(f"{ISSUES}/{issue_id}/events?limit=200").get_json()["events"]
        return list(reversed(found))

    def types(self, issue_id: str) -> list[str]:
        return [event["type"] for event in self.events(issue_id)]

    def give(self, issue_id: str, **changes: Any) -> None:
        """Evidence that the merged commit works."""
        said = {"kind": "smoke", "verdict": "PASS", "sha": MERGED_SHA, "at": self.house.clock().isoformat(), **changes}
        answer = self.agent.post(f"{ISSUES}/{issue_id}/evidence", json=said)
        assert answer.status_code == 201, answer.get_json()


def desk(house: House) -> Desk:
    """At the API of a house."""
    knock = knocking(house.context.settings, house.clock)
    return Desk(house, knock, knock.client("read", "propose", "evidence", principal="agent"))
