"""Merges on the house: a pull request that is ready, an issue that links it, wishes for its merge, their answers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.records import gate_findings, issues, merge_requests, step_runs, timeline
from app.records.issues import Issue
from app.records.merge_requests import Wish
from app.records.step_runs import WantedStep
from app.simulator.journal import Write
from app.simulator.records import CheckRun
from tasks import names
from tests.tasks.house import REPOSITORY, House

PULL = f"https://github.com/{REPOSITORY}/pull/1"
CI = "actions"


def ready(house: House) -> House:
    """Pull request 1 is approved and green, evaluated, and merges are switched on; nobody has asked for one."""
    house.kinds = (*house.kinds, "merge")
    house.with_settings(github_merger="live", merge_repositories=(REPOSITORY,))
    evaluated(house)
    house.clock.forward(60)
    check(house, "ci", "success")
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    with house.context.pool.connection() as tx:
        gate_findings.override(tx, house.repository_id, "main", by="olga", reason="a test", now=house.clock())
    evaluated(house)
    return house


def evaluated(house: House) -> None:
    """The service has its verdict on pull request 1 as it is now."""
    house.deliver_pull()
    house.work()


def check(house: House, name: str, conclusion: str | None, app_id: int | None = None) -> CheckRun:
    """A check run on the head of pull request 1, by another App unless said; None: it is under way."""
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    by = app_id or ci(house)
    status = "in_progress" if conclusion is None else "completed"
    return house.github.check_run(REPOSITORY, head, app_id=by, name=name, status=status, conclusion=conclusion)


def ci(house: House) -> int:
    """The App that tests: made on first use."""
    known = next((app.id for app in house.github.state.apps.values() if app.slug == CI), None)
    return known or house.github.add_app(CI).id


def issue(house: House, status: str = "REVIEW_READY", pr_url: str | None = PULL) -> Issue:
    """An issue that links pull request 1 and whose review was asked for."""
    with house.context.pool.connection() as tx:
        made = issues.create(
            tx,
            github_url="https://github.com/acme/widget/issues/7",
            pr_url=pr_url,
            created_by="agent",
            now=house.clock(),
        )
        tx.execute("UPDATE issues SET status = %(status)s WHERE id = %(id)s", {"status": status, "id": made.id})
        timeline.append(tx, made.id, None, "loop_review_requested", {"prUrl": pr_url}, house.clock())
        found = issues.get(tx, made.id)
    assert found is not None
    return found


def ask(house: House, about: Issue | None = None, *, mode: Any = "execute", waits: bool = False) -> UUID:
    """Somebody asks for the merge of pull request 1; the id of the run, whose message is sent."""
    now = house.clock()
    with house.context.pool.connection() as tx:
        wish = Wish(
            mode=mode,
            request_id="R1",
            source="api",
            asked_by="agent",
            until=now + timedelta(hours=72),
            issue_id=about.id if about else None,
            repository_id=None if about else house.repository_id,
            number=None if about else 1,
            waits=waits,
        )
        request_id = merge_requests.accept(tx, wish, now)
        wanted = WantedStep(
            step="S5_MERGE",
            mode=mode,
            request_id="R1",
            asked_by="agent",
            issue_id=about.id if about else None,
            merge_request_id=request_id,
            state_before=about.status if about else None,
        )
        run_id = step_runs.open_run(tx, wanted, now)
    house.sent.append((names.MERGE, run_id))
    return run_id


def said(house: House, run_id: UUID) -> tuple[Any, Any, Any]:
    """Outcome, code and detail of a run; three times None while it has none."""
    (row,) = house.rows(f"SELECT outcome, answer FROM step_runs WHERE run_id = '{run_id}'")
    answer = row["answer"] or {}
    return row["outcome"], answer.get("code"), answer.get("detail")


def merge(house: House, about: Issue | None = None, **how: Any) -> tuple[Any, Any, Any]:
    """Ask, and work until nothing is left to do now."""
    run_id = ask(house, about, **how)
    house.work()
    return said(house, run_id)


def puts(house: House) -> list[Write]:
    """The merges that were asked of GitHub, oldest first."""
    return [write for write in house.github.journal.writes if write.path.endswith("/merge")]


def kinds_of_audit(house: House) -> list[str]:
    """What the audit tells, oldest first."""
    return [row["kind"] for row in house.rows("SELECT kind FROM audit_events ORDER BY seq")]
