"""Blobs, trees, commits and refs in the shapes of GitHub's Git data API."""

import base64

from app.simulator.objects import SUBMODULE, Commit, Entry, Tree, blob_sha
from app.simulator.records import Repository
from app.simulator.shapes import commits
from app.simulator.shapes.view import Json, View, node


def short_blob(view: View, repository: Repository, sha: str) -> Json:
    return {"sha": sha, "url": f"{view.api(repository)}/git/blobs/{sha}"}


def blob(view: View, repository: Repository, data: bytes) -> Json:
    sha = blob_sha(data)
    content = base64.encodebytes(data).decode()
    more = {"node_id": node("B", sha), "size": len(data), "content": content, "encoding": "base64"}
    return {**short_blob(view, repository, sha), **more}


def tree(view: View, repository: Repository, whole: Tree, entries: list[Entry], *, most: int) -> Json:
    """Cut after so many entries."""
    return {
        "sha": whole.sha,
        "url": f"{view.api(repository)}/git/trees/{whole.sha}",
        "tree": [_entry(view, repository, one) for one in entries[:most]],
        "truncated": len(entries) > most,
    }


def commit(view: View, repository: Repository, record: Commit) -> Json:
    url = f"{view.api(repository)}/git/commits"
    whole = commits.commit(view, repository, record)
    inner = whole["commit"]
    same = {key: inner[key] for key in ("author", "committer", "message", "tree", "verification")}
    return {
        **{key: whole[key] for key in ("sha", "node_id", "html_url")},
        **same,
        "url": f"{url}/{record.sha}",
        "parents": [{**parent, "url": f"{url}/{parent['sha']}"} for parent in whole["parents"]],
    }


def ref(view: View, repository: Repository, name: str, sha: str) -> Json:
    """`name` without `refs/`."""
    api = view.api(repository)
    return {
        "ref": f"refs/{name}",
        "node_id": node("REF", f"{repository.id}:refs/{name}"),
        "url": f"{api}/git/refs/{name}",
        "object": {"type": "commit", "sha": sha, "url": f"{api}/git/commits/{sha}"},
    }


def _entry(view: View, repository: Repository, one: Entry) -> Json:
    """A submodule has no address here: its commit is elsewhere."""
    shape: Json = {"path": one.path, "mode": one.mode, "type": one.kind, "sha": one.sha}
    if one.size is not None:
        shape["size"] = one.size
    if one.mode != SUBMODULE:
        shape["url"] = f"{view.api(repository)}/git/{one.kind}s/{one.sha}"
    return shape
