"""What operators have switched about merges, of all repositories or of one: frozen, safe mode, dry run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app import ledger
from app.database import Transaction
from app.records import merge_requests
from policies.merging.windows import Frozen
from policies.text import short

EVERYWHERE = 0
"""The repository id of what counts for all."""
MOST_REASON_CHARACTERS = 300
SwitchName = Literal["frozen", "safe_mode", "dry_run"]


@dataclass(frozen=True, kw_only=True)
class Where:
    """One repository, or all of them."""

    repository_id: int = EVERYWHERE
    full_name: str = "all repositories"

    @property
    def subject(self) -> str:
        """What the audit calls it."""
        return f"repository:{self.repository_id}" if self.repository_id else "repositories"


@dataclass(frozen=True, kw_only=True)
class Switch:
    """What is switched. `until`: when a freeze ends by itself. `on` None: nothing is said of a dry run any more."""

    name: SwitchName
    on: bool | None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is switched of one repository, or of all and of one together. `dry_run` None: nothing is said."""

    repository_id: int = EVERYWHERE
    full_name: str = ""
    frozen_reason: str | None = None
    frozen_by: str | None = None
    frozen_until: datetime | None = None
    safe_mode: bool = False
    dry_run: bool | None = None
    changed_by: str = ""
    changed_at: datetime | None = None

    def frozen_at(self, now: datetime) -> Frozen | None:
        """Why nothing is merged, with who says so; a freeze ends by itself where it has an end."""
        if self.frozen_reason is None or (self.frozen_until is not None and self.frozen_until <= now):
            return None
        return Frozen(reason=f"{self.frozen_reason} ({self.frozen_by})", until=self.frozen_until)


def of(tx: Transaction, repository_id: int) -> Row:
    """What counts for a repository: safe mode and dry run where either says so, and the freeze that ends last."""
    rows = {row.repository_id: row for row in _rows(tx, (EVERYWHERE, repository_id))}
    everywhere, own = rows.get(EVERYWHERE, Row()), rows.get(repository_id, Row())
    frozen = max(everywhere, own, key=_ends)
    return Row(
        repository_id=repository_id,
        full_name=own.full_name,
        frozen_reason=frozen.frozen_reason,
        frozen_by=frozen.frozen_by,
        frozen_until=frozen.frozen_until,
        safe_mode=everywhere.safe_mode or own.safe_mode,
        dry_run=_dry_run(everywhere.dry_run, own.dry_run),
    )


def where(tx: Transaction, full_name: str) -> Where | None:
    """A repository by its name, which has no case: as it is pinned, or as it was seen last; None where it never was."""
    row = tx.execute(
        "SELECT repository_id, full_name FROM (SELECT repository_id, full_name, 0 AS place FROM pinned_repositories"
        " UNION ALL SELECT repository_id, full_name, 1 FROM pulls) AS known"
        " WHERE lower(full_name) = lower(%(name)s) ORDER BY place, repository_id DESC LIMIT 1",
        {"name": full_name},
    ).fetchone()
    return Where(**row) if row else None


def listed(tx: Transaction) -> list[Row]:
    """Everything that is switched, what counts for all first."""
    rows = tx.execute("SELECT * FROM postures ORDER BY repository_id <> 0, lower(full_name)").fetchall()
    return [Row(**row) for row in rows]


def set_posture(tx: Transaction, where: Where, switch: Switch, *, by: str, reason: str, now: datetime) -> Row:
    """Switch one thing; who did it, and why, stands in the audit. From the end of the transaction on it counts."""
    said = short(reason, MOST_REASON_CHARACTERS)
    row = tx.execute(
        "INSERT INTO postures (repository_id, full_name, changed_by, changed_at)"
        " VALUES (%(repository)s, %(name)s, %(by)s, %(now)s) ON CONFLICT (repository_id) DO UPDATE SET"
        " full_name = EXCLUDED.full_name, changed_by = EXCLUDED.changed_by, changed_at = EXCLUDED.changed_at"
        " RETURNING *",
        {"repository": where.repository_id, "name": where.full_name, "by": by, "now": now},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    switched = {**row, **_columns(switch, by, said)}
    tx.execute(
        "UPDATE postures SET frozen_reason = %(frozen_reason)s, frozen_by = %(frozen_by)s,"
        " frozen_until = %(frozen_until)s, safe_mode = %(safe_mode)s, dry_run = %(dry_run)s"
        " WHERE repository_id = %(repository_id)s",
        switched,
    )
    if switch.name == "frozen":
        merge_requests.look_at_frozen(tx, where.repository_id or None, now)
    until = switch.until.isoformat() if switch.until else None
    body = {"switch": switch.name, "on": switch.on, "until": until, "repository": where.full_name, "reason": said}
    ledger.append(tx, kind="posture_changed", subject=where.subject, actor=by, body=body, at=now)
    return Row(**switched)


def _columns(switch: Switch, by: str, reason: str) -> dict[str, Any]:
    if switch.name == "frozen":
        held = bool(switch.on)
        return {
            "frozen_reason": reason if held else None,
            "frozen_by": by if held else None,
            "frozen_until": switch.until if held else None,
        }
    return {switch.name: switch.on if switch.name == "dry_run" else bool(switch.on)}


def _rows(tx: Transaction, repository_ids: tuple[int, ...]) -> list[Row]:
    rows = tx.execute(
        "SELECT * FROM postures WHERE repository_id = ANY(%(ids)s)", {"ids": list(repository_ids)}
    ).fetchall()
    return [Row(**row) for row in rows]


def _ends(row: Row) -> tuple[bool, bool, float]:
    """By which a freeze ends later than another: none at all, one with an end, one without."""
    until = row.frozen_until
    return (row.frozen_reason is not None, until is None, until.timestamp() if until else 0.0)


def _dry_run(everywhere: bool | None, own: bool | None) -> bool | None:
    """A dry run of all or of one is one; what is switched off for one counts before what is not said of all."""
    if everywhere or own:
        return True
    return everywhere if own is None else own
