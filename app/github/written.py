"""What we may have written, as GitHub shows it: comments, labels, branches, git objects, pull requests of a branch."""

from typing import Literal
from urllib.parse import quote

from app.github import documents
from app.github.asking import Asking, Place


class WrittenReader(Asking):
    """Each method names what makes it ours, where anybody could have written the same."""

    def bot_login(self) -> str:
        """The login under which our App writes."""
        answer = self._ask(None, "/app", "the App", {})
        return f"{self._parsed(documents.OurApp, answer.document, 'the App').slug}[bot]"

    def own_comments(self, place: Place, number: int) -> tuple[documents.Comment, ...]:
        """The comments on a pull request that our App wrote, oldest first."""
        login = self.bot_login()
        comments = self._all(place, documents.Comment, f"/issues/{number}/comments", "the comments")
        return tuple(comment for comment in comments if self._wrote(login, comment))

    def comment(self, place: Place, comment_id: int) -> documents.Comment | None:
        """One comment, whoever wrote it."""
        return self._one(place, documents.Comment, f"/issues/comments/{comment_id}", "the comment")

    def is_ours(self, comment: documents.Comment) -> bool:
        """Whether our App wrote a comment."""
        return self._wrote(self.bot_login(), comment)

    def _wrote(self, login: str, comment: documents.Comment) -> bool:
        """By the login of its author and, where GitHub says it, the App that it came through."""
        app = comment.performed_via_github_app
        return comment.login == login and (app is None or app.id == self._app.app_id)

    def labels(self, place: Place, number: int) -> list[str]:
        """The names of the labels of a pull request."""
        return [
            label.name for label in self._all(place, documents.Label, f"/issues/{number}/labels", "the labels of it")
        ]

    def pulls_of_branch(self, place: Place, owner: str, head: str, base: str) -> tuple[documents.ListedPull, ...]:
        """The pull requests of a branch of the repository itself into another, newest first, closed ones too."""
        wanted = {"state": "all", "head": f"{owner}:{head}", "base": base}
        pulls = self._all(place, documents.ListedPull, "/pulls", "the pull requests of a branch", wanted)
        return tuple(pull for pull in pulls if _is_of(pull, place, head, base))

    def branch_tip(self, place: Place, branch: str) -> str | None:
        """The SHA of the commit that a branch is at."""
        found = self._one(place, documents.Reference, f"/git/ref/heads/{quote(branch)}", "the branch")
        return None if found is None else found.object.sha

    def has_git_object(self, place: Place, kind: Literal["blob", "tree", "commit"], sha: str) -> bool:
        """Whether the repository holds the object."""
        return self._one(place, documents.CommitSha, f"/git/{kind}s/{sha}", f"the {kind}") is not None


def _is_of(pull: documents.ListedPull, place: Place, head: str, base: str) -> bool:
    """GitHub leaves a filter out that it does not understand."""
    home = pull.head.repo is not None and pull.head.repo.id == place.repository_id
    return home and (pull.head.ref, pull.base.ref) == (head, base)
