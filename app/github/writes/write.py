"""What every kind of write can say about itself, and which kind an intent is of."""

from collections.abc import Container
from typing import Protocol

from app.github.client import Answer
from app.github.endings import Unknown, Written
from app.github.reader import LiveReader, Place
from app.github.writes.check_run import CheckRunWrite
from app.github.writes.review_dismiss import ReviewDismissWrite
from app.github.writes.review_request import ReviewRequestWrite
from app.github.writes.status import StatusWrite
from app.permits import Request
from policies.contents import CheckRunContent, ReviewDismissContent, ReviewRequestContent, StatusContent
from policies.intents import Intent


class Write(Protocol):
    """One write. It makes no request itself; `find` reads."""

    def request(self) -> Request:
        """What is sent."""

    def ending(self, answer: Answer) -> Written | Unknown | None:
        """What the answer says, where it says something of this kind of write; None: what it says of any."""

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """The write as GitHub shows it now, ours and not one of the `known` ids; None: not there (yet).

        Raises `Unavailable`.
        """


def of(intent: Intent) -> Write:
    """The write that an intent wishes for."""
    match intent.content:
        case StatusContent():
            return StatusWrite(intent.repository_id, intent.content)
        case ReviewRequestContent():
            return ReviewRequestWrite(intent.repository_id, intent.content)
        case ReviewDismissContent():
            return ReviewDismissWrite(intent.repository_id, intent.content)
        case CheckRunContent():
            return CheckRunWrite(intent.repository_id, intent.content, intent.key)
        case unknown:
            raise NotImplementedError(unknown.kind)


def place(intent: Intent) -> Place:
    """Where an intent writes, and where it is looked for."""
    return Place(intent.installation_id, intent.repository_id)
