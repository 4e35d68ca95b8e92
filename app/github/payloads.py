"""The body of a webhook, from bytes to an `Event` in our words, or to the reason why it is ignored or refused."""

import json
import math
from typing import NamedTuple, NoReturn

from app.events import Event, Repository
from app.github.fields import (
    Malformed,
    Payload,
    read_full_name,
    read_login,
    read_object,
    read_optional,
    read_positive,
    read_word,
)
from app.github.judged_on import read_id
from app.github.kinds import KINDS, SUBJECTS, Kind

MOST_VALUES = 2_000_000
LONGEST_NUMBER_CHARACTERS = 400


class Ignored(NamedTuple):
    """A sound delivery that leads to nothing. `reason` is one of a few fixed words, fit for a metric's label."""

    reason: str


def parse(body: bytes) -> Payload:
    """The one JSON object that `body` is, in UTF-8. The last of equal keys counts. Raises `Malformed`.

    Depth is bounded by the interpreter's recursion limit, the count of values before anything is built, and the length
    of numbers by `LONGEST_NUMBER_CHARACTERS`.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        raise Malformed("too_many_values", f"The body should hold at most {MOST_VALUES} values.")
    try:
        payload = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("malformed_json", "The body should be one JSON object in UTF-8.") from None
    if not isinstance(payload, dict):
        raise Malformed("malformed_json", "The body should be one JSON object in UTF-8.")
    return payload


def normalize(event_name: str, payload: Payload) -> Event | Ignored:
    """What happened, in our words, or why it is of no interest here. Raises `Malformed`."""
    if event_name == "ping":
        return Ignored("ping_of_another_shape" if _subjects(payload) - {"hook", "repository"} else "ping")
    kind = KINDS.get(event_name)
    if kind is None:
        return Ignored("unknown_event")
    _check_shape(event_name, kind, payload)
    event = _read_event(event_name, kind, payload)
    if kind.actions and event.action not in kind.actions:
        return Ignored("unknown_action")
    if event_name == "issue_comment" and not event.pulls:
        return Ignored("comment_on_an_issue")
    if event_name == "push" and event.branch is None:
        return Ignored("push_of_a_tag")
    return event


def is_of_interest(event_name: str, action: str | None) -> bool:
    """Whether such an event can be anything but ignored; of some only the payload tells."""
    kind = KINDS.get(event_name)
    return kind is not None and (not kind.actions or action in kind.actions)


def _check_shape(event_name: str, kind: Kind, payload: Payload) -> None:
    """The event's name is not signed, so it has to fit the signed body."""
    missing = [name for name in kind.needs if payload.get(name) is None]
    if missing or _subjects(payload) - {*kind.needs, *kind.may}:
        raise Malformed("event_mismatch", f"The body is not that of the event {event_name}.")


def _subjects(payload: Payload) -> set[str]:
    return {name for name in SUBJECTS if payload.get(name) is not None}


def _read_event(event_name: str, kind: Kind, payload: Payload) -> Event:
    installation = read_optional(payload, "installation")
    sender = read_optional(payload, "sender")
    return Event(
        name=event_name,
        action=read_word(payload, "action") if kind.actions else None,
        repository=_read_repository(kind, payload),
        installation_id=None if installation is None else read_positive(installation, "id"),
        sender=None if sender is None else read_login(sender),
        sender_id=None if sender is None else read_id(sender),
        **kind.read(payload),
    )


def _read_repository(kind: Kind, payload: Payload) -> Repository | None:
    repository = read_optional(payload, "repository")
    if repository is None:
        return None
    full_name = read_full_name(repository)
    if kind.is_evaluated:
        owner = read_login(read_object(repository, "owner"))
        if owner.lower() != full_name.partition("/")[0].lower():
            raise Malformed("malformed_field", "The fields full_name and owner.login should name the same owner.")
    return Repository(id=read_positive(repository, "id"), full_name=full_name)


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER_CHARACTERS:
        raise ValueError("too long")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if len(digits) > LONGEST_NUMBER_CHARACTERS or not math.isfinite(value):
        raise ValueError("too long or too large")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_finite, parse_constant=_refuse_constant)
