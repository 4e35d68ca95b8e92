"""The egress list: what is not on it does not leave, and no write leaves without its permit."""

import json
from collections.abc import Iterator
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
        f"/repositories/1/commits/{SHA}/check-suites?per_page=1",
        f"/repositories/1/commits/{SHA}",
        "/repositories/1/branches/release%2F1.0",
        "/repositories/1/branches/release%2F1.0/protection",
        "/repositories/1/rules/branches/release%2F1.0",
        "/repositories/1/pulls/7/merge",
        "/repositories/1/issues/7",
        "/apps/github-actions",
        "/repositories/1/git/ref/heads/release/1.0",
        f"/repositories/1/git/blobs/{SHA}",
        f"/repositories/1/git/commits/{SHA}",
        "/repositories/1/issues/comments/9",
        "/repositories/1/issues/7/comments?per_page=100",
        "/repositories/1/issues/7/labels",
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
        "/repositories/1/pulls/7/update-branch",
        "/repositories/1/rules/branches/release/1.0",
        "/apps/github-actions/installations",
        "//evil.example/repositories/1",
        "/repositories/1/contents/%2e%2E/app",
        "/repositories/1/git/ref/tags/v1",
        "/repositories/1/issues/7/lock",
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


@given(method=st.sampled_from(["PUT", "PATCH", "DELETE", "HEAD", "POST"]), path=st.text(max_size=60))
def test_without_a_permit_nothing_but_a_token_request_leaves(method: str, path: str) -> None:
    with pytest.raises((egress.EgressRefused, ValueError)):
        egress.check(method, "/" + path, None)


def test_the_permit_leaves_the_hand_with_the_block() -> None:
    with egress.holding(_permit()):
        pass
    with pytest.raises(egress.EgressRefused, match="no permit"):
        egress.check("POST", STATUS, BODY)
