"""The `merge` section of the gate file: how pull requests into a branch are merged, and what asks for it."""

from typing import Literal

from policies.facts import Frozen, Text
from policies.merging.facts import Method

ChecksMode = Literal["all", "required"]
MinPermission = Literal["read", "triage", "write", "maintain", "admin"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class RequiredCheck(Frozen):
    """`app_id` None: from any App."""

    context: Text
    app_id: int | None = None


class MethodLabel(Frozen):
    """A label that chooses the method of the pull request that carries it."""

    label: Text
    method: Method


class Trigger(Frozen):
    """What asks for a merge, or forbids to ask. Each is any of its values; an empty one says nothing.

    `labels` exactly, whatever their case; `comments` a whole comment, whatever its case; `comment_substrings`,
    `title_substrings` and `body_substrings` somewhere in it, whatever its case; `branches` (of the head, in the
    repository itself) and `base_branches` a glob; `authors` logins, whatever their case; `drafts` (of `ignore`).
    """

    labels: tuple[Text, ...] = ()
    comments: tuple[Text, ...] = ()
    comment_substrings: tuple[Text, ...] = ()
    title_substrings: tuple[Text, ...] = ()
    body_substrings: tuple[Text, ...] = ()
    branches: tuple[Text, ...] = ()
    base_branches: tuple[Text, ...] = ()
    authors: tuple[Text, ...] = ()
    drafts: bool = False


class Freeze(Frozen):
    """A window in which nothing is merged: weekly (`days`, `from_time`, `to_time`) or once (`start`, `end`).

    Times are local to `zone` (IANA); `start` and `end` are `2026-12-24T18:00`; without an `end` it holds until somebody
    takes it out of the file. `labels`: it is only about pull requests that carry one of them; without any time it is
    always. `exceptions`: labels or `number`s (`#12`) that may be merged all the same.
    """

    reason: Text
    zone: Text = "UTC"
    days: tuple[Day, ...] = ()
    from_time: str = "00:00"
    to_time: str = "24:00"
    start: str | None = None
    end: str | None = None
    labels: tuple[Text, ...] = ()
    exceptions: tuple[Text, ...] = ()


class MergeRules(Frozen):
    """Everything a repository says about its merges. The defaults are the built-in ones, stricter than GitHub.

    `method_labels`, `update_branch_labels` and `update_branch_ignore_labels` are what `policies.merging.labelled` makes
    one `method` and one `update_branch` of, for one pull request.
    """

    method: Method = "squash"
    method_labels: tuple[MethodLabel, ...] = ()
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
    update_branch_labels: tuple[Text, ...] = ()
    update_branch_ignore_labels: tuple[Text, ...] = ()
    delete_branch: bool = False
    dry_run: bool | None = None
    commit_title: Text | None = None
    commit_message: Text | None = None
    trigger: Trigger = Trigger()
    ignore: Trigger = Trigger(drafts=True)
    freezes: tuple[Freeze, ...] = ()


DEFAULT = MergeRules()
