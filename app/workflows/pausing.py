"""Pause a type or a repository: what is under way goes on, what is due waits, and holds up nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app import ledger
from app.cursors import NEWEST, Mark, Part
from app.database import Transaction
from app.events import Repository
from app.records import pauses
from app.records.pauses import UNKNOWN, Move, Pause
from app.work import By
from policies.catalogue import MOST_REASON_CHARACTERS
from policies.decision import Blocker
from policies.text import plain, short

MOST_PAUSES = 500


@dataclass(frozen=True)
class Scope:
    """What is paused: `name` is one of the types, or owner/name in whichever case."""

    of: Literal["type", "repository"]
    name: str

    def __str__(self) -> str:
        return f"{self.of}:{self.name.lower()}"


def page(tx: Transaction, *, limit: int, after: Mark = NEWEST) -> Part[Pause]:
    """What is paused, the newest first."""
    return pauses.page(tx, after=after, limit=limit)


def pause(tx: Transaction, scope: Scope, by: By, reason: str) -> Pause | Blocker:
    """Begin nothing of it until it is resumed. What is paused already stays so, with the reason that it has."""
    pauses.hold(tx)
    repository_id = _repository(tx, scope)
    if (known := pauses.get(tx, str(scope), repository_id)) is not None:
        return known
    if pauses.count(tx) >= MOST_PAUSES:
        sentence = f"{MOST_PAUSES} scopes are paused; resume one first."
        return Blocker(code="TOO_MANY_PAUSES", sentence=sentence, subject=str(scope))
    wanted = Pause(str(scope), short(plain(reason), MOST_REASON_CHARACTERS), by.name, by.at, repository_id)
    pauses.add(tx, wanted)
    _attest(tx, f"{scope.of}_paused", wanted, by, {"reason": wanted.reason})
    return wanted


def resume(tx: Transaction, scope: Scope, by: By) -> bool:
    """Go on with it, within a minute, also where it is paused under another name; False where it was not paused."""
    ended = pauses.end(tx, str(scope), _repository(tx, scope))
    for each in ended:
        _attest(tx, f"{scope.of}_resumed", each, by, {})
    return bool(ended)


def follow(tx: Transaction, repository: Repository, at: datetime, by: By) -> None:
    """A pause goes with its repository, which an event of that time shows under its name.

    Makes audit entries: call it when all else is locked.
    """
    for move in pauses.follow(tx, repository.id, repository.full_name, at):
        body = {"repository_id": move.repository_id} | ({} if move.what == "pinned" else {"before": move.before})
        _append(tx, f"repository_pause_{move.what}", move, by, body)


def _repository(tx: Transaction, scope: Scope) -> int:
    return pauses.repository_named(tx, scope.name) if scope.of == "repository" else UNKNOWN


def _attest(tx: Transaction, kind: str, pause: Pause, by: By, body: Mapping[str, Any]) -> None:
    known = {"repository_id": pause.repository_id} if pause.repository_id != UNKNOWN else {}
    _append(tx, kind, pause, by, {**body, **known})


def _append(tx: Transaction, kind: str, about: Pause | Move, by: By, body: Mapping[str, Any]) -> None:
    ledger.append(tx, kind=kind, subject=about.scope, actor=by.name, body=dict(body), at=by.at)
