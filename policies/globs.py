"""Globs as doublestar's `Match` understands them, translated to RE2."""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import re2  # type: ignore[import-untyped]

from policies import patterns
from policies.facts import Frozen
from policies.reading import Value
from policies.text import short

MAX_GLOB_CHARACTERS = 1000
MAX_BRACES = 50
MAX_ALTERNATIVES = 1000
MAX_STARS = 2
IN_SEGMENT = "[^/]*"
SEGMENTS = "(?:.*/)?"
NOTHING = r"[^\x{0}-\x{10FFFF}]"
ANYTHING = "."
ENDINGS = {"/**": "(?:/.*)?", "/**/": f"(?:/{SEGMENTS})?"}
"""What a path need not have at its end: `a/**` matches `a`."""
Range = tuple[str, str]


class Malformed(ValueError):
    """This alternative of a glob cannot be understood; doublestar then tries no later one."""


class Glob(Frozen):
    """One glob; a malformed one matches nothing, and so does an empty one."""

    text: str

    @cached_property
    def expression(self) -> str:
        """The same as a regular expression for the whole path; raise `ValueError` for a glob beyond the limits."""
        if len(self.text) > MAX_GLOB_CHARACTERS or self.text.count("{") > MAX_BRACES:
            raise ValueError(f"it has more than {MAX_GLOB_CHARACTERS} characters or {MAX_BRACES} braces")
        found = tuple(islice(_until_malformed(self.text), MAX_ALTERNATIVES + 1))
        if len(found) > MAX_ALTERNATIVES:
            raise ValueError(f"it has more than {MAX_ALTERNATIVES} alternatives")
        return rf"(?s)\A(?:{'|'.join(found or (NOTHING,))})\z"

    @cached_property
    def is_valid(self) -> bool:
        """Whether every alternative of it can be understood."""
        try:
            return bool(self.text) and bool(tuple(_alternatives(Progress("", self.text, at_start=True))))
        except Malformed:
            return False


class Progress(NamedTuple):
    """How far a translation has come; `at_start`: the rest stands at the start of a path segment."""

    done: str
    rest: str
    at_start: bool

    def take(self, length: int, piece: str) -> "Progress":
        return Progress(self.done + piece, self.rest[length:], at_start=False)


def read_all(value: Value) -> tuple[Glob, ...]:
    """Note a glob that is too large as a `regexp` problem."""
    items = value.items() or ()
    return tuple(_read(item) for item in items)


def _read(value: Value) -> Glob:
    glob = Glob(text=value.text())
    try:
        patterns.compiled(glob.expression)
    except (ValueError, re2.error):
        value.refuse(f"the glob {short(glob.text)!r} is too large", "regexp")
        return Glob(text="")
    if not glob.is_valid:
        value.warn("glob", f"the glob {short(glob.text)!r} is not valid, so that policy-bot lets no file match it")
    return glob


def _until_malformed(text: str) -> Iterator[str]:
    try:
        yield from _alternatives(Progress("", text, at_start=True))
    except Malformed:
        return


def _alternatives(progress: Progress) -> Iterator[str]:
    """Braces give way to each of their branches in turn, as text."""
    while progress.rest:
        if progress.rest[0] == "{":
            for branch in _branches(progress.rest):
                yield from _alternatives(Progress(progress.done, branch, at_start=True))
            return
        progress = _step(progress)
    yield progress.done


def _branches(text: str) -> tuple[str, ...]:
    """`{a,b}c` -> `ac`, `bc`; inner braces stay."""
    depth, start, found = 0, 1, list[str]()
    for place, character in _unescaped(text):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        if (character == "," and depth == 1) or depth == 0:
            found.append(text[start:place])
            start = place + 1
        if depth == 0:
            return tuple(branch + text[start:] for branch in found)
    raise Malformed


def _unescaped(text: str) -> Iterator[tuple[int, str]]:
    escaped = False
    for place, character in enumerate(text):
        if not escaped and character != "\\":
            yield place, character
        escaped = character == "\\" and not escaped


def _step(progress: Progress) -> Progress:
    match progress.rest[0]:
        case "*":
            return _stars(progress)
        case "?":
            return progress.take(1, "[^/]")
        case "[":
            return _class(progress)
        case "\\":
            return _literal(progress, progress.rest[1:2], 2)
    if progress.rest in ENDINGS:
        return progress.take(len(progress.rest), ENDINGS[progress.rest])
    return _literal(progress, progress.rest[0], 1)


def _stars(progress: Progress) -> Progress:
    """Two stars are more than one only as a whole segment; three or more want a character at the end."""
    rest = progress.rest
    run = len(rest) - len(rest.lstrip("*"))
    if rest == "**" and progress.at_start:
        return progress.take(2, ".*")
    if rest.startswith("**/") and progress.at_start:
        return progress.take(3, SEGMENTS)._replace(at_start=True)
    if rest == "**/":
        return progress.take(3, f"(?:{IN_SEGMENT}/)?")
    return progress.take(run, f"[^/]{'+' if run > MAX_STARS and rest == '*' * run else '*'}")


def _literal(progress: Progress, character: str, length: int) -> Progress:
    if not character:
        raise Malformed
    return progress.take(length, _code(character))._replace(at_start=character == "/")


def _class(progress: Progress) -> Progress:
    rest = progress.rest[1:]
    negated = rest[:1] in ("!", "^")
    ranges, rest = _ranges(rest[1:] if negated else rest)
    inner = "".join(f"{_code(low)}-{_code(high)}" for low, high in ranges if low <= high)
    piece = f"[{'^' if negated else ''}{inner}]" if inner else (ANYTHING if negated else NOTHING)
    return Progress(progress.done + piece, rest, at_start=False)


def _ranges(text: str) -> tuple[tuple[Range, ...], str]:
    """What stands before the closing bracket and what follows it."""
    found, last = list[Range](), ""
    while text[:1] not in ("", "]"):
        if last and text[0] == "-" and text[1:2] not in ("", "]"):
            high, text = _member(text[1:])
            found.append((last, high))
            last = ""
        else:
            last, text = _member(text)
            found.append((last, last))
    if not text or not found:
        raise Malformed
    return tuple(found), text[1:]


def _member(text: str) -> tuple[str, str]:
    """The first character, escaped or not, and the rest."""
    escape = 1 if text[0] == "\\" else 0
    if len(text) <= escape:
        raise Malformed
    return text[escape], text[escape + 1 :]


def _code(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"
