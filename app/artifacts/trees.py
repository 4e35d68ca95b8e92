"""The files at a base commit, read as far as they are needed, and the tree that changes make of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dulwich.objects import ObjectID, Tree

from app.artifacts import paths
from app.artifacts.blocked import about_path
from policies.decision import Blocker

DIRECTORY, SUBMODULE, LINK = 0o040000, 0o160000, 0o120000
EXECUTABLE_BIT = 0o100


@dataclass(frozen=True)
class Entry:
    """What a tree has under a name: git's mode, and the SHA of a blob, a tree or a submodule's commit."""

    mode: int
    sha: str

    @property
    def is_directory(self) -> bool:
        """Whether it is a tree."""
        return self.mode == DIRECTORY

    @property
    def file_mode(self) -> str | None:
        """The mode that git gives such a file now; None where it is none."""
        if self.mode in (DIRECTORY, SUBMODULE):
            return None
        if self.mode == LINK:
            return "120000"
        return "100755" if self.mode & EXECUTABLE_BIT else "100644"


Rows = dict[str, Entry]
Changes = Mapping[str, Entry | None]
"""What shall be at each path; None: nothing."""


class Trees:
    """`read` gives the rows of a tree by its SHA; each is asked for once. It never sees what no path leads through."""

    def __init__(self, root: str, read: Callable[[str], Mapping[str, Entry]]) -> None:
        self._root = root
        self._read = read
        self._known: dict[str, Rows] = {}
        self._conflicts: list[str] = []

    def entry(self, path: str) -> Entry | None:
        """What is at a path, None if nothing is."""
        at: Entry | None = Entry(DIRECTORY, self._root)
        for part in path.split("/"):
            at = self._rows(at).get(part)
        return at

    def changed(self, changes: Changes) -> str | None:
        """The SHA of the root after the changes, None where nothing is left. Directories that get empty go."""
        self._conflicts = []
        made = self._made(Entry(DIRECTORY, self._root), changes, "")
        return None if made is None else made.sha

    @property
    def conflicts(self) -> tuple[Blocker, ...]:
        """The paths that the last changes would have made a file and a directory at once."""
        sentence = "would be a file and a directory at once."
        return tuple(about_path(paths.DOES_NOT_APPLY, path, sentence) for path in self._conflicts)

    def _rows(self, at: Entry | None) -> Rows:
        if at is None or not at.is_directory:
            return {}
        if at.sha not in self._known:
            self._known[at.sha] = dict(self._read(at.sha))
        return self._known[at.sha]

    def _made(self, at: Entry | None, changes: Changes, above: str) -> Entry | None:
        """The directory `at` after the changes, whose paths begin in it."""
        rows = dict(self._rows(at))
        for name, below in _parted(changes).items():
            found = rows.pop(name, None)
            file, directory = (None, found) if found and found.is_directory else (found, None)
            if "" in below:
                file = below.pop("")
            if below:
                directory = self._made(directory, below, f"{above}{name}/")
            if file and directory:
                self._conflicts.append(f"{above}{name}")
            if made := file or directory:
                rows[name] = made
        return Entry(DIRECTORY, tree_sha(rows)) if rows else None


def tree_sha(rows: Mapping[str, Entry]) -> str:
    """The SHA of a tree with these rows."""
    tree = Tree()
    for name, entry in rows.items():
        tree.add(name.encode("utf-8"), entry.mode, ObjectID(entry.sha.encode("ascii")))
    return str(tree.id.decode("ascii"))


def _parted(changes: Changes) -> dict[str, dict[str, Entry | None]]:
    """The changes by the first part of their paths, each under the rest of its path, `""` for the name itself."""
    parted: dict[str, dict[str, Entry | None]] = {}
    for path, entry in changes.items():
        name, _, rest = path.partition("/")
        parted.setdefault(name, {})[rest] = entry
    return parted
