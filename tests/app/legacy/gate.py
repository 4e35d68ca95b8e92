"""What tests of an import ask and look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.database import Transaction
from app.legacy import mending, running
from app.legacy.hand import Report
from app.legacy.running import Asked, Extent
from app.records import legacy_batches, legacy_rows
from app.records.legacy_batches import Batch
from tests.app.legacy import exports
from tests.app.legacy.exports import Row

TARGETS = ("workflows", "steps", "legacy_audit_events", "settings")
OWN = ("legacy", "legacy_rollback")


def silent(what: str, done: int, total: int) -> None:
    """Nobody looks at the bar."""


@dataclass
class Gate:
    """A database of ours, and a clock that tests move."""

    tx: Transaction
    directory: Path
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 1, tzinfo=UTC))

    def asked(self, extent: Extent = "apply", report: Report = silent) -> Asked:
        """By alice."""
        return Asked(by="alice", clock=lambda: self.now, report=report, extent=extent)

    def file(self, tables: Mapping[str, Sequence[Row]], name: str = "old.db") -> Path:
        """An export with these rows."""
        return exports.database(self.directory / name, tables)

    def bring(self, tables: Mapping[str, Sequence[Row]], name: str = "old.db", extent: Extent = "apply") -> Batch:
        """Import an export with these rows."""
        return self.bring_file(self.file(tables, name), extent)

    def bring_file(self, path: Path, extent: Extent = "apply", report: Report = silent) -> Batch:
        """Import a file."""
        return running.import_file(self.tx, path, "legacy", self.asked(extent, report))

    def mend(self, batch: Batch, row: str, **columns: str | None) -> Batch:
        """Mend a row, and run its batch again."""
        with self.tx.transaction():
            mending.mend(self.tx, batch, row, columns, by="alice", now=self.now)
        return running.retry(self.tx, batch, self.asked())

    def roll_back(self, batch: Batch) -> Batch:
        """Take a batch out."""
        return running.roll_back(self.tx, batch, self.asked())

    def batches(self) -> list[Batch]:
        """All of them, newest first."""
        return legacy_batches.newest(self.tx)

    def later(self, seconds: int) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)

    def quarantine(self, batch: Batch) -> dict[str, str]:
        """Row -> why it is in quarantine."""
        rows = self.tx.execute(
            "SELECT source_table || ':' || ordinal AS name, reason FROM legacy_rows WHERE batch_id = %(id)s"
            " AND status = 'quarantined' ORDER BY source_table, ordinal",
            {"id": batch.id},
        )
        return {row["name"]: row["reason"] for row in rows}

    def counts(self, batch: Batch) -> dict[str, dict[str, int]]:
        """Table -> status -> rows."""
        return legacy_rows.counts(self.tx, batch.id)

    def contents(self) -> dict[str, list[Any]]:
        """Every row of the tables that an import puts something into, but its own workflows."""
        return {
            "workflows": self._rows("workflows", "kind NOT IN ('legacy', 'legacy_rollback')"),
            "steps": self._rows(
                "steps", "workflow_id NOT IN (SELECT id FROM workflows WHERE kind IN ('legacy', 'legacy_rollback'))"
            ),
            "legacy_audit_events": self._rows("legacy_audit_events", "true"),
            "settings": self._rows("settings", "true"),
        }

    def _rows(self, table: str, where: str) -> list[Any]:
        query = f"SELECT to_jsonb({table}) - 'batch_id' AS row FROM {table} WHERE {where} ORDER BY 1"
        return [row["row"] for row in self.tx.execute(query.encode())]

    def one(self, query: str) -> dict[str, Any]:
        """The only row that a query finds."""
        (row,) = self.tx.execute(query.encode()).fetchall()
        return row
