"""The `merge` section of the gate file: how pull requests into a branch are merged, and what asks for it."""

from typing import Literal

from policies.facts import Frozen, Text
from policies.merging.facts import Method

ChecksMode = Literal["all", "required"]
MinPermission = Literal["read", "triage", "write", "maintain", "admin"]


class RequiredCheck(Frozen):
    """`app_id` None: from any App."""

    context: Text
    app_id: int | None = None


class Trigger(Frozen):
    """What asks for a merge, or forbids to ask. Each is any of its values; an empty one says nothing.

    `labels` exactly, whatever their case; `comments` a whole comment, whatever its case; `comment_substrings` and
    `title_substrings` somewhere in it; `branches` and `base_branches` a glob; `drafts` (of `ignore`).
    """

    labels: tuple[Text, ...] = ()
    comments: tuple[Text, ...] = ()
    comment_substrings: tuple[Text, ...] = ()
    title_substrings: tuple[Text, ...] = ()
    branches: tuple[Text, ...] = ()
    base_branches: tuple[Text, ...] = ()
    drafts: bool = False


class Freeze(Frozen):
    """A window in which nothing is merged: weekly (`days`, `from_time`, `to_time`) or once (`start`, `end`).

    Times are local to `zone` (IANA). `exceptions`: labels or `number`s (`#12`) that may be merged all the same.
    """

    reason: Text
    zone: Text = "UTC"
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    from_time: str = "00:00"
    to_time: str = "24:00"
    start: str | None = None
    end: str | None = None
    exceptions: tuple[Text, ...] = ()


class MergeRules(Frozen):
    """Everything a repository says about its merges. The defaults are the built-in ones, stricter than GitHub."""

    method: Method = "squash"
    required_approvals: int = 1
    approval_must_match_head: bool = True
    approver_min_permission: MinPermission = "write"
    allowed_bot_approvers: tuple[Text, ...] = ()
    forbid_last_pusher: bool = False
    rerequest_withdraws_approval: bool = True
    checks_mode: ChecksMode = "all"
    required_checks: tuple[RequiredCheck, ...] = ()
    strict_conclusions: bool = False
    skipped_alone_is_evidence: bool = False
    evaluate_test_merge_commit: bool = False
    update_branch: bool = False
    delete_branch: bool = False
    dry_run: bool | None = None
    commit_title: Text | None = None
    commit_message: Text | None = None
    trigger: Trigger = Trigger()
    ignore: Trigger = Trigger()
    freezes: tuple[Freeze, ...] = ()


DEFAULT = MergeRules()
