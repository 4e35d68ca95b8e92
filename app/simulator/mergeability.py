"""What a merge of a pull request into its base would give, and what GitHub shows of that before it (pure)."""

from dataclasses import dataclass, field
from functools import lru_cache

from app.simulator import history, objects, requirements
from app.simulator.history import Commits
from app.simulator.objects import EMPTY, Commit, Signature, Tree
from app.simulator.records import Pull, Repository
from app.simulator.state import NOREPLY, State

_REMEMBERED = 2048


@dataclass(frozen=True)
class _Sides:
    """A SHA stands for all that is before it, so the two say which merge is meant."""

    base: str
    head: str
    commits: Commits = field(compare=False)


def merged_tree(commits: Commits, base: str, head: str) -> Tree | None:
    """None where both changed the same file."""
    tree, conflicts = _merged(_Sides(base, head, commits))
    return None if conflicts else tree


def best_tree(commits: Commits, base: str, head: str) -> Tree:
    """In a conflict with the base's side of it."""
    return _merged(_Sides(base, head, commits))[0]


def test_merge(repository: Repository, pull: Pull) -> Commit | None:
    """The commit that GitHub makes to try the merge; None where there is a conflict."""
    base = repository.branches.get(pull.base_ref, pull.base_sha)
    head = repository.commits.get(pull.head_sha)
    tree = merged_tree(repository.commits, base, head.sha) if head and base in repository.commits else None
    if head is None or tree is None:
        return None
    who = Signature(login=None, email=f"noreply@{NOREPLY}", at=head.committer.at, called="GitHub")
    parents, message = (base, head.sha), f"Merge {head.sha} into {base}"
    sha = objects.commit_sha(tree=tree, parents=parents, message=message, author=who, committer=who)
    return Commit(sha=sha, tree=tree, parents=parents, message=message, author=who, committer=who, via="web")


def of(repository: Repository, pull: Pull) -> bool | None:
    """`mergeable`: None while GitHub is still working on it, and of one that was merged."""
    if pull.merged_at or pull.mergeable is None or pull.unsure_reads > 0:
        return None
    base = repository.branches.get(pull.base_ref, pull.base_sha)
    if not pull.mergeable or base not in repository.commits or pull.head_sha not in repository.commits:
        return pull.mergeable
    return merged_tree(repository.commits, base, pull.head_sha) is not None


def state_of(state: State, repository: Repository, pull: Pull) -> str:
    """`mergeable_state`, which GitHub does not document: the set one, or the first that fits."""
    if pull.mergeable_state is not None:
        return pull.mergeable_state
    can = of(repository, pull)
    if can is None:
        return "unknown"
    if not can:
        return "dirty"
    if pull.draft:
        return "draft"
    if requirements.is_behind(repository, pull):
        return "behind"
    if requirements.unmet(state, repository, pull) is not None:
        return "blocked"
    return "clean" if requirements.is_green(repository, pull.head_sha) else "unstable"


@lru_cache(_REMEMBERED)
def _merged(sides: _Sides) -> tuple[Tree, tuple[str, ...]]:
    commits = sides.commits
    root = history.merge_base(commits, sides.base, sides.head)
    before = commits[root].tree if root else EMPTY
    tree, conflicts = history.merged(before, commits[sides.base].tree, commits[sides.head].tree)
    return tree, tuple(conflicts)
