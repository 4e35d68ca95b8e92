"""How a merge ends whose outcome is unknown: by reads only, never by a second request."""

from typing import Literal

from policies.facts import Frozen, Text
from policies.merging.answer import Against
from policies.merging.replies import Seen, inconsistent, merged_other_head
from policies.text import short

SETTLE_SECONDS = 60
Settled = Literal["merged", "wait"] | Against


class Sent(Frozen):
    """The one request. `base_tip`: of the base branch just before it; None where nobody read it.

    `said_merged`: GitHub answered that it had merged. `said_yes`: it answered as to a merge that was made, and did not
    say that it was. `settle_seconds`: how long it may take to show what it did.
    """

    head_sha: str
    base_ref: Text
    base_tip: str | None
    said_merged: bool = False
    said_yes: bool = False
    settle_seconds: int = SETTLE_SECONDS


class Unreadable(Frozen):
    """The read failed, so that nothing was seen; `sentence` says how."""

    sentence: Text


def settle(sent: Sent, seen: Seen | Unreadable, seconds_since: int) -> Settled:
    """What a read tells, so many seconds after the request. `wait`: the next read may tell more.

    GitHub moves the base before it closes the pull request, so that only the end of the time settles what is open.
    """
    if isinstance(seen, Seen) and seen.merged:
        return "merged" if seen.head_sha == sent.head_sha else merged_other_head(sent.head_sha, seen)
    if seconds_since < sent.settle_seconds:
        return "wait"
    return _at_the_end(sent, seen)


def _at_the_end(sent: Sent, seen: Seen | Unreadable) -> Against:
    if isinstance(seen, Unreadable):
        return _unknown(f"GitHub could not be read: {short(seen.sentence).removesuffix('.')}")
    if not seen.found:
        return _unknown("GitHub does not show the pull request any more")
    if seen.base_tip is None or sent.base_tip is None:
        return _unknown(f"the branch {short(sent.base_ref)} could not be read")
    if seen.base_tip != sent.base_tip:
        return _partial(sent, seen.base_tip)
    if sent.said_merged:
        return _unknown("it said that it had, and does not show it")
    if sent.said_yes:
        return inconsistent()
    return Against(
        code="MERGE_FAILED",
        detail="MERGE_NOT_PERFORMED",
        sentence="GitHub failed and merged nothing; the pull request is judged anew and merged later.",
        outcome="retry_scheduled",
    )


def _unknown(reason: str) -> Against:
    return Against(
        code="MERGE_FAILED",
        detail="OUTCOME_UNKNOWN",
        sentence=f"Nobody knows whether GitHub merged it, since {reason}; look at GitHub and settle it by hand.",
        outcome="needs_operator",
    )


def _partial(sent: Sent, base_tip: str) -> Against:
    return Against(
        code="MERGE_FAILED",
        detail="MERGE_PARTIAL",
        sentence=f"The branch {short(sent.base_ref)} moved to {short(base_tip)} and the pull request is not merged: "
        "see whether its change is in the branch already, and close it by hand if so.",
        outcome="needs_operator",
    )
