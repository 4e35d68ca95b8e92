"""The real client library reads and writes the simulated GitHub as it would the real one."""

from collections.abc import Iterator
from typing import Any

import pytest
from github import (
    Auth,
    Github,
    GithubException,
    InputGitAuthor,
    InputGitTreeElement,
    RateLimitExceededException,
    UnknownObjectException,
)
from github.Requester import Requester

from app import simulator
from app.github.client import guard


@pytest.fixture(autouse=True)
def _without_our_egress_list() -> Iterator[None]:
    Requester.resetConnectionClasses()
    yield
    guard()


@pytest.fixture
def client(town: Any) -> Iterator[Github]:
    town.github.clock = simulator.GitHub().clock  # the library's JWT carries the real time
    auth = Auth.AppAuth(town.app.id, simulator.key_pair().private).get_installation_auth(town.installation.id)
    with Github(
        auth=auth,
        base_url=town.url,
        lazy=True,
        per_page=100,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    ) as client:
        yield client


def test_it_reads_the_facts_of_a_pull_request(town: Any, client: Github) -> None:
    town.github.review("acme/widget", 1, by="alice", body="fine")
    town.github.comment("acme/widget", 1, by="mia", body=":+1:")
    repository = client.get_repo("acme/widget")
    pull = repository.get_pull(1)
    assert (pull.title, pull.head.sha, pull.base.ref, pull.user.login) == ("Three", town.head, "main", "bob")
    assert (pull.mergeable, pull.changed_files, pull.draft) == (True, 3, False)
    assert [f.filename for f in pull.get_files()] == ["old.txt", "src/a.py", "src/b.py"]
    assert [c.sha for c in pull.get_commits()] == [town.head]
    assert [(r.user.login, r.state, r.commit_id) for r in pull.get_reviews()] == [("alice", "APPROVED", town.head)]
    assert [c.body for c in repository.get_issue(1).get_comments()] == [":+1:"]
    assert repository.get_collaborator_permission("alice") == "write"
    town.github.finish()


def test_it_reads_a_file_from_the_base_branch(town: Any, client: Github) -> None:
    found = client.get_repo("acme/widget").get_contents(".policy.yml", ref="main")
    assert not isinstance(found, list)
    assert found.decoded_content == b"policy: {}\n"
    with pytest.raises(UnknownObjectException):
        client.get_repo("acme/widget").get_contents("absent.yml", ref="main")


def test_it_follows_pages(town: Any, client: Github) -> None:
    for number in range(150):
        town.github.comment("acme/widget", 1, by="mia", body=str(number))
    bodies = [c.body for c in client.get_repo("acme/widget").get_issue(1).get_comments()]
    assert bodies == [str(number) for number in range(150)]


def test_it_writes_a_status_with_one_request(town: Any, client: Github) -> None:
    repository = client.get_repo(town.github.state.repository("acme/widget").id)
    town.github.expect("POST", f"/repos/acme/widget/statuses/{town.head}$", state="pending", context="mergegate: main")
    status = repository.get_commit(town.head).create_status("pending", context="mergegate: main", description="waits")
    assert (status.state, status.creator.login) == ("pending", "mergegate[bot]")
    assert [s.context for s in repository.get_commit(town.head).get_statuses()] == ["mergegate: main"]
    town.github.finish()


def test_it_builds_a_branch_and_opens_a_pull_request(town: Any, client: Github) -> None:
    repository = client.get_repo("acme/widget")
    base = repository.get_git_ref("heads/main").object.sha
    before = repository.get_git_commit(base)
    blob = repository.create_git_blob("AAEC/w==", "base64")
    entries = [
        InputGitTreeElement("bin/data", "100755", "blob", sha=blob.sha),
        InputGitTreeElement("old.txt", "100644", "blob", sha=None),
    ]
    tree = repository.create_git_tree(entries, base_tree=repository.get_git_tree(before.tree.sha))
    author = InputGitAuthor("Ada", "ada@example.test", "2026-01-02T03:04:05Z")
    commit = repository.create_git_commit("Add data", tree, [before], author, author)
    repository.create_git_ref("refs/heads/data", commit.sha)
    pull = repository.create_pull(base="main", head="data", title="Data", body="Why")
    pull.edit(title="More data")
    assert (pull.head.sha, pull.title, pull.user.login) == (commit.sha, "More data", "mergegate[bot]")
    assert [(f.filename, f.status) for f in pull.get_files()] == [("bin/data", "added"), ("old.txt", "removed")]
    ref = repository.get_git_ref("heads/data")
    assert ref.object.sha == commit.sha  # once read it knows its address; unread it would ask at that of a read
    with pytest.raises(GithubException) as refused:
        ref.edit(base, force=False)
    assert (refused.value.status, refused.value.message) == (422, "Update is not a fast forward")
    assert town.github.unknown_requests == []


def test_it_gets_githubs_errors(town: Any, client: Github) -> None:
    commit = client.get_repo("acme/widget").get_commit(town.head)
    town.github.fault("POST", "/statuses/", 502, when="after")
    with pytest.raises(GithubException) as failed:
        commit.create_status("success")
    assert failed.value.status == 502
    town.github.limit_secondary("POST", "/statuses/", retry_after=30)
    with pytest.raises(RateLimitExceededException) as limited:
        commit.create_status("success")
    assert (limited.value.headers or {})["retry-after"] == "30"
    assert [(w.status, w.effect) for w in town.github.writes()] == [(502, "yes"), (403, "no")]
