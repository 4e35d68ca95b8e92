"""Pause a type or a repository: what is under way goes on, what is due waits, and holds up nothing else."""

from dataclasses import dataclass
from typing import Literal

from app import ledger
from app.database import Transaction
from app.records import pauses
from app.records.pauses import Pause
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


def all_of(tx: Transaction) -> list[Pause]:
    """All that is paused, by its scope."""
    return list(pauses.all_of(tx, MOST_PAUSES))


def pause(tx: Transaction, scope: Scope, by: By, reason: str) -> Pause | Blocker:
    """Begin nothing of it until it is resumed. What is paused already stays so, with the reason that it has."""
    if len(pauses.all_of(tx, MOST_PAUSES)) >= MOST_PAUSES:
        sentence = f"{MOST_PAUSES} scopes are paused; resume one first."
        return Blocker(code="TOO_MANY_PAUSES", sentence=sentence, subject=str(scope))
    wanted = Pause(str(scope), short(plain(reason), MOST_REASON_CHARACTERS), by.name, by.at)
    if not pauses.add(tx, wanted):
        return pauses.get(tx, wanted.scope) or wanted
    _attest(tx, scope, by, "paused", {"reason": wanted.reason})
    return wanted


def resume(tx: Transaction, scope: Scope, by: By) -> bool:
    """Go on with it, within a minute; False where it was not paused."""
    if not pauses.end(tx, str(scope)):
        return False
    _attest(tx, scope, by, "resumed", {})
    return True


def _attest(tx: Transaction, scope: Scope, by: By, what: Literal["paused", "resumed"], body: dict[str, str]) -> None:
    ledger.append(tx, kind=f"{scope.of}_{what}", subject=str(scope), actor=by.name, body=body, at=by.at)
