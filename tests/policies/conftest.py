"""Builds small pull requests to judge."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import ChangedFile, Comment, Commit, PullSnapshot, Review
from policies.result import Result

Build = Callable[..., PullSnapshot]
Judge = Callable[..., Result]


@pytest.fixture
def pull() -> Build:
    """A pull request of ana with one commit pushed at 12:05, nothing said yet; keywords replace facts."""
    return build_pull


@pytest.fixture
def judge() -> Judge:
    """The text of a policy and facts to replace -> the result."""
    return lambda policy, **facts: evaluate(parse(policy), build_pull(**facts))


@pytest.fixture
def judge_rule() -> Judge:
    """The keys of one rule -> the result of that rule."""
    return lambda keys, **facts: evaluate(parse(_one_rule(keys)), build_pull(**facts)).children[0].children[0]


def _one_rule(keys: str) -> str:
    indented = "".join(f"  {line}\n" for line in keys.strip().splitlines())
    return f"policy: {{approval: [r]}}\napproval_rules:\n- name: r\n{indented}"


def build_pull(**facts: Any) -> PullSnapshot:
    known: dict[str, Any] = {
        "owner": "acme",
        "repo": "widgets",
        "repository_id": 1,
        "number": 17,
        "title": "Add gears",
        "author": "ana",
        "created_at": at(0),
        "state": "open",
        "draft": False,
        "base_ref": "main",
        "head_ref": "gears",
        "head_owner": None,
        "head_sha": "c1",
        "taken_at": at(59),
        "body": "",
        "body_edited_at": None,
        "labels": (),
        "files": (ChangedFile(filename="src/gear.py", status="modified"),),
        "commits": (Commit(sha="c1", parents=("b0",), author="ana", committer="ana", pushed_at=at(5)),),
        "reviews": (),
        "comments": (),
    }
    return PullSnapshot(**{**known, **facts})


def at(minute: int) -> datetime:
    return datetime(2024, 3, 1, 12, minute, tzinfo=UTC)


@pytest.fixture
def approves() -> Callable[..., Review]:
    """A login and a minute -> an approving review."""
    return lambda login, minute=10, **more: Review(
        **{
            "id": f"R-{login}",
            "author": login,
            "state": "approved",
            "body": "",
            "created_at": at(minute),
            "edited_at": None,
            **more,
        }
    )


@pytest.fixture
def says() -> Callable[..., Comment]:
    """A login, a text and a minute -> a comment."""
    return lambda login, body=":+1:", minute=10, **more: Comment(
        **{"author": login, "body": body, "created_at": at(minute), "edited_at": None, **more}
    )


@pytest.fixture
def commit() -> Callable[..., Commit]:
    """A name, its parents and an author -> a commit pushed at 12:05."""
    return lambda sha, parents, author="ana", **more: Commit(
        **{"sha": sha, "parents": parents, "author": author, "committer": author, "pushed_at": at(5), **more}
    )
