"""What operators set while the gate runs: shown with what counts and why, changed with an audit entry, and its history.

A change counts from the end of its transaction on.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from app.database import Transaction
from app.records import merge_requests, pulls, run_intents, runs
from app.records import operator_settings as recorded
from app.records.operator_settings import EVERYWHERE, Row, Where
from app.records.runs import Wanted
from app.settings import Settings
from app.work import By
from policies import in_force
from policies.catalogue import DAYS, MOST_REASON_CHARACTERS, OF_ALL, OF_REPOSITORY, Everywhere, OfRepository, meaning
from policies.decision import Blocker
from policies.in_force import Ceiling, General, Level
from policies.text import plain, quoted, short

MOST_SENTENCE_CHARACTERS = 300
SHOWN_CHARACTERS = 60
DECIDED_BY = frozenset({"writes", "kinds", "repositories", "approvals"})
"""What decides on a write."""
Origin = Literal["environment", "all repositories", "this repository"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What to say, by name, as JSON; None takes away. What is not named stays.

    `version`: the one of the scope that was looked at, None where whatever stands there may be changed.
    """

    values: dict[str, Any]
    reason: str = ""
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting in one scope. `value`: what is said there, `counts`: what is in force, both as JSON.

    `origin`: who decides what counts. The rest: the last change in this scope, None where there was none.
    """

    name: str
    meaning: str
    value: Any
    counts: Any
    origin: Origin
    version: int | None = None
    reason: str | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """All settings of one scope. `version` rises with each change there. `trouble`: why nothing is allowed, if so.

    `is_listed`, `is_merged_in`: whether the repository may be written to, and merged in; None of all repositories.
    """

    where: Where
    version: int
    settings: tuple[Setting, ...]
    trouble: str | None
    is_listed: bool | None
    is_merged_in: bool | None


def shown(tx: Transaction, environment: Settings, where: Where, now: datetime) -> Shown:
    """Every setting of a scope, and what counts."""
    is_one = where.repository_id != EVERYWHERE
    version = recorded.changes(tx, where)  # first, so that it is never newer than what is shown with it
    general, own = recorded.levels(tx, where.repository_id)
    ceiling, rows = environment.ceiling_of(where.full_name), recorded.rows(tx, where.repository_id)
    levels = ((General(), Level()), (general, Level()), (general, own))
    stages = tuple(_counting(ceiling, *each, now) for each in levels)
    counts = in_force.decide(ceiling, general, own)
    return Shown(
        where=where,
        version=version,
        settings=tuple(_setting(name, rows.get(name), stages) for name in names(where)),
        trouble=counts.trouble,
        is_listed=counts.writes_to(where.full_name) if is_one else None,
        is_merged_in=counts.merges_in(where.full_name) if is_one else None,
    )


def names(where: Where) -> tuple[str, ...]:
    """What can be said in a scope."""
    return OF_ALL if where.repository_id == EVERYWHERE else OF_REPOSITORY


def find(tx: Transaction, full_name: str) -> Where | Blocker:
    """A repository by its name."""
    found = recorded.where(tx, full_name)
    if found is not None:
        return found
    name = quoted(short(full_name, SHOWN_CHARACTERS))
    sentence = f"Nothing is known of a repository {name} yet; it is known from its first webhook on."
    return Blocker(code="REPOSITORY_NOT_FOUND", sentence=sentence, subject=f"repository:{plain(full_name)}")


def change(tx: Transaction, environment: Settings, where: Where, by: By, wanted: Change) -> Shown | Blocker:
    """Say it, if all of it is understood; what says the same as before is no change.

    Makes audit entries: call it last in its transaction.
    """
    recorded.hold(tx, where.repository_id)
    rows = recorded.rows(tx, where.repository_id)
    said = _understood(where, wanted.values, rows)
    if isinstance(said, Blocker):
        return said
    changed = {name: value for name, value in said.items() if _value(rows.get(name)) != value}
    refused = _conflict(where, wanted, recorded.changes(tx, where)) or _ended(changed, by.at)
    if refused is not None:
        return refused
    reason = short(wanted.reason, MOST_REASON_CHARACTERS)
    put = [recorded.put(tx, where, name, changed[name], by=by.name, reason=reason, now=by.at) for name in changed]
    look_again(tx, where, changed, by.at)
    for row in put:
        recorded.attest(tx, where, _value(rows.get(row.name)), row)
    return shown(tx, environment, where, by.at)


def look_again(tx: Transaction, where: Where, changed: Collection[str], now: datetime) -> None:
    """Let what waited for the settings be decided anew, and what was denied for them be proposed anew.

    What was decided on before is not sent.
    """
    repository_id = where.repository_id or None
    if "freeze" in changed:
        merge_requests.look_at_frozen(tx, repository_id, now)
    if not DECIDED_BY.isdisjoint(changed):
        for row in pulls.repositories_with_open(tx, repository_id):
            runs.want(tx, Wanted("find_by_repository", **row), now)
        run_intents.reopen_all(tx, repository_id, now)


def _counting(ceiling: Ceiling, general: General, own: Level, now: datetime) -> dict[str, Any]:
    """What counts at one stage, as JSON, by the names of the settings; a freeze that has ended is none."""
    decided, said = in_force.decide(ceiling, general, own), general.values.model_dump(mode="json")
    kept = {name: days if said[name] is None else said[name] for name, days in DAYS.items()}
    counts = {**said, **kept, **decided.model_dump(mode="json"), "writes": decided.live}
    return counts if decided.frozen_at(now) else {**counts, "freeze": None}


def _setting(name: str, row: Row | None, stages: tuple[dict[str, Any], ...]) -> Setting:
    alone, generally, here = (stage[name] for stage in stages)
    origin: Origin = "environment" if generally == alone else "all repositories"
    return Setting(
        name=name,
        meaning=meaning(name),
        value=_value(row),
        counts=here,
        origin="this repository" if here != generally else origin,
        version=row.version if row else None,
        reason=row.reason if row else None,
        changed_by=row.changed_by if row else None,
        changed_at=row.changed_at if row else None,
    )


def _understood(where: Where, values: dict[str, Any], rows: dict[str, Row]) -> dict[str, Any] | Blocker:
    """What is said, each value as it is stored, or the first thing that is wrong.

    A row that only another version understands can be taken away.
    """
    of = Everywhere if where.repository_id == EVERYWHERE else OfRepository
    known = {*names(where), *(name for name in rows if values.get(name) is None)}
    unknown = next((name for name in values if name not in known), None)
    if unknown is not None:
        return _invalid(unknown, f"is no setting of {where.full_name}; there are {', '.join(names(where))}")
    given = {name: value for name, value in values.items() if value is not None}
    try:
        parsed = of.model_validate_json(json.dumps(given))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        said = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
        return _invalid(".".join(map(str, first["loc"])), said)
    stored = parsed.model_dump(mode="json")
    return {name: stored[name] if name in given else None for name in values}


def _conflict(where: Where, wanted: Change, version: int) -> Blocker | None:
    if wanted.version in (None, version):
        return None
    sentence = (
        f"The settings have changed meanwhile: they are at version {version} and not {wanted.version}; look again."
    )
    return Blocker(code="VERSION_CONFLICT", sentence=sentence, subject=where.subject)


def _ended(changed: dict[str, Any], now: datetime) -> Blocker | None:
    until = (changed.get("freeze") or {}).get("until")
    if until is None or datetime.fromisoformat(until) > now:
        return None
    return _invalid("freeze.until", "should be a moment to come")


def _invalid(place: str, said: str) -> Blocker:
    name = short(place, SHOWN_CHARACTERS)
    return Blocker(code="INVALID", sentence=short(f"{name}: {said}.", MOST_SENTENCE_CHARACTERS), subject=name)


def _value(row: Row | None) -> Any:
    return None if row is None else row.value
