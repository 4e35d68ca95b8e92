"""Read what GitHub itself demands of a branch: classic protection, and the rules of rulesets. Both apply."""

from urllib.parse import quote

from app.github.answers import NOT_FOUND, Unavailable, message
from app.github.asking import Asking, Place
from app.github.merge_documents import BranchProtection, Rule

NOT_PROTECTED = "branch not protected"
"""What GitHub says in a 404 that is a fact; any other 404 hides the branch from us."""


class ProtectionReader(Asking):
    """What can't be read is not taken for none."""

    def classic_protection(self, place: Place, branch: str) -> BranchProtection | None:
        """Classic branch protection, None where there is none. The App needs "Administration: read"."""
        what = f"the protection of {branch}"
        answer = self._ask(place, f"/branches/{quote(branch, safe='')}/protection", what, {})
        if answer.status != NOT_FOUND:
            return self._parsed(BranchProtection, answer.document, what)
        if message(answer).strip().lower() == NOT_PROTECTED:
            return None
        raise _hidden(what)

    def branch_rules(self, place: Place, branch: str) -> tuple[Rule, ...]:
        """The rules in force, of the repository's rulesets and of its organization's."""
        what = f"the rules of {branch}"
        try:
            return self._all(place, Rule, f"/rules/branches/{quote(branch, safe='')}", what)
        except Unavailable as trouble:
            raise _hidden(what) if trouble.status == NOT_FOUND else trouble from None


def _hidden(what: str) -> Unavailable:
    return Unavailable(
        "GITHUB_AUTH_FAILED", f"GitHub hides {what} from us (404); the App may lack a permission.", status=NOT_FOUND
    )
