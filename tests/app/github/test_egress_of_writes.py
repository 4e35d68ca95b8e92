"""The egress list's writes: each kind has one method, one sort of path and one shape of a body, and no more."""

import json
from typing import Any
from uuid import uuid4

import pytest

from app import permits
from app.github import egress, queries
from app.github.allowed_writes import MOST_BLOB_CHARACTERS, WRITES
from app.permits import Permit, Request

SHA = "a" * 40
MARKED = f"text\n\n<!-- mergegate:{'0' * 64} -->"
REMARK = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}
CHECK = {
    "name": "mergegate: policy",
    "head_sha": SHA,
    "status": "completed",
    "conclusion": "failure",
    "external_id": "0" * 64,
    "details_url": "u",
    "output": {"title": "t", "summary": "s", "annotations": [REMARK]},
}
STATUS = {"state": "success", "context": "c", "description": "d", "target_url": "u"}
ENTRY = {"path": "a", "mode": "100644", "type": "blob", "sha": SHA}
SIGNER = {"name": "gate", "email": "gate@example.org", "date": "2026-11-21T10:00:00Z"}
COMMIT = {"message": "m", "tree": SHA, "parents": [SHA], "author": SIGNER, "committer": SIGNER}
PROJECT = {"project": "P1", "item": "I1", "field": "F1", "option": "O1"}
SET_FIELD = {"query": queries.SET_PROJECT_FIELD.text, "variables": PROJECT}
ENQUEUE = {"query": queries.ENQUEUE.text, "variables": {"pull": "P1", "head": SHA}}
AT = "/repositories/1"
NOT_ALLOWED = "not what|another body"
"""By another kind of write, or by another GraphQL document."""

WISHES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "status": ("status", "POST", f"{AT}/statuses/{SHA}", STATUS),
    "review_request": (
        "review_request",
        "POST",
        f"{AT}/pulls/7/requested_reviewers",
        {"reviewers": ["bob"], "team_reviewers": []},
    ),
    "review_dismiss": (
        "review_dismiss",
        "PUT",
        f"{AT}/pulls/7/reviews/17/dismissals",
        {"message": "m", "event": "DISMISS"},
    ),
    "review_approve": (
        "review_approve",
        "POST",
        f"{AT}/pulls/7/reviews",
        {"commit_id": SHA, "event": "APPROVE", "body": MARKED},
    ),
    "check_run": ("check_run", "POST", f"{AT}/check-runs", CHECK),
    "pull_request_create": (
        "pull_request_create",
        "POST",
        f"{AT}/pulls",
        {"title": "t", "body": "", "head": "h", "base": "b", "draft": False},
    ),
    "pull_request_update": ("pull_request_update", "PATCH", f"{AT}/pulls/7", {"title": "t", "body": ""}),
    "comment_create": ("comment_create", "POST", f"{AT}/issues/7/comments", {"body": MARKED}),
    "comment_update": ("comment_update", "PATCH", f"{AT}/issues/comments/9", {"body": MARKED}),
    "label_add": ("label_add", "POST", f"{AT}/issues/7/labels", {"labels": ["bug"]}),
    "label_remove": ("label_remove", "DELETE", f"{AT}/issues/7/labels/a%2Fb%20c", {}),
    "branch_create": ("branch_create", "POST", f"{AT}/git/refs", {"ref": "refs/heads/gate/1", "sha": SHA}),
    "branch_fast_forward": (
        "branch_fast_forward",
        "PATCH",
        f"{AT}/git/refs/heads/gate/1",
        {"sha": SHA, "force": False},
    ),
    "blob": ("git_object", "POST", f"{AT}/git/blobs", {"content": "AAE=", "encoding": "base64"}),
    "tree": ("git_object", "POST", f"{AT}/git/trees", {"base_tree": SHA, "tree": [ENTRY]}),
    "commit": ("git_object", "POST", f"{AT}/git/commits", COMMIT),
    "project_field": ("project_field", "POST", "/graphql", SET_FIELD),
    "merge": ("merge", "PUT", f"{AT}/pulls/7/merge", {"sha": SHA, "merge_method": "squash"}),
    "update_branch": ("update_branch", "PUT", f"{AT}/pulls/7/update-branch", {"expected_head_sha": SHA}),
    "branch_delete": ("branch_delete", "DELETE", f"{AT}/git/refs/heads/gate/1", {}),
    "enqueue": ("enqueue", "POST", "/graphql", ENQUEUE),
}


def _permit(kind: str, method: str, path: str, body: str) -> Permit:
    return Permit(permits._SEAL, uuid4(), kind, Request(method, path, json.loads(body)))


def test_every_kind_of_write_is_tried_here() -> None:
    assert {kind for kind, _, _, _ in WISHES.values()} == set(WRITES)


@pytest.mark.parametrize("name", WISHES)
def test_each_passes_once_with_its_own_request(name: str) -> None:
    kind, method, path, document = WISHES[name]
    body = json.dumps(document)
    with egress.holding(_permit(kind, method, path, body)):
        egress.check(method, path, body)
        with pytest.raises(egress.EgressRefused, match="used before"):
            egress.check(method, path, body)


@pytest.mark.parametrize("name", WISHES)
def test_none_passes_without_a_permit(name: str) -> None:
    _, method, path, document = WISHES[name]
    with pytest.raises(egress.EgressRefused, match="no permit"):
        egress.check(method, path, json.dumps(document))


@pytest.mark.parametrize("kind", WRITES)
@pytest.mark.parametrize("other", WISHES)
def test_a_permit_of_one_kind_opens_the_way_to_no_other(kind: str, other: str) -> None:
    its_own, method, path, document = WISHES[other]
    body = json.dumps(document)
    if kind != its_own:
        with egress.holding(_permit(kind, method, path, body)), pytest.raises(egress.EgressRefused, match=NOT_ALLOWED):
            egress.check(method, path, body)


@pytest.mark.parametrize("name", WISHES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_method_is_part_of_what_a_permit_allows(name: str, method: str) -> None:
    kind, right, path, document = WISHES[name]
    body = json.dumps(document)
    if method != right:
        with egress.holding(_permit(kind, method, path, body)), pytest.raises(egress.EgressRefused, match="not what"):
            egress.check(method, path, body)


@pytest.mark.parametrize("name", WISHES)
def test_nothing_may_follow_the_path(name: str) -> None:
    kind, method, path, document = WISHES[name]
    body = json.dumps(document)
    for more in ("?force=true", "/", "#x"):
        with egress.holding(_permit(kind, method, path + more, body)), pytest.raises(egress.EgressRefused):
            egress.check(method, path + more, body)


CHANGES = [
    ("status", {"state": "merged"}),
    ("status", {"description": "x" * 141}),
    ("review_request", {"reviewers": "bob"}),
    ("review_request", {"reviewers": [7]}),
    ("review_request", {"reviewers": ["u"] * 101}),
    ("review_request", {"event": "APPROVE"}),
    ("review_dismiss", {"event": "APPROVE"}),
    ("review_dismiss", {"message": ""}),
    ("review_dismiss", {"state": "closed"}),
    ("review_approve", {"event": "REQUEST_CHANGES"}),
    ("review_approve", {"event": "COMMENT"}),
    ("review_approve", {"commit_id": "main"}),
    ("review_approve", {"body": "without a marker"}),
    ("review_approve", {"comments": []}),
    ("check_run", {"conclusion": "action_required"}),
    ("check_run", {"status": "in_progress"}),
    ("check_run", {"head_sha": "main"}),
    ("check_run", {"external_id": "x"}),
    ("check_run", {"actions": []}),
    ("check_run", {"output": {"title": "t", "summary": "s", "annotations": [REMARK] * 51}}),
    ("check_run", {"output": {"title": "t", "summary": "s", "annotations": [], "images": []}}),
    ("check_run", {"output": {"title": "t", "summary": "s", "annotations": [{**REMARK, "raw_details": "x"}]}}),
    ("pull_request_create", {"head": "mallory:main"}),
    ("pull_request_create", {"head_repo": "other"}),
    ("pull_request_create", {"title": ""}),
    ("pull_request_create", {"draft": 1}),
    ("pull_request_create", {"maintainer_can_modify": True}),
    ("pull_request_create", {"issue": 7}),
    ("pull_request_update", {"state": "closed"}),
    ("pull_request_update", {"state": "open"}),
    ("pull_request_update", {"base": "main"}),
    ("pull_request_update", {"title": ""}),
    ("comment_create", {"body": "without a marker"}),
    ("comment_create", {"body": MARKED + "and more"}),
    ("comment_update", {"body": "without a marker"}),
    ("comment_update", {"state": "closed"}),
    ("label_add", {"labels": []}),
    ("label_add", {"labels": [""]}),
    ("label_add", {"labels": ["x"] * 101}),
    ("label_add", {"state": "closed"}),
    ("label_remove", {"labels": []}),
    ("branch_create", {"ref": "refs/tags/v1"}),
    ("branch_create", {"ref": "refs/pull/7/head"}),
    ("branch_create", {"ref": "refs/heads/"}),
    ("branch_create", {"sha": "main"}),
    ("branch_fast_forward", {"force": True}),
    ("branch_fast_forward", {"force": 0}),
    ("branch_fast_forward", {"force": "false"}),
    ("branch_fast_forward", {"force": None}),
    ("blob", {"encoding": "utf-8"}),
    ("blob", {"content": "not base64!"}),
    ("blob", {"content": "A" * (MOST_BLOB_CHARACTERS + 1)}),
    ("tree", {"tree": []}),
    ("tree", {"base_tree": None}),
    ("tree", {"tree": [{**ENTRY, "mode": "160000"}]}),
    ("tree", {"tree": [{**ENTRY, "type": "commit"}]}),
    ("tree", {"tree": [{**ENTRY, "content": "x"}]}),
    ("commit", {"parents": []}),
    ("commit", {"parents": [SHA, SHA, SHA]}),
    ("commit", {"signature": "x"}),
    ("commit", {"committer": {**SIGNER, "date": "now"}}),
    ("project_field", {"variables": {**PROJECT, "more": "x"}}),
    ("project_field", {"variables": {**PROJECT, "option": 7}}),
    ("project_field", {"variables": {**PROJECT, "option": "o" * 1025}}),
    ("project_field", {"operationName": "SetProjectField"}),
]


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_each_body_has_one_shape_and_no_more_in_it(name: str, change: dict[str, Any]) -> None:
    kind, method, path, document = WISHES[name]
    body = json.dumps(document | change)
    with egress.holding(_permit(kind, method, path, body)), pytest.raises(egress.EgressRefused, match="another body"):
        egress.check(method, path, body)


@pytest.mark.parametrize("name", WISHES)
def test_no_part_of_a_body_may_be_left_out(name: str) -> None:
    kind, method, path, document = WISHES[name]
    for left_out in document:
        body = json.dumps({key: value for key, value in document.items() if key != left_out})
        with egress.holding(_permit(kind, method, path, body)), pytest.raises(egress.EgressRefused):
            egress.check(method, path, body)


OTHER_WRITES = [
    ("PUT", "/repositories/1/pulls/7/merge-async"),
    ("DELETE", "/repositories/1/git/refs/tags/v1"),
    ("PATCH", "/repositories/1/git/refs/tags/v1"),
    ("PATCH", "/repositories/1/git/refs/heads/../tags/v1"),
    ("PATCH", "/repositories/1/git/refs/heads/%2E%2E/tags/v1"),
    ("PATCH", "/repositories/1/git/refs/heads//main"),
    ("PATCH", "/repositories/1/issues/7"),
    ("POST", "/repositories/1/issues"),
    ("POST", "/repositories/1/merges"),
    ("DELETE", "/repositories/1/pulls/7/requested_reviewers"),
    ("DELETE", "/repositories/1/issues/7/labels"),
    ("DELETE", "/repositories/1/issues/7/labels/.."),
    ("DELETE", "/repositories/1/issues/7/labels/%2e%2E"),
    ("DELETE", "/repositories/1/issues/7/labels/..%2F..%2f..%2Fgit%2Frefs%2Fheads%2Fmain"),
    ("DELETE", "/repositories/1/issues/7/labels/a/../../../labels/bug"),
    ("DELETE", "/repositories/1/issues/comments/9"),
    ("DELETE", "/repositories/1/labels/bug"),
    ("PUT", "/repositories/1/issues/7/labels"),
    ("PUT", "/repositories/1/contents/a.py"),
    ("PUT", "/repositories/1/pulls/7/reviews/17"),
    ("POST", "/repositories/1/pulls/7/reviews/17/events"),
    ("POST", "/repositories/1/pulls/7/comments"),
    ("POST", "/repositories/1/git/tags"),
    ("PATCH", "/repositories/1/check-runs/9"),
    ("DELETE", "/repositories/1"),
    ("POST", f"/repositories/1/statuses/{SHA}/../../merges"),
]


@pytest.mark.parametrize("name", WISHES)
@pytest.mark.parametrize(("method", "path"), OTHER_WRITES)
def test_no_permit_opens_the_way_to_another_write(method: str, path: str, name: str) -> None:
    kind, _, _, document = WISHES[name]
    body = json.dumps(document)
    with egress.holding(_permit(kind, method, path, body)), pytest.raises(egress.EgressRefused):
        egress.check(method, path, body)


@pytest.mark.parametrize("kind", WRITES)
@pytest.mark.parametrize(
    "text",
    [
        "mutation { mergePullRequest(input: {}) { clientMutationId } }",
        queries.SET_PROJECT_FIELD.text + "\n",
        queries.SET_PROJECT_FIELD.text.replace("projectV2Item", "clientMutationId"),
        queries.TALK.text,
    ],
)
def test_no_permit_opens_the_way_to_another_document(kind: str, text: str) -> None:
    body = json.dumps({"query": text, "variables": PROJECT})
    with egress.holding(_permit(kind, "POST", "/graphql", body)), pytest.raises(egress.EgressRefused):
        egress.check("POST", "/graphql", body)
