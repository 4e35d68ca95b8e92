"""What a fixed query tells of one pull request: of that repository and at that head, or nothing."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.github.answers import Unavailable
from app.github.asking import Asking, Place
from app.github.documents import Pull
from app.github.nodes import Connection, Node, PullNode, RepositoryNode
from app.github.queries import Query

P = TypeVar("P", bound=PullNode)
N = TypeVar("N", bound=Node)


class PullQueries(Asking):
    """One query, one page, one head."""

    def _page_of_pull(
        self, place: Place, pull: Pull, query: Query, *, after: dict[str, Any], kind: type[P], what: str
    ) -> P:
        """`after`: what was read so far, as the query's variables. `HEAD_MOVED` where GitHub shows another head."""
        owner, _, name = (pull.base.repo.full_name if pull.base.repo else "").partition("/")
        data = self._query(place, query, {"owner": owner, "name": name, "number": pull.number, **after}, what)
        repository = self._parsed(RepositoryNode, data.get("repository"), what)
        if repository.database_id != place.repository_id:
            raise Unavailable("GITHUB_API_ERROR", f"{owner}/{name} is another repository by now.")
        page = self._parsed(kind, repository.pull_request, what)
        if page.head_ref_oid != pull.head.sha:
            raise Unavailable("HEAD_MOVED", f"The head {pull.head.sha[:10]} was replaced while it was read.")
        return page


@dataclass(frozen=True)
class Sofar(Generic[N]):
    """One connection as far as it is read; `after` is its cursor, and `more` says whether it goes on."""

    nodes: tuple[N, ...] = ()
    after: str | None = None
    more: bool = True

    def and_then(self, page: Connection[N] | None) -> "Sofar[N]":
        """Raise `Unavailable` where the page that was asked for did not come, can't be followed, or is not whole."""
        if not self.more:
            return self
        if page is None or (page.page_info.has_next_page and page.page_info.end_cursor in (None, self.after)):
            raise _missing()
        nodes, more = (*self.nodes, *page.nodes), page.page_info.has_next_page
        if not more and page.total_count not in (None, len(nodes)):
            raise _missing()
        return Sofar(nodes, page.page_info.end_cursor, more)


def _missing() -> Unavailable:
    return Unavailable("GITHUB_API_ERROR", "A part of GitHub's answer about the pull request is missing.")
