"""Requests that nobody may make are refused before a socket opens, also with a permit made out for just them."""

from typing import Any
from uuid import uuid4

import pytest

from app import permits
from app.github import egress
from app.github.allowed_writes import WRITES
from app.permits import Permit, Request
from tests.app.github.ground import REPOSITORY, Ground
from tests.app.github.watch import maker, watched

SHA = "a" * 40
MUTATIONS = (
    *("mergePullRequest", "enablePullRequestAutoMerge", "enqueuePullRequest", "closePullRequest", "closeIssue"),
    *("deleteRef", "updateRef", "updateRefs", "mergeBranch", "createCommitOnBranch", "updatePullRequestBranch"),
    *("deleteBranchProtectionRule", "archiveProjectV2Item", "updateProjectV2ItemFieldValue"),
)
RAW: list[tuple[str, str, dict[str, Any] | None]] = [
    ("PATCH", "/repositories/1/pulls/7", {"state": "closed"}),
    ("PATCH", "/repositories/1/pulls/7", {"title": "t", "body": "", "state": "closed"}),
    ("PATCH", "/repositories/1/pulls/7", {"title": "t", "body": "", "base": "other"}),
    ("PATCH", "/repositories/1/issues/7", {"state": "closed"}),
    ("PATCH", "/repositories/1/git/refs/heads/gate/1", {"sha": SHA, "force": True}),
    ("PATCH", "/repositories/1/git/refs/heads/gate/1", {"sha": SHA}),
    ("DELETE", "/repositories/1/git/refs/heads/gate/1", None),
    ("PUT", "/repositories/1/pulls/7/merge", {"merge_method": "squash", "sha": SHA}),
    ("PUT", "/repositories/1/pulls/7/update-branch", {"expected_head_sha": SHA}),
    ("POST", "/repositories/1/merges", {"base": "main", "head": "feature"}),
    ("POST", "/repositories/1/git/refs", {"ref": "refs/tags/v1", "sha": SHA}),
    ("POST", "/repositories/1/pulls/7/reviews", {"event": "REQUEST_CHANGES", "body": "b"}),
    ("POST", "/repositories/1/dispatches", {"event_type": "x"}),
    ("POST", "/app/hook/deliveries/7/attempts", None),
    ("PATCH", "/app/hook/config", {"url": "https://evil.example"}),
    ("DELETE", "/app/installations/5", None),
    ("PUT", "/app/installations/5/suspended", None),
    *(
        ("POST", "/graphql", {"query": f"mutation {{ {name} {{ clientMutationId }} }}", "variables": {}})
        for name in MUTATIONS
    ),
]


OF_THE_MERGER = {
    "PUT /repositories/1/pulls/7/merge": "merge",
    "PUT /repositories/1/pulls/7/update-branch": "update_branch",
    "DELETE /repositories/1/git/refs/heads/gate/1": "branch_delete",
}
"""What a permit of one kind is for."""


@pytest.mark.parametrize(("method", "path", "body"), RAW)
def test_a_raw_request_is_refused_with_any_permit_and_for_itself_too(
    method: str, path: str, body: dict[str, Any] | None
) -> None:
    requester = maker().requester
    for kind in (None, *(each for each in WRITES if each != OF_THE_MERGER.get(f"{method} {path}"))):
        wished = Permit(permits._SEAL, uuid4(), kind or "", Request(method, path, body or {}))
        with watched() as watch, egress.holding(wished), pytest.raises(egress.EgressRefused):
            requester.requestJson(method, path, input=body)
        assert (len(watch.asked), watch.passed, watch.reached) == (1, [], 0)


def test_the_same_with_github_there(ground: Ground) -> None:
    github = ground.app.client(ground.installation.id)._github
    repository = github.get_repo(ground.place.repository_id)
    pull = repository.get_pull(1)
    for attempt in (
        lambda: pull.merge(merge_method="squash"),
        lambda: pull.edit(state="closed"),
        lambda: pull.delete_branch(force=True),
        lambda: pull.enable_automerge(),
        lambda: pull.update_branch(),
        lambda: repository.get_git_ref("heads/feature").delete(),
        lambda: repository.get_git_ref("heads/feature").edit(ground.head, force=True),
    ):
        with pytest.raises(egress.EgressRefused):
            attempt()
    assert ground.github.writes() == []
    assert ground.github.state.pull(REPOSITORY, 1).state == "open"
