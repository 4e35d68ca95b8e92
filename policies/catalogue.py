"""The settings that operators change while the gate runs: each one's name, type, places and meaning."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from policies.contents import SWITCHES, Switch
from policies.facts import Moment
from policies.standing import Required

MOST_REPOSITORIES = 1_000
MOST_REASON_CHARACTERS = 300
FEWEST_DAYS = 30
"""Longer than GitHub's list of deliveries, from which lost ones are taken in."""
MOST_DAYS = 36_500
Handed = Literal[
    "repositories",
    "kinds",
    "merge_repositories",
    "approvals",
    "evaluations_per_minute",
    "reevaluations_per_minute",
]
"""What the environment can leave to the settings: see `SETTINGS_DECIDE`."""


def _line(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("should be one line without control characters")
    return text


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    """GitHub's names have no case."""
    return tuple({name.lower(): name for name in reversed(names)}.values())[::-1]


Reason = Annotated[str, Field(min_length=1, max_length=MOST_REASON_CHARACTERS), AfterValidator(_line)]
RepositoryName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$")]
RepositoryNames = Annotated[tuple[RepositoryName, ...], Field(max_length=MOST_REPOSITORIES), AfterValidator(_once)]
Kinds = Annotated[tuple[Switch, ...], Field(max_length=len(SWITCHES)), AfterValidator(_once)]
Days = Annotated[int, Field(ge=FEWEST_DAYS, le=MOST_DAYS)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Freeze(_Said):
    """Why nothing is merged for now. `until`: when that ends by itself, None where somebody has to end it."""

    reason: Reason
    until: Moment | None = None


class OfRepository(_Said):
    """What can be said of one repository, or of all of them. None: nothing is said."""

    writes: bool | None = Field(None, description="Whether anything is written at GitHub; false stops all of it.")
    kinds: Kinds | None = Field(None, description="Which kinds of writes may leave, by the names of docs/writes.md.")
    approvals: Required | None = Field(
        None, description="What an operator approves before a run of the API writes: none, run, write or both."
    )
    approval_seconds: Annotated[int, Field(ge=60, le=30 * 86_400)] | None = Field(
        None, description="For how long an approval that is given from now on counts."
    )
    freeze: Freeze | None = Field(None, description="Merge nothing for now, and why; requests wait.")
    safe_mode: bool | None = Field(None, description="Refuse every merge: the kill switch.")
    dry_run: bool | None = Field(
        None, description="Say what would be merged and merge nothing; false counts before dry_run in a gate file."
    )


class Everywhere(OfRepository):
    """What can be said of all repositories together."""

    repositories: RepositoryNames | None = Field(None, description="Which repositories may be written to.")
    merge_repositories: RepositoryNames | None = Field(
        None, description="Where merges are made; everywhere else a merge is a dry run."
    )
    evaluations_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="How many evaluations each installation gets in a minute; the excess waits."
    )
    reevaluations_per_minute: Annotated[int, Field(ge=1, le=1_000)] | None = Field(
        None, description="How many of them one event may ask for together, such as a changed policy."
    )
    retention_deliveries_days: Days | None = Field(None, description="For how many days deliveries are kept.")
    retention_snapshots_days: Days | None = Field(None, description="For how many days snapshots of facts are kept.")
    retention_workflows_days: Days | None = Field(None, description="For how many days ended workflows are kept.")
    retention_requests_days: Days | None = Field(
        None, description="For how many days ended merge requests and their steps are kept."
    )


DAYS = {
    "retention_deliveries_days": 90,
    "retention_snapshots_days": 180,
    "retention_workflows_days": 365,
    "retention_requests_days": 365,
}
"""How long is kept what nobody has said anything of: the environment says nothing of it either."""
NOTHING, NOTHING_OF_ONE = Everywhere(), OfRepository()
OF_REPOSITORY, OF_ALL = tuple(OfRepository.model_fields), tuple(Everywhere.model_fields)
"""The names of the settings."""


def meaning(name: str) -> str:
    """What a setting is for, in a sentence; raises `KeyError` for a name that is none."""
    return Everywhere.model_fields[name].description or name
