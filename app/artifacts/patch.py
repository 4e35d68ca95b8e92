"""The files of a git diff: what each is made of, and what it becomes."""

import re
from dataclasses import dataclass
from itertools import islice

from dulwich.patch import FilePatch, parse_unified_diff

from app.artifacts import diff_lines
from app.artifacts.diff_lines import malformed

MODES = {0o100644: "100644", 0o100755: "100755", 0o120000: "120000"}
_SIZE = re.compile(rb"^(?:literal|delta) (\d+)$", re.MULTILINE)
"""What dulwich does not tell of a binary file; lines of text have a sign before them."""


@dataclass(frozen=True)
class Edit:
    """One file of a diff. `source` None: it is made. `target` None: it goes. Modes as git writes them, None: unsaid.

    `keeps_source`: a copy, whose source stays. `sizes`: of a binary file, what its ways forth and back say to hold.
    """

    source: str | None
    target: str | None
    old_mode: str | None
    new_mode: str | None
    keeps_source: bool
    parsed: FilePatch
    sizes: tuple[int, ...] = ()

    @property
    def removed(self) -> str | None:
        """The path that is not there any more."""
        return None if self.source == self.target or self.keeps_source else self.source

    @property
    def name(self) -> str:
        """The path that a sentence about it begins with."""
        return self.target or self.source or ""

    @property
    def keeps_content(self) -> bool:
        """Whether it says nothing of the file's bytes."""
        return not self.parsed.hunks and not self.parsed.binary

    @property
    def is_new(self) -> bool:
        """Whether nothing may be where it writes."""
        return self.target is not None and self.source != self.target


def read(diff: bytes) -> tuple[Edit, ...]:
    """The files of a diff. Raises `Blocked`."""
    kept = diff_lines.cut(diff)
    try:
        sizes = map(int, _SIZE.findall(kept))
        edits = tuple(_edit(parsed, tuple(islice(sizes, 2 * parsed.binary))) for parsed in parse_unified_diff(kept))
    except (ValueError, IndexError):
        raise malformed("a header line of it is not as git writes it") from None
    written = [edit.target for edit in edits if edit.target is not None]
    removed = [edit.removed for edit in edits if edit.removed is not None]
    changed = [edit.target for edit in edits if edit.target is not None and not edit.is_new]
    if len(written) != len(set(written)) or len(removed + changed) != len({*removed, *changed}):
        raise malformed("it changes a file twice")
    return edits


def _edit(parsed: FilePatch, sizes: tuple[int, ...]) -> Edit:
    old, new = _below(parsed.old_path, b"a/"), _below(parsed.new_path, b"b/")
    moved_from, moved_to = parsed.rename_from or parsed.copy_from, parsed.rename_to or parsed.copy_to
    source, target = _one(old, moved_from), _one(new, moved_to)
    if (moved_from is None) != (moved_to is None) or (source is None and target is None):
        raise malformed("it does not say which file it changes")
    if moved_from is None and None not in (source, target) and source != target:
        raise malformed("it names a file in two ways")
    return Edit(
        source=source,
        target=target,
        old_mode=None if source is None else _mode(parsed.old_mode),
        new_mode=None if target is None else _mode(parsed.new_mode),
        keeps_source=parsed.copy_from is not None,
        parsed=parsed,
        sizes=sizes,
    )


def _below(path: bytes | None, prefix: bytes) -> bytes | None:
    if path is not None and not path.startswith(prefix):
        raise malformed("its paths should begin with a/ and b/")
    return None if path is None else path.removeprefix(prefix)


def _one(path: bytes | None, moved: bytes | None) -> str | None:
    """The path that two header lines name, in our words."""
    if path is not None and moved is not None and path != moved:
        raise malformed("it names a file in two ways")
    found = moved if path is None else path
    try:
        return None if found is None else found.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("it names a file whose name is not UTF-8") from None


def _mode(mode: int | None) -> str | None:
    if mode is not None and mode not in MODES:
        raise malformed(f"it has the mode {mode:06o}, which is no file's and no symbolic link's")
    return None if mode is None else MODES[mode]
