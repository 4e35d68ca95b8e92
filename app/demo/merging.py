"""The chapter of the merge: an issue from CREATED to DONE, blocked twice, and merged once though asked for thrice."""

from typing import Any

from app.demo.agent import Agent
from app.demo.stage import REPOSITORY, DemoFailed, Stage, eventually
from app.simulator.records import CheckRun

ISSUES = "/api/v1/issues"
WAIT_SECONDS = 20
CI = "actions"
STEPS = ("S1_PICK_ISSUE", "S2_SPEC_READY", "S3_IMPLEMENT_PREP", "S4_REVIEW")


def guard(stage: Stage) -> None:
    """An administrator requires the gate's own status, pinned to its App, before anything comes into main."""
    gate = next(app for app in stage.github.state.apps.values() if app.slug != CI)
    stage.github.add_ruleset(REPOSITORY, checks=[("mergegate: main", gate.id)])


def begin(agent: Agent, number: int) -> dict[str, Any]:
    """An issue that is brought to REVIEW_READY, step by step."""
    links = {"githubUrl": f"https://github.com/{REPOSITORY}/issues/100", "prUrl": pull_url(number)}
    said = {"draft": {"text": "Add a limit."}, "draftCommitted": True, "validation": {"valid": True, "findings": []}}
    status, issue = agent.post("agent", ISSUES, {**links, **said})
    if status != 201:
        raise DemoFailed(f"the issue was answered {status}: {issue}")
    for step in STEPS:
        answer = _run(agent, issue["id"], "run-next-step", {"step": step})
        if not answer.get("success"):
            raise DemoFailed(f"{step} was answered {answer}")
    return issue


def merge(agent: Agent, issue: dict[str, Any]) -> dict[str, Any]:
    """Ask for the merge, and wait for the answer."""
    return _run(agent, issue["id"], "merge", {})


def three_at_once(agent: Agent, issue: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask for the merge three times before the first is answered; the three answers."""
    asked = [agent.post("agent", f"{ISSUES}/{issue['id']}/merge", {})[1] for _ in range(3)]
    runs = [answer["runId"] for answer in asked]
    eventually(lambda: all(_is_over(agent, run_id) for run_id in runs), "the end of the three merges")
    return [agent.run(run_id) for run_id in runs]


def state(agent: Agent, issue: dict[str, Any]) -> str:
    """The state of an issue."""
    return str(agent.get(f"{ISSUES}/{issue['id']}")["status"])


def merges(stage: Stage) -> int:
    """How many merges GitHub made for the gate."""
    return sum(1 for write in stage.github.writes("/merge") if write.effect == "yes")


def run_checks(stage: Stage, number: int) -> CheckRun:
    """The tests of a pull request begin."""
    known = next((app.id for app in stage.github.state.apps.values() if app.slug == CI), None)
    app_id = known or stage.github.add_app(CI).id
    head = stage.github.state.pull(REPOSITORY, number).head_sha
    return stage.github.check_run(REPOSITORY, head, app_id=app_id, name="test", status="in_progress", conclusion=None)


def pull_url(number: int) -> str:
    """Where people find a pull request."""
    return f"https://github.com/{REPOSITORY}/pull/{number}"


def _run(agent: Agent, issue_id: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
    status, answer = agent.post("agent", f"{ISSUES}/{issue_id}/{what}?wait={WAIT_SECONDS}", body)
    if status not in (200, 202):
        raise DemoFailed(f"{what} was answered {status}: {answer}")
    eventually(lambda: _is_over(agent, answer["runId"]), f"the end of {what}")
    return agent.run(answer["runId"])


def _is_over(agent: Agent, run_id: str) -> bool:
    return "success" in agent.run(run_id)
