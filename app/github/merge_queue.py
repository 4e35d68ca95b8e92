"""GitHub's merge queue of a branch: which pull requests a merge group would merge."""

from app.github import queries
from app.github.answers import Unavailable
from app.github.asking import PAGES, Asking, Place
from app.github.nodes import Connection, Node, RepositoryNode
from app.github.pull_queries import Sofar


class GroupHead(Node):
    """The commit that a merge group would make the tip of the branch."""

    oid: str


class QueuedPull(Node):
    """A pull request in the queue, with the head that it was queued at."""

    number: int
    head_ref_oid: str


class QueueEntry(Node):
    """One entry. `head_commit`: of its merge group, None before that is made; `pull_request`: None where hidden."""

    position: int
    head_commit: GroupHead | None
    pull_request: QueuedPull | None


class OwnEntry(Node):
    """The entry of a pull request in the queue of its base."""

    id: str
    position: int
    state: str


class QueuedNode(Node):
    """A pull request as the queue knows it: by its node's id. `merge_queue_entry`: None where it is in no queue."""

    id: str
    head_ref_oid: str
    merge_queue_entry: OwnEntry | None


class _Queue(Node):
    entries: Connection[QueueEntry]


class _Repository(Node):
    database_id: int
    merge_queue: _Queue | None


class MergeQueueReader(Asking):
    """One request for each hundred entries."""

    def merge_queue(self, place: Place, full_name: str, branch: str) -> tuple[QueueEntry, ...]:
        """The entries, first to be merged first; none where the branch has no queue."""
        entries = Sofar[QueueEntry]()
        for _ in range(PAGES):
            queue = self._queue(place, full_name, branch, entries.after)
            if queue is None:
                return ()
            entries = entries.and_then(queue.entries)
            if not entries.more:
                return tuple(sorted(entries.nodes, key=lambda entry: entry.position))
        raise Unavailable("EVIDENCE_INCOMPLETE", f"The merge queue of {branch} takes more than {PAGES} pages.")

    def queued_pull(self, place: Place, full_name: str, number: int) -> QueuedNode | None:
        """The pull request's node, by which it is enqueued, and its entry in the queue; None: there is no such one."""
        owner, _, name = full_name.partition("/")
        what = "the pull request's entry in the merge queue"
        variables = {"owner": owner, "name": name, "number": number}
        data = self._query(place, queries.QUEUED_PULL, variables, what)
        repository = self._parsed(RepositoryNode, data.get("repository"), what)
        if repository.database_id != place.repository_id:
            raise Unavailable("GITHUB_API_ERROR", f"{full_name} is another repository by now.")
        return self._parsed(QueuedNode, repository.pull_request, what) if repository.pull_request else None

    def _queue(self, place: Place, full_name: str, branch: str, after: str | None) -> _Queue | None:
        owner, _, name = full_name.partition("/")
        what = f"the merge queue of {branch}"
        variables = {"owner": owner, "name": name, "branch": branch, "after": after}
        data = self._query(place, queries.MERGE_QUEUE, variables, what)
        repository = self._parsed(_Repository, data.get("repository"), what)
        if repository.database_id != place.repository_id:
            raise Unavailable("GITHUB_API_ERROR", f"{full_name} is another repository by now.")
        return repository.merge_queue
