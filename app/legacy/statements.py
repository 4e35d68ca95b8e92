"""A dump of SQLite cut into its statements, as it is read, so that a file of any size takes little memory."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.legacy.trouble import LegacyError

CHUNK_BYTES = 1 << 16
LONGEST_STATEMENT_BYTES = 16_000_000
MOST_TRIGGER_PARTS = 1_000
"""Statements in a trigger, each of which has all before it read once more."""
# What may hold a semicolon that ends nothing: strings, names, comments; a doubled quote is two strings side by side.
# The last alternative is one left open.
_PIECE = re.compile(
    rb"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*(?=\n)|/\*.*?\*/|;|(?P<open>['\"`\[]|--|/\*)", re.DOTALL
)
_LEADING = re.compile(rb"(?:\s+|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_TRIGGER = re.compile(
    rb"(?:\s+|--[^\n]*\n|/\*.*?\*/)*CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TRIGGER\b", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True)
class Statement:
    """One statement without what ends it; `line` is where it begins, and `is_whole` is False for what was cut off."""

    text: bytes
    line: int
    is_whole: bool = True


def read(file: BinaryIO) -> Iterator[Statement]:
    """The statements of a dump. Raises `LegacyError` where one is longer than any export has."""
    line = 1
    for text, is_whole in _joined(_cut(file)):
        leading = _LEADING.match(text)
        begins = line + (leading.group().count(b"\n") if leading else 0)
        line += text.count(b"\n")
        stripped = (text[leading.end() :] if leading else text).strip()
        if stripped:
            yield Statement(stripped, begins, is_whole)


def _joined(parts: Iterable[tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool]]:
    """The body of a trigger has statements of its own, which belong to it."""
    begun, count = b"", 0
    for part, is_whole in parts:
        begun, count = begun + part, count + 1
        _demand_short(begun)
        if is_whole and _TRIGGER.match(begun) and not _is_complete(begun):
            _demand_few(count)
            begun += b";"
            continue
        yield begun, is_whole
        begun, count = b"", 0
    if begun:
        yield begun, False


def _is_complete(trigger: bytes) -> bool:
    return sqlite3.complete_statement(trigger.decode(errors="replace") + ";")


def _cut(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Parts between semicolons; the last one, where anything but a comment is left, is not whole."""
    rest = b""
    while chunk := file.read(max(CHUNK_BYTES, len(rest))):
        rest += chunk
        begin = 0
        for end in _ends(rest):
            yield rest[begin:end], True
            begin = end + 1
        rest = rest[begin:]
        _demand_short(rest)
    if _LEADING.sub(b"", rest + b"\n").strip():
        yield rest, False


def _ends(text: bytes) -> Iterator[int]:
    for piece in _PIECE.finditer(text):
        if piece.group("open"):  # its end is still to be read
            return
        if piece.group() == b";":
            yield piece.start()


def _demand_short(text: bytes) -> None:
    if len(text) > LONGEST_STATEMENT_BYTES:
        raise LegacyError(
            f"A statement of the dump is longer than {LONGEST_STATEMENT_BYTES} bytes: no export has that."
        )


def _demand_few(count: int) -> None:
    if count >= MOST_TRIGGER_PARTS:
        raise LegacyError(f"A trigger of the dump has more than {MOST_TRIGGER_PARTS} statements: no export has that.")
