"""What can be written at GitHub: for each kind a content, exactly as it would be sent, and what it would change."""

import json
from collections.abc import Mapping

from pydantic import TypeAdapter

from policies.contents.fields import KINDS, SWITCHES, Kind, Switch
from policies.contents.git import (
    BlobContent,
    BranchCreateContent,
    BranchFastForwardContent,
    CommitContent,
    GitObject,
    TreeContent,
    TreeEntry,
)
from policies.contents.pulls import PullRequestCreateContent, PullRequestUpdateContent
from policies.contents.reviews import (
    MOST_REVIEWERS,
    OUR_APP,
    ReviewApproveContent,
    ReviewDismissContent,
    ReviewRequestContent,
)
from policies.contents.statuses import (
    MOST_ANNOTATIONS,
    Annotation,
    CheckRunContent,
    StatusContent,
    context_of,
    status_target,
    writable,
)
from policies.contents.talk import (
    CommentCreateContent,
    CommentUpdateContent,
    LabelAddContent,
    LabelRemoveContent,
    ProjectFieldContent,
    comment_target,
)
from policies.text import plain, quoted

__all__ = [
    "KINDS",
    "MOST_ANNOTATIONS",
    "MOST_REVIEWERS",
    "OUR_APP",
    "SWITCHES",
    "Annotation",
    "BlobContent",
    "BranchCreateContent",
    "BranchFastForwardContent",
    "CheckRunContent",
    "CommentCreateContent",
    "CommentUpdateContent",
    "CommitContent",
    "Content",
    "GitObject",
    "Kind",
    "LabelAddContent",
    "LabelRemoveContent",
    "ProjectFieldContent",
    "PullRequestCreateContent",
    "PullRequestUpdateContent",
    "ReviewApproveContent",
    "ReviewDismissContent",
    "ReviewRequestContent",
    "StatusContent",
    "Switch",
    "TreeContent",
    "TreeEntry",
    "comment_target",
    "context_of",
    "read",
    "sentence",
    "status_target",
    "writable",
]

Content = (
    PullRequestCreateContent
    | PullRequestUpdateContent
    | CommentCreateContent
    | CommentUpdateContent
    | StatusContent
    | CheckRunContent
    | BranchCreateContent
    | BranchFastForwardContent
    | LabelAddContent
    | LabelRemoveContent
    | ReviewApproveContent
    | ReviewDismissContent
    | ReviewRequestContent
    | ProjectFieldContent
    | BlobContent
    | TreeContent
    | CommitContent
)
_CONTENTS: dict[str, TypeAdapter[Content]] = {
    "pull_request_create": TypeAdapter(PullRequestCreateContent),
    "pull_request_update": TypeAdapter(PullRequestUpdateContent),
    "comment_create": TypeAdapter(CommentCreateContent),
    "comment_update": TypeAdapter(CommentUpdateContent),
    "status": TypeAdapter(StatusContent),
    "check_run": TypeAdapter(CheckRunContent),
    "branch_create": TypeAdapter(BranchCreateContent),
    "branch_fast_forward": TypeAdapter(BranchFastForwardContent),
    "label_add": TypeAdapter(LabelAddContent),
    "label_remove": TypeAdapter(LabelRemoveContent),
    "review_approve": TypeAdapter(ReviewApproveContent),
    "review_dismiss": TypeAdapter(ReviewDismissContent),
    "review_request": TypeAdapter(ReviewRequestContent),
    "project_field": TypeAdapter(ProjectFieldContent),
    "git_object": TypeAdapter(GitObject),
}


def read(kind: str, document: Mapping[str, object]) -> Content:
    """The content as it was stored. Raises `ValueError` for a kind or a document that is not known."""
    if kind not in _CONTENTS:
        raise ValueError(f"{quoted(kind)} is no kind of write")
    return _CONTENTS[kind].validate_json(json.dumps(document))


def sentence(kind: str, document: Mapping[str, object]) -> str:
    """What a stored content would do, in a line for a person, whatever stands there."""
    try:
        return read(kind, document).sentence
    except ValueError:
        return plain(f"a write of the kind {quoted(kind)}, which this version does not understand")
