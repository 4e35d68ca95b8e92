"""Routes about pull requests, with their side as issues."""

from app.simulator import state
from app.simulator.answers import Answer, Listing
from app.simulator.call import Call
from app.simulator.records import Pull
from app.simulator.shapes import commits, pulls

MOST_FILES = 3000
MOST_COMMITS = 250


def list_pulls(call: Call) -> Listing:
    """Newest first; `state` is open unless said otherwise; a `head` without `owner:` is ignored."""
    found = [pull for pull in call.repository.pulls.values() if _asked_for(call, pull)]
    return Listing(found[::-1], lambda pull: pulls.simple(call.view, call.repository, pull))


def read_pull(call: Call, *, number: int) -> Answer:
    """While GitHub works on it, it doesn't say whether it is mergeable."""
    pull = call.pull(number)
    if call.repository is call.github.verbs.state.repositories.get(call.repository.id):
        pull = call.github.verbs.look(call.repository.full_name, number)
    return Answer(200, pulls.full(call.view, call.repository, pull))


def list_files(call: Call, *, number: int) -> Listing:
    pull = call.pull(number)
    changes = state.pull_files(call.repository, pull)[:MOST_FILES]
    return Listing(changes, lambda change: commits.file(call.view, call.repository, pull.head_sha, change))


def list_commits(call: Call, *, number: int) -> Listing:
    found = state.pull_commits(call.repository, call.pull(number))[:MOST_COMMITS]
    return Listing(found, lambda commit: commits.commit(call.view, call.repository, commit))


def read_issue(call: Call, *, number: int) -> Answer:
    plain = call.repository.issues.get(number)
    if plain is not None:
        return Answer(200, pulls.plain_issue(call.view, call.repository, plain))
    return Answer(200, pulls.issue(call.view, call.repository, call.pull(number)))


def _asked_for(call: Call, pull: Pull) -> bool:
    wanted = call.query.get("state", "open")
    head = call.query.get("head", "")
    return (
        wanted in ("all", pull.state)
        and call.query.get("base", pull.base_ref) == pull.base_ref
        and (":" not in head or head == f"{pull.head_owner}:{pull.head_ref}")
    )
