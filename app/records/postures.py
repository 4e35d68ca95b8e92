"""The three settings that stop merges, as an operator switches them: freeze, safe mode, dry run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.database import Transaction
from app.records import merge_requests, operator_settings
from app.records.operator_settings import EVERYWHERE, Where
from policies.catalogue import MOST_REASON_CHARACTERS
from policies.merging.windows import Frozen
from policies.text import short

SwitchName = Literal["frozen", "safe_mode", "dry_run"]
SETTING: dict[SwitchName, str] = {"frozen": "freeze", "safe_mode": "safe_mode", "dry_run": "dry_run"}


@dataclass(frozen=True, kw_only=True)
class Switch:
    """What is switched. `until`: when a freeze ends by itself. `on` None: nothing is said of a dry run any more."""

    name: SwitchName
    on: bool | None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is switched of one repository, or of all. `dry_run` None: nothing is said.

    `trouble`: one of the three is not understood, so that nothing is merged.
    """

    repository_id: int = EVERYWHERE
    full_name: str = ""
    frozen_reason: str | None = None
    frozen_by: str | None = None
    frozen_until: datetime | None = None
    safe_mode: bool = False
    dry_run: bool | None = None
    trouble: str | None = None
    changed_by: str = ""
    changed_at: datetime | None = None

    def frozen_at(self, now: datetime) -> Frozen | None:
        """Why nothing is merged, with who says so; a freeze ends by itself where it has an end."""
        if self.frozen_reason is None or (self.frozen_until is not None and self.frozen_until <= now):
            return None
        return Frozen(reason=f"{self.frozen_reason} ({self.frozen_by})", until=self.frozen_until)


def listed(tx: Transaction) -> list[Row]:
    """Everything that is switched, what counts for all first."""
    found = [row for row in operator_settings.listed(tx) if row.name in SETTING.values()]
    scopes = dict.fromkeys(row.repository_id for row in found)
    return [_row([row for row in found if row.repository_id == scope]) for scope in scopes]


def set_posture(tx: Transaction, where: Where, switch: Switch, *, by: str, reason: str, now: datetime) -> Row:
    """Switch one thing; who did it, and why, stands in the audit. From the end of the transaction on it counts."""
    said, name = short(reason, MOST_REASON_CHARACTERS), SETTING[switch.name]
    operator_settings.hold(tx, where.repository_id)
    before = operator_settings.rows(tx, where.repository_id).get(name)
    row = operator_settings.put(tx, where, name, _value(switch, said), by=by, reason=said, now=now)
    if switch.name == "frozen":
        merge_requests.look_at_frozen(tx, where.repository_id or None, now)
    operator_settings.attest(tx, where, before.value if before else None, row)
    return _row(
        [each for each in operator_settings.rows(tx, where.repository_id).values() if each.name in SETTING.values()]
    )


def _value(switch: Switch, reason: str) -> Any:
    """As the setting has it."""
    if switch.name == "frozen":
        until = switch.until.isoformat() if switch.until else None
        return {"reason": reason, "until": until} if switch.on else None
    return switch.on if switch.name == "dry_run" else bool(switch.on)


def _row(found: list[operator_settings.Row]) -> Row:
    """Those of one scope, of which there is one at least, as one."""
    troubles = [operator_settings.trouble_of(row) for row in found]
    said = {
        row.name: row for row, trouble in zip(found, troubles, strict=True) if row.value is not None and trouble is None
    }
    newest, frozen = max(found, key=lambda row: row.changed_at), said.get("freeze")
    until = frozen.value.get("until") if frozen else None
    return Row(
        repository_id=newest.repository_id,
        full_name=newest.full_name,
        frozen_reason=frozen.value["reason"] if frozen else None,
        frozen_by=frozen.changed_by if frozen else None,
        frozen_until=datetime.fromisoformat(until) if until else None,
        safe_mode=bool(said["safe_mode"].value) if "safe_mode" in said else False,
        dry_run=said["dry_run"].value if "dry_run" in said else None,
        trouble=next(filter(None, troubles), None),
        changed_by=newest.changed_by,
        changed_at=newest.changed_at,
    )
