"""Regular expressions as Go's RE2 understands them: linear time, no look-around."""

import re
from contextlib import suppress
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from policies.facts import Frozen
from policies.reading import Value
from policies.text import short

MAX_PATTERN_CHARACTERS = 10_000
MAX_PROGRAM_BYTES = 1024 * 1024
MAX_COMPILED_PATTERNS = 512
MAX_REMEMBERED_MATCHES = 8192
MAX_REMEMBERED_CHARACTERS = 256
"""Room for any branch or title, and for nearly every path."""
QUOTE = r"\Q"
"""What follows is literal, to the end of the expression if nothing ends it: it may swallow what is written behind."""
Program = Any
QUOTED_OR_OTHER_ESCAPE = re.compile(r"\\Q.*?(?:\\E|$)|\\[^C]", re.DOTALL)
FOREIGN_GROUP_NAME = re.compile(r"\(\?P?<(?![=!])[\x00-=?-\x7f]*[^\x00-\x7f]")


class Pattern(Frozen):
    """One regular expression; `text` is `None` for a null entry, which never matches."""

    text: str | None

    def matches(self, subject: str) -> bool:
        return self.text is not None and fits(compiled(self.text), subject)


def read(value: Value) -> Pattern:
    """Note an expression that does not compile as a `regexp` problem."""
    if value.is_absent:
        return Pattern(text=None)
    text = value.text()
    try:
        _check(text)
        return Pattern(text=text)
    except (ValueError, re2.error) as error:
        value.refuse(f"the regular expression {short(text)!r} is not valid: {_reason(error)}", "regexp")
        return Pattern(text=None)


def read_all(value: Value) -> tuple[Pattern, ...] | None:
    """`None` if absent."""
    items = value.items()
    return None if items is None else tuple(read(item) for item in items)


def matches_any(patterns: tuple[Pattern, ...], subject: str) -> bool:
    for pattern in patterns:  # noqa: SIM110 -- done for each remark: `any` would cost as much again
        if pattern.matches(subject):
            return True
    return False


def fits(program: Program, subject: str) -> bool:
    """Whether it matches somewhere."""
    return _search(program, subject) if len(subject) > MAX_REMEMBERED_CHARACTERS else remembered_fit(program, subject)


@lru_cache(maxsize=MAX_REMEMBERED_MATCHES)
def remembered_fit(program: Program, subject: str) -> bool:
    """A pull request is judged at each event, in two modes, and mostly its files, branches and title are as before."""
    return _search(program, subject)


def _search(program: Program, subject: str) -> bool:
    return program.search(subject.encode()) is not None


def any_of(expressions: tuple[str, ...]) -> tuple[Program, ...]:
    """Programs of which one matches where any of the expressions does: a single one, where they go together."""
    if len(expressions) > 1 and not any(QUOTE in text for text in expressions):
        with suppress(re2.error):
            return (compiled("|".join(f"(?:{text})" for text in expressions)),)
    return tuple(compiled(text) for text in expressions)


def texts(patterns: tuple[Pattern, ...]) -> tuple[str, ...]:
    """The expressions as written, for explanations."""
    return tuple(pattern.text or "" for pattern in patterns)


@lru_cache(maxsize=MAX_COMPILED_PATTERNS)
def compiled(text: str) -> Program:
    """The program of RE2, to be given bytes; raise `ValueError` or `re2.error`.

    Nobody asks where or what it matched: bytes spare the search for places in the text, and no group is captured.
    """
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = MAX_PROGRAM_BYTES
    return re2.compile(text, options)


def _check(text: str) -> None:
    if len(text) > MAX_PATTERN_CHARACTERS:
        raise ValueError(f"it is longer than {MAX_PATTERN_CHARACTERS} characters")
    bare = QUOTED_OR_OTHER_ESCAPE.sub("", text)
    if "\\C" in bare or (not bare.isascii() and FOREIGN_GROUP_NAME.search(bare)):
        raise ValueError("Go's RE2 has no such syntax")
    compiled(text)


def _reason(error: ValueError | re2.error) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
