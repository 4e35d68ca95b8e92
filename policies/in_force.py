"""What counts in a repository: what the environment allows, narrowed by what operators say of all and of this one.

Only what the environment hands over (`Ceiling.handed`) may go beyond it, and only by what is said of all repositories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from policies.catalogue import NOTHING, NOTHING_OF_ONE, Everywhere, Freeze, Handed, OfRepository
from policies.contents import Switch
from policies.standing import Required

Item = TypeVar("Item", bound=str)


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Ceiling(_Fact):
    """What the environment allows in a repository. `denied`: kinds that no setting allows there.

    `handed`: the settings that count instead of the environment where something is said.
    """

    live: bool = False
    repositories: tuple[str, ...] = ()
    merge_repositories: tuple[str, ...] = ()
    kinds: tuple[Switch, ...] = ()
    denied: tuple[Switch, ...] = ()
    approvals: Required = "both"
    approval_seconds: int = 60
    evaluations_per_minute: int = 1
    reevaluations_per_minute: int = 1
    handed: tuple[Handed, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Level:
    """What is said of one repository. `because`: by the name of a setting, who says so, and why.

    `trouble`: what cannot be read of it, in a sentence.
    """

    values: OfRepository = NOTHING_OF_ONE
    because: Mapping[str, str] = field(default_factory=dict)
    trouble: str | None = None


@dataclass(frozen=True, kw_only=True)
class General(Level):
    """What is said of all repositories."""

    values: Everywhere = NOTHING


class InForce(_Fact):
    """What counts. Nothing known allows nothing.

    `writes_off`: why nothing is written though the environment allows it. `freeze` has who says so in its reason.
    `dry_run` None: nothing is said of it. `withheld`: repositories and kinds that the environment allows and a setting
    does not. `trouble`: a setting cannot be read, so that nothing is allowed.
    """

    live: bool = False
    writes_off: str | None = None
    repositories: tuple[str, ...] = ()
    merge_repositories: tuple[str, ...] = ()
    kinds: tuple[Switch, ...] = ()
    withheld: tuple[str, ...] = ()
    handed: tuple[Handed, ...] = ()
    approvals: Required = "both"
    approval_seconds: int = 60
    evaluations_per_minute: int = 1
    reevaluations_per_minute: int = 1
    freeze: Freeze | None = None
    safe_mode: bool = True
    dry_run: bool | None = True
    trouble: str | None = None

    def writes_to(self, full_name: str) -> bool:
        """Whether a repository is one of this gate's; GitHub does not mind the case of its name."""
        return full_name.lower() in {name.lower() for name in self.repositories}

    def merges_in(self, full_name: str) -> bool:
        """Whether merges are made there."""
        return full_name.lower() in {name.lower() for name in self.merge_repositories}

    def frozen_at(self, now: datetime) -> Freeze | None:
        """The freeze that holds; one with an end ends by itself."""
        freeze = self.freeze
        return None if freeze is None or (freeze.until is not None and freeze.until <= now) else freeze


NOTHING_ALLOWED = InForce()
CLOSED = ("live", "kinds", "approvals", "approval_seconds", "safe_mode", "dry_run")
"""What is as where nothing is known, when a setting cannot be read. Lists of repositories stay: alerts go by them."""


def decide(ceiling: Ceiling, general: General, own: Level) -> InForce:
    """What counts; pure. What cannot be read, of all or of one, allows no write and no merge."""
    counts = _readable(ceiling, general, own)
    trouble = general.trouble or own.trouble
    return counts if trouble is None else counts.model_copy(update=_closed(counts, trouble))


def _readable(ceiling: Ceiling, general: General, own: Level) -> InForce:
    said, here = general.values, own.values
    repositories = _list(ceiling, "repositories", ceiling.repositories, said.repositories)
    kinds = _kinds(ceiling, said, here)
    return InForce(
        live=ceiling.live and said.writes is not False and here.writes is not False,
        writes_off=_writes_off(general, own) if ceiling.live else None,
        repositories=repositories,
        merge_repositories=_list(ceiling, "merge_repositories", ceiling.merge_repositories, said.merge_repositories),
        kinds=kinds,
        withheld=(*_missing(ceiling.repositories, repositories), *_missing(ceiling.kinds, kinds)),
        handed=ceiling.handed,
        approvals=_approvals(ceiling, said, here),
        approval_seconds=_seconds(ceiling, said, here),
        evaluations_per_minute=_number(
            ceiling, "evaluations_per_minute", ceiling.evaluations_per_minute, said.evaluations_per_minute
        ),
        reevaluations_per_minute=_number(
            ceiling, "reevaluations_per_minute", ceiling.reevaluations_per_minute, said.reevaluations_per_minute
        ),
        freeze=max((_freeze(general), _freeze(own)), key=_ends),
        safe_mode=bool(said.safe_mode) or bool(here.safe_mode),
        dry_run=_dry_run(said.dry_run, here.dry_run),
    )


def strictest(*demanded: Required) -> Required:
    """What satisfies all of them."""
    named = set(demanded) - {"none"}
    if len(named) > 1:
        return "both"
    return named.pop() if named else "none"


def _closed(counts: InForce, trouble: str) -> dict[str, object]:
    """What is then otherwise. Evaluating goes on: it only reads."""
    closed = {name: getattr(NOTHING_ALLOWED, name) for name in CLOSED}
    return {**closed, "writes_off": trouble, "withheld": (*counts.withheld, *counts.kinds), "trouble": trouble}


def _writes_off(general: Level, own: Level) -> str | None:
    for level, where in ((general, "in all repositories"), (own, "in this repository")):
        if level.values.writes is False:
            return f"Writing is switched off {where}: {level.because.get('writes', 'nobody says why')}."
    return None


def _list(ceiling: Ceiling, name: Handed, base: tuple[Item, ...], said: tuple[Item, ...] | None) -> tuple[Item, ...]:
    if said is None:
        return base
    return said if name in ceiling.handed else _common(base, said)


def _common(base: tuple[Item, ...], said: tuple[Item, ...]) -> tuple[Item, ...]:
    named = {item.lower() for item in said}
    return tuple(item for item in base if item.lower() in named)


def _missing(base: tuple[str, ...], counts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item for item in base if item not in counts)


def _kinds(ceiling: Ceiling, said: Everywhere, here: OfRepository) -> tuple[Switch, ...]:
    kinds = _list(ceiling, "kinds", ceiling.kinds, said.kinds)
    own = kinds if here.kinds is None else _common(kinds, here.kinds)
    return tuple(kind for kind in own if kind not in ceiling.denied)


def _approvals(ceiling: Ceiling, said: Everywhere, here: OfRepository) -> Required:
    base = ceiling.approvals
    if said.approvals is not None:
        base = said.approvals if "approvals" in ceiling.handed else strictest(base, said.approvals)
    return strictest(base, here.approvals or "none")


def _seconds(ceiling: Ceiling, said: Everywhere, here: OfRepository) -> int:
    demanded = (ceiling.approval_seconds, said.approval_seconds, here.approval_seconds)
    return min(seconds for seconds in demanded if seconds is not None)


def _number(ceiling: Ceiling, name: Handed, base: int, said: int | None) -> int:
    if said is None:
        return base
    return said if name in ceiling.handed else min(base, said)


def _freeze(level: Level) -> Freeze | None:
    """With who says so."""
    freeze, who = level.values.freeze, level.because.get("freeze")
    if freeze is None or who is None:
        return freeze
    return Freeze.model_construct(reason=f"{freeze.reason} ({who})", until=freeze.until)


def _ends(freeze: Freeze | None) -> tuple[bool, bool, float]:
    """By which a freeze ends later than another: none at all, one with an end, one without."""
    until = freeze.until if freeze else None
    return (freeze is not None, until is None, until.timestamp() if until else 0.0)


def _dry_run(everywhere: bool | None, own: bool | None) -> bool | None:
    """A dry run of all or of one is one; what is switched off for one counts before what is not said of all."""
    if everywhere or own:
        return True
    return everywhere if own is None else own
