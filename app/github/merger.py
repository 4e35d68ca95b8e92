"""The merger binding: makes the one request that an attempt allows. It merges, and does what belongs to a merge.

It has no method that forces a ref, deletes any other branch than the one of its permit, or writes anything else.
"""

from app.github import egress, enqueuing, merging
from app.github.answers import UNAUTHORIZED
from app.github.client import App, NoAnswer, NotAuthenticated, NotSent, NotYet
from app.governor import Pace, Resource
from app.permits import Permit, Request
from app.records.attempts import Kind
from app.records.merge_leases import MergeLease
from policies.merging.replies import Reply

PACE: Pace = "content"
RESOURCES: dict[Kind, Resource] = {
    "merge": "core",
    "update_branch": "core",
    "enqueue": "graphql",
    "branch_delete": "core",
}


class WrongPermit(Exception):
    """The permit is of another kind, or no lease of the branch was shown: a broken promise of ours."""


class LocalMerger:
    """The default binding: it opens no socket, and nobody may ask it, since the gate says SAFE_MODE before."""

    def merge(self, permit: Permit, lease: MergeLease, installation_id: int, wanted: Request) -> Reply:
        """Send nothing."""
        return _local()

    def update_branch(self, permit: Permit, installation_id: int, wanted: Request) -> Reply:
        """Send nothing."""
        return _local()

    def enqueue(self, permit: Permit, lease: MergeLease, installation_id: int, wanted: Request) -> Reply:
        """Send nothing."""
        return _local()

    def delete_branch(self, permit: Permit, installation_id: int, wanted: Request) -> Reply:
        """Send nothing."""
        return _local()


class LiveMerger:
    """Writes with an installation's token: one request a permit, none retried."""

    def __init__(self, app: App) -> None:
        self._app = app

    def merge(self, permit: Permit, lease: MergeLease, installation_id: int, wanted: Request) -> Reply:
        """Make the one merge. An `EgressRefused` or `WrongPermit` is a broken promise of ours and is not caught."""
        _demand_lease(lease, wanted)
        return self._send("merge", permit, installation_id, wanted)

    def update_branch(self, permit: Permit, installation_id: int, wanted: Request) -> Reply:
        """Bring the head up to date with its base."""
        return self._send("update_branch", permit, installation_id, wanted)

    def enqueue(self, permit: Permit, lease: MergeLease, installation_id: int, wanted: Request) -> Reply:
        """Put it into GitHub's merge queue."""
        if not isinstance(lease, MergeLease):
            raise WrongPermit("no lease of the base branch was shown")
        return self._send("enqueue", permit, installation_id, wanted)

    def delete_branch(self, permit: Permit, installation_id: int, wanted: Request) -> Reply:
        """Delete the head branch of what was merged."""
        return self._send("branch_delete", permit, installation_id, wanted)

    def _send(self, kind: Kind, permit: Permit, installation_id: int, wanted: Request) -> Reply:
        if permit.kind != kind:
            raise WrongPermit(f"a permit for a {permit.kind} is none for a {kind}")
        try:
            with egress.holding(permit):
                client = self._app.client(installation_id)
                body = dict(wanted.body) or None
                answer = client.request(wanted.method, wanted.path, body=body, pace=PACE)
        except NotYet as early:
            return merging.not_sent(None, f"{early}", early.not_before)
        except NotAuthenticated as refused:
            self._app.forget(installation_id)
            return merging.not_sent(refused.answer.status or None, f"{refused}", refused.answer.limited_until)
        except NotSent as trouble:
            return merging.not_sent(None, f"{trouble}")
        except NoAnswer:
            return merging.not_answered()
        if answer.status == UNAUTHORIZED:
            self._app.forget(installation_id)
        return enqueuing.read(answer, wanted) if kind == "enqueue" else merging.read(answer)


def _demand_lease(lease: MergeLease, wanted: Request) -> None:
    """A merge is into the branch whose lease is shown, as far as the repository tells that."""
    if not isinstance(lease, MergeLease) or not wanted.path.startswith(f"/repositories/{lease.repository_id}/"):
        raise WrongPermit("no lease of this repository's base branch was shown")


def _local() -> Reply:
    return merging.not_sent(None, "The merger is local; nothing is written.")
