"""What a run of the API may wish for: a pull request from an artifact, or one of the writes that are no part of it."""

from typing import Annotated

from pydantic import Field

from app.records import wishes
from app.records.wishes import Wish
from policies.contents import CheckRunContent, Content, StatusContent
from policies.contents.fields import MOST_MESSAGE_CHARACTERS, Body, Digest, Fact, Names, Storable
from policies.contents.pulls import Title
from policies.contents.reviews import Logins
from policies.decision import Blocker

OURS = "mergegate"
REFUSED = ("git_object", "branch_create", "branch_fast_forward", "comment_create", "comment_update")
"""What no run wishes for by itself: branches follow from an artifact; whether our comment is there the gate knows."""
CommitMessage = Annotated[str, Field(max_length=MOST_MESSAGE_CHARACTERS), Storable]


class PullRequest(Fact):
    """A pull request wished for: the digest of a stored artifact, what to say, and whom to ask.

    `message`: of the commit; the title where it is empty.
    """

    artifact: Digest
    title: Title
    body: Body = ""
    message: CommitMessage = ""
    draft: bool = False
    labels: Names = ()
    reviewers: Logins = ()
    team_reviewers: Logins = ()


def content(wish: Wish, status_context: str) -> Content | Blocker:
    """What a wish would write, or why no run may wish for that; `status_context`: the gate's own."""
    try:
        found = wishes.parsed(wish)
    except ValueError:
        return _refused(wish, "WISH_NOT_UNDERSTOOD", "it is not understood")
    if wish.kind in REFUSED:
        return _refused(wish, "WISH_NOT_UNDERSTOOD", "no run can wish for that by itself")
    name = found.context if isinstance(found, StatusContent) else ""
    name = found.name if isinstance(found, CheckRunContent) else name
    if name.casefold().startswith((OURS, status_context.casefold())):
        return _refused(wish, "NAME_RESERVED", "the name belongs to the gate's own verdicts")
    return found


def _refused(wish: Wish, code: str, why: str) -> Blocker:
    sentence = f"The wish for a {wish.kind} can't be carried out: {why}."
    return Blocker(code=code, sentence=sentence, subject=f"kind:{wish.kind}")
