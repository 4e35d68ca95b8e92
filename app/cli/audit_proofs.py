"""`mergegate audit verify` and `anchor`: what the chain, a part of it and its anchors prove."""

import os
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, TextIO

import click
import psycopg

from app import anchoring, anchors, exports, ledger, proofs, settings
from app.anchors import Anchor, Anchors, AnchorsUnavailable
from app.cli import reading, writing
from app.exports import NotAnExport
from app.proofs import (
    BEGINS_ELSEWHERE,
    BROKEN,
    ENDS_ELSEWHERE,
    NO_ENTRY,
    NOT_AN_EXPORT,
    Agreement,
    Fault,
    Walk,
)
from app.records import anchorings
from policies.text import plain

UNREADABLE = Fault(BROKEN, "The audit chain is broken: an entry holds what was never written, and can't be read.")
HASH = re.compile(r"[0-9a-f]{64}")
SEQ = click.IntRange(1, ledger.HIGHEST_SEQ)


class Hash(click.ParamType[bytes]):
    """A SHA-256 in hex."""

    name = "HASH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        if not HASH.fullmatch(value):
            self.fail("A hash should be 64 digits and letters a to f.", param, ctx)
        return bytes.fromhex(value)


@click.command()
@click.argument("export", type=click.File(encoding="utf-8"), nargs=-1)
@click.option("--from", "first", type=SEQ, default=1, help="The entry with which it should begin, if it is a part.")
@click.option("--to", "last", type=SEQ, help="The entry with which it should end; anchors of later ones are left out.")
@click.option("--follows", type=Hash(), help="The hash of the entry before it, as you know it from elsewhere.")
@click.option("--anchor", "with_anchors", is_flag=True, help="Compare it with what was noted at AUDIT_ANCHOR.")
def verify(
    *, export: tuple[TextIO, ...], first: int, last: int | None, follows: bytes | None, with_anchors: bool
) -> None:
    """Prove the chain, or an EXPORT of it. Or several that follow one another; exit code 1 where anything is wrong.

    An entry that was changed, removed in the middle or slipped in is found by itself. Entries cut off at the end leave
    a shorter chain that holds, and who owns the database can write all of it anew: --anchor finds both.
    """
    known = _known() if with_anchors and not export else None
    noted = _noted() if with_anchors else []
    seqs = {each.seq for each in noted}
    if export:
        walked = _of_exports(export, first=first, follows=follows, note=seqs)
    else:
        walked = _of_database(first=first, last=last, follows=follows, note=seqs)
    if walked.last < walked.first and (export or first > 1):
        raise _wrong(Fault(NO_ENTRY, "There is no entry in it, which proves nothing."))
    if last is not None and walked.last != last:
        ends = f"It ends with entry {walked.last}, and should end with entry {last}."
        raise _wrong(Fault(ENDS_ELSEWHERE, ends))
    click.echo(_shown(walked, follows))
    if with_anchors:
        click.echo(_agreed(walked, noted, last=last, known=known))


def _of_exports(files: tuple[TextIO, ...], *, first: int, follows: bytes | None, note: Collection[int]) -> Walk:
    try:
        walked = proofs.walk(exports.read(files), first=first, previous=follows, note=note)
    except NotAnExport as wrong:
        raise _wrong(Fault(NOT_AN_EXPORT, str(wrong))) from None
    if isinstance(walked, Fault) and walked.code == BEGINS_ELSEWHERE:
        raise _wrong(walked, " Say with --from where a part begins.")
    return _unbroken(walked)


def _of_database(*, first: int, last: int | None, follows: bytes | None, note: Collection[int]) -> Walk:
    """Up to the entry that is the newest when this begins: who goes on writing keeps nobody walking."""
    with reading.steadily() as tx:
        try:
            newest = ledger.head(tx)
            until = min(last or ledger.HIGHEST_SEQ, newest.seq if newest else 0)
            entries = ledger.read(tx, after=first - 1, until=until)
            return _unbroken(proofs.walk(entries, first=first, previous=follows, note=note))
        except (psycopg.DataError, ValueError, RecursionError):  # such as the moment "infinity"
            raise _wrong(UNREADABLE) from None


def _unbroken(walked: Walk | Fault) -> Walk:
    if isinstance(walked, Fault):
        raise _wrong(walked)
    return walked


def _wrong(fault: Fault, hint: str = "") -> click.ClickException:
    return click.ClickException(f"{plain(fault.sentence)}{hint} ({fault.code})")


def _shown(walked: Walk, follows: bytes | None) -> str:
    head = f"newest hash {walked.head.hex()}"
    if walked.first == 1:
        return f"The audit chain holds: {walked.last} entries, {head}."
    what = f"Entries {walked.first} to {walked.last} hold together"
    if follows is not None:
        return f"{what} and follow the hash that was given, {head}."
    before = f"they follow the hash {walked.previous.hex()}"
    return f"{what}: {before}, {head}. Whether that is the hash of entry {walked.first - 1} is not proven by this."


def _agreed(walked: Walk, noted: list[Anchor], *, last: int | None, known: Anchor | None) -> str:
    fault = anchoring.gone(noted, known) if known else None
    said = fault or proofs.compare(walked, noted, until=last)
    if isinstance(said, Fault):
        raise _wrong(said)
    return _agreement(walked, said)


def _agreement(walked: Walk, said: Agreement) -> str:
    newest = said.newest
    what = f"Anchors that agree: {said.anchors}, the newest of entry {newest.seq}, {proofs.moment(newest.at)}"
    return f"{what}. Entries after that: {max(0, walked.last - newest.seq)}."


def _known() -> Anchor | None:
    """Read before the anchors themselves, to which more may be added meanwhile."""
    with reading.transaction() as tx:
        return anchorings.of(tx, _place()).anchor


def _noted() -> list[Anchor]:
    try:
        return list(_anchors().read())
    except AnchorsUnavailable as trouble:
        raise click.ClickException(str(trouble)) from None


def _place() -> str:
    place = settings.read("audit_anchor", os.environ)
    if place is None:
        raise click.ClickException("AUDIT_ANCHOR is not set: nobody knows where anchors are.")
    return place


def _anchors() -> Anchors:
    return anchors.opened(_place(), endpoint=settings.read("audit_anchor_s3_endpoint", os.environ))


@click.command()
def anchor() -> None:
    """Note the newest entry at AUDIT_ANCHOR now. And look whether what was noted before still fits."""
    try:
        done = anchoring.anchor(writing.transaction, _anchors(), _place(), now=datetime.now(UTC))
    except AnchorsUnavailable as trouble:
        raise click.ClickException(str(trouble)) from None
    if done.anchor is None:
        click.echo("The audit chain is empty: there is nothing to anchor.")
    else:
        how = "is anchored now" if done.is_new else f"was anchored {proofs.moment(done.anchor.at)}"
        click.echo(f"Entry {done.anchor.seq} {how}, with the hash {done.anchor.hash.hex()}.")
    if done.fault is not None:
        raise _wrong(done.fault)
