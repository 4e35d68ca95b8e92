"""Reads a git diff strictly: every line of it has a meaning, or all of it is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dulwich.patch import FilePatch, parse_unified_diff

from app.artifacts.blocked import Blocked, about_all
from app.artifacts.paths import MALFORMED, TOO_LARGE

MOST_HUNKS = 10_000
BEGINNING = b"diff --git "
END_OF_MAIL = b"--"
BINARY, LEFT_OUT = b"GIT binary patch", b"Binary files "
HEADERS = (
    b"old mode ",
    b"new mode ",
    b"deleted file mode ",
    b"new file mode ",
    b"copy from ",
    b"copy to ",
    b"rename from ",
    b"rename to ",
    b"similarity index ",
    b"dissimilarity index ",
    b"index ",
    b"--- ",
    b"+++ ",
)
NAMING = (b"copy from ", b"copy to ", b"rename from ", b"rename to ")
ALONE = (b"new file mode ", b"deleted file mode ", b"rename from ", b"copy from ")
MODES = {0o100644: "100644", 0o100755: "100755", 0o120000: "120000"}
_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_LOOSE = re.compile(rb"@@ -|\+\+\+ ")
"""What a diff without `diff --git` has in it."""
_BLOCK = re.compile(rb"(?:literal|delta) \d{1,9}")
_DATA = re.compile(rb"[A-Za-z][!-~]+")


@dataclass(frozen=True)
class Edit:
    """One file of a diff. `source` None: it is made. `target` None: it goes. Modes as git writes them, None: unsaid.

    `keeps_source`: a copy, whose source stays.
    """

    source: str | None
    target: str | None
    old_mode: str | None
    new_mode: str | None
    keeps_source: bool
    parsed: FilePatch

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that it changes."""
        gone = () if self.removed is None else (self.removed,)
        return gone if self.target is None else (*gone, self.target)

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
    kept = b"\n".join(_Lines(diff).cut()) + b"\n"
    try:
        edits = tuple(_edit(parsed) for parsed in parse_unified_diff(kept))
    except (ValueError, IndexError):
        raise _malformed("a header line of it is not as git writes it") from None
    written = [edit.target for edit in edits if edit.target is not None]
    removed = [edit.removed for edit in edits if edit.removed is not None]
    changed = [edit.target for edit in edits if edit.target is not None and not edit.is_new]
    if len(written) != len(set(written)) or len(removed + changed) != len({*removed, *changed}):
        raise _malformed("it changes a file twice")
    return edits


class _Lines:
    """The lines that mean something: what stands before the first file and a mail's signature are left out.

    dulwich passes over what it does not know and believes no count, so each line is accounted for here first.
    """

    def __init__(self, diff: bytes) -> None:
        self._lines = diff.removesuffix(b"\n").split(b"\n")
        self._at = 0
        self._hunks = 0

    def cut(self) -> Iterator[bytes]:
        """Each line that means something."""
        self._skip_preamble()
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.startswith(BEGINNING):
                yield from self._file()
            elif line.rstrip() == END_OF_MAIL:
                self._demand_no_more()
            elif line:
                raise self._unclear()
            else:
                self._at += 1

    def _skip_preamble(self) -> None:
        while self._at < len(self._lines) and not self._lines[self._at].startswith(BEGINNING):
            if _LOOSE.match(self._lines[self._at]):
                raise self._unclear("each file should begin with `diff --git a/... b/...`, as git writes it")
            self._at += 1
        if self._at == len(self._lines):
            raise _malformed("it holds no file; each begins with `diff --git a/... b/...`, as git writes it")

    def _demand_no_more(self) -> None:
        if any(line.startswith(BEGINNING) for line in self._lines[self._at :]):
            raise self._unclear("it holds more than one mail; send one diff")
        self._at = len(self._lines)

    def _file(self) -> Iterator[bytes]:
        yield self._take()
        headers = self._headers()
        yield from headers.values()
        if b"--- " in headers:
            yield from self._all_hunks()
        elif self._next() == BINARY:
            yield self._take()
            yield from self._block()
            yield from self._block()
        elif self._next().startswith(LEFT_OUT):
            raise self._unclear("it leaves a binary file out; make it with `git diff --binary`")

    def _headers(self) -> dict[bytes, bytes]:
        """The header lines by their beginnings, each at most once, and none that speaks against another."""
        found: dict[bytes, bytes] = {}
        while (header := next((one for one in HEADERS if self._next().startswith(one)), None)) is not None:
            if header in found:
                raise self._unclear()
            found[header] = _with_name_quoted(self._take(), header)
        old, new = found.get(b"--- "), found.get(b"+++ ")
        says = [
            sum(header in found for header in ALONE) <= 1,
            (b"old mode " in found) == (b"new mode " in found),
            not {*ALONE, b"new mode ", b"--- "}.isdisjoint(found) or self._next().startswith((BINARY, LEFT_OUT)),
            (old is None) == (new is None),
            old is None or (old == b"--- /dev/null") == (b"new file mode " in found),
            new is None or (new == b"+++ /dev/null") == (b"deleted file mode " in found),
        ]
        if not all(says):
            raise self._unclear()
        return found

    def _all_hunks(self) -> Iterator[bytes]:
        """One hunk at least, each behind the one before."""
        if _HUNK.match(self._next()) is None:
            raise self._unclear()
        end = 0
        while (match := _HUNK.match(self._next())) is not None:
            start, old, _, new = (1 if number is None else int(number) for number in match.groups())
            first = start if old else start + 1
            self._hunks += 1
            if self._hunks > MOST_HUNKS:
                raise Blocked(about_all(TOO_LARGE, f"The patch has more than {MOST_HUNKS} hunks."))
            if first <= end:
                raise self._unclear("its hunks overlap")
            end = first + old - 1
            yield self._take()
            yield from self._hunk(old, new)

    def _hunk(self, old: int, new: int) -> Iterator[bytes]:
        """Exactly the lines that its header counts. An empty one is a context line whose space got lost."""
        while old or new or self._next().startswith(b"\\"):
            line = self._next() or b" "
            old -= line[:1] in b" -"
            new -= line[:1] in b" +"
            if self._at == len(self._lines) or line[:1] not in b" +-\\" or old < 0 or new < 0:
                raise self._unclear("the hunk has not the lines that its header counts")
            self._at += 1
            yield line

    def _block(self) -> Iterator[bytes]:
        """The content of a binary file, forth and then back, each with an empty line behind it."""
        if not self._is(_BLOCK, whole=True):
            raise self._unclear("a binary file should come with the way back, as `git diff --binary` writes it")
        yield self._take()
        while self._is(_DATA, whole=True):
            yield self._take()
        if self._next() or self._at == len(self._lines):
            raise self._unclear()
        yield self._take()

    def _is(self, pattern: re.Pattern[bytes], *, whole: bool = False) -> bool:
        return (pattern.fullmatch if whole else pattern.match)(self._next()) is not None

    def _next(self) -> bytes:
        return self._lines[self._at] if self._at < len(self._lines) else b""

    def _take(self) -> bytes:
        line = self._next()
        self._at += 1
        return line

    def _unclear(self, why: str = "it is not as git writes it") -> Blocked:
        return _malformed(f"{why} (line {self._at + 1})")


def _with_name_quoted(line: bytes, header: bytes) -> bytes:
    """dulwich takes away the spaces around a name that git did not quote."""
    name = line.removeprefix(header)
    return line if header not in NAMING or name == name.strip() else header + b'"' + name + b'"'


def _edit(parsed: FilePatch) -> Edit:
    old, new = _below(parsed.old_path, b"a/"), _below(parsed.new_path, b"b/")
    moved_from, moved_to = parsed.rename_from or parsed.copy_from, parsed.rename_to or parsed.copy_to
    source, target = _one(old, moved_from), _one(new, moved_to)
    if (moved_from is None) != (moved_to is None) or (source is None and target is None):
        raise _malformed("it does not say which file it changes")
    if moved_from is None and None not in (source, target) and source != target:
        raise _malformed("it names a file in two ways")
    return Edit(
        source=source,
        target=target,
        old_mode=None if source is None else _mode(parsed.old_mode),
        new_mode=None if target is None else _mode(parsed.new_mode),
        keeps_source=parsed.copy_from is not None,
        parsed=parsed,
    )


def _below(path: bytes | None, prefix: bytes) -> bytes | None:
    if path is not None and not path.startswith(prefix):
        raise _malformed("its paths should begin with a/ and b/, as `git diff` writes them by default")
    return None if path is None else path.removeprefix(prefix)


def _one(path: bytes | None, moved: bytes | None) -> str | None:
    """The path that two header lines name, in our words."""
    if path is not None and moved is not None and path != moved:
        raise _malformed("it names a file in two ways")
    found = moved if path is None else path
    try:
        return None if found is None else found.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("it names a file whose name is not UTF-8") from None


def _mode(mode: int | None) -> str | None:
    if mode is not None and mode not in MODES:
        raise _malformed(f"it has the mode {mode:06o}, which is no file's and no symbolic link's")
    return None if mode is None else MODES[mode]


def _malformed(why: str) -> Blocked:
    return Blocked(about_all(MALFORMED, f"The patch can't be read: {why}."))
