"""The merge queue: groups that GitHub builds on temporary branches, merges in order, and builds again, silently."""

import dataclasses

from app.simulator.guarding import Guarding
from app.simulator.records import Pull, QueueEntry

QUEUE = "github-merge-queue[bot]"
"""Who merges what the queue merges."""


class Queueing(Guarding):
    """Each entry's group stands on the one ahead of it: its pull request with all those ahead."""

    def enable_queue(self, full_name: str, branch: str = "main") -> None:
        with self.changing() as state:
            state.repository(full_name).queues.setdefault(branch, [])

    def disable_queue(self, full_name: str, branch: str = "main") -> None:
        with self.changing() as state:
            state.repository(full_name).queues.pop(branch, None)

    def enqueue(self, full_name: str, number: int, *, by: str) -> QueueEntry:
        """Put a pull request at the end of the queue of its base branch, which has one from now on."""
        with self.changing() as state:
            pull = state.pull(full_name, number)
            self.enable_queue(full_name, pull.base_ref)
            entry = self._built(full_name, pull, by=self.user(by).login)
            state.repository(full_name).queues[pull.base_ref].append(entry)
            return entry

    def merge_next(self, full_name: str, branch: str = "main") -> QueueEntry:
        """The first group has passed: the branch moves to it, its pull request is merged."""
        with self.changing() as state:
            repository = state.repository(full_name)
            entry = repository.queues[branch].pop(0)
            base = repository.branches[branch]
            self._move(repository, branch, entry.head_sha)
            repository.branches.pop(entry.head_ref, None)
            now = self.now()
            merged = {
                "state": "closed",
                "closed_at": now,
                "merged_at": now,
                "merged_by": self.user(QUEUE).login,
                "base_sha": base,
            }
            self.change_pull(full_name, entry.number, merge_sha=entry.head_sha, **merged)
            return entry

    def dequeue(self, full_name: str, number: int) -> tuple[QueueEntry, list[tuple[QueueEntry, QueueEntry]]]:
        """The entry taken out, and each one behind it as it was and as it is built anew."""
        with self.changing() as state:
            repository = state.repository(full_name)
            waiting = repository.queues[state.pull(full_name, number).base_ref]
            place = next(i for i, entry in enumerate(waiting) if entry.number == number)
            gone, *behind = waiting[place:]
            del waiting[place:]
            for entry in (gone, *behind):
                repository.branches.pop(entry.head_ref, None)
            rebuilt = []
            for entry in behind:
                fresh = self._built(full_name, repository.pulls[entry.number], by=entry.by)
                waiting.append(dataclasses.replace(fresh, id=entry.id, at=entry.at))
                rebuilt.append((entry, waiting[-1]))
            return gone, rebuilt

    def _built(self, full_name: str, pull: Pull, *, by: str) -> QueueEntry:
        repository = self.state.repository(full_name)
        waiting = repository.queues[pull.base_ref]
        base = waiting[-1].head_sha if waiting else repository.branches[pull.base_ref]
        branch = f"gh-readonly-queue/{pull.base_ref}/pr-{pull.number}-{base}"
        self.create_branch(full_name, branch, at=base)
        said = f"Merge pull request #{pull.number} from {pull.head_owner}/{pull.head_ref}"
        head = self.merge_branch(full_name, branch, pull.head_sha, by=by, message=said)
        return QueueEntry(
            id=self.next_id(),
            number=pull.number,
            by=by,
            at=self.now(),
            base_sha=base,
            head_sha=head.sha,
            head_ref=branch,
        )
