"""`python -m app.demo`: tells the story and ends by itself; exit code 1 where it went otherwise."""

import signal
import sys
import time
import uuid
from typing import Any

from rich.console import Console

from app.demo import agent as agents
from app.demo import merging
from app.demo.agent import Agent
from app.demo.stage import POLICY, REPOSITORY, DemoFailed, Stage, built, eventually
from app.embedded import EmbeddedError

AGENTS_PULL = 2

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Play the story; 0 where it went as told."""
    began = time.monotonic()
    console.print("[bold]mergegate[/]: the life of a pull request, with nothing simulated but GitHub")
    console.print("starting PostgreSQL, Redis, web, worker and beat ...")
    try:
        with built() as stage:
            _tell(stage)
    except (DemoFailed, EmbeddedError) as trouble:
        console.print(f"[bold red]The demo failed:[/] {trouble}")
        return 1
    console.print(f"\nAll as told, in {time.monotonic() - began:.0f} s. Keep it running with [bold]make up[/].")
    return 0


def _tell(stage: Stage) -> None:
    console.print(f"up: receiver {stage.web_url}/webhooks/github, GitHub at {stage.environment['GITHUB_API_URL']}")
    _unsigned(stage)
    _opened(stage)
    _approved(stage)
    _pushed(stage)
    _five_times(stage)
    _killed(stage)
    agent = _asked_by_an_agent(stage)
    _audited(stage)
    _strictly(stage)
    _backtested(stage)
    _merged(stage, agent)


def _unsigned(stage: Stage) -> None:
    _step("Somebody sends an unsigned delivery")
    headers = {"Content-Type": "application/json", "X-GitHub-Event": "pull_request"}
    answer = stage.post(b'{"action": "opened"}', headers | {"X-GitHub-Delivery": str(uuid.uuid4())})
    _expect(answer == 401, f"the receiver answered {answer} to an unsigned delivery")
    _say("answered", "401; nothing was parsed, nothing was enqueued")


def _opened(stage: Stage) -> None:
    _step("bob opens pull request #1")
    stage.hooks.open_pull(REPOSITORY, "feature", by="bob", title="Add a parser")
    _await_status(stage, 1, "pending")


def _approved(stage: Stage) -> None:
    _step("alice, who may write, approves it")
    _next_second(stage)
    stage.hooks.review(REPOSITORY, 1, by="alice", state="approved")
    _await_status(stage, 2, "success")


def _pushed(stage: Stage) -> None:
    _step("bob pushes once more: the approval was for other code")
    _next_second(stage)
    stage.hooks.push(REPOSITORY, "feature", {"parser.py": "import os"}, by="bob")
    _await_status(stage, 3, "pending")


def _five_times(stage: Stage) -> None:
    _step("GitHub delivers the same webhook five times")
    _next_second(stage)
    sent = stage.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Add a parser, carefully")
    latest = stage.github.state.sent[-1]
    answers = [stage.post(latest.body, dict(latest.headers)) for _ in range(4)]
    _expect(answers == [200] * 4, f"the repeated deliveries were answered {answers}")
    eventually(lambda: _idle(stage), "the evaluation of the edited title")
    recorded = len(stage.rows(f"SELECT id FROM deliveries WHERE guid = '{latest.guid}'"))  # noqa: S608 -- our own GUID
    _expect(recorded == 1, f"the delivery was recorded {recorded} times")
    _expect(len(stage.statuses()) == 3, "a status was written though nothing changed")
    _say("answered", "202 once, then 200 four times; recorded once")
    _say("written", f"nothing: “{sent.title}” changes no verdict, and an unchanged status is not written again")


def _killed(stage: Stage) -> None:
    _step("alice approves again; the worker is killed (kill -9) while GitHub is writing the status")
    stage.github.fault("POST", "/statuses/", "hang", when="after")
    _next_second(stage)
    stage.hooks.review(REPOSITORY, 1, by="alice", state="approved")
    eventually(lambda: len(stage.statuses()) == 4, "the write")
    stage.kill("worker", signal.SIGKILL)
    stage.github.faults.release()
    _say("happened", "GitHub took the status; the worker died before it heard of it; no receipt exists")
    stage.start("worker")
    eventually(lambda: _idle(stage), "the settlement of the unknown write")
    _expect(len(stage.statuses()) == 4, "the status was written twice")
    how = stage.rows("SELECT outcome, status_code FROM permits ORDER BY issued_at DESC LIMIT 1")[0]
    _expect(how == {"outcome": "written", "status_code": None}, f"the write was settled as {how}")
    _say("settled", "another worker read GitHub, found the status, and wrote nothing: still one")


def _asked_by_an_agent(stage: Stage) -> Agent:
    _step("An agent asks for a pull request from an artifact")
    agent = agents.hired(stage)
    run = agents.ask(agent)
    _expect(run["status"] == "blocked" and not agents.opened(stage), f"the run is {run['status']}")
    _say("planned", f"commit {run['headSha']} of {REPOSITORY}, computed before anything is written")
    for code, sentence in {blocker["code"]: blocker["sentence"] for blocker in run["blockers"]}.items():
        _say("blocked", f"{code}: {sentence}")
    _step("Its verification and review arrive; olga approves; the worker is killed while GitHub opens it")
    status, answer = agent.post("agent", f"/api/v1/runs/{run['runId']}/approve", {"digest": run["digest"]})
    _expect(status == 403, f"the agent's own approval was answered {status}")
    _say("refused", f"the agent's own approval: {answer['code']}")
    agents.give_evidence(agent, run)
    stage.github.fault("POST", "/pulls$", "hang", when="after")
    _say("approved", agents.approve(agent, run).strip())
    agents.interrupt(agent)
    eventually(lambda: agent.run(run["runId"])["status"] == "succeeded", "the end of the run")
    again = agents.ask(agent)
    _expect(again["runId"] == run["runId"], "asked again, it became another run")
    _expect(len(agents.opened(stage)) == 1, f"it was opened {len(agents.opened(stage))} times")
    _say("opened", f"{again['pullRequest']['url']}, once, though the worker died and the agent asked again")
    return agent


def _audited(stage: Stage) -> None:
    _step("An auditor asks")
    _say("mergegate audit verify", stage.run("audit", "verify").strip())
    _show(stage, "explain", f"{REPOSITORY}#1")


def _strictly(stage: Stage) -> None:
    _step("alice asks for changes; to policy-bot her approval still counts. What would strict mode say?")
    _next_second(stage)
    stage.hooks.review(REPOSITORY, 1, by="alice", state="changes_requested")
    eventually(lambda: _idle(stage), "the evaluation of the change request")
    said = _show(stage, "policy", "modes")
    _expect("success in compat, pending in strict" in said, "the two modes said the same")


def _backtested(stage: Stage) -> None:
    _step("Somebody wants two approvals. Whose verdict would that change?")
    changed = stage.directory / "two-approvals.yml"
    changed.write_text(POLICY.replace("count: 1", "count: 2"), encoding="utf-8")
    said = _show(stage, "policy", "backtest", "--policy", str(changed), "--fail-on", "never")
    _expect("stricter, success -> pending" in said, "the changed policy changed nothing")


def _merged(stage: Stage, agent: Agent) -> None:
    _step("Is main guarded? An administrator requires the gate's status there, and doctor looks")
    merging.guard(stage)
    _show(stage, "doctor", "--repository", REPOSITORY, expected=(0, 1))
    _step("The agent's pull request belongs to an issue; the agent takes it from CREATED to REVIEW_READY")
    issue = merging.begin(agent, AGENTS_PULL)
    _say("state", merging.state(agent, issue))
    _step("Its tests still run, alice approves, the agent asks for the merge")
    stage.hooks.edit_pull(REPOSITORY, AGENTS_PULL, by="bob", title="Add a limit, as agreed")
    eventually(lambda: _idle(stage), "the evaluation of the pull request")
    tests = merging.run_checks(stage, AGENTS_PULL)
    _next_second(stage)
    stage.hooks.review(REPOSITORY, AGENTS_PULL, by="alice", state="approved")
    eventually(lambda: _idle(stage), "the evaluation of the approval")
    _blocked(merging.merge(agent, issue), "CHECKS_PENDING")
    _step("The tests are green; bob asks for changes, and the agent asks again")
    stage.github.update_check_run(REPOSITORY, tests.id, status="completed", conclusion="success")
    _next_second(stage)
    stage.hooks.review(REPOSITORY, AGENTS_PULL, by="bob", state="changes_requested")
    eventually(lambda: _idle(stage), "the evaluation of the request for changes")
    _blocked(merging.merge(agent, issue), "CHANGES_REQUESTED")
    _step("bob is content; the agent asks three times at once")
    _next_second(stage)
    stage.hooks.review(REPOSITORY, AGENTS_PULL, by="bob", state="approved")
    eventually(lambda: _idle(stage), "the evaluation of bob's approval")
    answers = merging.three_at_once(agent, issue)
    shas = {answer.get("mergeEvidence", {}).get("mergeSha") for answer in answers}
    _expect(all(answer.get("success") for answer in answers), f"the three were answered {answers}")
    _expect((merging.merges(stage), len(shas)) == (1, 1), f"{merging.merges(stage)} merges, {shas}")
    _say("merged", f"once, as {shas.pop()}, and told three times; the issue is {merging.state(agent, issue)}")
    _step("bob merges #1 by hand")
    stage.hooks.merge(REPOSITORY, 1, by="bob")
    eventually(lambda: bool(stage.rows("SELECT id FROM alerts")), "the alert")
    _show(stage, "alerts", "list", expected=(1,))
    _say("mergegate audit verify", stage.run("audit", "verify").strip())


def _blocked(answer: dict[str, Any], code: str) -> None:
    _expect(answer.get("blockerCode") == code, f"the merge was answered {answer}")
    _say("blocked", f"{code}: {answer['blockerMessage']}")


def _await_status(stage: Stage, count: int, state: str) -> None:
    """Wait for the so-manieth status, and tell how it came about."""
    eventually(lambda: len(stage.statuses()) >= count and _idle(stage), f"status number {count}")
    status = stage.statuses()[-1]
    _expect((len(stage.statuses()), status["state"]) == (count, state), f"GitHub shows {status['state']}, not {state}")
    row = stage.rows(
        "SELECT evaluations.description, decisions.grounds, decisions.audit_seq FROM intents"
        " JOIN evaluations ON evaluations.id = evaluation_id JOIN decisions ON decisions.intent_id = intents.id"
        " ORDER BY recorded_at DESC LIMIT 1"
    )[0]
    _say("asked", f"may {status['context']!r} of {REPOSITORY}#1 turn {state}?")
    _say("decided", f"allowed, audit entry {row['audit_seq']}: {'; '.join(row['grounds'][:2])} ...")
    _say("written", f"{status['state']}: {status['description']}")
    _say("why", row["description"])


def _idle(stage: Stage) -> bool:
    """Whether all that GitHub sent was taken in and led to its end."""
    taken_in = {row["guid"] for row in stage.rows("SELECT guid FROM deliveries")}
    under_way = stage.rows(
        "SELECT id FROM runs WHERE status IN ('pending', 'running')"
        " UNION ALL SELECT id FROM intents WHERE status IN ('pending', 'sent')"
    )
    return {sent.guid for sent in stage.github.state.sent} <= taken_in and not under_way


def _next_second(stage: Stage) -> None:
    """GitHub's times have whole seconds, and an approval counts only from the second after the push."""
    now = stage.github.now()
    eventually(lambda: (stage.github.now() - now).total_seconds() > 1, "the next second")


def _show(stage: Stage, *arguments: str, expected: tuple[int, ...] = (0,)) -> str:
    """Run a command of mergegate's, and print it with what it says."""
    said = stage.run(*arguments, expected=expected)
    _say(f"mergegate {' '.join(arguments)}", "")
    for line in said.strip().splitlines():
        console.print(f"    {line}", markup=False, style="dim")
    return said


def _step(title: str) -> None:
    console.print(f"\n[bold cyan]> {title}[/]")


def _say(what: str, text: str) -> None:
    console.print(f"  [bold]{what:<9}[/] ", end="")
    console.print(text, markup=False)


def _expect(truth: object, otherwise: str) -> None:
    if not truth:
        raise DemoFailed(otherwise)


if __name__ == "__main__":
    sys.exit(main())
