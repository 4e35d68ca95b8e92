"""The bodies of webhooks in GitHub's shapes."""

from app.simulator import history
from app.simulator.deployments import Deployment, DeploymentStatus
from app.simulator.objects import Commit
from app.simulator.records import (
    App,
    CheckRun,
    Comment,
    Installation,
    Pull,
    QueueEntry,
    Repository,
    Review,
    Status,
    WorkflowRun,
)
from app.simulator.shapes import accounts, commits, deployments, pulls, repositories, runs
from app.simulator.shapes.view import Json, View, node, time

ZEN = "Approachable is better than simple."
_NO_COMMIT = "0" * 40
_MOST_BRANCHES = 10


def common(view: View, repository: Repository | None, installation: Installation | None, sender: str) -> Json:
    """What nearly every payload has."""
    found: Json = {"sender": accounts.user(view, sender)}
    if repository is not None:
        found["repository"] = repositories.repository(view, repository)
        if repository.owner in view.state.organizations:
            found["organization"] = organization(view, repository.owner)
    if installation is not None:
        found["installation"] = {"id": installation.id, "node_id": node("I", installation.id)}
    return found


def organization(view: View, login: str) -> Json:
    account, url = view.state.users[login], f"{view.url}/orgs/{login}"
    links = {f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")}
    more = {"members_url": f"{url}/members{{/member}}", "public_members_url": f"{url}/public_members{{/member}}"}
    avatar = accounts.user(view, login)["avatar_url"]
    named = {"login": login, "id": account.id, "node_id": node("O", account.id), "url": url}
    return {**named, **links, **more, "avatar_url": avatar, "description": ""}


def pull_request(view: View, repository: Repository, pull: Pull) -> Json:
    return {"number": pull.number, "pull_request": pulls.full(view, repository, pull)}


def review(view: View, repository: Repository, pull: Pull, record: Review) -> Json:
    """Webhooks write the state of a review in small letters."""
    shape = pulls.review(view, repository, pull, record)
    written = {**shape, "state": record.state.lower(), "body": record.body or None}
    return {"pull_request": pulls.simple(view, repository, pull), "review": written}


def comment(view: View, repository: Repository, pull: Pull, record: Comment) -> Json:
    return {
        "issue": pulls.issue(view, repository, pull),
        "comment": pulls.comment(view, repository, pull, record),
    }


def status(view: View, repository: Repository, record: Status) -> Json:
    heads = [name for name, sha in repository.branches.items() if sha == record.sha][:_MOST_BRANCHES]
    return {
        "id": record.id,
        "sha": record.sha,
        "name": repository.full_name,
        "avatar_url": commits.simple_status(view, repository, record)["avatar_url"],
        "target_url": record.target_url,
        "context": record.context,
        "description": record.description,
        "state": record.state,
        "commit": commits.commit(view, repository, repository.commits[record.sha]),
        "branches": [repositories.short_branch(view, repository, name) for name in heads],
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
    }


def check_run(view: View, repository: Repository, run: CheckRun) -> Json:
    suite = commits.check_suite(view, repository, run)
    return {"check_run": {**commits.check_run(view, repository, run), "check_suite": suite}}


def check_suite(view: View, repository: Repository, run: CheckRun) -> Json:
    return {"check_suite": commits.check_suite(view, repository, run)}


def workflow_run(view: View, repository: Repository, run: WorkflowRun) -> Json:
    shape, of = runs.workflow_run(view, repository, run), runs.workflow(view, repository, run)
    return {"workflow_run": shape, "workflow": of}


def merge_group(repository: Repository, entry: QueueEntry) -> Json:
    head = repository.commits[entry.head_sha]
    group = {
        "head_sha": entry.head_sha,
        "head_ref": f"refs/heads/{entry.head_ref}",
        "base_sha": entry.base_sha,
        "base_ref": f"refs/heads/{repository.pulls[entry.number].base_ref}",
        "head_commit": commits.head_commit(head),
    }
    return {"merge_group": group}


def deployment(view: View, repository: Repository, record: Deployment) -> Json:
    return {"deployment": deployments.deployment(view, repository, record)}


def deployment_status(view: View, repository: Repository, record: DeploymentStatus) -> Json:
    made = next(one for one in repository.deployments if one.id == record.deployment_id)
    shape = deployments.status(view, repository, record)
    return {"deployment_status": shape, **deployment(view, repository, made)}


def asked(view: View, repository: Repository, pull: Pull, *, kind: str, name: str) -> Json:
    """One reviewer of a `review_requested` or `review_request_removed`."""
    if kind == "team":
        return {**pull_request(view, repository, pull), "requested_team": pulls.team(view, repository, name)}
    return {**pull_request(view, repository, pull), "requested_reviewer": accounts.user(view, name)}


def push(view: View, repository: Repository, branch: str, *, before: str | None, commit: Commit) -> Json:
    written = commits.pushed(view, repository, commit)
    forced = before is not None and not history.is_ahead(repository.commits, before, commit.sha)
    return {
        **_moved(view, repository, branch, before=before or _NO_COMMIT, after=commit.sha),
        "pusher": {"name": commit.committer.name, "email": commit.committer.email},
        "forced": forced,
        "commits": [written],
        "head_commit": written,
    }


def push_of_nothing(view: View, repository: Repository, branch: str, *, before: str, by: str) -> Json:
    """As a branch is deleted."""
    moved = _moved(view, repository, branch, before=before, after=_NO_COMMIT)
    person = {"name": by, "email": f"{by}@example.test"}
    return {**moved, "pusher": person, "forced": False, "commits": [], "head_commit": None}


def created(repository: Repository, branch: str) -> Json:
    return {**deleted(branch), "master_branch": repository.default_branch, "description": None}


def deleted(branch: str) -> Json:
    return {"ref": branch, "ref_type": "branch", "pusher_type": "user"}


def _moved(view: View, repository: Repository, branch: str, *, before: str, after: str) -> Json:
    return {
        "ref": f"refs/heads/{branch}",
        "before": before,
        "after": after,
        "repository": repositories.pushed(view, repository),
        "created": before == _NO_COMMIT,
        "deleted": after == _NO_COMMIT,
        "base_ref": None,
        "compare": f"{view.html(repository)}/compare/{before[:12]}...{after[:12]}",
    }


def label(view: View, repository: Repository, name: str) -> Json:
    return {"label": pulls.label(view, repository, name)}


def renamed(former_name: str) -> Json:
    return {"changes": {"repository": {"name": {"from": former_name}}}}


def ping(view: View, app: App) -> Json:
    url = f"{view.url}/app/hook/config"
    hook: Json = {
        "type": "App",
        "id": app.hook_id,
        "name": "web",
        "active": app.hook_url is not None,
        "events": list(app.events),
        "config": {"content_type": "json", "insecure_ssl": "0", "url": app.hook_url, "secret": "********"},
        "updated_at": time(app.created_at),
        "created_at": time(app.created_at),
        "app_id": app.id,
        "url": url,
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{view.url}/app/hook/deliveries",
    }
    return {"zen": ZEN, "hook_id": app.hook_id, "hook": hook}
