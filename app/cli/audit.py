"""`mergegate audit`: prove the chain, look for entries, write them out, note the newest one elsewhere."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from app import exports, ledger
from app.cli import reading
from app.cli.audit_proofs import anchor, verify
from app.records import audit_events
from app.records.audit_events import MOST_LISTED, Page, Sought, Window
from policies.text import plain

MOST_SHOWN = 1_000
PROVES_NOTHING = (
    "What was chosen proves nothing of what was left out: `mergegate audit verify` does, of the chain or an export."
)
SEQ = click.IntRange(1, ledger.HIGHEST_SEQ)


class Moment(click.ParamType[datetime]):
    """A moment as ISO 8601 has it; of no offset is UTC."""

    name = "MOMENT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("A moment should be like 2027-01-31 or 2027-01-31T18:00:00+00:00.", param, ctx)


@click.group()
def audit() -> None:
    """Prove the audit chain, look for entries, export them, anchor the newest one."""


audit.add_command(verify)
audit.add_command(anchor)


@audit.command()
@click.option("-n", "--count", type=click.IntRange(1, MOST_SHOWN), default=20, show_default=True)
def tail(count: int) -> None:
    """Print the newest entries, oldest first."""
    with reading.transaction() as tx:
        for entry in ledger.tail(tx, count):
            click.echo(line(entry))


@audit.command("list")
@click.option("--subject", help="Of this subject, such as issue:ID; exactly.")
@click.option("--actor", help="Of who did it.")
@click.option("--kind", help="Of this kind, such as write_decided.")
@click.option("--since", type=Moment(), help="Of this moment or later.")
@click.option("--until", type=Moment(), help="Of before this moment.")
@click.option("--after", type=SEQ, help="Newer than the entry with this number, the oldest first.")
@click.option("--before", type=SEQ, help="Older than the entry with this number.")
@click.option("--limit", type=click.IntRange(1, MOST_LISTED), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, with hashes.")
def list_entries(*, as_json: bool, after: int | None, before: int | None, limit: int, **sought: Any) -> None:
    """Print the entries that fit, newest first. What was chosen proves nothing of what was not."""
    window = Window(after=after, before=before, limit=limit)
    with reading.transaction() as tx:
        page = audit_events.page(tx, Sought(**sought), window)
    if as_json:
        shown = {"entries": [each.document() for each in page.entries], "next": page.next, "note": PROVES_NOTHING}
        click.echo(json.dumps(shown, indent=2))
    else:
        click.echo("\n".join([*map(line, page.entries), _ending(page, window)]))


@audit.command()
@click.option("--from", "first", type=SEQ, default=1, show_default=True, help="The first entry.")
@click.option("--to", "last", type=SEQ, help="The last entry; by default the newest one.")
def export(*, first: int, last: int | None) -> None:
    """Print all entries, or a part, as lines of JSON. With hashes, and no gaps, so that the export proves itself.

    A part also holds the hash of the entry before it, by which it can be tied to what was noted or exported before.
    """
    with reading.steadily() as tx:
        newest = ledger.head(tx)
        end = newest.seq if newest else 0
        if first > max(end, 1) or (last is not None and not first <= last <= end):
            raise click.ClickException(f"There is no such part: the chain holds entries 1 to {end}.")
        for entry in ledger.read(tx, after=first - 1, until=last or end):
            click.echo(exports.line(entry), nl=False)


def line(entry: ledger.Entry) -> str:
    """One entry on one line, safe to show."""
    body = json.dumps(entry.body, sort_keys=True, ensure_ascii=False)
    at = entry.at.isoformat(timespec="milliseconds")
    what = f"{plain(entry.kind):<22}  {plain(entry.actor):<12}"
    return f"{entry.seq:>6}  {at}  {what}  {plain(f'{entry.subject}  {body}')}"


def _ending(page: Page, window: Window) -> str:
    if page.next is None:
        return f"{len(page.entries)} entries, the last that fit. {PROVES_NOTHING}"
    way = "after" if window.is_forward else "before"
    return f"{len(page.entries)} entries, and there are more: --{way} {page.next}. {PROVES_NOTHING}"
