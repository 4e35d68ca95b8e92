"""The name of what a request is about, and the pull request, person or commit that it names (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OTHER = "any"
_ROWS = (
    ("token", "POST", r"/app/installations/\d+/access_tokens"),
    ("graphql", "POST", r"/graphql"),
    ("repo", "GET", r"REPO"),
    ("merge_put", "PUT", r"REPO/pulls/(?P<number>\d+)/merge"),
    ("merge_get", "GET", r"REPO/pulls/(?P<number>\d+)/merge"),
    ("update_branch", "PUT", r"REPO/pulls/(?P<number>\d+)/update-branch"),
    ("pull", "GET", r"REPO/pulls/(?P<number>\d+)"),
    ("pull_list", "GET", r"REPO/pulls"),
    ("reviews", "GET", r"REPO/pulls/(?P<number>\d+)/reviews"),
    ("review_post", "POST", r"REPO/pulls/(?P<number>\d+)/reviews"),
    ("issue", "GET", r"REPO/issues/(?P<number>\d+)"),
    ("permission", "GET", r"REPO/collaborators/(?P<user>[^/]+)/permission"),
    ("checks", "GET", r"REPO/commits/(?P<sha>.+)/check-runs"),
    ("suites", "GET", r"REPO/commits/(?P<sha>.+)/check-suites"),
    ("statuses", "GET", r"REPO/commits/(?P<sha>.+)/status(?:es)?"),
    ("statuses", "GET", r"REPO/statuses/(?P<sha>.+)"),
    ("status_post", "POST", r"REPO/statuses/(?P<sha>.+)"),
    ("check_post", "POST", r"REPO/check-runs"),
    ("check_post", "PATCH", r"REPO/check-runs/\d+"),
    ("protection", "GET", r"REPO/branches/(?P<sha>.+?)/protection(?:/.+)?"),
    ("rules", "GET", r"REPO/rules/branches/(?P<sha>.+)"),
    ("ref_get", "GET", r"REPO/(?:git/refs?|branches)/(?P<sha>.+)"),
    ("ref_delete", "DELETE", r"REPO/git/refs/(?P<sha>.+)"),
    ("compare", "GET", r"REPO/compare/(?P<sha>.+)"),
    ("contents", "GET", r"REPO/contents(?:/.*)?"),
    ("commit", "GET", r"REPO/(?:git/)?commits/(?P<sha>[^/]+)"),
)
_PATTERNS = [(name, method, re.compile(path.replace("REPO", "/repos/[^/]+/[^/]+"))) for name, method, path in _ROWS]
_NUMBERED = re.compile(r"/repos/[^/]+/[^/]+/(?:pulls|issues)/(\d+)\b")
RESOURCES = tuple(dict.fromkeys(name for name, _, _ in _ROWS))


@dataclass(frozen=True, kw_only=True)
class Place:
    resource: str  # one of RESOURCES, or `any`
    number: int | None = None
    user: str | None = None
    sha: str | None = None  # or the ref, where the request names one


def find(method: str, path: str, *, query: Mapping[str, str], body: Mapping[str, Any]) -> Place:
    """`path` is by the name of the repository. A merge names its SHA in the body, a file's ref is in the query."""
    said = body.get("sha") or body.get("head_sha") or body.get("expected_head_sha") or query.get("ref")
    for name, wanted, pattern in _PATTERNS:
        found = pattern.fullmatch(path) if wanted == method else None
        if found is not None:
            parts = found.groupdict()
            number = parts.get("number") or _variable(body, "number")
            sha = parts.get("sha") or (said if isinstance(said, str) else None)
            return Place(resource=name, number=number and int(number), user=parts.get("user"), sha=sha)
    numbered = _NUMBERED.match(path)
    return Place(resource=OTHER, number=int(numbered[1]) if numbered else None)


def _variable(body: Mapping[str, Any], name: str) -> Any:
    """Of a GraphQL request."""
    found = body.get("variables")
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, int) else None
