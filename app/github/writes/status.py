"""A commit status: each one is added to a list, so one of ours with another id is another write."""

from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import created
from app.permits import Request
from policies.contents import StatusContent


@dataclass(frozen=True)
class StatusWrite:
    """https://docs.github.com/en/rest/commits/statuses"""

    repository_id: int
    content: StatusContent

    def request(self) -> Request:
        """By id, since a renamed repository answers 307, which is no success."""
        wanted = self.content
        body = {
            "state": wanted.state,
            "target_url": wanted.target_url,
            "description": wanted.description,
            "context": wanted.context,
        }
        return Request("POST", f"/repositories/{self.repository_id}/statuses/{wanted.sha}", body)

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by its id."""
        return created(answer)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """By context, content, creator and an id of no other receipt."""
        login, wanted = reader.bot_login(), self.content
        for status in reader.statuses(place, wanted.sha):
            ours = status.creator is not None and status.creator.login == login
            shown = (status.context, status.state, status.description, status.target_url)
            same = shown == (wanted.context, wanted.state, wanted.description, wanted.target_url)
            if ours and same and str(status.id) not in known:
                return Written(None, str(status.id))
        return None
