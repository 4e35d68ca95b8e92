"""How a merge ends whose outcome is unknown: by reads only, never by a second request."""

from typing import Literal

from policies.merging.answer import Against
from policies.merging.seen import READ_AFTER_SECONDS, Seen, Sent, Unreadable
from policies.text import short

Settled = Literal["merged", "wait"] | Against


def settle(sent: Sent, seen: Seen | Unreadable, seconds_since: int) -> Settled:
    """What a read tells, so many seconds after the request. `wait`: the next read may tell more.

    GitHub moves the base before it closes the pull request, so that only the end of the time settles what is open.
    """
    if isinstance(seen, Seen) and seen.merged:
        return "merged" if seen.head_sha == sent.head_sha else merged_other_head(sent.head_sha, seen)
    if seconds_since < sent.settle_seconds:
        return "wait"
    return _at_the_end(sent, seen)


def next_read(sent: Sent, seconds_since: int) -> int | None:
    """How many seconds after the request the next read is due; None where this was the last."""
    due = [seconds for seconds in (*READ_AFTER_SECONDS, sent.settle_seconds) if seconds_since < seconds]
    return min((seconds for seconds in due if seconds <= sent.settle_seconds), default=None)


def merged_other_head(head_sha: str, seen: Seen) -> Against:
    """The pull request is merged, and not at the head that was judged."""
    return Against(
        code="MERGE_FAILED",
        detail="MERGED_OTHER_HEAD",
        sentence=f"It was merged at {short(seen.head_sha)}, while {short(head_sha)} was judged: somebody else merged "
        "what this gate has not judged; look at what came in.",
        outcome="needs_operator",
    )


def _at_the_end(sent: Sent, seen: Seen | Unreadable) -> Against:
    if isinstance(seen, Unreadable):
        return _unknown(f"GitHub could not be read: {short(seen.reason)}")
    if seen.state == "missing":
        return _unknown("GitHub does not show the pull request any more")
    if seen.base_tip is None:
        return _unknown(f"the branch {short(sent.base_ref)} could not be read")
    if seen.base_tip != sent.base_sha and not seen.is_gain_foreign:
        return _partial(sent, seen.base_tip)
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
