"""`no_changed_files`: no file of the pull request matches a path."""

from typing import ClassVar

from policies.facts import PullSnapshot
from policies.predicates.changed_files import ChangedFiles
from policies.result import PredicateResult


class NoChangedFiles(ChangedFiles):
    """The opposite of `changed_files`, with the same arguments."""

    key: ClassVar[str] = "no_changed_files"

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        match = self.first_match(snapshot)
        return PredicateResult(
            kind=self.key,
            satisfied=match is None,
            description="No changed files match the specified patterns" if match is None else f"{match} was changed",
            values=() if match is None else (match,),
            condition_values=self.wanted.texts,
        )
