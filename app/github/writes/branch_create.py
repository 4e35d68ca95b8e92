"""A new branch: GitHub refuses a second one of the name."""

import json
from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Refused, Unknown, Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import CREATED, reference
from app.permits import Request
from policies.contents import BranchCreateContent

UNPROCESSABLE = 422
EXISTS = "reference already exists"
"""In GitHub's words: Reference already exists."""


@dataclass(frozen=True)
class BranchCreateWrite:
    """https://docs.github.com/en/rest/git/refs#create-a-reference"""

    repository_id: int
    content: BranchCreateContent

    def request(self) -> Request:
        """Below refs/heads/, where nothing but branches is."""
        body = {"ref": f"refs/heads/{self.content.branch}", "sha": self.content.sha}
        return Request("POST", f"/repositories/{self.repository_id}/git/refs", body)

    def ending(self, answer: Answer) -> Written | Unknown | None:
        """Confirmed by the commit that it is at."""
        if answer.status == UNPROCESSABLE and EXISTS in json.dumps(answer.document).lower():
            return Unknown("GitHub says that there is a branch of the name already.")
        return reference(answer, CREATED, self.content.branch, self.content.sha)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | Refused | None:
        """By its commit; a branch of the name at another commit is not this one."""
        tip = reader.branch_tip(place, self.content.branch)
        if tip in (None, self.content.sha):
            return Written(None, self.content.sha) if tip else None
        return Refused(None, "BRANCH_MISMATCH", f"The branch {self.content.branch} is there already, at {tip}.")
