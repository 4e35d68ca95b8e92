"""Branches with the commits that they lead to: pushed, moved, merged and deleted, silently."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from app.simulator import history, objects
from app.simulator.objects import EMPTY, Commit, File, Seal, Signature, Tree
from app.simulator.records import Pull, Repository
from app.simulator.state import resolve
from app.simulator.talk import Talk
from app.simulator.world import WEB_FLOW

WEB_SEAL = Seal(kind="gpg", signer=WEB_FLOW, key="B5690EEEBB952194")


class Branches(Talk):
    def push(
        self,
        full_name: str,
        branch: str,
        files: Mapping[str, str | bytes | File | None],
        *,
        by: str | None,
        message: str = "Change",
        onto: tuple[str, ...] | None = None,
        via: str = "git",
        seal: Seal | None = None,
    ) -> Commit:
        """One new commit with these files written (None: removed) on top of the branch, or on the parents `onto`.

        Open pull requests out of the branch get it as their head. A new branch starts at the default branch.
        What is made `via` the `web` is committed and signed by GitHub itself.
        """
        with self.changing() as state:
            repository = state.repository(full_name)
            parents = onto if onto is not None else self._tip(repository, branch)
            tree = repository.commits[parents[0]].tree if parents else EMPTY
            who, nonce = self.signature(by), self.next_id()
            committer = self.signature(WEB_FLOW) if via == "web" else who
            people: dict[str, Signature] = {"author": who, "committer": committer}
            content: dict[str, Any] = {"tree": tree.changed(files), "parents": parents, "message": message, **people}
            sha = objects.commit_sha(**content, signed=f"simulated {nonce}")
            commit = Commit(sha=sha, **content, via=via, seal=seal or (WEB_SEAL if via == "web" else None))
            repository.commits[sha] = commit
            self._move(repository, branch, sha)
            return commit

    def keep_blob(self, full_name: str, data: bytes) -> str:
        """A blob that no tree holds yet; answers its SHA."""
        with self.changing() as state:
            sha = objects.blob_sha(data)
            state.repository(full_name).blobs[sha] = data
            return sha

    def keep_tree(self, full_name: str, tree: Tree) -> None:
        with self.changing() as state:
            state.repository(full_name).trees[tree.sha] = tree

    def keep_commit(self, full_name: str, commit: Commit) -> None:
        """A commit that no branch leads to yet."""
        with self.changing() as state:
            state.repository(full_name).commits.setdefault(commit.sha, commit)

    def create_branch(self, full_name: str, branch: str, *, at: str | None = None) -> str:
        """A branch at a ref or SHA (the default branch); answers its SHA."""
        with self.changing() as state:
            repository = state.repository(full_name)
            commit = resolve(repository, at or repository.default_branch)
            if commit is None:
                raise LookupError(f"{full_name} has no commit {at}")
            self._move(repository, branch, commit.sha)
            return commit.sha

    def move_branch(self, full_name: str, branch: str, sha: str) -> None:
        """Forward or, where the commit doesn't have the present one before it, by force."""
        with self.changing() as state:
            self._move(state.repository(full_name), branch, sha)

    def delete_branch(self, full_name: str, branch: str) -> list[Pull]:
        """Open pull requests out of it are closed; answers them."""
        with self.changing() as state:
            repository = state.repository(full_name)
            del repository.branches[branch]
            found = [(other, pull) for other, pull in self._open_pulls(repository, branch)]
            closed = {"state": "closed", "closed_at": self.now()}
            return [self.change_pull(other.full_name, pull.number, **closed) for other, pull in found]

    def create_tag(self, full_name: str, tag: str, *, at: str) -> None:
        with self.changing() as state:
            state.repository(full_name).tags[tag] = at

    def delete_tag(self, full_name: str, tag: str) -> None:
        with self.changing() as state:
            del state.repository(full_name).tags[tag]

    def merge_branch(self, full_name: str, into: str, source: str, *, by: str, message: str = "Merge") -> Commit:
        """Merge a branch or SHA into a branch in GitHub's pages; where both changed a file, `source` wins."""
        with self.changing() as state:
            repository = state.repository(full_name)
            other = resolve(repository, source)
            if other is None:
                raise LookupError(f"{full_name} has no commit {source}")
            tip = repository.branches[into]
            root = history.merge_base(repository.commits, tip, other.sha)
            before = repository.commits[root].tree if root else EMPTY
            changed = {change.path: change.after for change in history.changes(before, other.tree)}
            return self.push(full_name, into, changed, by=by, message=message, onto=(tip, other.sha), via="web")

    def change_pull(self, full_name: str, number: int, **fields: Any) -> Pull:
        """Set fields of `records.Pull` as they stand (title, body, mergeable, requested_reviewers ...)."""
        with self.changing() as state:
            pulls = state.repository(full_name).pulls
            pulls[number] = dataclasses.replace(pulls[number], **{"updated_at": self.now(), **fields})
            return pulls[number]

    def _tip(self, repository: Repository, branch: str) -> tuple[str, ...]:
        tip = repository.branches.get(branch) or repository.branches.get(repository.default_branch)
        return (tip,) if tip else ()

    def _move(self, repository: Repository, branch: str, sha: str) -> None:
        repository.branches[branch] = sha
        repository.pushed_at = self.now()
        for other, pull in self._open_pulls(repository, branch):
            other.commits.update(repository.commits)
            self.change_pull(other.full_name, pull.number, head_sha=sha)

    def _open_pulls(self, repository: Repository, branch: str) -> list[tuple[Repository, Pull]]:
        """Those out of the branch, here and where it is a fork of."""
        return [
            (other, pull)
            for other in self.state.repositories.values()
            for pull in other.pulls.values()
            if pull.state == "open" and (pull.head_repository_id, pull.head_ref) == (repository.id, branch)
        ]
