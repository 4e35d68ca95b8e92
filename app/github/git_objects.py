"""Git's own objects as GitHub has them: each is what its SHA says, or it was not read."""

import base64
import binascii
from collections.abc import Mapping
from typing import TypeVar

from dulwich.objects import Blob
from pydantic import BaseModel, Field

from app.artifacts import trees
from app.artifacts.artifact import MOST_FILE_BYTES
from app.artifacts.trees import Entry
from app.github import documents
from app.github.answers import Unavailable
from app.github.asking import Asking, Place

T = TypeVar("T", bound=BaseModel)


class Row(BaseModel):
    """One row of a tree; `size` None for what is no blob."""

    path: documents.Text
    mode: str = Field(pattern=r"^[0-7]{5,6}\z")
    sha: str = Field(pattern=r"^[0-9a-f]{40}\z")
    size: int | None = None


class TreeDocument(BaseModel):
    """A tree, without what is below its directories."""

    tree: tuple[Row, ...]
    truncated: bool


class BlobDocument(BaseModel):
    """A blob."""

    content: str
    encoding: str


class CommitDocument(BaseModel):
    """A commit, of which only the tree matters."""

    tree: documents.CommitSha


class GitObjectReader(Asking):
    """Raises `Unavailable` for an object that is not there, too: its SHA came from GitHub."""

    def tree_of_commit(self, place: Place, commit_sha: str) -> str:
        """The SHA of a commit's root tree."""
        return self._object(place, CommitDocument, f"commits/{commit_sha}").tree.sha

    def git_tree(self, place: Place, sha: str) -> tuple[Row, ...]:
        """The rows of a tree, all of them."""
        found = self._object(place, TreeDocument, f"trees/{sha}")
        if found.truncated:
            raise Unavailable("EVIDENCE_INCOMPLETE", f"The tree {sha} has more entries than GitHub lists.")
        return found.tree

    def git_blob(self, place: Place, sha: str) -> bytes:
        """A blob's bytes."""
        found = self._object(place, BlobDocument, f"blobs/{sha}")
        try:
            return base64.b64decode(found.content) if found.encoding == "base64" else found.content.encode()
        except (binascii.Error, ValueError):
            raise _another(f"blob {sha}") from None

    def _object(self, place: Place, kind: type[T], path: str) -> T:
        found = self._one(place, kind, f"/git/{path}", f"the git object {path}")
        if found is None:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub has no git object {path}.")
        return found


class Objects:
    """One repository's objects, for a plan. What GitHub gives is not believed: it has to have the SHA asked for."""

    def __init__(self, reader: GitObjectReader, place: Place) -> None:
        self._reader = reader
        self._place = place
        self._sizes: dict[str, int | None] = {}

    def tree_of(self, commit_sha: str) -> str:
        """The SHA of a commit's root tree."""
        return self._reader.tree_of_commit(self._place, commit_sha)

    def tree(self, sha: str) -> Mapping[str, Entry]:
        """The rows of a tree, by name."""
        rows = self._reader.git_tree(self._place, sha)
        found = {row.path: Entry(int(row.mode, 8), row.sha) for row in rows}
        if trees.tree_sha(found) != sha:
            raise _another(f"tree {sha}")
        self._sizes |= {row.sha: row.size for row in rows}
        return found

    def blob(self, sha: str) -> bytes | None:
        """A blob's bytes; what its tree says to be too large is not asked for."""
        if (self._sizes.get(sha) or 0) > MOST_FILE_BYTES:
            return None
        content = self._reader.git_blob(self._place, sha)
        if Blob.from_string(content).id.decode("ascii") != sha:
            raise _another(f"blob {sha}")
        return None if len(content) > MOST_FILE_BYTES else content


def _another(what: str) -> Unavailable:
    return Unavailable("GITHUB_API_ERROR", f"What GitHub gave for the {what} is something else.")
