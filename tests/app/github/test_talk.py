"""Commits, comments and reviews by one query: all of them at one head, or none."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.github import facts
from app.github.answers import Unavailable, refused_query
from app.github.asking import Place
from app.github.client import Answer
from app.github.queries import Query
from app.github.reader import LiveReader
from app.github.talk import Talk
from app.simulator.objects import Seal
from policies.facts import Signature
from tests.app.github.ground import REPOSITORY, Ground

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def _talk(ground: Ground) -> Talk:
    return LiveReader(ground.app).talk(ground.place, ground.pull())


class Altering(LiveReader):
    """Reads answers in which something was altered on the way."""

    alter: Callable[[dict[str, Any]], object]

    def _query(self, place: Place, query: Query, variables: dict[str, Any], what: str) -> dict[str, Any]:
        data = super()._query(place, query, variables, what)
        altered = copy.deepcopy(data)
        self.alter(altered["repository"])
        return altered


def _trouble(ground: Ground, alter: Callable[[dict[str, Any]], object]) -> str:
    reader = Altering(ground.app)
    reader.alter = alter
    with pytest.raises(Unavailable) as trouble:
        reader.talk(ground.place, ground.pull())
    return trouble.value.code


def test_it_reads_all_pages_of_all_three(ground: Ground) -> None:
    for number in range(230):
        ground.github.comment(REPOSITORY, 1, by="alice", body=str(number))
    for number in range(101):
        ground.github.review(REPOSITORY, 1, by="alice", state="commented", body=str(number))
    for number in range(110):
        ground.github.push(REPOSITORY, "feature", {"a": str(number)}, by="bob")
    talk = _talk(ground)
    assert [comment.body for comment in talk.comments] == [str(number) for number in range(230)]
    assert [review.body for review in talk.reviews] == [str(number) for number in range(101)]
    assert len(talk.commits) == 111
    assert sum(asked.path == "/graphql" for asked in ground.github.requests) == 3


def test_more_pages_than_it_reads_are_no_evidence(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.github.talk.PAGES", 1)
    for number in range(101):
        ground.github.comment(REPOSITORY, 1, by="alice", body=str(number))
    with pytest.raises(Unavailable) as trouble:
        _talk(ground)
    assert trouble.value.code == "EVIDENCE_INCOMPLETE"


def test_more_commits_than_github_lists_are_no_evidence(ground: Ground) -> None:
    pull = ground.pull().model_copy(update={"commits": 250})
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).talk(ground.place, pull)
    assert trouble.value.code == "EVIDENCE_INCOMPLETE"


def test_a_push_between_two_pages_is_noticed(ground: Ground) -> None:
    for number in range(101):
        ground.github.comment(REPOSITORY, 1, by="alice", body=str(number))

    def push(repository: dict[str, Any]) -> None:
        if repository["pullRequest"]["comments"]["pageInfo"]["hasNextPage"]:
            ground.github.push(REPOSITORY, "feature", {"a": "evil"}, by="bob")

    assert _trouble(ground, push) == "HEAD_MOVED"


def test_a_stale_answer_after_a_push_is_noticed(ground: Ground) -> None:
    ground.github.push(REPOSITORY, "feature", {"a": "2"}, by="bob")
    pull = ground.pull()
    ground.github.fault("POST", "/graphql", "stale")
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).talk(ground.place, pull)
    assert trouble.value.code == "HEAD_MOVED"


ALTERATIONS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no pull request": (lambda r: r.update(pullRequest=None), "GITHUB_API_ERROR"),
    "another repository": (lambda r: r.update(databaseId=1), "GITHUB_API_ERROR"),
    "another head": (lambda r: r["pullRequest"].update(headRefOid="b" * 40), "HEAD_MOVED"),
    "a commit left out": (lambda r: r["pullRequest"]["commits"].update(nodes=[]), "GITHUB_API_ERROR"),
    "no commits": (lambda r: r["pullRequest"]["commits"].update(nodes=[], totalCount=0), "HEAD_MOVED"),
    "a connection left out": (lambda r: r["pullRequest"].pop("comments"), "GITHUB_API_ERROR"),
    "an empty connection": (lambda r: r["pullRequest"].update(reviews=None), "GITHUB_API_ERROR"),
    "a hidden node": (lambda r: r["pullRequest"]["comments"].update(nodes=[None]), "GITHUB_API_ERROR"),
    "more without a cursor": (
        lambda r: r["pullRequest"]["comments"].update(pageInfo={"hasNextPage": True, "endCursor": None}),
        "GITHUB_API_ERROR",
    ),
    "a page for ever": (
        lambda r: r["pullRequest"]["comments"].update(pageInfo={"hasNextPage": True, "endCursor": "x"}),
        "GITHUB_API_ERROR",
    ),
    "a review without a time": (
        lambda r: r["pullRequest"]["reviews"]["nodes"][0].update(submittedAt=None),
        "GITHUB_API_ERROR",
    ),
    "a review in a state we don't know": (
        lambda r: r["pullRequest"]["reviews"]["nodes"][0].update(state="VETOED"),
        "GITHUB_API_ERROR",
    ),
    "a review without an id": (
        lambda r: r["pullRequest"]["reviews"]["nodes"][0].update(fullDatabaseId=None),
        "GITHUB_API_ERROR",
    ),
    "a parent left out": (
        lambda r: r["pullRequest"]["commits"]["nodes"][0]["commit"]["parents"].update(totalCount=11),
        "EVIDENCE_INCOMPLETE",
    ),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_answer_with_a_gap_is_no_answer(ground: Ground, name: str) -> None:
    ground.github.review(REPOSITORY, 1, by="alice")
    alter, code = ALTERATIONS[name]
    assert _trouble(ground, alter) == code


def test_an_editor_whose_account_is_gone_has_edited_all_the_same(ground: Ground) -> None:
    said = ground.github.comment(REPOSITORY, 1, by="alice", body=":+1:")
    ground.github.edit_comment(REPOSITORY, 1, said.id, ":+1:!", by="mallory")
    reader = Altering(ground.app)
    reader.alter = lambda r: r["pullRequest"]["comments"]["nodes"][0].update(editor=None)
    (comment,) = reader.talk(ground.place, ground.pull()).comments
    assert comment.edited_by == "ghost"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("NOT_FOUND", "GITHUB_API_ERROR"),
        ("FORBIDDEN", "GITHUB_AUTH_FAILED"),
        ("INSUFFICIENT_SCOPES", "GITHUB_AUTH_FAILED"),
        ("RATE_LIMITED", "RATE_LIMITED"),
        ("MAX_NODE_LIMIT_EXCEEDED", "GITHUB_API_ERROR"),
    ],
)
def test_an_error_within_an_answer_is_trouble(ground: Ground, kind: str, code: str) -> None:
    pull = ground.pull()
    ground.github.fail_query(kind, "no")
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).talk(ground.place, pull)
    assert (trouble.value.code, trouble.value.not_before is not None) == (code, code == "RATE_LIMITED")


@pytest.mark.parametrize("what", [502, 403, "drop", "cut"])
def test_no_whole_answer_is_trouble(ground: Ground, what: int | str) -> None:
    pull = ground.pull()
    ground.github.fault("POST", "/graphql", what)
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).talk(ground.place, pull)
    assert trouble.value.code == ("GITHUB_AUTH_FAILED" if what == 403 else "GITHUB_API_ERROR")


def test_a_spent_limit_says_until_when(ground: Ground) -> None:
    pull = ground.pull()
    ground.github.exhaust(ground.installation, "graphql")
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).talk(ground.place, pull)
    assert trouble.value.code == "RATE_LIMITED"
    assert trouble.value.not_before is not None


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"data": {"repository": {}}, "errors": [{"type": "NOT_FOUND", "message": ""}]}, "GITHUB_API_ERROR"),
        ({"data": {}, "errors": "x"}, "GITHUB_API_ERROR"),
        ({"data": {}, "errors": [1]}, "GITHUB_API_ERROR"),
        (None, "GITHUB_API_ERROR"),
    ],
)
def test_each_shape_of_an_error_has_a_code(document: Any, code: str) -> None:
    assert refused_query("it", Answer(200, {}, document)).code == code


def test_what_was_said_becomes_facts(ground: Ground) -> None:
    github = ground.github
    github.add_organization("acme", teams={"core": {"alice": "member"}})
    github.add_team_to_repository(REPOSITORY, "core", "write")
    github.request_review(REPOSITORY, 1, team="core")
    said = github.comment(REPOSITORY, 1, by="helper[bot]", body="a")
    github.edit_comment(REPOSITORY, 1, said.id, "b", by="bob")
    github.review(REPOSITORY, 1, by="alice", state="approved", body="ok")
    dropped = github.review(REPOSITORY, 1, by="alice", state="changes_requested")
    github.dismiss(REPOSITORY, 1, dropped.id)
    github.edit_body(REPOSITORY, 1, "new", by="alice")
    found: Any = facts.talk(_talk(ground))
    (comment,), (review,) = found["comments"], found["reviews"]
    assert (comment.id, comment.author, comment.body, comment.edited_by) == (str(said.id), "helper[bot]", "b", "bob")
    assert comment.edited_at is not None
    assert (review.author, review.state, review.sha, review.on_behalf_of) == (
        "alice",
        "approved",
        ground.head,
        ("core",),
    )
    assert (review.edited_at, review.edited_by, found["body_edited_by"]) == (None, None, "alice")


@pytest.mark.parametrize(
    ("seal", "signature"),
    [
        (None, None),
        (Seal(kind="unknown"), None),
        (
            Seal(kind="gpg", signer="bob", key="3AA5"),
            Signature(kind="gpg", valid=True, state="VALID", signer="bob", key_id="3AA5"),
        ),
        (Seal(kind="ssh", key="SHA256:x"), Signature(kind="ssh", valid=True, state="VALID")),
        (Seal(kind="smime", state="BAD_CERT"), Signature(kind="smime", valid=False, state="BAD_CERT")),
    ],
)
def test_a_signature_becomes_a_fact(ground: Ground, seal: Seal | None, signature: Signature | None) -> None:
    base = ground.github.state.repository(REPOSITORY).branches["main"]
    ground.github.push(REPOSITORY, "feature", {"a": "2"}, by="bob", onto=(base,), seal=seal)
    found: Any = facts.talk(_talk(ground))
    (commit,) = found["commits"]
    assert (commit.author, commit.committer, commit.committed_via_web) == ("bob", "bob", False)
    assert commit.signature == signature


def test_a_merge_by_github_has_no_committer(ground: Ground) -> None:
    ground.github.push(REPOSITORY, "main", {"b": "1"}, by="alice")
    merge = ground.github.update_branch(REPOSITORY, 1, by="alice")
    commits: Any = facts.talk(_talk(ground))["commits"]
    found = next(commit for commit in commits if commit.sha == merge.sha)
    assert (found.author, found.committer, found.committed_via_web) == ("alice", None, True)
    assert found.parents == merge.parents


def test_github_s_own_hand_is_nobody_and_a_bot_has_its_suffix(ground: Ground) -> None:
    def alter(repository: dict[str, Any]) -> None:
        (node,) = repository["pullRequest"]["commits"]["nodes"]
        node["commit"]["committer"]["user"] = {"__typename": "User", "login": "web-flow"}
        node["commit"]["author"]["user"] = {"__typename": "Bot", "login": "helper"}

    reader = Altering(ground.app)
    reader.alter = alter
    found: Any = facts.talk(reader.talk(ground.place, ground.pull()))
    (commit,) = found["commits"]
    assert (commit.author, commit.committer) == ("helper[bot]", None)


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"__typename": "User", "login": "alice"}, "alice"),
        ({"__typename": "Bot", "login": "helper"}, "helper[bot]"),
        ({"__typename": "Bot", "login": "helper[bot]"}, "helper[bot]"),
        ({"__typename": "Organization", "login": "acme"}, "acme"),
        ({"__typename": "Mannequin", "login": "alice"}, "ghost"),
        (None, "ghost"),
    ],
)
def test_people_are_named_as_in_rest_and_an_imported_one_is_nobody(
    ground: Ground, person: dict[str, str] | None, name: str
) -> None:
    ground.github.comment(REPOSITORY, 1, by="alice", body="a")
    reader = Altering(ground.app)
    reader.alter = lambda r: r["pullRequest"]["comments"]["nodes"][0].update(author=person)
    found: Any = facts.talk(reader.talk(ground.place, ground.pull()))
    assert [comment.author for comment in found["comments"]] == [name]
