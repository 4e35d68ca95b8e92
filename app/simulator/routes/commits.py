"""Routes about commits with their statuses."""

from app.simulator import history, requirements
from app.simulator.answers import Answer, Listing, Refusal, invalid
from app.simulator.call import Call
from app.simulator.objects import Commit
from app.simulator.records import Status
from app.simulator.shapes import commits, pulls, repositories
from app.simulator.state import resolve

DESCRIPTION_CHARACTERS = 140
CONTEXT_CHARACTERS = 255
STATUSES_PER_CONTEXT = 1000
_STATES = ("error", "failure", "pending", "success")


def list_commits(call: Call) -> Listing:
    start = _commit(call, call.query.get("sha") or call.repository.default_branch)
    found = list(history.ancestors(call.repository.commits, start.sha).values())
    return Listing(found, lambda commit: commits.commit(call.view, call.repository, commit))


def read_commit(call: Call, *, ref: str) -> Answer:
    return Answer(200, commits.full(call.view, call.repository, _commit(call, ref)))


def list_pulls_of_commit(call: Call, *, sha: str) -> Listing:
    """The pull requests that have the commit as their head or among their commits."""
    wanted = _commit(call, sha).sha
    found = [
        pull
        for pull in call.repository.pulls.values()
        if wanted in history.ancestors(call.repository.commits, pull.head_sha)
        and (pull.head_sha == wanted or wanted not in history.ancestors(call.repository.commits, pull.base_sha))
    ]
    return Listing(found, lambda pull: pulls.simple(call.view, call.repository, pull))


def read_combined_status(call: Call, *, ref: str) -> Listing:
    """The latest status of each context; `pending` where there is none."""
    commit = resolve(call.repository, ref)
    if commit is None:
        raise Refusal(404, "Not Found")
    sha = commit.sha
    latest = requirements.latest_statuses(s for s in call.repository.statuses if s.sha == sha)
    url = f"{call.view.api(call.repository)}/commits/{sha}"
    whole = {
        "state": _combined([s.state for s in latest]),
        "sha": sha,
        "repository": repositories.minimal(call.view, call.repository),
        "commit_url": url,
        "url": f"{url}/status",
    }
    return Listing(latest, lambda s: commits.simple_status(call.view, call.repository, s), key="statuses", extra=whole)


def list_statuses(call: Call, *, ref: str) -> Listing:
    sha = _commit(call, ref).sha
    found = [s for s in call.repository.statuses if s.sha == sha]
    newest_first = sorted(found, key=lambda status: -status.id)
    return Listing(newest_first, lambda status: commits.status(call.view, call.repository, status))


def create_status(call: Call, *, sha: str) -> Answer:
    if sha not in call.repository.commits:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    context = call.body.get("context") or "default"
    _validate(call, sha, context)
    installation = call.caller.installation
    if installation is None:
        raise Refusal(403, "Resource not accessible by integration")
    status = call.github.verbs.set_status(
        call.repository.full_name,
        sha,
        by=call.state.bot(installation.app_id).login,
        context=context,
        state=call.body["state"],
        description=call.body.get("description"),
        target_url=call.body.get("target_url"),
    )
    return Answer(201, commits.status(call.view, call.repository, status))


def _validate(call: Call, sha: str, context: str) -> None:
    if call.body.get("state") not in _STATES:
        raise invalid("Status", "state", "state is not included in the list")
    if len(call.body.get("description") or "") > DESCRIPTION_CHARACTERS:
        raise invalid(
            "Status", "description", f"description is too long (maximum is {DESCRIPTION_CHARACTERS} characters)"
        )
    if len(context) > CONTEXT_CHARACTERS:
        raise invalid("Status", "context", f"context is too long (maximum {CONTEXT_CHARACTERS})")
    for field, text in (("description", call.body.get("description") or ""), ("context", context)):
        if any(ord(character) > 0xFFFF for character in text):
            raise invalid("Status", field, f"{field} contains unicode characters above 0xffff")
    same: list[Status] = [s for s in call.repository.statuses if (s.sha, s.context) == (sha, context)]
    if len(same) >= STATUSES_PER_CONTEXT:
        raise invalid("Status", "base", "This SHA and context has reached the maximum number of statuses.")


def _combined(states: list[str]) -> str:
    if any(state in ("error", "failure") for state in states):
        return "failure"
    return "success" if states and all(state == "success" for state in states) else "pending"


def _commit(call: Call, ref: str) -> Commit:
    found = resolve(call.repository, ref)
    if found is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return found
