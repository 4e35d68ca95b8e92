"""Strict readers for the few fields of a payload that are used: the right type and range, or `Malformed`."""

import re
from datetime import UTC, datetime
from typing import Any

HIGHEST_ID = 2**63 - 1
LONGEST_NAME_CHARACTERS = 100
LONGEST_REF_CHARACTERS = 1024

Payload = dict[str, Any]

_FULL_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}/[A-Za-z0-9._-]{1,100}")
_SHA = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNCLEAN = re.compile(r"[\x00\ud800-\udfff]")


class Malformed(Exception):
    """An authenticated body that is not what GitHub sends. `code` is stable, `sentence` is for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


def read_object(parent: Payload, name: str) -> Payload:
    """The JSON object `name`."""
    value = parent.get(name)
    if not isinstance(value, dict):
        raise _wrong(name, "an object")
    return value


def read_optional(parent: Payload, name: str) -> Payload | None:
    """The JSON object `name`, or `None` where GitHub has left it out or has set it to null."""
    return None if parent.get(name) is None else read_object(parent, name)


def read_objects(parent: Payload, name: str) -> list[Payload]:
    """The list of JSON objects `name`; empty where it is left out or null."""
    value = parent.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _wrong(name, "a list of objects")
    return value


def read_positive(parent: Payload, name: str) -> int:
    """The id or number `name`: an integer from 1 to `HIGHEST_ID`, and no boolean."""
    value = parent.get(name)
    if type(value) is not int or not 0 < value <= HIGHEST_ID:
        raise _wrong(name, "a positive integer of at most 63 bits")
    return value


def read_word(parent: Payload, name: str) -> str:
    """The text `name`, which may be any string but is expected to be a word of GitHub's, such as an action."""
    value = parent.get(name)
    if not isinstance(value, str):
        raise _wrong(name, "a string")
    return value


def read_ref(parent: Payload, name: str) -> str:
    """The git ref `name`, with NUL and lone surrogates replaced by U+FFFD."""
    value = read_word(parent, name)
    if not 0 < len(value) <= LONGEST_REF_CHARACTERS:
        raise _wrong(name, f"a ref of 1 to {LONGEST_REF_CHARACTERS} characters")
    return _UNCLEAN.sub("\ufffd", value)


def read_sha(parent: Payload, name: str) -> str:
    """The commit SHA `name`, 40 or 64 hex digits, in lower case."""
    value = parent.get(name)
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise _wrong(name, "a commit SHA of 40 or 64 hex digits")
    return value.lower()


def read_login(parent: Payload, name: str = "login") -> str:
    """The login `name`, without control characters."""
    value = parent.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME_CHARACTERS or _CONTROL.search(value):
        raise _wrong(name, "a login without control characters")
    return value


def read_moment(parent: Payload, name: str) -> datetime:
    """The time `name`, with its offset, in UTC."""
    value = parent.get(name)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _wrong(name, "a time with its offset")


def read_full_name(parent: Payload, name: str = "full_name") -> str:
    """The repository name `name`: owner/name in GitHub's alphabet."""
    value = parent.get(name)
    if not isinstance(value, str) or not _FULL_NAME.fullmatch(value) or value.rpartition("/")[2] in (".", ".."):
        raise _wrong(name, "owner/name in GitHub's alphabet")
    return value


def _wrong(name: str, expected: str) -> Malformed:
    return Malformed("malformed_field", f"The field {name} should be {expected}.")
