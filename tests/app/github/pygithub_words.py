"""What PyGithub's methods are called with, and where its objects live, by name."""

from collections.abc import Callable
from typing import Any

from github.GithubObject import NotSet
from github.InputFileContent import InputFileContent
from github.NamedUser import NamedUser
from github.OrganizationCustomProperty import CustomProperty
from github.Repository import Repository

BASE = "http://127.0.0.1:1"
NOW = "2026-11-21T10:00:00Z"
SHA = "a" * 40
VULNERABILITY = {
    "package": {"ecosystem": "pip", "name": "x"},
    "patched_versions": None,
    "vulnerable_functions": None,
    "vulnerable_version_range": None,
}

WORDS: dict[str, Any] = {
    "sha": SHA,
    "commit": SHA,
    "ref": "refs/heads/main",
    "state": "closed",
    "merge_method": "merge",
    "event": "APPROVE",
    "permission": "admin",
    "role": "maintainer",
    "visibility": "selected",
    "encoding": "base64",
    "verb": "DELETE",
    "cnx": "status",
    "secret_type": "actions",
    "variable_type": "actions",
    "reason": "OUTDATED",
    "node_type": "Issue",
    "output_schema": "{ id }",
    "local_path": __file__,
    "path_to_file": __file__,
    "label": "bug",
    "full_name": "acme/widget",
    "full_name_or_id": "acme/widget",
    "lock_reason": "spam",
    "conclusion": "success",
    "status": "completed",
    "reaction_type": "+1",
    "severity": "high",
    "expires_at": NOW,
}
"""Texts for arguments and fields of these names; any other text is `x`."""


ARGUMENTS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "AuthenticatedUser.create_gist": {"files": lambda _: {"x": InputFileContent("x")}},
    "AuthenticatedUser.create_migration": {"repos": lambda _: ["acme/widget"]},
    "GitRelease.upload_asset": {"path": lambda _: __file__},
    "Organization.create_custom_properties": {"properties": lambda _: [CustomProperty("x", "string")]},
    "Organization.create_custom_property": {"property": lambda _: CustomProperty("x", "string")},
    "Organization.invite_user": {"user": lambda make: make.make(NamedUser), "email": lambda _: NotSet},
    "ProjectColumn.create_card": {"note": lambda _: "x", "content_id": lambda _: NotSet},
    "Repository.create_git_release": {"target_commitish": lambda _: "main", "make_latest": lambda _: "true"},
    "Repository.update_dependabot_alert": {
        "state": lambda _: "dismissed",
        "dismissed_reason": lambda _: "no_bandwidth",
    },
    "RepositoryAdvisory.add_vulnerabilities": {"vulnerabilities": lambda _: [VULNERABILITY]},
    "RepositoryAdvisory.offer_credits": {"credited": lambda _: [{"login": "bob", "type": "finder"}]},
    **{
        f"Team.{name}": {"repo": lambda make: make.make(Repository)}
        for name in ("add_to_repos", "set_repo_permission", "update_team_repository", "remove_from_repos")
    },
}
"""Arguments that names and types do not tell."""


def below(path: str) -> str:
    return f"{BASE}/repositories/1/{path}"


ADDRESSES = {
    "Repository": f"{BASE}/repositories/1",
    "PullRequest": below("pulls/7"),
    "Issue": below("issues/7"),
    "Organization": f"{BASE}/orgs/acme",
    "Team": f"{BASE}/teams/7",
    "GitRef": below("git/refs/heads/main"),
    "Branch": below("branches/main"),
    "IssueComment": below("issues/comments/9"),
    "PullRequestReview": below("pulls/7/reviews/17"),
    "Commit": below(f"commits/{SHA}"),
    "NamedUser": f"{BASE}/users/bob",
    "AuthenticatedUser": f"{BASE}/user",
}
"""By repository id where GitHub has such an address, as the egress list wants it."""
