"""A pull request: GitHub takes one open one of a branch into another, and refuses the second."""

import json
from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.documents import ListedPull
from app.github.endings import Refused, Unknown, Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import CREATED, read
from app.permits import Request
from policies.contents import PullRequestCreateContent

UNPROCESSABLE = 422
EXISTS = "already exists"
"""In GitHub's words: A pull request already exists for acme:feature."""


@dataclass(frozen=True)
class PullRequestCreateWrite:
    """https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request"""

    repository_id: int
    content: PullRequestCreateContent
    owner: str

    def request(self) -> Request:
        """Of a branch of the repository itself; labels and reviewers are writes of their own."""
        wanted = self.content
        body = {
            "title": wanted.title,
            "body": wanted.body,
            "head": wanted.head,
            "base": wanted.base,
            "draft": wanted.draft,
        }
        return Request("POST", f"/repositories/{self.repository_id}/pulls", body)

    def ending(self, answer: Answer) -> Written | Unknown | None:
        """Confirmed by its number and its head; GitHub binds no request to a head, so another one is read back."""
        if answer.status == UNPROCESSABLE and EXISTS in json.dumps(answer.document).lower():
            return Unknown("GitHub says that there is a pull request of the branch already.")
        document = read(answer)
        number, sha = document.get("number"), read(document.get("head")).get("sha")
        same = answer.status == CREATED and type(number) is int and sha == self.content.head_sha
        return Written(answer.status, str(number)) if same else None

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | Refused | None:
        """By branch and base, our App as its author, the head, and a number of no other receipt; closed since or not.

        One that is open and is not that one stands in the way of another for as long as it is.
        """
        login = reader.bot_login()
        pulls = reader.pulls_of_branch(place, self.owner, self.content.head, self.content.base)
        for pull in pulls:
            if str(pull.number) not in known and pull.login == login and pull.head.sha == self.content.head_sha:
                return Written(None, str(pull.number))
        return next((self._in_the_way(pull) for pull in pulls if pull.state == "open"), None)

    def _in_the_way(self, pull: ListedPull) -> Refused:
        where = f"{self.content.head} into {self.content.base}"
        said = f"#{pull.number} of {where} is open already, by {pull.login}, at {pull.head.sha}."
        return Refused(None, "PULL_REQUEST_EXISTS", said)
