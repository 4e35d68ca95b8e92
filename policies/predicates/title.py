"""`title`: the title of the pull request matches a pattern."""

from typing import ClassVar

from policies.facts import PullSnapshot
from policies.predicates.repository import Repository


class Title(Repository):
    """The same question as `repository`, about the title."""

    key: ClassVar[str] = "title"
    noun: ClassVar[str] = "Title"

    def subject(self, snapshot: PullSnapshot) -> str:
        return snapshot.title
