"""The egress list: what is not on it does not leave, and no write leaves without its permit."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import permits
from app.github import egress
from app.permits import Permit, Request

SHA = "a" * 40
STATUS = f"/repositories/1/statuses/{SHA}"
BODY = '{"state": "success", "context": "c", "description": "d", "target_url": "u"}'


def _permit(path: str = STATUS, kind: str = "status", body: str = BODY, method: str = "POST") -> Permit:
    return Permit(permits._SEAL, uuid4(), kind, Request(method, path, json.loads(body)))


@pytest.fixture
def in_hand() -> Iterator[Permit]:
    permit = _permit()
    with egress.holding(permit):
        yield permit


def test_a_permit_cannot_be_made_by_its_constructor() -> None:
    with pytest.raises(TypeError):
        Permit(object(), uuid4(), "status", Request("POST", STATUS, {}))


@pytest.mark.parametrize(
    "path",
    [
        "/app",
        "/app/installations?per_page=100&page=2",
        "/repositories/1",
        "/repositories/1/pulls/7?per_page=100",
        "/repositories/1/pulls/7/files",
        f"/repositories/1/commits/{SHA}/status",
        "/repositories/1/branches/release%2F1.0",
        f"/repositories/1/contents/.policy.yml?ref={SHA}",
        "/repositories/1/collaborators/alice/permission",
        "/repositories/1/collaborators?affiliation=direct&per_page=100",
        f"/repositories/1/actions/runs?head_sha={SHA}",
        "/repositories/1/properties/values",
        "/repositories/1/teams",
        "/orgs/acme/members",
        "/orgs/acme/members/alice",
        "/orgs/acme/teams/core/members?per_page=100",
        "/repos/acme/.github",
    ],
)
def test_it_lets_a_listed_reading_pass(path: str) -> None:
    egress.check("GET", path, None)


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/app/installations/5",
        "/app/installations/5/access_tokens",
        "/repositories/1/../2/pulls",
        "/repositories/1/contents/../../app",
        "/repositories/x/pulls",
        "/repositories/1/hooks",
        "/repos/acme/widget/pulls",
        "/repos/acme",
        "/graphql",
        "/repositories/1/pulls/7/merge",
        "//evil.example/repositories/1",
    ],
)
def test_it_refuses_any_other_reading(path: str) -> None:
    with pytest.raises(egress.EgressRefused):
        egress.check("GET", path, None)


def test_it_refuses_a_reading_with_a_body() -> None:
    with pytest.raises(egress.EgressRefused):
        egress.check("GET", "/app", "{}")


def test_it_lets_a_token_be_asked_for_without_a_permit() -> None:
    egress.check("POST", "/app/installations/5/access_tokens", "{}")


def test_it_refuses_a_write_without_a_permit() -> None:
    with pytest.raises(egress.EgressRefused, match="no permit"):
        egress.check("POST", STATUS, BODY)


@pytest.mark.usefixtures("in_hand")
def test_it_lets_a_write_pass_once_for_its_permit() -> None:
    egress.check("POST", STATUS, BODY)
    with pytest.raises(egress.EgressRefused, match="used before"):
        egress.check("POST", STATUS, BODY)


def test_it_refuses_a_permit_for_another_path() -> None:
    with egress.holding(_permit(f"/repositories/2/statuses/{SHA}")), pytest.raises(egress.EgressRefused):
        egress.check("POST", STATUS, BODY)


def test_it_refuses_a_permit_of_an_unknown_kind() -> None:
    with egress.holding(_permit(kind="merge")), pytest.raises(egress.EgressRefused):
        egress.check("POST", STATUS, BODY)


@pytest.mark.usefixtures("in_hand")
@pytest.mark.parametrize("body", ['{"state": "success", "force": true}', "[]", '"x"'])
def test_it_refuses_a_body_with_anything_else_in_it(body: str) -> None:
    with pytest.raises(egress.EgressRefused):
        egress.check("POST", STATUS, body)


REVIEWERS = "/repositories/1/pulls/7/requested_reviewers"
DISMISSAL = "/repositories/1/pulls/7/reviews/17/dismissals"
CHECKS = "/repositories/1/check-runs"
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
WISHES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "status": ("POST", STATUS, json.loads(BODY)),
    "review_request": ("POST", REVIEWERS, {"reviewers": ["bob"], "team_reviewers": []}),
    "review_dismiss": ("PUT", DISMISSAL, {"message": "m", "event": "DISMISS"}),
    "check_run": ("POST", CHECKS, CHECK),
}


@pytest.mark.parametrize("kind", WISHES)
def test_each_kind_passes_once_with_its_own_request(kind: str) -> None:
    method, path, document = WISHES[kind]
    body = json.dumps(document)
    with egress.holding(_permit(path, kind, body, method)):
        egress.check(method, path, body)
        with pytest.raises(egress.EgressRefused, match="used before"):
            egress.check(method, path, body)


@pytest.mark.parametrize("kind", WISHES)
@pytest.mark.parametrize("other", WISHES)
def test_a_permit_of_one_kind_opens_the_way_to_no_other(kind: str, other: str) -> None:
    method, path, document = WISHES[other]
    body = json.dumps(document)
    if kind != other:
        with egress.holding(_permit(path, kind, body, method)), pytest.raises(egress.EgressRefused, match="not what"):
            egress.check(method, path, body)


@pytest.mark.parametrize("kind", WISHES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_method_is_part_of_what_a_permit_allows(kind: str, method: str) -> None:
    right, path, document = WISHES[kind]
    body = json.dumps(document)
    if method != right:
        with egress.holding(_permit(path, kind, body, method)), pytest.raises(egress.EgressRefused, match="not what"):
            egress.check(method, path, body)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("status", {"state": "merged"}),
        ("status", {"description": "x" * 141}),
        ("review_request", {"reviewers": "bob"}),
        ("review_request", {"reviewers": [7]}),
        ("review_request", {"reviewers": ["u"] * 101}),
        ("review_request", {"event": "APPROVE"}),
        ("review_dismiss", {"event": "APPROVE"}),
        ("review_dismiss", {"message": ""}),
        ("review_dismiss", {"state": "closed"}),
        ("check_run", {"conclusion": "action_required"}),
        ("check_run", {"status": "in_progress"}),
        ("check_run", {"head_sha": "main"}),
        ("check_run", {"external_id": "x"}),
        ("check_run", {"actions": []}),
        ("check_run", {"output": {"title": "t", "summary": "s", "annotations": [REMARK] * 51}}),
        ("check_run", {"output": {"title": "t", "summary": "s", "annotations": [], "images": []}}),
        ("check_run", {"output": {"title": "t", "summary": "s", "annotations": [{**REMARK, "raw_details": "x"}]}}),
    ],
)
def test_each_body_has_one_shape_and_no_more_in_it(kind: str, change: dict[str, Any]) -> None:
    method, path, document = WISHES[kind]
    body = json.dumps(document | change)
    with (
        egress.holding(_permit(path, kind, body, method)),
        pytest.raises(egress.EgressRefused, match="another body"),
    ):
        egress.check(method, path, body)


@pytest.mark.parametrize("kind", WISHES)
def test_no_part_of_a_body_may_be_left_out(kind: str) -> None:
    method, path, document = WISHES[kind]
    for name in document:
        body = json.dumps({key: value for key, value in document.items() if key != name})
        with egress.holding(_permit(path, kind, body, method)), pytest.raises(egress.EgressRefused):
            egress.check(method, path, body)


MUTATIONS = [
    ("PUT", "/repositories/1/pulls/7/merge"),
    ("PUT", "/repositories/1/pulls/7/merge-async"),
    ("DELETE", "/repositories/1/git/refs/heads/main"),
    ("PATCH", "/repositories/1/git/refs/heads/main"),
    ("PATCH", "/repositories/1/pulls/7"),
    ("PATCH", "/repositories/1/issues/7"),
    ("POST", "/repositories/1/merges"),
    ("DELETE", "/repositories/1/pulls/7/requested_reviewers"),
    ("POST", "/repositories/1/pulls/7/reviews"),
    ("PUT", "/repositories/1/pulls/7/reviews/17"),
    ("POST", "/repositories/1/pulls/7/reviews/17/events"),
    ("PATCH", "/repositories/1/check-runs/9"),
    ("POST", "/graphql"),
    ("DELETE", "/repositories/1"),
    ("POST", f"/repositories/1/statuses/{SHA}/../../merges"),
]


@pytest.mark.parametrize("kind", WISHES)
@pytest.mark.parametrize(("method", "path"), MUTATIONS)
def test_no_permit_opens_the_way_to_another_write(method: str, path: str, kind: str) -> None:
    with egress.holding(_permit(path, kind, "{}", method)), pytest.raises(egress.EgressRefused):
        egress.check(method, path, "{}")


@given(method=st.sampled_from(["PUT", "PATCH", "DELETE", "HEAD", "POST"]), path=st.text(max_size=60))
def test_without_a_permit_nothing_but_a_token_request_leaves(method: str, path: str) -> None:
    with pytest.raises((egress.EgressRefused, ValueError)):
        egress.check(method, "/" + path, None)


def test_the_permit_leaves_the_hand_with_the_block() -> None:
    with egress.holding(_permit()):
        pass
    with pytest.raises(egress.EgressRefused, match="no permit"):
        egress.check("POST", STATUS, BODY)
