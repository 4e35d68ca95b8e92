"""Pull requests on their way into the base branch: merged by one of three methods, brought up to date, silently."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from app.simulator import history, mergeability, objects
from app.simulator.branches import WEB_SEAL
from app.simulator.guards import AutoMerge
from app.simulator.objects import Commit, Signature, Tree
from app.simulator.records import Pull, Repository
from app.simulator.state import pull_commits
from app.simulator.verbs import Verbs
from app.simulator.world import WEB_FLOW


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How somebody wants it merged; without title and message GitHub words them."""

    by: str
    method: str = "merge"
    title: str | None = None
    message: str | None = None


class Merging(Verbs):
    def merge(self, full_name: str, number: int, *, by: str, method: str = "merge", at: str | None = None) -> Pull:
        """Somebody merges by hand, past all guards; `at` is a head that was pushed just before."""
        with self.changing():
            if at is not None:
                self.change_pull(full_name, number, head_sha=at)
            return self.land(full_name, number, Wish(by=self.user(by).login, method=method))

    def land(self, full_name: str, number: int, wish: Wish) -> Pull:
        """The base moves to the merge, the pull request is merged and closed."""
        with self.changing() as state:
            repository, pull = state.repository(full_name), state.pull(full_name, number)
            base = repository.branches[pull.base_ref]
            commit = self._advance(repository, pull, wish, _tree(repository, pull))
            now = self.now()
            ended: dict[str, Any] = {"state": "closed", "closed_at": now, "merged_at": now, "auto_merge": None}
            merged = self.change_pull(
                full_name, number, merged_by=wish.by, base_sha=base, merge_sha=commit.sha, **ended
            )
            if repository.delete_branch_on_merge and pull.head_repository_id == repository.id:
                self.delete_branch(full_name, pull.head_ref)
            return merged

    def land_partly(self, full_name: str, number: int, wish: Wish) -> Pull:
        """As GitHub once broke: the base has the change, and the pull request is still open."""
        with self.changing() as state:
            repository, pull = state.repository(full_name), state.pull(full_name, number)
            self._advance(repository, pull, wish, _tree(repository, pull))
            return state.pull(full_name, number)

    def land_wrongly(self, full_name: str, number: int, wish: Wish) -> Pull:
        """Merged, but what the merge commit holds is not the merge of base and head."""
        with self.changing() as state:
            pull = self.land(full_name, number, wish)
            repository = state.repository(full_name)
            made = repository.commits[pull.merge_sha or ""]
            stray = made.tree.changed({"stray.txt": "Nobody wrote this.\n"})
            commit = self._commit(repository, stray, made.parents, made.message, author=made.author)
            self._move(repository, pull.base_ref, commit.sha)
            return self.change_pull(full_name, number, merge_sha=commit.sha)

    def update_branch(self, full_name: str, number: int, *, by: str) -> Commit:
        """The button `Update branch`: the base branch is merged into the head branch, in GitHub's pages."""
        pull = self.state.pull(full_name, number)
        source = self.state.repositories[pull.head_repository_id]
        source.commits.update(self.state.repository(full_name).commits)
        base = self.state.repository(full_name).branches[pull.base_ref]
        said = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
        return self.merge_branch(source.full_name, pull.head_ref, base, by=by, message=said)

    def force_push(self, full_name: str, branch: str, sha: str) -> None:
        """The branch goes to any commit, also to one that leaves some out."""
        self.move_branch(full_name, branch, sha)

    def enable_auto_merge(self, full_name: str, number: int, *, by: str, method: str = "merge") -> Pull:
        """A person lets GitHub merge it by itself later (which the simulator leaves to `merge`)."""
        pull = self.state.pull(full_name, number)
        wish = AutoMerge(by=self.user(by).login, method=method, title=f"{pull.title} (#{number})", message="")
        return self.change_pull(full_name, number, auto_merge=wish)

    def disable_auto_merge(self, full_name: str, number: int) -> Pull:
        return self.change_pull(full_name, number, auto_merge=None)

    def test_merge(self, full_name: str, number: int) -> Commit | None:
        """The commit by which GitHub tries the merge, from now on there to be read; None in a conflict."""
        with self.lock:
            repository = self.state.repository(full_name)
            tried = mergeability.test_merge(repository, repository.pulls[number])
            if tried is not None:
                repository.commits.setdefault(tried.sha, tried)
            return tried

    def stay_unsure(self, full_name: str, number: int, *, reads: int) -> Pull:
        """GitHub works on `mergeable` while so many more reads of the pull request come in."""
        return self.change_pull(full_name, number, unsure_reads=reads)

    def look(self, full_name: str, number: int) -> Pull:
        """A read of the pull request: it makes GitHub try the merge, and is answered by what was known before."""
        with self.lock:
            pulls = self.state.repository(full_name).pulls
            seen = pulls[number]
            self.test_merge(full_name, number)
            if seen.unsure_reads:
                pulls[number] = dataclasses.replace(seen, unsure_reads=seen.unsure_reads - 1)
            return seen

    def _advance(self, repository: Repository, pull: Pull, wish: Wish, tree: Tree) -> Commit:
        """The base branch gets the change; answers its new tip."""
        base = repository.branches[pull.base_ref]
        if wish.method == "rebase":
            commit = self._replayed(repository, pull, base)
        else:
            parents = (base, pull.head_sha) if wish.method == "merge" else (base,)
            author = self.signature(wish.by if wish.method == "merge" else pull.author)
            commit = self._commit(repository, tree, parents, _said(repository, pull, wish), author=author)
        self._move(repository, pull.base_ref, commit.sha)
        return commit

    def _replayed(self, repository: Repository, pull: Pull, base: str) -> Commit:
        """Each commit of the pull request on top of the base, by its author; the last one."""
        tip = repository.commits[base]
        for one in pull_commits(repository, pull):
            if len(one.parents) == 1:
                before = repository.commits[one.parents[0]].tree
                tree, _ = history.merged(before, tip.tree, one.tree)
                tip = self._commit(repository, tree, (tip.sha,), one.message, author=one.author)
        return tip

    def _commit(
        self, repository: Repository, tree: Tree, parents: tuple[str, ...], message: str, *, author: Signature
    ) -> Commit:
        """One of GitHub's own making."""
        people: dict[str, Signature] = {"author": author, "committer": self.signature(WEB_FLOW)}
        content: dict[str, Any] = {"tree": tree, "parents": parents, "message": message, **people}
        sha = objects.commit_sha(**content, signed=f"simulated {self.next_id()}")
        repository.commits[sha] = Commit(sha=sha, **content, via="web", seal=WEB_SEAL)
        return repository.commits[sha]


def _tree(repository: Repository, pull: Pull) -> Tree:
    """Past a conflict, which a person would have solved, the base's side wins."""
    base = repository.branches[pull.base_ref]
    return mergeability.best_tree(repository.commits, base, pull.head_sha)


def _said(repository: Repository, pull: Pull, wish: Wish) -> str:
    """GitHub words what the wish leaves open."""
    if wish.method == "merge":
        title = f"Merge pull request #{pull.number} from {pull.head_owner}/{pull.head_ref}"
        message = pull.title
    else:
        commits = pull_commits(repository, pull)
        title = f"{pull.title} (#{pull.number})"
        message = "\n\n".join(f"* {one.message}" for one in commits) if len(commits) > 1 else ""
    title = title if wish.title is None else wish.title
    message = message if wish.message is None else wish.message
    return f"{title}\n\n{message}" if message else title
