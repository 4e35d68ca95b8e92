"""The lines of a git diff that mean something: each has its place, or all of the diff is refused."""

import re
from collections.abc import Iterator

from app.artifacts.blocked import Blocked, about_all
from app.artifacts.paths import MALFORMED, TOO_LARGE

MOST_HUNKS = 10_000
BEGINNING = b"diff --git "
PREFIXED = (BEGINNING + b"a/", BEGINNING + b'"a/')
NOTHING = b"/dev/null"
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
_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_LOOSE = re.compile(rb"@@ -|\+\+\+ ")
"""What a diff without `diff --git` has in it."""
_BLOCK = re.compile(rb"(?:literal|delta) \d{1,9}")
_WHOLE_INDEX = re.compile(rb"index [0-9a-f]{40}\.\.[0-9a-f]{40}(?: [0-7]{6})?")
_NO_END = re.compile(rb"\\ .{10,}")
"""`\\ No newline at end of file`, in some language, as git knows it."""
_DATA = re.compile(rb"[A-Za-z][!-~]+")


def cut(diff: bytes) -> bytes:
    """The diff without what stands before its first file, and without a mail's signature. Raises `Blocked`."""
    return b"\n".join(_Lines(diff).cut()) + b"\n"


def malformed(why: str) -> Blocked:
    """What stands against a diff that is not as git writes it."""
    return Blocked(about_all(MALFORMED, f"The patch can't be read: {why}."))


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
            raise malformed("it holds no file; each begins with `diff --git a/... b/...`, as git writes it")

    def _demand_no_more(self) -> None:
        if any(line.startswith(BEGINNING) for line in self._lines[self._at :]):
            raise self._unclear("it holds more than one mail; send one diff")
        self._at = len(self._lines)

    def _file(self) -> Iterator[bytes]:
        if not self._next().startswith(PREFIXED):
            raise self._unclear("its paths should begin with a/ and b/, as `git diff` writes them by default")
        first = self._take()
        headers = self._headers()
        if _beginning(headers) not in (None, first):
            raise self._unclear("it names a file in two ways")
        yield first
        yield from (_with_name_quoted(line, header) for header, line in headers.items())
        if b"--- " in headers:
            yield from self._all_hunks()
        elif self._next() == BINARY:
            if not _WHOLE_INDEX.fullmatch(headers.get(b"index ", b"")):
                raise self._unclear(
                    "a binary file should come with its whole index line, as `git diff --binary` writes it"
                )
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
            found[header] = self._take()
        old, new = found.get(b"--- "), found.get(b"+++ ")
        says = [
            sum(header in found for header in ALONE) <= 1,
            (b"old mode " in found) == (b"new mode " in found),
            not {*ALONE, b"new mode ", b"--- "}.isdisjoint(found) or self._next().startswith((BINARY, LEFT_OUT)),
            (old is None) == (new is None),
            old is None or (old == b"--- " + NOTHING) == (b"new file mode " in found),
            new is None or (new == b"+++ " + NOTHING) == (b"deleted file mode " in found),
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
            is_known = line[:1] in b" +-" or _NO_END.fullmatch(line)
            if self._at == len(self._lines) or not is_known or old < 0 or new < 0:
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
        return malformed(f"{why} (line {self._at + 1})")


def _beginning(headers: dict[bytes, bytes]) -> bytes | None:
    """The first line to which the headers belong; None where nothing else names the file."""
    for moved in (b"rename", b"copy"):
        if moved + b" from " in headers:
            ends = zip((b"a/", b"b/"), (b" from ", b" to "), strict=True)
            names = [_prefixed(headers.get(moved + end, b"").removeprefix(moved + end), with_) for with_, end in ends]
            return BEGINNING + b" ".join(names)
    if b"--- " not in headers:
        return None
    old, new = (headers[sign].removeprefix(sign).removesuffix(b"\t") for sign in (b"--- ", b"+++ "))
    old, new = _bare(new if old == NOTHING else old), _bare(old if new == NOTHING else new)
    return BEGINNING + _prefixed(old, b"a/") + b" " + _prefixed(new, b"b/")


def _bare(name: bytes) -> bytes:
    """Without its prefix of two letters."""
    return b'"' + name[3:] if name.startswith(b'"') else name[2:]


def _prefixed(name: bytes, prefix: bytes) -> bytes:
    return b'"' + prefix + name[1:] if name.startswith(b'"') else prefix + name


def _with_name_quoted(line: bytes, header: bytes) -> bytes:
    """dulwich takes away the spaces around a name that git did not quote."""
    name = line.removeprefix(header)
    return line if header not in NAMING or name == name.strip() else header + b'"' + name + b'"'
