"""Repositories, branches and file contents in GitHub's shapes."""

import base64

from app.simulator.objects import FOLDER, LINK, PROGRAM, SUBMODULE, TEXT, Commit
from app.simulator.records import Repository
from app.simulator.shapes import accounts, commits, guards
from app.simulator.shapes.view import PAGES_URL, Json, View, node, time

LARGEST_SHOWN_BYTES = 1024 * 1024
_KINDS = {TEXT: "file", PROGRAM: "file", LINK: "symlink", SUBMODULE: "submodule", FOLDER: "dir"}
_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}
_COUNTS = ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count")
_FEATURES = {
    "has_issues": True,
    "has_projects": True,
    "has_downloads": True,
    "has_wiki": True,
    "has_pages": False,
    "has_discussions": False,
}


def minimal(view: View, record: Repository) -> Json:
    url = view.api(record)
    return {
        "id": record.id,
        "node_id": node("R", record.id),
        "name": record.name,
        "full_name": record.full_name,
        "private": record.private,
        "owner": accounts.user(view, record.owner),
        "html_url": view.html(record),
        "description": "",
        "fork": record.fork_of is not None,
        "url": url,
        **{key: url + suffix for key, suffix in _LINKS.items()},
    }


def repository(view: View, record: Repository) -> Json:
    opened = sum(pull.state == "open" for pull in record.pulls.values())
    html = view.html(record)
    return {
        **minimal(view, record),
        **_FEATURES,
        **dict.fromkeys(_COUNTS, 0),
        "created_at": time(record.created_at),
        "updated_at": time(record.pushed_at),
        "pushed_at": time(record.pushed_at),
        "git_url": html.replace("https:", "git:") + ".git",
        "ssh_url": f"git@github.test:{record.full_name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "homepage": "",
        "size": 1,
        "language": "Python",
        "mirror_url": None,
        "archived": record.archived,
        "disabled": False,
        "open_issues": opened,
        "open_issues_count": opened,
        "license": None,
        "visibility": "private" if record.private else "public",
        "default_branch": record.default_branch,
    }


def full(view: View, record: Repository) -> Json:
    """How it merges is shown here alone."""
    methods = {
        "allow_merge_commit": "merge" in record.merge_methods,
        "allow_squash_merge": "squash" in record.merge_methods,
        "allow_rebase_merge": "rebase" in record.merge_methods,
        "allow_auto_merge": record.auto_merge,
        "delete_branch_on_merge": record.delete_branch_on_merge,
    }
    return {**repository(view, record), **methods, "network_count": 0, "subscribers_count": 0}


def pushed(view: View, record: Repository) -> Json:
    """As `push` webhooks have it: two times as numbers, the owner with an e-mail."""
    owner = accounts.user(view, record.owner)
    return {
        **repository(view, record),
        "created_at": int(record.created_at.timestamp()),
        "pushed_at": int(record.pushed_at.timestamp()),
        "stargazers": 0,
        "master_branch": record.default_branch,
        "owner": {**owner, "name": record.owner, "email": f"{record.owner}@example.test"},
    }


def short_branch(view: View, record: Repository, name: str) -> Json:
    sha = record.branches[name]
    commit = {"sha": sha, "url": f"{view.api(record)}/commits/{sha}"}
    return {"name": name, "commit": commit, "protected": guards.is_guarded(record, name)}


def branch(view: View, record: Repository, name: str) -> Json:
    url = f"{view.api(record)}/branches/{name}"
    return {
        "name": name,
        "commit": commits.commit(view, record, record.commits[record.branches[name]]),
        "_links": {"self": url, "html": f"{view.html(record)}/tree/{name}"},
        "protected": guards.is_guarded(record, name),
        "protection": guards.summary(record, name),
        "protection_url": f"{url}/protection",
    }


def file(view: View, record: Repository, commit: Commit, path: str, ref: str) -> Json:
    """The content of a file over 1 MB is left out, as at GitHub."""
    known = commit.tree[path]
    whole = {**_entry(view, record, path, ref=ref, sha=known.sha, kind=_KINDS[known.mode]), "size": len(known.data)}
    if known.mode == SUBMODULE:
        return {**whole, "size": 0, "submodule_git_url": f"{view.html(record)}-{whole['name']}.git"}
    if known.mode == LINK:
        return {**whole, "target": known.data.decode(errors="replace")}
    shown = len(known.data) <= LARGEST_SHOWN_BYTES
    content = base64.encodebytes(known.data).decode() if shown else ""
    return {**whole, "content": content, "encoding": "base64" if shown else "none"}


def directory(view: View, record: Repository, commit: Commit, path: str, ref: str) -> list[Json]:
    """One entry for each file and folder right below the path; none if there is no such folder."""
    prefix = f"{path}/" if path else ""
    found = []
    for entry in commit.tree.below(path).entries():
        shape = _entry(view, record, prefix + entry.path, ref=ref, sha=entry.sha, kind=_KINDS[entry.mode])
        found.append({**shape, "size": entry.size or 0})
    return found


def _entry(view: View, record: Repository, path: str, *, ref: str, sha: str, kind: str) -> Json:
    url = f"{view.api(record)}/contents/{path}?ref={ref}"
    git = f"{view.api(record)}/git/{'trees' if kind == 'dir' else 'blobs'}/{sha}"
    html = f"{view.html(record)}/blob/{ref}/{path}"
    return {
        "type": kind,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": f"{PAGES_URL}/raw/{record.full_name}/{ref}/{path}" if kind == "file" else None,
        "_links": {"self": url, "git": git, "html": html},
    }
