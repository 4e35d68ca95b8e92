"""Pull requests with their reviews, labels, comments and issue side, in GitHub's shapes."""

from urllib.parse import quote

from app.simulator import mergeability, state
from app.simulator.objects import blob_sha
from app.simulator.records import Comment, Issue, Pull, Repository, Review
from app.simulator.shapes import accounts, repositories
from app.simulator.shapes.view import Json, View, node, time

_LABEL_COLOR = "ededed"
_ISSUE_KEYS = (
    "node_id",
    "html_url",
    "number",
    "state",
    "locked",
    "title",
    "user",
    "body",
    "assignee",
    "assignees",
    "labels",
    "milestone",
    "draft",
    "created_at",
    "updated_at",
    "closed_at",
    "comments_url",
    "author_association",
)
_ASSOCIATIONS = {"admin": "MEMBER", "maintain": "COLLABORATOR", "write": "COLLABORATOR", "triage": "COLLABORATOR"}


def simple(view: View, repository: Repository, pull: Pull) -> Json:
    api, html = view.api(repository), view.html(repository)
    url, issue = f"{api}/pulls/{pull.number}", f"{api}/issues/{pull.number}"
    page = f"{html}/pull/{pull.number}"
    return {
        **_addresses(url, issue, page=page, api=api, sha=pull.head_sha),
        "id": pull.id,
        "node_id": node("PR", pull.id),
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": accounts.user(view, pull.author),
        "body": pull.body,
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "closed_at": time(pull.closed_at),
        "merged_at": time(pull.merged_at),
        "merge_commit_sha": pull.merge_sha or _test_merge(repository, pull),
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [accounts.user(view, login) for login in pull.requested_reviewers],
        "requested_teams": [team(view, repository, slug) for slug in pull.requested_teams],
        "labels": [label(view, repository, name) for name in pull.labels],
        "milestone": None,
        "draft": pull.draft,
        "head": _head(view, pull),
        "base": _base(view, repository, pull),
        "_links": _links(url, issue, page=page, api=api, sha=pull.head_sha),
        "author_association": association(repository, pull.author),
        "auto_merge": _auto_merge(view, pull),
    }


def _addresses(url: str, issue: str, *, page: str, api: str, sha: str) -> Json:
    return {
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{api}/pulls/comments{{/number}}",
        "comments_url": f"{issue}/comments",
        "statuses_url": f"{api}/statuses/{sha}",
    }


def full(view: View, repository: Repository, pull: Pull) -> Json:
    files = state.pull_files(repository, pull)
    merged, mergeable = pull.merged_at is not None, mergeability.of(repository, pull)
    return {
        **simple(view, repository, pull),
        "merged": merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": mergeability.state_of(view.state, repository, pull),
        "merged_by": accounts.user_or_none(view, pull.merged_by),
        "comments": len(repository.comments.get(pull.number, [])),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(state.pull_commits(repository, pull)),
        "additions": sum(f.additions for f in files),
        "deletions": sum(f.deletions for f in files),
        "changed_files": len(files),
    }


def review(view: View, repository: Repository, pull: Pull, record: Review) -> Json:
    url = f"{view.api(repository)}/pulls/{pull.number}"
    html = f"{view.html(repository)}/pull/{pull.number}#pullrequestreview-{record.id}"
    submitted = {} if record.state == "PENDING" else {"submitted_at": time(record.submitted_at)}
    return {
        "id": record.id,
        "node_id": node("PRR", record.id),
        "user": accounts.user_or_none(view, record.author),
        "body": record.body,
        "state": record.state,
        "html_url": html,
        "pull_request_url": url,
        "author_association": association(repository, record.author),
        "_links": {"html": {"href": html}, "pull_request": {"href": url}},
        **submitted,
        "commit_id": record.sha,
    }


def comment(view: View, repository: Repository, pull: Pull, record: Comment) -> Json:
    app = None if record.app_id is None else view.state.apps[record.app_id]
    return {
        "url": f"{view.api(repository)}/issues/comments/{record.id}",
        "html_url": f"{view.html(repository)}/pull/{pull.number}#issuecomment-{record.id}",
        "issue_url": f"{view.api(repository)}/issues/{pull.number}",
        "id": record.id,
        "node_id": node("IC", record.id),
        "user": accounts.user_or_none(view, record.author),
        "created_at": time(record.created_at),
        "updated_at": time(record.updated_at),
        "author_association": association(repository, record.author),
        "body": record.body,
        "performed_via_github_app": app and accounts.app(view, app),
    }


def issue(view: View, repository: Repository, pull: Pull) -> Json:
    """The pull request as an issue."""
    shape = simple(view, repository, pull)
    url = shape["issue_url"]
    same = {key: shape[key] for key in _ISSUE_KEYS}
    links = {key: shape[key] for key in ("url", "html_url", "diff_url", "patch_url", "merged_at")}
    app = None if pull.app_id is None else view.state.apps[pull.app_id]
    return {
        **same,
        "url": url,
        "id": pull.id,
        "repository_url": view.api(repository),
        "labels_url": f"{url}/labels{{/name}}",
        "events_url": f"{url}/events",
        "comments": len(repository.comments.get(pull.number, [])),
        "pull_request": links,
        "performed_via_github_app": app and accounts.app(view, app),
    }


def plain_issue(view: View, repository: Repository, record: Issue) -> Json:
    """One that is no pull request."""
    url = f"{view.api(repository)}/issues/{record.number}"
    page = f"{view.html(repository)}/issues/{record.number}"
    links = {f"{name}_url": f"{url}/{name}" for name in ("comments", "events")}
    return {
        "url": url,
        "html_url": page,
        "repository_url": view.api(repository),
        "labels_url": f"{url}/labels{{/name}}",
        **links,
        "id": record.id,
        "node_id": node("I", record.id),
        "number": record.number,
        "title": record.title,
        "body": record.body,
        "user": accounts.user(view, record.author),
        "state": "open",
        "locked": False,
        "labels": [],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": 0,
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
        "closed_at": None,
        "author_association": association(repository, record.author),
        "performed_via_github_app": None,
    }


def label(view: View, repository: Repository, name: str) -> Json:
    record = repository.labels[name]
    return {
        "id": record.id,
        "node_id": node("LA", record.id),
        "url": f"{view.api(repository)}/labels/{quote(name, safe='')}",
        "name": name,
        "color": _LABEL_COLOR,
        "default": False,
        "description": "",
    }


def team(view: View, repository: Repository, slug: str) -> Json:
    url = f"{view.url}/orgs/{repository.owner}/teams/{slug}"
    number = int(blob_sha(f"{repository.owner}/{slug}".encode())[:6], 16)
    return {
        "id": number,
        "node_id": node("T", number),
        "name": slug,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "permission": "pull",
        "url": url,
        "html_url": f"https://github.test/orgs/{repository.owner}/teams/{slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None,
        "type": "organization",
        "organization_id": view.state.users[repository.owner].id,
    }


def association(repository: Repository, login: str | None) -> str:
    if login == repository.owner:
        return "OWNER"
    return _ASSOCIATIONS.get(repository.collaborators.get(login or "", "none"), "NONE")


def _head(view: View, pull: Pull) -> Json:
    source = view.state.repositories.get(pull.head_repository_id)
    return {
        "label": f"{pull.head_owner}:{pull.head_ref}",
        "ref": pull.head_ref,
        "sha": pull.head_sha,
        "user": accounts.user(view, pull.head_owner),
        "repo": None if source is None else repositories.repository(view, source),
    }


def _base(view: View, repository: Repository, pull: Pull) -> Json:
    return {
        "label": f"{repository.owner}:{pull.base_ref}",
        "ref": pull.base_ref,
        "sha": pull.base_sha,
        "user": accounts.user(view, repository.owner),
        "repo": repositories.repository(view, repository),
    }


def _links(url: str, issue: str, *, page: str, api: str, sha: str) -> Json:
    addresses = {
        "self": url,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{sha}",
    }
    return {name: {"href": address} for name, address in addresses.items()}


def _test_merge(repository: Repository, pull: Pull) -> str | None:
    """The test merge commit that GitHub shows before the merge."""
    tried = mergeability.test_merge(repository, pull)
    return None if tried is None else tried.sha


def _auto_merge(view: View, pull: Pull) -> Json | None:
    wish = pull.auto_merge
    if wish is None:
        return None
    texts = {"commit_title": wish.title, "commit_message": wish.message}
    return {"enabled_by": accounts.user(view, wish.by), "merge_method": wish.method, **texts}
