"""`mergegate intents`: the writes that runs ask for, exactly what each would write, and an operator's yes or no."""

import json
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from app import settings, tokens, work
from app.cli import parts, reading, writing
from app.cursors import OLDEST, Mark
from app.database import Transaction
from app.records import bindings, run_intents, shown_intents, wishes
from app.records.shown_intents import Row
from app.settings import Settings
from app.work import By, Done, Word
from policies import contents, standing
from policies.decision import Blocker
from policies.intents import digest
from policies.text import plain

STATUSES = ("waiting", "pending", "sent", "written", "denied", "refused", "blocked", "superseded")
TOKEN = "MERGEGATE_TOKEN"  # noqa: S105 -- the name of a variable
NESTED = ("writes", "parts")
SEEN = click.option("--digest", "seen", help="The digest that `show` prints; by default you are shown it and asked.")
ID = click.argument("subject", metavar="ID", type=click.UUID)


@click.group()
def intents() -> None:
    """List, show, approve and deny the writes that runs ask for."""


@intents.command("list")
@click.option("--status", type=click.Choice(STATUSES), default="waiting", show_default=True)
@parts.LIMIT
@parts.AFTER
def list_intents(*, status: str, limit: int, after: Mark | None) -> None:
    """Print the writes that wait, oldest first, with everything that is in their way."""
    with reading.transaction() as tx:
        found = shown_intents.page(tx, status, after=after or OLDEST, limit=limit)
    for row in found.rows:
        click.echo("\n".join(_lines(row)))
    click.echo(parts.ending(found, f"that are {status}"))


@intents.command()
@ID
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def show(subject: UUID, *, as_json: bool) -> None:
    """Show exactly what a write, or a whole run, would write; ID is that of either."""
    with reading.transaction() as tx:
        found = _found(tx, subject)
    click.echo(json.dumps(found, default=str, indent=2) if as_json else _text(found))


@intents.command()
@ID
@SEEN
def approve(subject: UUID, *, seen: str | None) -> None:
    """Approve a write, or all that a run wishes for; MERGEGATE_TOKEN says who you are (scope approve)."""
    _judge(subject, _digest(subject, seen, "Approve exactly this?"), reason=None, verb="approved")


@intents.command()
@ID
@SEEN
@click.option("--reason", help="Why not; it is kept with the denial.")
def deny(subject: UUID, *, seen: str | None, reason: str | None) -> None:
    """Deny a write, or all that a run wishes for; MERGEGATE_TOKEN says who you are (scope approve)."""
    _judge(subject, _digest(subject, seen, "Deny this?"), reason=reason, verb="denied")


def _digest(subject: UUID, seen: str | None, question: str) -> str:
    """What the operator has seen: as given, or shown here and now."""
    if seen is not None:
        return seen
    with reading.transaction() as tx:
        found = _found(tx, subject)
    click.echo(_text(found))
    click.confirm(question, abort=True)
    return str(found["digest"])


def _judge(subject: UUID, seen: str, *, reason: str | None, verb: str) -> None:
    now = datetime.now(UTC)
    seconds = int(settings.read("approval_seconds", os.environ) or Settings.model_fields["approval_seconds"].default)
    word = Word(digest=seen, is_approved=verb == "approved", seconds=seconds, reason=reason)
    with writing.transaction() as tx:
        by = By(_operator(tx, now), now)
        row = shown_intents.get(tx, subject)
        done = work.judge_run(tx, subject, by, word) if row is None else _judge_write(tx, row, by, word)
        if isinstance(done, Blocker):
            raise click.ClickException(f"{done.code}: {plain(done.sentence)}")
    click.echo(f"{by.name} {verb} {subject}; the workers go on with it within SWEEP_SECONDS.")


def _judge_write(tx: Transaction, row: Row, by: By, word: Word) -> Done | Blocker:
    return work.judge_write(tx, row["run_id"], row["id"], by, word)


def _operator(tx: Transaction, now: datetime) -> str:
    """The principal of the token, which must have the scope."""
    caller = tokens.find(tx, os.environ.get(TOKEN, ""), now)
    if caller is None:
        raise click.ClickException(
            f"UNAUTHORIZED: {TOKEN} should hold a token of `mergegate tokens create` that counts."
        )
    if "approve" not in caller.scopes:
        raise click.ClickException("SCOPE_MISSING: This needs a token with the scope approve.")
    return caller.principal


def _found(tx: Transaction, subject: UUID) -> dict[str, Any]:
    """A write, or a run with all that it wishes for."""
    row = shown_intents.get(tx, subject)
    if row is not None and row["epoch"] is not None:
        return _shown(row) | {"parts": [_shown(part) for part in shown_intents.parts_of(tx, subject)]}
    binding = bindings.get(tx, subject)
    if binding is None:
        raise click.ClickException(f"There is neither a run nor a write of a run with the id {subject}.")
    wished = run_intents.of_run(tx, subject, binding.epoch)
    return {
        "run": subject,
        "repository": binding.remote,
        "base": binding.base_ref,
        "head": binding.head_ref,
        "head_sha": binding.head_sha,
        "epoch": binding.epoch,
        "proposed_by": binding.proposed_by,
        "artifact": wishes.artifact(tx, subject, binding.epoch),
        "digest": standing.run_digest(intent for _, intent in work.whole(wished)),
        "blockers": binding.blockers,
        "writes": [_shown(row) for row in shown_intents.of_run(tx, subject, binding.epoch)],
    }


def _shown(row: Row) -> dict[str, Any]:
    return {
        "intent": row["id"],
        "run": row["run_id"],
        "repository": row["full_name"],
        "kind": row["kind"],
        "sentence": contents.sentence(row["kind"], row["content"]),
        "digest": digest(row["content"]),
        "status": row["status"],
        "blockers": row["blockers"] or [],
        "content": row["content"],
    }


def _lines(row: Row) -> list[str]:
    """One write on a line, and what is in its way below."""
    sentence = contents.sentence(row["kind"], row["content"])
    blockers = row["blockers"] or [] if row["status"] == "waiting" else []
    return [
        f"{row['id']}  {row['status']:<10}  {plain(row['full_name'])}  {sentence}",
        *(f"    {blocker['code']}: {plain(blocker['sentence'])}" for blocker in blockers),
    ]


def _text(found: dict[str, Any]) -> str:
    """As JSON of one line each, so that nothing that stands in it can look like something else."""
    lines = _rows({name: value for name, value in found.items() if name not in NESTED})
    for name in NESTED:
        for each in found.get(name, ()):
            lines += ["", f"{name.removesuffix('s')}:", *(f"  {row}" for row in _rows(each))]
    return "\n".join(lines)


def _rows(facts: dict[str, Any]) -> list[str]:
    return [f"{name}: {json.dumps(value, default=str)}" for name, value in facts.items()]
