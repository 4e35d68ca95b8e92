"""`mergegate merges`: merges whose end nobody knows, and what a person found out about them."""

import json
from datetime import UTC, datetime
from uuid import UUID

import click

from app import ledger
from app.cli import reading, writing
from app.records import attempts
from policies.catalogue import MOST_REASON_CHARACTERS
from policies.text import plain, short


@click.group()
def merges() -> None:
    """List the merges whose end nobody knows, and say of one that it came to nothing."""


@merges.command()
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def doubts(*, as_json: bool) -> None:
    """Print the merges that were sent and that no reading has settled; exit code 1 where there are any."""
    with reading.transaction() as tx:
        found = attempts.doubts(tx)
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], indent=2))
    else:
        click.echo("\n".join([*(_line(each) for each in found), f"{len(found)} merges in doubt."]))
    if found:
        raise click.exceptions.Exit(1)


@merges.command()
@click.argument("attempt_id", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="What you have seen at GitHub; the audit keeps it.")
@writing.as_option
def undo(*, attempt_id: UUID, reason: str, by: str) -> None:
    """Say that nothing came of a merge, after you have looked at GitHub; then its head may be merged.

    Where GitHub did merge it, ask for the merge again instead: the gate then finds that out by itself.
    """
    now, said = datetime.now(UTC), short(plain(reason), MOST_REASON_CHARACTERS)
    with writing.transaction() as tx:
        attempt = attempts.get(tx, attempt_id)
        if attempt is None or not attempts.give_up(tx, attempt, now, by):
            raise click.ClickException("There is no such merge in doubt, or a run is still finding out about it.")
        body = {"attempt": str(attempt_id), "head_sha": attempt.head_sha, "reason": said}
        ledger.append(tx, kind="merge_given_up", subject=attempt.subject, actor=by, body=body, at=now)
    click.echo(f"{plain(attempt.full_name)}#{attempt.number} may be merged at {attempt.head_sha[:10]} again.")


def _document(attempt: attempts.Attempt) -> dict[str, object]:
    return {
        "id": str(attempt.id),
        "repository": attempt.full_name,
        "number": attempt.number,
        "headSha": attempt.head_sha,
        "baseRef": attempt.base_ref,
        "sentAt": attempt.sent_at.isoformat() if attempt.sent_at else None,
    }


def _line(attempt: attempts.Attempt) -> str:
    sent = attempt.sent_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if attempt.sent_at else "not sent"
    where = f"{plain(attempt.full_name)}#{attempt.number}"
    return f"{attempt.id}  {sent}  {where} at {attempt.head_sha[:10]} into {plain(attempt.base_ref)}"
