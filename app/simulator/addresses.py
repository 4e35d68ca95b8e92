"""The ways to name a repository in a path: by name, by id, and by the name it once had."""

import re

from app.simulator.answers import Answer, error
from app.simulator.state import State


def by_name(state: State, path: str) -> str:
    """/repositories/{id}/... is served like /repos/{owner}/{name}/..."""
    numbered = re.match(r"/repositories/(\d+)(/.*)?$", path)
    repository = state.repositories.get(int(numbered[1])) if numbered else None
    if numbered is None or repository is None:
        return path
    return f"/repos/{repository.full_name}{numbered[2] or ''}"


def by_id(state: State, path: str) -> str:
    """As GitHub writes its Link and Location headers."""
    named = re.match(r"/repos/([^/]+/[^/]+)(/.*)?$", path)
    repository = state.find(named[1]) if named else None
    return f"/repositories/{repository.id}{named[2] or ''}" if named and repository else path


def moved(state: State, url: str, method: str, path: str) -> Answer | None:
    """The former name of a repository: 301 for a read, 307 for a write; None for any other path."""
    named = re.match(r"/repos/([^/]+/[^/]+)(.*)", path)
    number = state.renamed.get(named[1].lower()) if named else None
    if named is None or number is None or state.find(named[1]) is not None:
        return None
    return redirect(301 if method == "GET" else 307, f"{url}/repositories/{number}{named[2]}")


def redirect(status: int, address: str) -> Answer:
    message = "Moved Permanently" if status == 301 else "Temporary Redirect"
    return Answer(status, error(status, message, url=address).body, {"location": address})
