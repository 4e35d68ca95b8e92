"""An export of the audit chain: an entry on each line, so that it proves itself, and read back to the letter."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from app import ledger
from app.ledger import Entry

MOST_LINE_CHARACTERS = 16 * 2**20


class NotAnExport(Exception):
    """A line is not an entry as it is exported; the message is one sentence."""


def line(entry: Entry) -> str:
    """The entry as JSON, its hash and the one before it included."""
    return json.dumps(entry.document(), sort_keys=True, ensure_ascii=False) + "\n"


def read(files: Iterable[TextIO]) -> Iterator[Entry]:
    """The entries of exports that follow one another. Raises `NotAnExport`."""
    for file in files:
        number = 0
        while text := _next(file, number + 1):
            number += 1
            yield _entry(text, number)


def _next(file: TextIO, number: int) -> str:
    try:
        text = file.readline(MOST_LINE_CHARACTERS + 1)
    except ValueError:  # not UTF-8
        raise _wrong(number) from None
    if len(text) > MOST_LINE_CHARACTERS:
        raise _wrong(number)
    return text


def _entry(text: str, number: int) -> Entry:
    """Only what `line` writes, but for white space: another spelling may be read in another way elsewhere."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
        entry = ledger.parse(document)
        is_alike = _is_typed(entry) and entry.document() == document and bool(line(entry).encode())
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise _wrong(number) from None
    if not is_alike:
        raise _wrong(number)
    return entry


def _is_typed(entry: Entry) -> bool:
    texts = (entry.kind, entry.subject, entry.actor)
    return type(entry.seq) is int and isinstance(entry.body, dict) and all(isinstance(each, str) for each in texts)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What stands twice in an object is read first by some and last by others."""
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key stands twice in an object")
    return document


def _wrong(number: int) -> NotAnExport:
    return NotAnExport(f"This is not an export: line {number} should be an entry as JSON, as it was exported.")
