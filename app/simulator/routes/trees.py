"""Routes about blobs and the trees that hold them."""

import base64
import binascii
import re

from app.simulator.answers import Answer, Refusal, supplied
from app.simulator.call import Call
from app.simulator.objects import EMPTY, FOLDER, LINK, PROGRAM, SUBMODULE, TEXT, File, Tree
from app.simulator.shapes import git
from app.simulator.shapes.view import Json
from app.simulator.state import find_blob, find_tree, resolve

_MODES = (TEXT, PROGRAM, LINK, SUBMODULE, FOLDER)
_EITHER = "Must supply either tree.sha or tree.content. Request will be rejected if both are present."
_SHA = re.compile("[0-9a-f]{40}")


def whole_sha(text: str) -> str:
    if not _SHA.fullmatch(text):
        raise Refusal(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    return text


def read_blob(call: Call, *, sha: str) -> Answer:
    data = find_blob(call.filled, whole_sha(sha))
    if data is None:
        raise Refusal(404, "Not Found")
    return Answer(200, git.blob(call.view, call.repository, data))


def create_blob(call: Call) -> Answer:
    sha = call.github.verbs.keep_blob(call.filled.full_name, _content(call.body))
    shape = git.short_blob(call.view, call.repository, sha)
    return Answer(201, shape, {"location": shape["url"]})


def read_tree(call: Call, *, ref: str) -> Answer:
    """By its SHA, or that of a commit, a branch or a tag; any `recursive` at all lists what is in folders, too."""
    commit = resolve(call.filled, ref)
    tree = commit.tree if commit else find_tree(call.repository, ref)
    if tree is None:
        raise Refusal(404, "Not Found")
    return Answer(200, _shape(call, tree, "all" if "recursive" in call.query else "one"))


def create_tree(call: Call) -> Answer:
    name, entries = call.filled.full_name, call.body.get("tree")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refusal(422, 'Invalid request.\n\n"tree" wasn\'t supplied.')
    base = _base(call)
    known = {*base, *base.folders.values()}
    files: dict[str, File | None] = {}
    for entry in entries:
        files |= _files(call, entry, known)
    tree = base.changed(files)
    call.github.verbs.keep_tree(name, tree)
    shape = _shape(call, tree, "one")
    return Answer(201, shape, {"location": shape["url"]})


def _content(body: Json) -> bytes:
    text, encoding = supplied(body, "content"), body.get("encoding", "utf-8")
    if encoding == "utf-8":
        return text.encode()
    try:
        return base64.b64decode("".join(text.split()) if encoding == "base64" else "?", validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(422, f"The content is not {encoding}.") from None


def _shape(call: Call, tree: Tree, depth: str) -> Json:
    most = call.github.limits.tree_entries
    return git.tree(call.view, call.repository, tree, tree.entries(depth=depth), most=most)


def _base(call: Call) -> Tree:
    sha = call.body.get("base_tree")
    tree = EMPTY if sha is None else find_tree(call.repository, str(sha))
    if tree is None:
        raise Refusal(422, "base_tree is not a valid tree oid")
    return tree


def _files(call: Call, entry: Json, known: set[str]) -> dict[str, File | None]:
    """What one entry writes, or takes out of what is `known` of the base."""
    path, mode = _path(entry), entry.get("mode")
    if mode not in _MODES:
        raise Refusal(422, f"Must supply a valid tree.mode, not {mode}")
    if ("sha" in entry) == ("content" in entry):
        raise Refusal(422, _EITHER)
    if "content" in entry:
        return {path: File(supplied(entry, "content").encode(), mode)}
    if entry["sha"] is not None:
        return _held(call, path, mode, sha=supplied(entry, "sha"))
    if path not in known:
        raise Refusal(422, "GitRPC::BadObjectState")
    return {path: None}


def _path(entry: Json) -> str:
    path = supplied(entry, "path")
    if not path:
        raise Refusal(422, "tree.path cannot be blank")
    if path.startswith("/"):
        raise Refusal(422, "tree.path cannot start with a slash")
    if any(name in ("", ".", "..") or name.lower() == ".git" or "\0" in name for name in path.split("/")):
        raise Refusal(422, "tree.path contains a malformed path component")
    return path


def _held(call: Call, path: str, mode: str, *, sha: str) -> dict[str, File | None]:
    """A file that the repository has, all files of a folder in the place of what was there, or a submodule."""
    if mode == FOLDER:
        folder = find_tree(call.repository, sha)
        if folder is None:
            raise Refusal(422, f"tree.sha {sha} is not a valid tree")
        return {path: None, **{f"{path}/{name}": file for name, file in folder.items()}}
    if mode == SUBMODULE:
        return {path: File(whole_sha(sha).encode(), mode)}
    data = find_blob(call.repository, sha)
    if data is None:
        raise Refusal(422, f"tree.sha {sha} is not a valid blob")
    return {path: File(data, mode)}
