"""The route that compares two commits."""

from app.simulator import history
from app.simulator.answers import Answer, Refusal
from app.simulator.call import Call
from app.simulator.objects import Commit
from app.simulator.records import Repository
from app.simulator.shapes import commits
from app.simulator.state import resolve

MOST_FILES = 300
MOST_COMMITS = 250


def compare(call: Call, *, basehead: str) -> Answer:
    """`base...head`, each a ref or a SHA, with `owner:` before it where it is in a fork."""
    before, dots, after = basehead.partition("...")
    (here, base), (there, head) = _commit(call, before), _commit(call, after)
    if not dots or base is None or head is None:
        raise Refusal(404, "Not Found")
    graph = {**here.commits, **there.commits}
    root = history.merge_base(graph, base.sha, head.sha)
    if root is None:
        raise Refusal(404, f"No common ancestor between {before} and {after}.")
    ahead, behind = history.between(graph, base.sha, head.sha), history.between(graph, head.sha, base.sha)
    files = history.changes(graph[root].tree, head.tree)[:MOST_FILES]
    view, repository = call.view, call.repository
    url, html = (f"{place}/compare/{basehead}" for place in (view.api(repository), view.html(repository)))
    more = {"permalink_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch"}
    shape = {
        "url": url,
        "html_url": html,
        **more,
        "base_commit": commits.commit(view, repository, base),
        "merge_base_commit": commits.commit(view, repository, graph[root]),
        "status": _status(len(ahead), len(behind)),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [commits.commit(view, repository, one) for one in ahead[:MOST_COMMITS]],
        "files": [commits.file(view, repository, head.sha, change) for change in files],
    }
    return Answer(200, shape)


def _commit(call: Call, name: str) -> tuple[Repository, Commit | None]:
    owner, _, ref = name.rpartition(":")
    place = call.state.find(f"{owner}/{call.repository.name}") if owner else call.repository
    return place or call.repository, resolve(place, ref) if place else None


def _status(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"
