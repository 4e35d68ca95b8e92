"""What people, agents and GitHub itself ask of a gate in a soak, each until it has the answer that it waits for."""

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.error import URLError

import psycopg
from psycopg.rows import DictRow, dict_row

from app.demo.agent import Agent
from app.demo.stage import REPOSITORY, Stage
from app.records import issues
from app.simulator import Hooks
from tests.soak import importing, merges
from tests.soak.waiting import Patience

GADGET, GIZMO = "acme/gadget", "acme/gizmo"
"""Where agents open pull requests; where people use GitHub's merge queue and change the policy."""
CONTEXT = "mergegate: main"
OK = range(200, 300)
GIVEN_ALREADY = 409
UNANSWERED = (URLError, OSError, ValueError)
"""What asking meets while web is dead or on its way; half an answer is no JSON."""


@dataclass
class People:
    """`heads`, `issues`: of each pull request that is to be merged, by its number. `runs`: by the branch of each.

    `groups`: the heads that the merge queue asked about. `proposals`: the heads that change the policy.
    """

    stage: Stage
    agent: Agent
    patience: Patience
    heads: dict[int, str]
    issues: dict[int, str]
    runs: dict[str, str] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    proposals: list[str] = field(default_factory=list)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def merge(self, place: int) -> None:
        """Somebody opens a pull request, others approve and test it, and an agent has it reviewed and merged."""
        number = self._open(REPOSITORY, f"feature-{place}", {f"{place}.py": "1"})
        self.stage.github.check_run(
            REPOSITORY, self.heads[number], app_id=merges.other_app(self.stage.github), name="ci"
        )
        # An event that names no pull request: it has to be found.
        self.stage.hooks.set_status(REPOSITORY, self.heads[number], by="bob", state="success", context="lint")
        self.stage.hooks.review(REPOSITORY, number, by="alice", state="approved")
        self._until_shown(REPOSITORY, self.heads[number])
        self.issues[number] = self._issue(number)
        path = f"/api/v1/issues/{self.issues[number]}"
        self._say("agent", f"{path}/review", {"requestId": str(uuid.uuid4())})
        self._wait(path, lambda issue: issue.get("status") == "REVIEW_READY")
        self._say("agent", f"{path}/merge", {"requestId": str(uuid.uuid4()), "whenReady": True})

    def hand_over(self, place: int) -> None:
        """An agent asks for a pull request, and everybody says what is asked of them."""
        branch = f"agent-{place}"
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

    def bring_over(self, place: int) -> None:
        """Old records are imported by a command that is given again until all is in."""
        path = importing.file(self.stage.directory, place)
        for attempt, _ in enumerate(self.patience.rounds(path.name)):
            if importing.bring_over(self.stage, path, attempt):
                return

    def queue_up(self, place: int) -> None:
        """A pull request goes through GitHub's merge queue, and the branch that it went into changes its policy."""
        number = self._open(GIZMO, f"queued-{place}", {f"{place}.py": "1"})
        self.stage.hooks.review(GIZMO, number, by="alice", state="approved")
        self._until_shown(GIZMO, self.heads_of(GIZMO, number))
        entry = self.stage.hooks.enqueue(GIZMO, number, by="alice")
        self.groups.append(entry.head_sha)
        self._until_shown(GIZMO, entry.head_sha)
        self.stage.hooks.merge_next(GIZMO)
        self.stage.hooks.push(GIZMO, "main", {".policy.yml": f"{merges.POLICY}# after {place}\n"}, by="alice")

    def propose(self, place: int) -> None:
        """Somebody wants another policy, and is told what it would change."""
        policy = {".policy.yml": merges.POLICY.replace("count: 1", f"count: {2 + place % 3}")}
        sha = self.heads_of(GIZMO, self._open(GIZMO, f"policy-{place}", policy))
        self.proposals.append(sha)
        for _ in self.patience.rounds(f"the check of policy-{place}"):
            if any(run.sha == sha for run in self.stage.github.state.repository(GIZMO).check_runs):
                return

    def lose(self, place: int) -> None:
        """A review of which no webhook ever comes."""
        number = self._open(GIZMO, f"lost-{place}", {f"lost-{place}.py": "1"})
        lost = Hooks(self.stage.github)
        lost.hold()
        lost.review(GIZMO, number, by="alice", state="approved")
        lost.drop()
        self._until_shown(GIZMO, self.heads_of(GIZMO, number))

    def heads_of(self, full_name: str, number: int) -> str:
        return self.stage.github.state.pull(full_name, number).head_sha

    def _open(self, full_name: str, branch: str, files: dict[str, str]) -> int:
        """One at a time, so that numbers go by their order."""
        with self._opening:
            sha = self.stage.github.push(full_name, branch, files, by="bob").sha
            number = self.stage.hooks.open_pull(full_name, branch, by="bob", title=f"Add {branch}").number
        if full_name == REPOSITORY:
            self.heads[number] = sha
        return number

    def _until_shown(self, full_name: str, sha: str) -> None:
        """Until GitHub shows our success there."""
        for _ in self.patience.rounds(f"the verdict on {sha} in {full_name}"):
            statuses = self.stage.github.state.repository(full_name).statuses
            ours = [status for status in statuses if (status.sha, status.context) == (sha, CONTEXT)]
            if ours and ours[-1].state == "success":
                return

    def _issue(self, number: int) -> str:
        """One that links the pull request, and is worked on."""
        link, now = f"https://github.com/{REPOSITORY}", datetime.now(UTC)
        for _ in self.patience.rounds(f"the issue of #{number}"):
            with suppress(psycopg.OperationalError), self._transaction() as tx:
                github_url, pr_url = f"{link}/issues/{1000 + number}", f"{link}/pull/{number}"
                made = issues.create(tx, github_url=github_url, pr_url=pr_url, created_by="agent", now=now)
                tx.execute("UPDATE issues SET status = 'IMPLEMENTING_PREP' WHERE id = %(id)s", {"id": made.id})
                return str(made.id)
        raise AssertionError("rounds go on or raise")

    def _transaction(self) -> psycopg.Connection[DictRow]:
        url = self.stage.environment["DATABASE_URL"]
        return psycopg.Connection[DictRow].connect(url, row_factory=dict_row)

    def _say(self, who: str, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Until it is taken: whoever gets no answer says the same again."""
        for _ in self.patience.rounds(path):
            with suppress(*UNANSWERED):
                status, answer = self.agent.post(who, path, document)
                if status in OK or status == GIVEN_ALREADY:
                    return answer
        raise AssertionError("rounds go on or raise")

    def _wait(self, path: str, is_there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in self.patience.rounds(path):
            with suppress(*UNANSWERED):
                found = self.agent.get(path)
                if is_there(found):
                    return found
        raise AssertionError("rounds go on or raise")
