"""Commits, statuses, check runs and check suites in GitHub's shapes."""

from collections.abc import Mapping
from typing import Any

from app.simulator import history
from app.simulator.objects import EMPTY, Commit, Signature
from app.simulator.records import CheckRun, Repository, Status
from app.simulator.shapes import accounts
from app.simulator.shapes.view import PAGES_URL, Json, View, node, time

_NO_COMMIT = "0" * 40
_PUSHED = {"added": ("added",), "removed": ("removed",), "modified": ("modified", "changed")}


def commit(view: View, repository: Repository, record: Commit) -> Json:
    url = f"{view.api(repository)}/commits/{record.sha}"
    return {
        "sha": record.sha,
        "node_id": node("C", record.sha),
        "commit": _git_commit(view, repository, record),
        "url": url,
        "html_url": f"{view.html(repository)}/commit/{record.sha}",
        "comments_url": f"{url}/comments",
        "author": accounts.user_or_none(view, record.author.login),
        "committer": accounts.user_or_none(view, record.committer.login),
        "parents": [_parent(view, repository, sha) for sha in record.parents],
    }


def full(view: View, repository: Repository, record: Commit) -> Json:
    before = repository.commits[record.parents[0]].tree if record.parents else EMPTY
    changes = history.changes(before, record.tree)
    added, removed = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    return {
        **commit(view, repository, record),
        "stats": {"additions": added, "deletions": removed, "total": added + removed},
        "files": [file(view, repository, record.sha, change) for change in changes],
    }


def file(view: View, repository: Repository, sha: str, change: history.Change) -> Json:
    return {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{view.html(repository)}/blob/{sha}/{change.path}",
        "raw_url": f"{view.html(repository)}/raw/{sha}/{change.path}",
        "contents_url": f"{view.api(repository)}/contents/{change.path}?ref={sha}",
        **({} if change.patch is None else {"patch": change.patch}),
    }


def pushed(view: View, repository: Repository, record: Commit) -> Json:
    """As `push` webhooks list it."""
    before = repository.commits[record.parents[0]].tree if record.parents else EMPTY
    changes = history.changes(before, record.tree)
    return {
        **head_commit(record),
        "distinct": True,
        "url": f"{view.html(repository)}/commit/{record.sha}",
        "author": _pusher(record.author),
        "committer": _pusher(record.committer),
        **{word: [c.path for c in changes if c.status in kinds] for word, kinds in _PUSHED.items()},
    }


def head_commit(record: Commit) -> Json:
    return {
        "id": record.sha,
        "tree_id": record.tree.sha,
        "message": record.message,
        "timestamp": time(record.committer.at),
        "author": {"name": record.author.name, "email": record.author.email},
        "committer": {"name": record.committer.name, "email": record.committer.email},
    }


def simple_status(view: View, repository: Repository, record: Status) -> Json:
    creator = view.state.users[record.creator]
    return {
        "url": f"{view.api(repository)}/statuses/{record.sha}",
        "avatar_url": f"{PAGES_URL}/avatars/{creator.id}",
        "id": record.id,
        "node_id": node("SC", record.id),
        "state": record.state,
        "description": record.description,
        "target_url": record.target_url,
        "context": record.context,
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
    }


def status(view: View, repository: Repository, record: Status) -> Json:
    return {**simple_status(view, repository, record), "creator": accounts.user(view, record.creator)}


def check_run(view: View, repository: Repository, record: CheckRun) -> Json:
    url = f"{view.api(repository)}/check-runs/{record.id}"
    return {
        "id": record.id,
        "name": record.name,
        "node_id": node("CR", record.id),
        "head_sha": record.sha,
        "external_id": record.external_id,
        "url": url,
        "html_url": f"{view.html(repository)}/runs/{record.id}",
        "details_url": record.details_url or f"{view.html(repository)}/runs/{record.id}",
        "status": record.status,
        "conclusion": record.conclusion,
        "started_at": time(record.started_at),
        "completed_at": time(record.completed_at),
        "output": {
            "title": record.title,
            "summary": record.summary,
            "text": record.text,
            "annotations_count": len(record.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": record.suite_id},
        "app": accounts.app(view, view.state.apps[record.app_id]),
        "pull_requests": check_pulls(view, repository, record.sha),
    }


def annotation(view: View, repository: Repository, run: CheckRun, note: Mapping[str, Any]) -> Json:
    place = f"{view.html(repository)}/blob/{run.sha}/{note['path']}"
    blank = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    return {**blank, **note, "blob_href": place}


def check_pulls(view: View, repository: Repository, sha: str) -> list[Json]:
    """Open pull requests with this head; those out of forks are never listed."""
    shapes = []
    for pull in repository.pulls.values():
        if (pull.state, pull.head_sha, pull.head_repository_id) == ("open", sha, repository.id):
            owner = {"id": repository.id, "url": view.api(repository), "name": repository.name}
            shapes.append(
                {
                    "url": f"{view.api(repository)}/pulls/{pull.number}",
                    "id": pull.id,
                    "number": pull.number,
                    "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": owner},
                    "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": owner},
                }
            )
    return shapes


def check_suite(view: View, repository: Repository, run: CheckRun) -> Json:
    """The suite of this run: completed when all its runs are, with the worst conclusion (success if all pass)."""
    runs = [r for r in repository.check_runs if r.suite_id == run.suite_id]
    done = all(r.status == "completed" for r in runs)
    worst = next((r.conclusion for r in runs if r.conclusion not in ("success", "neutral", "skipped")), "success")
    branch = next((name for name, sha in repository.branches.items() if sha == run.sha), None)
    commit_of_suite = repository.commits[run.sha]
    return {
        "id": run.suite_id,
        "node_id": node("CS", run.suite_id),
        "head_branch": branch,
        "head_sha": run.sha,
        "status": "completed" if done else "in_progress",
        "conclusion": worst if done else None,
        "url": f"{view.api(repository)}/check-suites/{run.suite_id}",
        "before": (commit_of_suite.parents or (_NO_COMMIT,))[0],
        "after": run.sha,
        "pull_requests": check_pulls(view, repository, run.sha),
        "app": accounts.app(view, view.state.apps[run.app_id]),
        "created_at": time(runs[0].started_at),
        "updated_at": time(run.completed_at or run.started_at),
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{view.api(repository)}/check-suites/{run.suite_id}/check-runs",
        "head_commit": head_commit(commit_of_suite),
    }


def _git_commit(view: View, repository: Repository, record: Commit) -> Json:
    tree = record.tree.sha
    return {
        "author": _signature(record.author),
        "committer": _signature(record.committer),
        "message": record.message,
        "tree": {"sha": tree, "url": f"{view.api(repository)}/git/trees/{tree}"},
        "url": f"{view.api(repository)}/git/commits/{record.sha}",
        "comment_count": 0,
        "verification": _verification(record),
    }


def _verification(record: Commit) -> Json:
    """REST says the state of a signature in small letters, and nothing of who signed."""
    seal = record.seal
    verified = seal is not None and seal.state == "VALID"
    return {
        "verified": verified,
        "reason": seal.state.lower() if seal else "unsigned",
        "signature": f"-----BEGIN {seal.kind.upper()} SIGNATURE-----" if seal else None,
        "payload": f"tree {record.tree.sha}" if seal else None,
        "verified_at": time(record.committer.at) if verified else None,
    }


def _signature(record: Signature) -> Json:
    return {"name": record.name, "email": record.email, "date": time(record.at)}


def _pusher(record: Signature) -> Json:
    known = {} if record.login is None else {"username": record.login}
    return {"name": record.name, "email": record.email, **known}


def _parent(view: View, repository: Repository, sha: str) -> Json:
    html = f"{view.html(repository)}/commit/{sha}"
    return {"sha": sha, "url": f"{view.api(repository)}/commits/{sha}", "html_url": html}
