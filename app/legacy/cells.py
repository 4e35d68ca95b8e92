"""One row of an export by our words for its columns, each read as what it has to be, or `Unfit` with the reason."""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from app.legacy import values

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MOST_NAME_CHARACTERS = 200
MOST_TEXT_CHARACTERS = 20_000
MOST_NUMBER = 2**31 - 1
_NAME = r"([A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}?)"
_REPOSITORY = re.compile(rf"(?:https://github\.com/)?{_NAME}(?:\.git)?/?")
_PULL = re.compile(rf"(?:(?:pull:)?{_NAME}#|https://github\.com/{_NAME}/pull/)([1-9]\d{{0,17}})")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
_EPOCH = re.compile(r"\d{9,17}(?:\.\d+)?")
_SECONDS_UNTIL, _MILLISECONDS_UNTIL = 10**11, 10**14


class Unfit(Exception):
    """Why a row can't be taken in: a stable code, and a sentence with what would mend it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Row:
    """One row, read by our words for its columns."""

    def __init__(self, raw: Mapping[str, Any], fields: Mapping[str, str]) -> None:
        self.raw, self.fields = raw, fields

    def column(self, field: str) -> str:
        """What the column is called in the export."""
        return self.fields.get(field, field)

    def cell(self, field: str) -> Any:
        """The cell as `values.encode` gave it; None where the column or the value is missing, and for empty text."""
        value = self.raw.get(self.fields.get(field, ""))
        if isinstance(value, dict):
            return self._marked(field, value)
        return None if value == "" else value

    def _marked(self, field: str, value: dict[str, Any]) -> float:
        ((mark, said),) = value.items()
        column = self.column(field)
        if mark == values.REAL:
            return float(said)
        if mark == values.LARGE:
            raise Unfit("VALUE_TOO_LARGE", f"{column} holds more than {values.LARGEST_CELL_BYTES} bytes.")
        if mark == values.TEXT:
            raise Unfit("BAD_TEXT", f"{column} holds text that is not UTF-8, or has a NUL in it.")
        raise Unfit("WRONG_TYPE", f"{column} should be text or a number, and is bytes.")

    def text(self, field: str, most: int = MOST_NAME_CHARACTERS) -> str | None:
        """Text; a whole number counts as its digits."""
        value = self.cell(field)
        if isinstance(value, float):
            raise Unfit("WRONG_TYPE", f"{self.column(field)} should be text, and is a fraction.")
        if value is not None and len(str(value)) > most:
            raise Unfit("TEXT_TOO_LONG", f"{self.column(field)} has more than {most} characters.")
        return None if value is None else str(value)

    def needed(self, field: str, code: str = "MISSING_VALUE") -> str:
        """Text that has to be there."""
        value = self.text(field)
        if value is None or not value.strip():
            raise Unfit(code, f"{self.column(field)} is missing.")
        return value

    def number(self, field: str, code: str = "BAD_NUMBER") -> int | None:
        """A whole number from 0 on."""
        value = self.cell(field)
        if value is None:
            return None
        is_number = isinstance(value, int) or bool(_NUMBER.fullmatch(str(value)))
        number = int(float(value)) if is_number and not isinstance(value, int) else value
        if not is_number or not 0 <= number <= MOST_NUMBER:
            raise Unfit(code, f"{self.column(field)} should be a whole number from 0 to {MOST_NUMBER}.")
        return int(number)

    def time(self, field: str) -> datetime | None:
        """Seconds, milliseconds or microseconds since 1970, or ISO 8601, which is UTC where it says nothing else."""
        value = self.cell(field)
        if value is None:
            return None
        try:
            found = _epoch(float(value)) if _is_epoch(value) else _iso(str(value))
        except (ValueError, OverflowError):
            self._no_time(field)
        return found if EARLIEST <= found < LATEST else self._no_time(field)

    def _no_time(self, field: str) -> NoReturn:
        sentence = (
            f"{self.column(field)} should be a time from 2000 on: ISO 8601, or seconds or milliseconds since 1970."
        )
        raise Unfit("BAD_TIME", sentence)

    def json(self, field: str) -> dict[str, Any]:
        """A JSON object; anything else is one under `value`, and nothing an empty one."""
        value = self.cell(field)
        if not isinstance(value, str):
            return {} if value is None else {"value": value}
        try:
            found = _parsed(value)
        except (ValueError, RecursionError):
            raise Unfit("BAD_JSON", f"{self.column(field)} should be JSON that PostgreSQL can hold.") from None
        return found if isinstance(found, dict) else {"value": found}

    def repository(self, field: str) -> str:
        """`owner/name`, also from an address; "" where none is named."""
        value = self.text(field)
        if value is None:
            return ""
        match = _REPOSITORY.fullmatch(value.strip())
        if match is None or match.group(1).endswith(("/.", "/..")):
            raise Unfit("BAD_REPOSITORY", f"{self.column(field)} should be a repository as owner/name.")
        return match.group(1)

    def one_of(self, field: str, words: Mapping[str, str], code: str) -> str:
        """Our word for what stands there, whatever its case and punctuation."""
        found = words.get(re.sub(r"[^a-z0-9]+", "_", self.needed(field).lower()).strip("_"))
        if found is None:
            raise Unfit(
                code, f"{self.column(field)} has a word that is not known here; docs/legacy-import.md has them."
            )
        return found


def pull(text: str) -> tuple[str, int] | None:
    """Repository and number of the pull request that is named there; None where it is anything else."""
    match = _PULL.fullmatch(text.strip())
    name = "" if match is None else match.group(1) or match.group(2)
    return None if match is None or name.endswith(("/.", "/..")) else (name, int(match.group(3)))


def attempted(read: Callable[[], Any]) -> Any:
    """What is read, or None where it is unfit, for which a reason is given elsewhere."""
    try:
        return read()
    except Unfit:
        return None


def _is_epoch(value: Any) -> bool:
    return isinstance(value, int | float) or bool(_EPOCH.fullmatch(str(value)))


def _epoch(number: float) -> datetime:
    """Told by the size: from 2000 to 2100 the three are far apart."""
    if not math.isfinite(number):
        raise ValueError("no number")
    unit = 1 if number < _SECONDS_UNTIL else 1_000 if number < _MILLISECONDS_UNTIL else 1_000_000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(number * (1_000_000 // unit)))


def _iso(text: str) -> datetime:
    found = datetime.fromisoformat(text.strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _parsed(text: str) -> Any:
    found = json.loads(text, parse_constant=_refused, parse_float=_finite)
    json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate
    if "\\u0000" in text:
        raise ValueError("PostgreSQL has no NUL")
    return found


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refused(text)


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no JSON")
