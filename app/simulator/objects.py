"""What git holds, with the SHAs that git computes: files, trees and commits."""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self, cast

from dulwich import objects as git
from dulwich.index import commit_tree
from dulwich.object_store import MemoryObjectStore

from app.simulator.frozen import Record

TEXT, PROGRAM, LINK, SUBMODULE, FOLDER = "100644", "100755", "120000", "160000", "040000"


def blob_sha(data: bytes) -> str:
    return git.Blob.from_string(data).id.decode()


@dataclass(frozen=True)
class File:
    data: bytes  # of a link: its target; of a submodule: the SHA of its commit
    mode: str = TEXT

    @cached_property
    def sha(self) -> str:
        return self.data.decode() if self.mode == SUBMODULE else blob_sha(self.data)

    @property
    def kind(self) -> str:
        return "commit" if self.mode == SUBMODULE else "blob"

    @property
    def text(self) -> str | None:
        """As a difference shows it; None where it is binary."""
        if self.mode == SUBMODULE:
            return f"Subproject commit {self.sha}\n"
        if b"\0" in self.data:
            return None
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True)
class Entry:
    path: str
    mode: str
    kind: str  # blob, tree or commit
    sha: str
    size: int | None  # bytes; of files only


class Tree(Mapping[str, File]):
    """All files by their whole path; folders are what their paths imply."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self._files = dict(files)

    def __getitem__(self, path: str) -> File:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    @cached_property
    def sha(self) -> str:
        return self._git[0].decode()

    @cached_property
    def folders(self) -> dict[str, str]:
        """The path of each folder by its SHA; the root's is empty."""
        return {self.sha: "", **{e.sha: e.path for e in self.entries(depth="all") if e.kind == "tree"}}

    def below(self, path: str) -> "Tree":
        """The folder as a tree of its own."""
        prefix = f"{path}/" if path else ""
        return Tree({name[len(prefix) :]: f for name, f in self.items() if name.startswith(prefix)})

    def entries(self, *, depth: str = "one") -> list[Entry]:
        """In git's order; `depth` is one, or all for what is in folders, too."""
        return list(self._entries(self._git[0], "", depth))

    def changed(self, files: Mapping[str, "str | bytes | File | None"]) -> "Tree":
        """With these files written (a text or bytes keep the mode that there was) or, where None, taken out.

        A file takes the place of a folder, and a folder that of a file; None takes out a whole folder, too.
        """
        found = dict(self._files)
        folders = {folder for path in found for folder in _folders(path)}
        for path, file in files.items():
            if path in folders:
                found = {name: known for name, known in found.items() if not name.startswith(f"{path}/")}
            known = found.pop(path, None)
            if file is not None:
                for folder in _folders(path):
                    found.pop(folder, None)
                    folders.add(folder)
                found[path] = _file(file, known)
        return Tree(found)

    @cached_property
    def _git(self) -> tuple[git.ObjectID, MemoryObjectStore]:
        store = MemoryObjectStore()
        blobs = [(path.encode(), git.ObjectID(f.sha.encode()), int(f.mode, 8)) for path, f in self._files.items()]
        return commit_tree(store, blobs), store

    def _entries(self, sha: git.ObjectID, prefix: str, depth: str) -> Iterator[Entry]:
        for name, mode, child in cast(git.Tree, self._git[1][sha]).iteritems():
            path = prefix + name.decode()
            if not stat.S_ISDIR(mode):
                file = self._files[path]
                size = len(file.data) if file.kind == "blob" else None
                yield Entry(path, file.mode, file.kind, file.sha, size)
                continue
            yield Entry(path, FOLDER, "tree", child.decode(), None)
            if depth == "all":
                yield from self._entries(child, f"{path}/", depth)


EMPTY = Tree({})


def _folders(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:depth]) for depth in range(1, len(names))]


def _file(given: str | bytes | File, known: File | None) -> File:
    if isinstance(given, File):
        return given
    data = given.encode() if isinstance(given, str) else given
    return File(data, PROGRAM if known is not None and known.mode == PROGRAM else TEXT)


@dataclass(frozen=True, kw_only=True)
class Signature(Record):
    """Who wrote or committed; `login` is None where the e-mail belongs to no account."""

    login: str | None
    email: str
    at: datetime
    called: str | None = None  # a name other than the login

    @property
    def name(self) -> str:
        return self.called or self.login or self.email.partition("@")[0]


@dataclass(frozen=True, kw_only=True)
class Seal(Record):
    """The cryptographic signature of a commit."""

    kind: str  # gpg, ssh, smime or unknown
    state: str = "VALID"  # or UNVERIFIED_EMAIL, BAD_EMAIL, UNKNOWN_KEY ... as GraphQL's GitSignatureState
    signer: str | None = None
    key: str | None = None  # the id of a GPG key, the fingerprint of an SSH key


@dataclass(frozen=True, kw_only=True)
class Commit(Record):
    sha: str
    parents: tuple[str, ...]
    message: str
    author: Signature
    committer: Signature
    tree: Tree
    via: str = "git"  # or web: GitHub made the commit
    seal: Seal | None = None


def commit_sha(
    *,
    tree: Tree,
    parents: tuple[str, ...],
    message: str,
    author: Signature,
    committer: Signature,
    signed: str | None = None,
) -> str:
    """As git computes it, of the message as it stands; what is `signed` keeps equal commits apart."""
    made = git.Commit()
    made.tree = git.ObjectID(tree.sha.encode())
    made.parents = [git.ObjectID(sha.encode()) for sha in parents]
    made.author, made.author_time, made.author_timezone = _person(author)
    made.committer, made.commit_time, made.commit_timezone = _person(committer)
    made.message = message.encode()
    if signed is not None:
        made.gpgsig = signed.encode()
    return made.id.decode()


def _person(who: Signature) -> tuple[bytes, int, int]:
    offset = who.at.utcoffset() or timedelta(0)
    return f"{who.name} <{who.email}>".encode(), int(who.at.timestamp()), int(offset.total_seconds())
