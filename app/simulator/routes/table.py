"""The table of all routes: method, path, who may call, handler."""

from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from app.simulator.call import Handler
from app.simulator.graph import answer as graph
from app.simulator.graph import documents
from app.simulator.routes import (
    accounts,
    apps,
    checks,
    commits,
    comparing,
    deliveries,
    deployments,
    git_commits,
    guards,
    merging,
    proposing,
    pulls,
    refs,
    repositories,
    reviewing,
    talk,
    trees,
)
from app.simulator.shapes.view import Json

_REPO = "/repos/<owner>/<repo>"
GRAPHQL = "/graphql"


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    needs: str  # `app` (a JWT), `anybody`, `token`, or permissions such as `statuses:write`, with | where one is enough
    handler: Handler

    def writes(self, body: Json) -> bool:
        """GraphQL is asked by POST whatever is asked: its document says whether it writes."""
        return documents.writes(body) if self.path == GRAPHQL else self.method != "GET"


def _of(needs: str, *rows: tuple[str, Handler]) -> list[Route]:
    return [Route(path.split()[0], path.split()[1].replace("REPO", _REPO), needs, handler) for path, handler in rows]


ROUTES: list[Route] = [
    *_of(
        "app",
        ("GET /app", apps.read_app),
        ("GET /app/installations", apps.list_installations),
        ("GET /app/installations/<int:installation>", apps.read_installation),
        ("POST /app/installations/<int:installation>/access_tokens", apps.create_token),
        ("GET REPO/installation", apps.read_installation_of_repository),
        ("GET /app/hook/config", apps.read_hook),
        ("GET /app/hook/deliveries", deliveries.list_deliveries),
        ("GET /app/hook/deliveries/<int:delivery>", deliveries.read_delivery),
        ("POST /app/hook/deliveries/<int:delivery>/attempts", deliveries.redeliver),
    ),
    *_of("anybody", ("GET /meta", accounts.read_meta)),
    *_of(
        "token",
        ("GET /installation/repositories", apps.list_repositories),
        ("GET /rate_limit", accounts.read_rate_limit),
        (f"POST {GRAPHQL}", graph.answer),
        ("GET /users/<login>", accounts.read_user),
        ("GET /apps/<slug>", apps.read_public_app),
    ),
    *_of(
        "members:read",
        ("GET /orgs/<org>/members", accounts.list_members),
        ("GET /orgs/<org>/members/<login>", accounts.read_member),
        ("GET /orgs/<org>/teams/<team>", accounts.read_team),
        ("GET /orgs/<org>/teams/<team>/members", accounts.list_team_members),
        ("GET /orgs/<org>/teams/<team>/memberships/<login>", accounts.read_team_membership),
    ),
    *_of(
        "metadata:read",
        ("GET REPO", repositories.read_repository),
        ("GET REPO/collaborators", repositories.list_collaborators),
        ("GET REPO/collaborators/<login>/permission", repositories.read_permission),
        ("GET REPO/teams", repositories.list_teams),
        ("GET REPO/rules/branches/<path:branch>", guards.list_rules),
        ("GET REPO/rulesets", guards.list_rulesets),
        ("GET REPO/rulesets/<int:ruleset>", guards.read_ruleset),
    ),
    *_of(
        "administration:read",
        ("GET REPO/branches/<path:branch>/protection", guards.read_protection),
        ("GET REPO/branches/<path:branch>/protection/required_status_checks", guards.read_required_checks),
    ),
    *_of(
        "metadata:read|repository_custom_properties:read",
        ("GET REPO/properties/values", repositories.list_properties),
    ),
    *_of("actions:read", ("GET REPO/actions/runs", checks.list_workflow_runs)),
    *_of(
        "contents:read",
        ("GET REPO/branches", repositories.list_branches),
        ("GET REPO/branches/<path:branch>", repositories.read_branch),
        ("GET REPO/contents", repositories.read_contents),
        ("GET REPO/contents/", repositories.read_contents),
        ("GET REPO/contents/<path:path>", repositories.read_contents),
        ("GET REPO/commits", commits.list_commits),
        ("GET REPO/commits/<path:ref>", commits.read_commit),
        ("GET REPO/commits/<sha>/pulls", commits.list_pulls_of_commit),
        ("GET REPO/compare/<path:basehead>", comparing.compare),
        ("GET REPO/git/blobs/<sha>", trees.read_blob),
        ("GET REPO/git/trees/<path:ref>", trees.read_tree),
        ("GET REPO/git/commits/<sha>", git_commits.read_commit),
        ("GET REPO/git/ref/<path:ref>", refs.read_ref),
        ("GET REPO/git/matching-refs/<path:ref>", refs.list_refs),
    ),
    *_of(
        "contents:write",
        ("POST REPO/git/blobs", trees.create_blob),
        ("POST REPO/git/trees", trees.create_tree),
        ("POST REPO/git/commits", git_commits.create_commit),
        ("POST REPO/git/refs", refs.create_ref),
        ("PATCH REPO/git/refs/<path:ref>", refs.update_ref),
        ("DELETE REPO/git/refs/<path:ref>", refs.delete_ref),
        ("PUT REPO/pulls/<int:number>/merge", merging.merge),
    ),
    *_of(
        "statuses:read",
        ("GET REPO/commits/<path:ref>/status", commits.read_combined_status),
        ("GET REPO/commits/<path:ref>/statuses", commits.list_statuses),
        ("GET REPO/statuses/<path:ref>", commits.list_statuses),
    ),
    *_of(
        "checks:read",
        ("GET REPO/commits/<path:ref>/check-runs", checks.list_check_runs),
        ("GET REPO/commits/<path:ref>/check-suites", checks.list_check_suites),
        ("GET REPO/check-runs/<int:run>", checks.read_check_run),
        ("GET REPO/check-runs/<int:run>/annotations", checks.list_annotations),
    ),
    *_of(
        "deployments:read",
        ("GET REPO/deployments", deployments.list_deployments),
        ("GET REPO/deployments/<int:deployment>", deployments.read_deployment),
        ("GET REPO/deployments/<int:deployment>/statuses", deployments.list_statuses),
    ),
    *_of(
        "checks:write",
        ("POST REPO/check-runs", checks.create_check_run),
        ("PATCH REPO/check-runs/<int:run>", checks.update_check_run),
    ),
    *_of("statuses:write", ("POST REPO/statuses/<sha>", commits.create_status)),
    *_of(
        "pull_requests:read",
        ("GET REPO/pulls", pulls.list_pulls),
        ("GET REPO/pulls/<int:number>", pulls.read_pull),
        ("GET REPO/pulls/<int:number>/merge", merging.is_merged),
        ("GET REPO/pulls/<int:number>/files", pulls.list_files),
        ("GET REPO/pulls/<int:number>/commits", pulls.list_commits),
        ("GET REPO/pulls/<int:number>/reviews", reviewing.list_reviews),
        ("GET REPO/pulls/<int:number>/reviews/<int:review>", reviewing.read_review),
        ("GET REPO/pulls/<int:number>/requested_reviewers", reviewing.read_requested_reviewers),
    ),
    *_of(
        "pull_requests:write",
        ("POST REPO/pulls", proposing.create),
        ("PATCH REPO/pulls/<int:number>", proposing.update),
        ("PUT REPO/pulls/<int:number>/update-branch", merging.update_branch),
        ("POST REPO/pulls/<int:number>/reviews", reviewing.create),
        ("PUT REPO/pulls/<int:number>/reviews/<int:review>/dismissals", reviewing.dismiss),
        ("POST REPO/pulls/<int:number>/requested_reviewers", reviewing.request_reviewers),
        ("DELETE REPO/pulls/<int:number>/requested_reviewers", reviewing.remove_requested_reviewers),
    ),
    *_of(
        "issues:read|pull_requests:read",
        ("GET REPO/issues/<int:number>", pulls.read_issue),
        ("GET REPO/issues/<int:number>/comments", talk.list_comments),
        ("GET REPO/issues/<int:number>/labels", talk.list_labels),
        ("GET REPO/issues/comments", talk.list_all_comments),
        ("GET REPO/issues/comments/<int:comment>", talk.read_comment),
        ("GET REPO/labels", talk.list_labels_of_repository),
    ),
    *_of(
        "issues:write|pull_requests:write",
        ("POST REPO/issues/<int:number>/comments", talk.create_comment),
        ("PATCH REPO/issues/comments/<int:comment>", talk.update_comment),
        ("POST REPO/issues/<int:number>/labels", talk.add_labels),
        ("PUT REPO/issues/<int:number>/labels", talk.set_labels),
        ("DELETE REPO/issues/<int:number>/labels", talk.remove_labels),
        ("DELETE REPO/issues/<int:number>/labels/<path:name>", talk.remove_label),
    ),
]

_RULES = Map(
    [Rule(route.path, methods=[route.method], endpoint=number) for number, route in enumerate(ROUTES)],
    strict_slashes=False,
    merge_slashes=False,
    redirect_defaults=False,
)


def find(method: str, path: str) -> tuple[Route, dict[str, Any]] | None:
    """The route of a request with the variable parts of its path; None where the simulator serves nothing."""
    try:
        number, parts = _RULES.bind("github.test").match(path, method)
    except HTTPException:
        return None
    return (ROUTES[number], dict(parts)) if method == ROUTES[number].method else None
