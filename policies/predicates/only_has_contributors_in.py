"""`only_has_contributors_in`: everybody who wrote or committed a commit, and the author, is one of these."""

from typing import ClassVar

from policies import history
from policies.facts import Commit, PullSnapshot
from policies.predicates.has_contributor_in import HasContributorIn
from policies.result import PredicateResult
from policies.text import quoted

SHORT_SHA_CHARACTERS = 10


class OnlyHasContributorsIn(HasContributorIn):
    """Commits that nobody known wrote are passed over, as policy-bot does."""

    key: ClassVar[str] = "only_has_contributors_in"

    def doubt(self, snapshot: PullSnapshot) -> str:
        unknown = next((commit for commit in history.commits(snapshot) if _is_by_a_stranger(commit)), None)
        if unknown is None:
            return ""
        name = unknown.sha[:SHORT_SHA_CHARACTERS]
        who = "author" if unknown.author is None else "committer"
        return f"Commit {name} has an unknown {who}, who has to add the e-mail address to an account"

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        people = self.people(snapshot)
        strangers = (login for login in people if not self.wanted.include(login, snapshot))
        stranger = next(strangers, None)
        failure = f"Contributor {quoted(stranger or '')} does not meet the required membership conditions"
        return PredicateResult(
            kind=self.key,
            satisfied=stranger is None,
            description="" if stranger is None else failure,
            values=people,
        )


def _is_by_a_stranger(commit: Commit) -> bool:
    """Whether one of its two people has no account; GitHub itself, which commits at the web, has none either."""
    return commit.author is None or (commit.committer is None and not commit.committed_via_web)
