"""Routes about commits as git's objects."""

import re
from datetime import UTC, datetime
from typing import Any

from app.simulator import objects
from app.simulator.answers import Answer, Refusal, supplied
from app.simulator.branches import WEB_SEAL
from app.simulator.call import Call
from app.simulator.objects import Commit, Seal, Signature
from app.simulator.shapes import git
from app.simulator.shapes.view import Json
from app.simulator.state import NOREPLY, find_tree
from app.simulator.world import WEB_FLOW

_PEOPLE = ("author", "committer", "signature")
_UNKNOWN_SEAL = Seal(kind="unknown", state="UNKNOWN_KEY")


def read_commit(call: Call, *, sha: str) -> Answer:
    found = call.filled.commits.get(sha)
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer(200, git.commit(call.view, call.repository, found))


def create_commit(call: Call) -> Answer:
    commit = _commit(call)
    call.github.verbs.keep_commit(call.repository.full_name, commit)
    shape = git.commit(call.view, call.repository, commit)
    return Answer(201, shape, {"location": shape["url"]})


def _commit(call: Call) -> Commit:
    body, commits = call.body, call.filled.commits
    message, tree = supplied(body, "message"), find_tree(call.repository, supplied(body, "tree"))
    if tree is None:
        raise Refusal(422, "Tree SHA does not exist")
    parents = tuple(body.get("parents") or ())
    if any(not isinstance(sha, str) or sha not in commits for sha in parents):
        raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    content: dict[str, Any] = {"tree": tree, "parents": parents, "message": message, **_people(call)}
    if not any(body.get(key) for key in _PEOPLE):
        return Commit(sha=objects.commit_sha(**content, signed=WEB_FLOW), **content, via="web", seal=WEB_SEAL)
    signed = supplied(body, "signature") if "signature" in body else None
    sha = objects.commit_sha(**content, signed=signed)
    return Commit(sha=sha, **content, seal=None if signed is None else _UNKNOWN_SEAL)


def _people(call: Call) -> dict[str, Signature]:
    """Who the body names; where it names nobody, the App's bot wrote the commit and GitHub committed it."""
    author, committer = (_person(call, call.body.get(key)) for key in ("author", "committer"))
    bot = call.state.users[call.bot]
    known = Signature(login=bot.login, email=f"{bot.id}+{bot.login}@{NOREPLY}", at=call.github.verbs.now())
    if not any(call.body.get(key) for key in _PEOPLE):
        return {"author": known, "committer": call.github.verbs.signature(WEB_FLOW)}
    return {"author": author or known, "committer": committer or author or known}


def _person(call: Call, given: Json | None) -> Signature | None:
    if given is None:
        return None
    name, email = supplied(given, "name"), supplied(given, "email")
    if not name.strip() or not email.strip() or re.search(r"[<>\n\0]", name + email):
        raise Refusal(422, "Invalid request.\n\nA name or an email is malformed.")
    at = _time(supplied(given, "date")) if "date" in given else call.github.verbs.now()
    return Signature(login=call.state.account(email), called=name, email=email, at=at)


def _time(text: str) -> datetime:
    """The zone goes into the commit as it is given; without one it is UTC."""
    try:
        at = datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        raise Refusal(422, f"Invalid request.\n\n{text} is not a valid date-time.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
