"""`mergegate audit`: verify the chain, look at its end, export it."""

import json
from typing import TextIO

import click

from app import ledger
from app.cli import reading
from policies.text import plain

MOST_SHOWN = 1_000


@click.group()
def audit() -> None:
    """Verify the audit chain, look at its end, or export it."""


@audit.command()
@click.argument("export", type=click.File(encoding="utf-8"), required=False)
def verify(export: TextIO | None) -> None:
    """Walk the whole chain, or an EXPORT of it; exit code 1 where an entry was changed, removed or slipped in.

    Entries cut off at the end leave a shorter chain that holds: compare the newest hash with one noted before.
    """
    proof = _of_database() if export is None else _of_export(export)
    if proof.fault is not None:
        raise click.ClickException(f"The audit chain is broken after {proof.entries} entries: {proof.fault}.")
    click.echo(f"The audit chain holds: {proof.entries} entries, newest hash {proof.head.hex()}.")


def _of_database() -> ledger.Proof:
    with reading.transaction() as tx:
        return ledger.verify(ledger.read(tx))


def _of_export(export: TextIO) -> ledger.Proof:
    try:
        return ledger.verify(ledger.parse(json.loads(line)) for line in export)
    except (ValueError, TypeError, KeyError):
        raise click.ClickException("The file is not an export: each line should be an entry as JSON.") from None


@audit.command()
@click.option("-n", "--count", type=click.IntRange(1, MOST_SHOWN), default=20, show_default=True)
def tail(count: int) -> None:
    """Print the newest entries, oldest first."""
    with reading.transaction() as tx:
        for entry in ledger.tail(tx, count):
            click.echo(line(entry))


@audit.command()
def export() -> None:
    """Print every entry as a line of JSON, hashes included, so that the export proves itself."""
    with reading.transaction() as tx:
        for entry in ledger.read(tx):
            click.echo(json.dumps(entry.document(), sort_keys=True, ensure_ascii=False))


def line(entry: ledger.Entry) -> str:
    """One entry on one line, safe to show."""
    body = json.dumps(entry.body, sort_keys=True, ensure_ascii=False)
    at = entry.at.isoformat(timespec="milliseconds")
    return f"{entry.seq:>6}  {at}  {plain(entry.kind):<22}  {plain(f'{entry.subject}  {body}')}"
