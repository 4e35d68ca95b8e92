"""What is read of a pull request after its merge was asked for, and what had been sent."""

from typing import Literal

from policies.facts import Frozen, Text

SETTLE_SECONDS = 60
READ_AFTER_SECONDS = (1, 5, 20, 60)
"""When a merge whose outcome is unknown is read, counted from the request."""


class Sent(Frozen):
    """The one request. `base_sha`: the tip of the base branch when it was sent.

    `settle_seconds`: how long GitHub may take to show what it did with it.
    """

    head_sha: str
    base_ref: Text
    base_sha: str
    settle_seconds: int = SETTLE_SECONDS


class Seen(Frozen):
    """The pull request as it stands afterwards; `missing` where GitHub answered 404, and then nothing else is known.

    `mergeable`: None while GitHub works on it. `base_tip`: of the branch that the merge was sent for; None where it
    could not be read. `is_gain_foreign`: all that the base gained since is known to be of others.
    """

    state: Literal["open", "closed", "missing"]
    merged: bool = False
    draft: bool = False
    mergeable: bool | None = None
    head_sha: str = ""
    base_ref: Text = ""
    merge_sha: str | None = None
    base_tip: str | None = None
    is_gain_foreign: bool = False
    archived: bool = False


class Unreadable(Frozen):
    """The read failed, so that nothing was seen; `reason` for a person."""

    reason: Text
