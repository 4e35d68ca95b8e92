"""What a cell of SQLite holds, as JSON that loses nothing, and back.

Integers, text and NULL stand for themselves. What JSON or PostgreSQL can't hold is an object with one key: `$real` (as
Python writes it), `$blob` (hex), `$text` (hex: not UTF-8, or with a NUL in it), `$large` (its size in bytes; not kept).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LARGEST_CELL_BYTES = 2_000_000
"""What D1 allows in a row."""
LARGEST_ROW_BYTES = 4_000_000
REAL, BLOB, TEXT, LARGE = "$real", "$blob", "$text", "$large"
Cell = None | int | float | str | bytes | bytearray
"""As sqlite3 gives it with `decoded` as its text factory; a bytearray is text that is none."""


def decoded(text: bytes) -> str | bytearray:
    """Text that PostgreSQL can hold, or the bytes as they are."""
    try:
        return bytearray(text) if b"\0" in text else text.decode()
    except UnicodeDecodeError:
        return bytearray(text)


def encode(cell: Cell) -> Any:
    """The cell as JSON."""
    if isinstance(cell, float):
        return {REAL: repr(cell)}
    if isinstance(cell, bytearray | bytes):
        return {TEXT if isinstance(cell, bytearray) else BLOB: cell.hex()}
    return cell


def literal(value: Any) -> str:
    """The cell that `encode` gave, as SQL of SQLite."""
    if isinstance(value, dict):
        return _marked(*next(iter(value.items())))
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "NULL" if value is None else str(value)


def _marked(mark: str, said: str) -> str:
    if mark == REAL:
        return {"inf": "9e999", "-inf": "-9e999"}.get(said, said)
    return f"X'{said}'" if mark == BLOB else f"CAST(X'{said}' AS TEXT)"


def size(cell: Cell) -> int:
    """About how many bytes it takes."""
    return len(cell) if isinstance(cell, str | bytes | bytearray) else 8


def digest(source_table: str, raw: Mapping[str, Any]) -> bytes:
    """What tells the content of a row from any other, whatever the order of its columns."""
    canonical = json.dumps([source_table, raw], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()
