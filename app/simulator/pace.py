"""How fast somebody wrote, by what the journal says (pure)."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from app.simulator.journal import Write

KINDS = ("all", "content", "notifying")
_FREE = re.compile(r"/access_tokens$|^/app/hook/deliveries/")
_QUIET = re.compile(r"/statuses/|/check-runs|/git/(blobs|trees|commits|tags)$")
_NOTIFYING = re.compile(r"/issues/\d+/comments$|/pulls$|/pulls/\d+/(reviews|requested_reviewers|comments|merge)$")


def fits(kind: str, method: str, path: str) -> bool:
    """`content` is all but statuses, check runs and git objects; `notifying` is what somebody is notified of."""
    if kind not in KINDS:
        raise ValueError(f"no such kind of writes: {kind}")
    if _FREE.search(path) or (kind != "all" and _QUIET.search(path)):
        return False
    return kind != "notifying" or (method in ("POST", "PUT") and _NOTIFYING.search(path) is not None)


def most_within(writes: Iterable[Write], kind: str, seconds: int) -> int:
    """The most that one installation asked for in any stretch of so many seconds."""
    length = timedelta(seconds=seconds)
    return max((_most(moments, length) for moments in _moments(writes, kind)), default=0)


def closest(writes: Iterable[Write], kind: str) -> float | None:
    """The fewest seconds between two that one installation asked for; None where none asked twice."""
    gaps = [
        (later - sooner).total_seconds() for moments in _moments(writes, kind) for sooner, later in pairwise(moments)
    ]
    return min(gaps, default=None)


def _moments(writes: Iterable[Write], kind: str) -> list[list[datetime]]:
    """One list for each installation, the earliest first."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for write in writes:
        if fits(kind, write.method, write.path):
            found[write.auth].append(write.at)
    return [sorted(moments) for moments in found.values()]


def _most(moments: list[datetime], length: timedelta) -> int:
    first, most = 0, 0
    for place, moment in enumerate(moments):
        while moment - moments[first] >= length:
            first += 1
        most = max(most, place - first + 1)
    return most
