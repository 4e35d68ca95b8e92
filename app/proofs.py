"""What a walk along the audit chain, or along a part of it, shows; and whether its anchors say the same."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from app import ledger
from app.anchors import Anchor
from app.ledger import GENESIS, Entry

BROKEN, NOT_AN_EXPORT, NO_ENTRY = "AUDIT_CHAIN_BROKEN", "AUDIT_NOT_AN_EXPORT", "AUDIT_NO_ENTRY"
BEGINS_ELSEWHERE, ENDS_ELSEWHERE = "AUDIT_BEGINS_ELSEWHERE", "AUDIT_ENDS_ELSEWHERE"
CUT, REWRITTEN, ANOTHER = "AUDIT_CHAIN_CUT", "AUDIT_CHAIN_REWRITTEN", "AUDIT_CHAIN_OF_ANOTHER"
NO_ANCHOR, ANCHOR_GONE = "AUDIT_NO_ANCHOR", "AUDIT_ANCHOR_GONE"


@dataclass(frozen=True)
class Fault:
    """Why something proves nothing: a stable code, and a sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Entries `first` to `last`, which follow the hash `previous` and end with the hash `head`.

    `last` is `first` less one where there are none. `noted`: the hashes of the entries that were asked for.
    """

    first: int
    last: int
    previous: bytes
    head: bytes
    noted: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """How many anchors are of the entries that were walked, and the newest of them."""

    anchors: int
    newest: Anchor


def walk(
    entries: Iterable[Entry], *, first: int = 1, previous: bytes | None = None, note: Collection[int] = ()
) -> Walk | Fault:
    """From entry `first` on, which follows the hash `previous` if one is said, to the end or the first fault."""
    entries = iter(entries)
    begin = next(entries, None)
    if begin is None:
        return Walk(first=first, last=first - 1, previous=previous or GENESIS, head=previous or GENESIS)
    if begin.seq != first:
        return Fault(BEGINS_ELSEWHERE, _begins(begin.seq, first))
    follows = _follows(begin, first, previous)
    noted = {first - 1: follows}
    proof = ledger.verify(_noting(chain([begin], entries), note, noted), after=first - 1, previous=follows)
    if proof.fault is not None:
        return Fault(BROKEN, f"The audit chain is broken after {proof.entries} entries: {proof.fault}.")
    return Walk(first=first, last=first - 1 + proof.entries, previous=follows, head=proof.head, noted=noted)


def _follows(begin: Entry, first: int, previous: bytes | None) -> bytes:
    if previous is not None:
        return previous
    return GENESIS if first == 1 else begin.previous


def _begins(seq: int, first: int) -> str:
    if seq < first:
        return f"It begins with entry {seq} already, and should begin with entry {first}."
    return f"It begins with entry {seq}: what should be before it, from entry {first} on, is missing."


def _noting(entries: Iterable[Entry], note: Collection[int], noted: dict[int, bytes]) -> Iterator[Entry]:
    for entry in entries:
        if entry.seq in note:
            noted[entry.seq] = entry.hash
        yield entry


def compare(walked: Walk, anchors: Iterable[Anchor], *, until: int | None = None) -> Agreement | Fault:
    """Whether the anchors are of the entries that were walked; those after entry `until` are left out."""
    asked = [each for each in anchors if walked.first - 1 <= each.seq and (until is None or each.seq <= until)]
    within = [each for each in asked if each.seq <= walked.last]
    agreeing = [each for each in within if walked.noted.get(each.seq) == each.hash]
    others = [each for each in within if walked.noted.get(each.seq) != each.hash]
    if others:
        return _rewritten(min(others, key=_seq), agreeing)
    beyond = max((each for each in asked if each.seq > walked.last), key=_seq, default=None)
    if beyond is not None:
        return Fault(CUT, _cut(walked, beyond, agreeing))
    if not agreeing:
        return Fault(NO_ANCHOR, "There is no anchor of any of these entries, so that nothing outside tells of them.")
    return Agreement(len(agreeing), max(agreeing, key=_seq))


def _rewritten(oldest: Anchor, agreeing: list[Anchor]) -> Fault:
    """`oldest`: the first anchor that is of another entry than the one with its number."""
    what = f"Entry {oldest.seq} is not the one that was anchored {moment(oldest.at)}"
    if not agreeing:
        how = f"it is that of another database, or was written anew from before entry {oldest.seq}"
        return Fault(ANOTHER, f"{what}, and no anchor is of this chain: {how}.")
    known = [each.seq for each in agreeing if each.seq < oldest.seq]
    where = f"between entries {max(known)} and {oldest.seq}" if known else f"from before entry {oldest.seq}"
    return Fault(REWRITTEN, f"{what}: the chain was rewritten {where}, or another one is anchored at the same place.")


def _cut(walked: Walk, beyond: Anchor, agreeing: list[Anchor]) -> str:
    what = f"The chain ends with entry {walked.last}, and entry {beyond.seq} was anchored {moment(beyond.at)}"
    if agreeing or walked.first > 1:
        return f"{what}: it was cut at its end, or is of an older moment."
    return f"{what}: it was cut at its end, is of an older moment, or is that of another database."


def moment(at: datetime) -> str:
    """As sentences have it."""
    return f"at {at.astimezone(UTC).isoformat(timespec='seconds')}"


def _seq(anchor: Anchor) -> int:
    return anchor.seq
