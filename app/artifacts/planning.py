"""Plans an artifact on a base: every git object of the one commit that it makes, before any of them is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, get_args

from dulwich.objects import Commit, ObjectID

from app.artifacts import artifact as artifacts
from app.artifacts import changes, paths
from app.artifacts.artifact import Files, Mode, Patch
from app.artifacts.blocked import Blocked, about_all
from app.artifacts.changes import Changed
from app.artifacts.store import Store
from app.artifacts.trees import Entry, Trees
from policies.contents import BlobContent, CommitContent, GitObject, TreeContent, TreeEntry
from policies.contents.git import For

MOST_SHOWN = 20
NEW_MODE: Mode = "100644"
_UNWRITABLE = frozenset("<>\n\0")


class Reading(Protocol):
    """Git objects of the repository, each what its SHA says. Raises whatever says that one could not be had."""

    def tree_of(self, commit_sha: str) -> str:
        """The SHA of a commit's root tree."""

    def tree(self, sha: str) -> Mapping[str, Entry]:
        """The rows of one tree, by name."""

    def blob(self, sha: str) -> bytes | None:
        """A blob's bytes; None where they are more than `artifact.MOST_FILE_BYTES`."""


@dataclass(frozen=True)
class Commission:
    """The commit that is wanted: what it changes is that of `base_sha`; by whom, when (to the second), which message.

    `parents`: where it does not go on the base alone, but on a branch that is there.
    """

    base_sha: str
    leads_to: For
    message: str
    author: str
    email: str
    at: datetime
    allow_workflow_files: bool = False
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What to write: the blobs (their bytes are in the store), then the tree, then the commit, which is the head."""

    blobs: tuple[BlobContent, ...]
    tree: TreeContent
    commit: CommitContent

    @property
    def head_sha(self) -> str:
        """The SHA of the commit."""
        return self.commit.sha

    @property
    def paths(self) -> tuple[str, ...]:
        """The changed paths, sorted."""
        return tuple(entry.path for entry in self.tree.entries)

    @property
    def objects(self) -> tuple[GitObject, ...]:
        """All of it in the order in which it can be written."""
        return (*self.blobs, self.tree, self.commit)


def plan(artifact: Files | Patch, commission: Commission, *, reading: Reading, store: Store) -> Plan:
    """The same for the same artifact and commission. Raises `Blocked` with all that stands against it.

    The new blobs' bytes are in the store afterwards.
    """
    artifacts.check(artifact)
    if artifact.base not in (None, commission.base_sha):
        sentence = f"The artifact was made on {artifact.base}, and the base is at {commission.base_sha} now."
        raise Blocked(about_all("BASE_MOVED", sentence))
    root = reading.tree_of(commission.base_sha)
    trees = Trees(root, reading.tree)
    changed = changes.of(artifact, trees, reading.blob)
    tree = _tree(trees, changed, root, commission)
    commit = _commit(commission, tree.sha)
    blobs = tuple(
        BlobContent(leads_to=commission.leads_to, sha=sha, digest=store.put(content), size=len(content))
        for sha, content in sorted(changed.new.items())
    )
    return Plan(blobs, tree, commit)


def _tree(trees: Trees, changed: Changed, root: str, commission: Commission) -> TreeContent:
    """The new root. Raises `Blocked`."""
    wrong = changed.blockers
    if not commission.allow_workflow_files:
        wrong += paths.check_workflows(changed.entries)
    sha = trees.changed(changed.entries)
    wrong += trees.conflicts
    if sha is None:
        wrong.append(about_all(paths.DOES_NOT_APPLY, "The artifact would leave no file at all."))
    if sha is None or wrong:
        raise Blocked(*wrong[:MOST_SHOWN])
    if sha == root:
        raise Blocked(about_all("NOTHING_TO_CHANGE", f"All of it is at {commission.base_sha} already."))
    entries = tuple(_entry(trees, path, entry) for path, entry in sorted(changed.entries.items()))
    return TreeContent(leads_to=commission.leads_to, sha=sha, base_tree=root, entries=entries)


def _entry(trees: Trees, path: str, entry: Entry | None) -> TreeEntry:
    """What goes keeps the mode that it had, since GitHub wants one."""
    shown = entry or trees.entry(path)
    mode = None if shown is None else shown.file_mode
    known: Mode = next((one for one in get_args(Mode) if one == mode), NEW_MODE)
    return TreeEntry(path=path, mode=known, sha=None if entry is None else entry.sha)


def _commit(commission: Commission, tree: str) -> CommitContent:
    """One that git makes of the same fields. Spaces around the message would be anybody's guess, so there are none."""
    if not _UNWRITABLE.isdisjoint(commission.author + commission.email):
        raise ValueError("git has no such author")
    message = commission.message.replace("\r\n", "\n").strip()
    at = commission.at.astimezone(UTC).replace(microsecond=0)
    who = f"{commission.author} <{commission.email}>".encode()
    commit = Commit()
    parents = commission.parents or (commission.base_sha,)
    commit.tree, commit.parents = ObjectID(tree.encode()), [ObjectID(parent.encode()) for parent in parents]
    commit.author = commit.committer = who
    commit.author_time = commit.commit_time = int(at.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = message.encode()
    return CommitContent(
        leads_to=commission.leads_to,
        sha=commit.id.decode("ascii"),
        tree=tree,
        parents=parents,
        message=message,
        author=commission.author,
        email=commission.email,
        at=at,
    )
