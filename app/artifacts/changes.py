"""What an artifact makes of the files at a base: for each path what shall be there, and the bytes that are new."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dulwich.objects import Blob

from app.artifacts import hunks, patch, paths
from app.artifacts.artifact import MOST_FILE_BYTES, Files, Patch
from app.artifacts.blocked import about_all, about_path
from app.artifacts.patch import Edit
from app.artifacts.trees import LINK, SUBMODULE, Entry, Trees
from policies.decision import Blocker

NEW_MODE = "100644"
MOST_NEW_BYTES = 50 * 2**20
ReadBlob = Callable[[str], bytes | None]
"""The bytes of a blob by its SHA; None where they are more than `MOST_FILE_BYTES`."""


@dataclass
class Changed:
    """`entries`: what shall be at each changed path, None for nothing. `new`: the blobs to write, by their SHA."""

    entries: dict[str, Entry | None] = field(default_factory=dict)
    new: dict[str, bytes] = field(default_factory=dict)
    blockers: list[Blocker] = field(default_factory=list)


def of(artifact: Files | Patch, trees: Trees, read_blob: ReadBlob) -> Changed:
    """What it makes, with all that stands against it."""
    making = _Making(trees, read_blob)
    if isinstance(artifact, Files):
        for file in artifact.files:
            if file.data is None:
                making.remove(file.path)
            else:
                making.write(file.path, file.mode, file.data)
        return making.changed
    edits = patch.read(artifact.data)
    gone = {edit.removed for edit in edits if edit.removed is not None}
    for edit in edits:
        making.edit(edit, gone)
    for path in sorted(gone):
        making.remove(path)
    return making.changed


class _Making:
    def __init__(self, trees: Trees, read_blob: ReadBlob) -> None:
        self._trees = trees
        self._read_blob = read_blob
        self._size = 0
        self.changed = Changed()

    def remove(self, path: str) -> None:
        """Where nothing is, nothing can go."""
        entry = self._trees.entry(path)
        if entry is None or entry.file_mode is None:
            self._block(path, "is to go and is no file at the base.")
        self.changed.entries.setdefault(path, None)

    def write(self, path: str, mode: str, content: bytes) -> None:
        """The bytes at a path, over what is there if that is a file."""
        if (entry := self._trees.entry(path)) is not None and entry.mode == SUBMODULE:
            self._block(path, "is a submodule at the base.")
        sha = blob_sha(content)
        self._put(path, Entry(int(mode, 8), sha), content)
        self._size += len(content)
        if self._size <= MOST_NEW_BYTES:
            self.changed.new[sha] = content
        elif self._size - len(content) <= MOST_NEW_BYTES:
            sentence = f"The artifact makes more than {MOST_NEW_BYTES} bytes of files."
            self.changed.blockers.append(about_all(paths.TOO_LARGE, sentence))

    def edit(self, edit: Edit, gone: set[str]) -> None:
        """One file of a diff; `gone`: the paths that the diff removes."""
        there = self._trees.entry(edit.name) if edit.is_new and edit.target not in gone else None
        if there is not None and not there.is_directory:
            self._block(edit.name, "is to be made and is there already.")
        elif edit.source is None:
            self._apply(edit, b"", NEW_MODE)
        else:
            self._edit_file(edit, edit.source, self._trees.entry(edit.source))

    def _edit_file(self, edit: Edit, source: str, entry: Entry | None) -> None:
        if entry is None or entry.file_mode is None:
            self._block(source, "is no file at the base.")
        elif edit.old_mode not in (None, entry.file_mode):
            self._block(source, f"has the mode {entry.file_mode} at the base, not {edit.old_mode}.")
        elif (before := self._read_blob(entry.sha)) is None:
            self._block_size(source)
        elif edit.target is not None and edit.keeps_content:
            self._put(edit.target, Entry(int(edit.new_mode or entry.file_mode, 8), entry.sha), before)
        else:
            self._apply(edit, before, entry.file_mode)

    def _apply(self, edit: Edit, before: bytes, mode: str) -> None:
        try:
            after = hunks.apply(edit, before)
        except hunks.DoesNotApply as trouble:
            self._block(edit.name, f"is not as the patch expects it: {trouble} does not apply.")
        except hunks.TooLarge:
            self._block_size(edit.name)
        else:
            self._take(edit, edit.new_mode or mode, after)

    def _take(self, edit: Edit, mode: str, after: bytes) -> None:
        if edit.target is not None:
            self.write(edit.target, mode, after)
        elif after:
            self._block(edit.name, "is to go and has more in it than the patch removes.")

    def _put(self, path: str, entry: Entry, content: bytes) -> None:
        if entry.mode == LINK:
            self.changed.blockers += paths.check_link(path, content)
        self.changed.entries[path] = entry

    def _block(self, path: str, said: str) -> None:
        self.changed.blockers.append(about_path(paths.DOES_NOT_APPLY, path, said))

    def _block_size(self, path: str) -> None:
        self.changed.blockers.append(about_path(paths.TOO_LARGE, path, f"has more than {MOST_FILE_BYTES} bytes."))


def blob_sha(content: bytes) -> str:
    """The SHA of a blob with these bytes."""
    return str(Blob.from_string(content).id.decode("ascii"))
