"""What the API takes and says about the settings that operators change at run time."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, JsonValue

from app.ledger import HIGHEST_SEQ
from app.operator_settings import Change, Origin, Setting, Shown
from app.records.operator_settings import EVERYWHERE, Changed
from app.web.api.bodies import FEWEST_ITEMS, MOST_ITEMS, Query, RequestBody, ResponseBody
from policies.catalogue import Everywhere, OfRepository, Reason

Said = TypeVar("Said", bound=OfRepository)


class SettingsChange(RequestBody, Generic[Said]):
    """What to set: null takes a setting away, and what is left out stays as it is.

    `version`: that of the settings you have looked at; where they have changed since, nothing is done.
    """

    settings: Said
    version: Annotated[int, Field(ge=0)] | None = None
    reason: Reason | None = None

    def change(self) -> Change:
        """The same, each value as JSON."""
        said = self.settings.model_dump(mode="json")
        values = {name: said[name] for name in said if name in self.settings.model_fields_set}
        return Change(values=values, version=self.version, reason=self.reason or "")


class GeneralChange(SettingsChange[Everywhere]):
    """A change of what counts for all repositories."""


class RepositoryChange(SettingsChange[OfRepository]):
    """A change of what counts for one repository."""


class HistoryQuery(Query):
    """Which changes: newest first, those before the number that `next` of the part before says."""

    before: Annotated[int, Field(ge=1, le=HIGHEST_SEQ)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ITEMS)] = FEWEST_ITEMS


class SettingShape(ResponseBody):
    """One setting: what is said here, what counts, and who decides that.

    `version`, `reason`, `changedBy`, `changedAt`: of the last change here, null where there was none.
    """

    name: str
    meaning: str
    value: JsonValue
    in_force: JsonValue
    origin: Origin
    version: int | None
    reason: str | None
    changed_by: str | None
    changed_at: datetime | None


class SettingsShape(ResponseBody):
    """All settings of one repository, or of all where `repository` is null. `version` rises with each change.

    `trouble`: why nothing is allowed, where a setting is not understood. `isListed`, `isMergedIn`: whether the
    repository may be written to and merged in at all.
    """

    repository: str | None
    version: int
    settings: tuple[SettingShape, ...]
    trouble: str | None
    is_listed: bool | None
    is_merged_in: bool | None


class SettingChangeShape(ResponseBody):
    """One change, with the number of its audit entry. `before`, `after`: null where nothing was, or is, said."""

    seq: int
    at: datetime
    by: str
    name: str
    before: JsonValue
    after: JsonValue
    reason: str
    version: int


class SettingHistory(ResponseBody):
    """Changes, newest first; `next`: the number with which the list goes on, null at its end."""

    items: tuple[SettingChangeShape, ...]
    limit: int
    next: int | None


def settings(found: Shown) -> SettingsShape:
    """The settings of a scope, as the API says them."""
    return SettingsShape(
        repository=None if found.where.repository_id == EVERYWHERE else found.where.full_name,
        version=found.version,
        settings=tuple(map(setting, found.settings)),
        trouble=found.trouble,
        is_listed=found.is_listed,
        is_merged_in=found.is_merged_in,
    )


def setting(found: Setting) -> SettingShape:
    """One of them."""
    return SettingShape(**_renamed(found.__dict__))


def history(found: list[Changed], limit: int) -> SettingHistory:
    """`limit` changes and one more, which tells only that the list goes on."""
    shown = found[:limit]
    items = tuple(SettingChangeShape(**each.__dict__) for each in shown)
    return SettingHistory(items=items, limit=limit, next=shown[-1].seq if len(found) > limit else None)


def _renamed(said: dict[str, Any]) -> dict[str, Any]:
    return {"in_force" if name == "counts" else name: value for name, value in said.items()}
