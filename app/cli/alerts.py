"""`mergegate alerts`: what a person has to look at, and who has."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from app.cli import parts, reading, writing
from app.cursors import NEWEST, Mark
from app.records import alerts as records
from policies.text import plain

RUN_DOCTOR = "A merge by hand could pass the gate by: run `mergegate doctor`, and do what it says."
LOOK = "See at GitHub what has become of it, and settle it by hand; the gate sends nothing more."
CHAIN = "The audit is not what was noted outside: see `audit verify --anchor`, and who has changed the database."
MEANINGS = {
    "BYPASS_UNAPPROVED_HEAD": "Somebody merged what the gate had not allowed: review what came in, or revert it.",
    "EXTERNAL_MERGE": "Somebody else merged what the gate had allowed; see that merges can't go around it.",
    "AUTO_MERGE_ENABLED": "GitHub merges it by itself as soon as its own rules are met: switch that off.",
    "BASE_FORCE_PUSHED": "A branch that is merged into was moved by force: see what is gone or new, and forbid that.",
    "REOPENED_AFTER_MERGE": "A pull request that the gate merged is open again: see whether the branch has its change.",
    "EVIDENCE_CHANGED_AT_MERGE": "While GitHub merged, something came up against it: see what, and revert if need be.",
    "MERGED_TO_UNEXPECTED_BASE": "GitHub merged it into another branch than the judged one: see if it belongs there.",
    "POST_MERGE_VERIFY_FAILED": "What was merged is not, or can't be shown to be, what was judged: look at the commit.",
    "OUTCOME_UNKNOWN": LOOK,
    "MERGE_PARTIAL": LOOK,
    "INCONSISTENT_REPLY": LOOK,
    "DELETE_BRANCH_FAILED": "The merged branch is still there: delete it by hand if it is not needed.",
    "GATE_NOT_REQUIRED": RUN_DOCTOR,
    "GATE_NOT_PINNED": RUN_DOCTOR,
    "APP_MAY_BYPASS": RUN_DOCTOR,
    "AUDIT_ANCHOR_FAILED": "The audit can't be noted outside the database: see that AUDIT_ANCHOR can be written to.",
    "AUDIT_ANCHOR_GONE": "An anchor was taken away from its place: find out by whom, and run `audit verify --anchor`.",
    "AUDIT_CHAIN_CUT": CHAIN,
    "AUDIT_CHAIN_REWRITTEN": CHAIN,
    "AUDIT_CHAIN_OF_ANOTHER": CHAIN,
}
"""What an alert means, and what to do about it."""


@click.group()
def alerts() -> None:
    """List what a person has to look at, and say that you did."""


@alerts.command("list")
@parts.LIMIT
@parts.AFTER
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def list_alerts(*, limit: int, after: Mark | None, as_json: bool) -> None:
    """Print the alerts that nobody has acknowledged, newest first; exit code 1 where there are any."""
    with reading.transaction() as tx:
        found = records.page(tx, after=after or NEWEST, limit=limit)
    if as_json:
        click.echo(json.dumps({"alerts": [_shown(row) for row in found.rows], "next": found.next}, indent=2))
    else:
        click.echo("\n".join([*(line(row) for row in found.rows), parts.ending(found, "open alerts")]))
    if found.rows:
        raise click.exceptions.Exit(1)


@alerts.command()
@click.argument("alert_id", metavar="ID", type=click.UUID)
@writing.as_option
def acknowledge(*, alert_id: UUID, by: str) -> None:
    """Say that you have seen an alert; ID is the one that `alerts list` shows."""
    with writing.transaction() as tx:
        acknowledged = records.acknowledge(tx, alert_id, by=by, now=datetime.now(UTC))
    if not acknowledged:
        raise click.ClickException("There is no such alert, or somebody has acknowledged it before.")
    click.echo(f"Acknowledged {alert_id}.")


def line(row: dict[str, Any]) -> str:
    """One alert on one line, safe to show; below it what it means."""
    at = row["raised_at"].astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    fields = json.dumps(row["fields"], sort_keys=True, ensure_ascii=False)
    first = f"{row['id']}  {at}  {row['severity']:<7}  {row['code']:<24}  {plain(row['subject'])}  {plain(fields)}"
    meaning = MEANINGS.get(row["code"])
    return f"{first}\n{'':<9}{meaning}" if meaning else first


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it."""
    said = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    return {**said, "id": str(row["id"]), "meaning": MEANINGS.get(row["code"])}
