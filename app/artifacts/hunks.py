"""Applies what a diff says of one file to the bytes of that file: exactly where it says, or not at all."""

import re
import zlib
from bisect import bisect_left
from dataclasses import replace

from dulwich.errors import ApplyDeltaError
from dulwich.pack import apply_delta
from dulwich.patch import FilePatch, apply_patch_hunks, git_base85_decode

from app.artifacts.artifact import MOST_FILE_BYTES
from app.artifacts.patch import Edit

MOST_NUMBER_BYTES = 20
_LINES = re.compile(rb"[^\n]*\n|[^\n]+")


class DoesNotApply(Exception):
    """The file is not the one that the diff was made for; the message says what of the diff, within a sentence."""


class TooLarge(Exception):
    """The file would have more than `MOST_FILE_BYTES`."""


def apply(edit: Edit, before: bytes) -> bytes:
    """The file's bytes afterwards. Raises `DoesNotApply` and `TooLarge`."""
    after = _binary(edit, before) if edit.parsed.binary else _text(edit.parsed, before)
    if len(after) > MOST_FILE_BYTES:
        raise TooLarge
    return after


def _text(parsed: FilePatch, before: bytes) -> bytes:
    lines = _LINES.findall(before)
    after = apply_patch_hunks(parsed, lines)
    if after is None:
        raise DoesNotApply(f"hunk {_first_wrong(parsed, lines)}")
    if not all(line.endswith(b"\n") for line in after[:-1]):
        raise DoesNotApply("a line without its end, which is not the last")
    return b"".join(after)


def _first_wrong(parsed: FilePatch, lines: list[bytes]) -> int:
    """The number of the first hunk that does not apply, from 1 on."""

    def fails(count: int) -> bool:
        return apply_patch_hunks(replace(parsed, hunks=parsed.hunks[:count]), lines) is None

    return bisect_left(range(len(parsed.hunks)), True, key=fails)


def _binary(edit: Edit, before: bytes) -> bytes:
    """The way forth, and the way back as a proof that it was made for this file."""
    parsed, (size, size_back) = edit.parsed, edit.sizes
    try:
        after = _made(parsed.binary_new, before, size, is_delta=parsed.binary_new_delta)
        back = _made(parsed.binary_old, after, size_back, is_delta=parsed.binary_old_delta)
    except (ApplyDeltaError, IndexError, ValueError, zlib.error):
        raise DoesNotApply("the binary change") from None
    if back != before:
        raise DoesNotApply("the binary change")
    return after


def _made(block: bytes | None, source: bytes, size: int, *, is_delta: bool) -> bytes:
    if size > MOST_FILE_BYTES:
        raise TooLarge
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(git_base85_decode(block or b""), size + 1)
    if len(content) != size or not unpacking.eof:
        raise ValueError("the block has another size than it says")
    if not is_delta:
        return content
    if _promised_bytes(content) > MOST_FILE_BYTES:
        raise TooLarge
    return b"".join(apply_delta(source, content))


def _promised_bytes(delta: bytes) -> int:
    """How much a delta makes: the second of the two numbers that it begins with, seven bits a byte, lowest first."""
    numbers = [0, 0]
    place, shift = 0, 0
    for byte in delta[:MOST_NUMBER_BYTES]:
        numbers[place] |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            place, shift = place + 1, 0
        if place == len(numbers):
            return numbers[1]
    raise ValueError("the delta does not say what it makes")
