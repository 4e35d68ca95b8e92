"""Workflow runs in GitHub's shapes."""

from app.simulator.records import Repository, WorkflowRun
from app.simulator.shapes import accounts, commits, repositories
from app.simulator.shapes.view import PAGES_URL, Json, View, node, time

_LINKS = {
    "jobs_url": "/jobs",
    "logs_url": "/logs",
    "artifacts_url": "/artifacts",
    "cancel_url": "/cancel",
    "rerun_url": "/rerun",
}


def workflow_run(view: View, repository: Repository, record: WorkflowRun) -> Json:
    api = view.api(repository)
    url = f"{api}/actions/runs/{record.id}"
    head = repository.commits[record.sha]
    actor = accounts.user(view, head.author.login or repository.owner)
    place = repositories.minimal(view, repository)
    return {
        "id": record.id,
        "name": record.path.rpartition("/")[2].partition(".")[0],
        "node_id": node("WFR", record.id),
        "check_suite_id": record.suite_id,
        "check_suite_node_id": node("CS", record.suite_id),
        "head_branch": next((name for name, sha in repository.branches.items() if sha == record.sha), None),
        "head_sha": record.sha,
        "path": record.path,
        "run_number": record.number,
        "run_attempt": 1,
        "referenced_workflows": [],
        "event": record.event,
        "display_title": head.message,
        "status": record.status,
        "conclusion": record.conclusion,
        "workflow_id": record.workflow_id,
        "url": url,
        "html_url": f"{view.html(repository)}/actions/runs/{record.id}",
        "pull_requests": commits.check_pulls(view, repository, record.sha),
        "created_at": time(record.created_at),
        "updated_at": time(record.updated_at),
        "run_started_at": time(record.created_at),
        "actor": actor,
        "triggering_actor": actor,
        **{key: url + suffix for key, suffix in _LINKS.items()},
        "check_suite_url": f"{api}/check-suites/{record.suite_id}",
        "previous_attempt_url": None,
        "workflow_url": f"{api}/actions/workflows/{record.workflow_id}",
        "head_commit": commits.head_commit(head),
        "repository": place,
        "head_repository": place,
    }


def workflow(view: View, repository: Repository, record: WorkflowRun) -> Json:
    """As `workflow_run` webhooks have it beside the run."""
    url = f"{view.api(repository)}/actions/workflows/{record.workflow_id}"
    name = record.path.rpartition("/")[2]
    return {
        "id": record.workflow_id,
        "node_id": node("W", record.workflow_id),
        "name": name.partition(".")[0],
        "path": record.path,
        "state": "active",
        "created_at": time(repository.created_at),
        "updated_at": time(repository.created_at),
        "url": url,
        "html_url": f"{view.html(repository)}/blob/{repository.default_branch}/{record.path}",
        "badge_url": f"{PAGES_URL}/{repository.full_name}/workflows/{name}/badge.svg",
    }
