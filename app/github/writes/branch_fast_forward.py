"""A branch that moves to a commit on top of where it is, never by force; doing it twice does it once."""

from collections.abc import Container
from dataclasses import dataclass
from urllib.parse import quote

from app.github.client import Answer
from app.github.endings import Refused, Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import OK, reference
from app.permits import Request
from policies.contents import BranchFastForwardContent


@dataclass(frozen=True)
class BranchFastForwardWrite:
    """https://docs.github.com/en/rest/git/refs#update-a-reference"""

    repository_id: int
    content: BranchFastForwardContent

    def request(self) -> Request:
        """GitHub refuses what is no fast forward."""
        path = f"/repositories/{self.repository_id}/git/refs/heads/{quote(self.content.branch)}"
        return Request("PATCH", path, {"sha": self.content.sha, "force": False})

    def obstacle(self, reader: LiveReader, place: Place) -> Refused | None:
        """It is still where it was when the move was wished for, or has been moved already."""
        tip = reader.branch_tip(place, self.content.branch)
        return None if tip in (self.content.before, self.content.sha) else self._elsewhere(tip)

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by the commit that it is at."""
        return reference(answer, OK, self.content.branch, self.content.sha)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | Refused | None:
        """By its commit; one that is at a third commit was moved by somebody else, before or since."""
        tip = reader.branch_tip(place, self.content.branch)
        if tip == self.content.sha:
            return Written(None, tip)
        return None if tip == self.content.before else self._elsewhere(tip)

    def _elsewhere(self, tip: str | None) -> Refused:
        where = f"at {tip}" if tip else "gone"
        said = f"The branch {self.content.branch} is {where} by now, and not at {self.content.before}."
        return Refused(None, "BRANCH_MISMATCH", said)
