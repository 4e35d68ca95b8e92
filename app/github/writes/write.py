"""What every kind of write can say about itself, and which kind an intent is of."""

from collections.abc import Callable, Container
from typing import Any, Protocol, runtime_checkable

from app.github.client import Answer
from app.github.endings import Refused, Unknown, Written
from app.github.reader import LiveReader, Place
from app.github.writes.branch_create import BranchCreateWrite
from app.github.writes.branch_fast_forward import BranchFastForwardWrite
from app.github.writes.check_run import CheckRunWrite
from app.github.writes.comment_create import CommentCreateWrite
from app.github.writes.comment_update import CommentUpdateWrite
from app.github.writes.git_object import BlobWrite, Bytes, CommitWrite, TreeWrite
from app.github.writes.label_add import LabelAddWrite
from app.github.writes.label_remove import LabelRemoveWrite
from app.github.writes.project_field import ProjectFieldWrite
from app.github.writes.pull_request_create import PullRequestCreateWrite
from app.github.writes.pull_request_update import PullRequestUpdateWrite
from app.github.writes.review_approve import ReviewApproveWrite
from app.github.writes.review_dismiss import ReviewDismissWrite
from app.github.writes.review_request import ReviewRequestWrite
from app.github.writes.status import StatusWrite
from app.permits import Request
from policies.contents import (
    BlobContent,
    BranchCreateContent,
    BranchFastForwardContent,
    CheckRunContent,
    CommentCreateContent,
    CommentUpdateContent,
    CommitContent,
    LabelAddContent,
    LabelRemoveContent,
    ProjectFieldContent,
    PullRequestCreateContent,
    PullRequestUpdateContent,
    ReviewApproveContent,
    ReviewDismissContent,
    ReviewRequestContent,
    StatusContent,
    TreeContent,
)
from policies.intents import Intent


class Write(Protocol):
    """One write. It makes no request itself; `find` reads."""

    def request(self) -> Request:
        """What is sent. Raises `Unavailable` where a blob's bytes can't be had."""

    def ending(self, answer: Answer) -> Written | Refused | Unknown | None:
        """What the answer says, where it says something of this kind of write; None: what it says of any."""

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | Refused | None:
        """The write as GitHub shows it now, ours and not one of the `known` ids; None: not there (yet).

        `Refused`: something else is there in its place. Raises `Unavailable`.
        """


@runtime_checkable
class Guarded(Protocol):
    """A write that is sent only where GitHub shows what it was wished for upon."""

    def obstacle(self, reader: LiveReader, place: Place) -> Refused | None:
        """What GitHub shows instead. Raises `Unavailable`."""


def of(intent: Intent, stored: Bytes) -> Write:
    """The write that an intent wishes for; `stored` has the bytes of blobs."""
    return _WRITES[type(intent.content)](intent, intent.content, stored)


_WRITES: dict[type, Callable[[Intent, Any, Bytes], Write]] = {
    PullRequestCreateContent: lambda intent, content, _: PullRequestCreateWrite(
        intent.repository_id, content, intent.repository.partition("/")[0]
    ),
    PullRequestUpdateContent: lambda intent, content, _: PullRequestUpdateWrite(intent.repository_id, content),
    CommentCreateContent: lambda intent, content, _: CommentCreateWrite(intent.repository_id, content, intent.key),
    CommentUpdateContent: lambda intent, content, _: CommentUpdateWrite(intent.repository_id, content, intent.key),
    StatusContent: lambda intent, content, _: StatusWrite(intent.repository_id, content),
    CheckRunContent: lambda intent, content, _: CheckRunWrite(intent.repository_id, content, intent.key),
    BranchCreateContent: lambda intent, content, _: BranchCreateWrite(intent.repository_id, content),
    BranchFastForwardContent: lambda intent, content, _: BranchFastForwardWrite(intent.repository_id, content),
    LabelAddContent: lambda intent, content, _: LabelAddWrite(intent.repository_id, content),
    LabelRemoveContent: lambda intent, content, _: LabelRemoveWrite(intent.repository_id, content),
    ReviewApproveContent: lambda intent, content, _: ReviewApproveWrite(intent.repository_id, content, intent.key),
    ReviewDismissContent: lambda intent, content, _: ReviewDismissWrite(intent.repository_id, content),
    ReviewRequestContent: lambda intent, content, _: ReviewRequestWrite(intent.repository_id, content),
    ProjectFieldContent: lambda intent, content, _: ProjectFieldWrite(intent.repository_id, content),
    BlobContent: lambda intent, content, stored: BlobWrite(intent.repository_id, content, stored),
    TreeContent: lambda intent, content, _: TreeWrite(intent.repository_id, content),
    CommitContent: lambda intent, content, _: CommitWrite(intent.repository_id, content),
}


def place(intent: Intent) -> Place:
    """Where an intent writes, and where it is looked for."""
    return Place(intent.installation_id, intent.repository_id)
