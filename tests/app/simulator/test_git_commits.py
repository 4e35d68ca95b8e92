"""A commit written through the API has the SHA that git computes from just these fields."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

W = "/repos/acme/widget"
ADA = {"name": "Ada Ü", "email": "ada@example.test", "date": "2026-01-02T03:04:05+01:00"}
BOT = {"name": "The bot", "email": "bot@example.test", "date": "2026-01-02T03:04:05Z"}


def _tree(town: Any) -> str:
    return str(town.get(f"{W}/git/trees/main").body["sha"])


def _make(town: Any, **fields: Any) -> Any:
    body = {"message": "Say why", "tree": _tree(town), "parents": [town.head], "author": ADA, **fields}
    return town.ask("POST", f"{W}/git/commits", body)


@pytest.mark.parametrize("message", ["Say why", "Say why\n\nNaïve, at length.\n"])
def test_it_makes_the_commit_that_git_makes(town: Any, tmp_path: Path, message: str) -> None:
    reply = _make(town, message=message, committer=BOT)
    raw = (
        f"tree {_tree(town)}\nparent {town.head}\n"
        "author Ada Ü <ada@example.test> 1767319445 +0100\n"
        f"committer The bot <bot@example.test> 1767323045 +0000\n\n{message}"
    )
    git = ["git", "hash-object", "-t", "commit", "--stdin", "--literally"]
    done = subprocess.run(git, input=raw.encode(), capture_output=True, check=True, cwd=tmp_path)
    assert (reply.status, reply.body["sha"]) == (201, done.stdout.decode().strip())
    assert town.get(f"{W}/git/commits/{reply.body['sha']}").body == reply.body
    assert (reply.body["author"]["date"], reply.body["message"]) == ("2026-01-02T02:04:05Z", message)
    assert _make(town, message=message, committer=BOT).body["sha"] == reply.body["sha"]


def test_it_knows_whose_addresses_it_gave_out(town: Any) -> None:
    bot = town.github.state.users["mergegate[bot]"]
    mine = {**BOT, "email": f"{bot.id}+mergegate[bot]@users.noreply.github.com"}
    sha = _make(town, author=mine, committer={**ADA, "email": "alice@example.test"}).body["sha"]
    found = town.get(f"{W}/commits/{sha}").body
    assert (found["author"]["login"], found["committer"]["login"]) == ("mergegate[bot]", "alice")
    assert town.get(f"{W}/commits/{_make(town).body['sha']}").body["author"] is None


def test_it_takes_the_author_for_the_committer_and_the_time_for_what_is_not_said(town: Any) -> None:
    made = _make(town, author={"name": "Ada", "email": "ada@example.test"}).body
    assert made["author"] == made["committer"]
    assert made["author"]["date"] == "2026-03-01T12:00:00Z"
    assert _make(town, author={**ADA, "date": "2026-01-02T03:04:05"}).body["author"]["date"] == "2026-01-02T03:04:05Z"


def test_it_signs_a_commit_of_the_bot_that_names_nobody(town: Any) -> None:
    made = _make(town, author=None).body
    found = town.get(f"{W}/commits/{made['sha']}").body
    assert (found["author"]["login"], found["committer"]["login"]) == ("mergegate[bot]", "web-flow")
    assert made["verification"]["verified"] is True
    assert _make(town).body["verification"]["verified"] is False
    signed = _make(town, signature="-----BEGIN PGP SIGNATURE-----").body
    assert (signed["sha"] == _make(town).body["sha"], signed["verification"]["reason"]) == (False, "unknown_key")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"message": None}, 'Invalid request.\n\n"message" wasn\'t supplied.'),
        ({"tree": "1" * 40}, "Tree SHA does not exist"),
        ({"parents": ["1" * 40]}, "Parent SHA does not exist or is not a commit object"),
        ({"author": {"name": "Ada"}}, 'Invalid request.\n\n"email" wasn\'t supplied.'),
        ({"author": {**ADA, "name": "A <b"}}, "Invalid request.\n\nA name or an email is malformed."),
        ({"author": {**ADA, "date": "soon"}}, "Invalid request.\n\nsoon is not a valid date-time."),
    ],
)
def test_it_refuses_a_commit_that_is_none(town: Any, fields: Any, message: str) -> None:
    reply = _make(town, **fields)
    assert (reply.status, reply.body["message"]) == (422, message)


def test_it_answers_409_where_there_is_no_commit_yet(town: Any) -> None:
    town.github.own("acme/empty", private="private")
    for method, path in (("GET", "ref/heads/main"), ("GET", "trees/main"), ("POST", "blobs"), ("POST", "commits")):
        reply = town.ask(method, f"/repos/acme/empty/git/{path}", {"content": "x"} if method == "POST" else None)
        assert (reply.status, reply.body["message"]) == (409, "Git Repository is empty.")
