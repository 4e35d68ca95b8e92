"""The commits of a pull request: which are considered, whose they are, when they were pushed."""

from collections.abc import Iterator
from datetime import datetime

from policies.actors import Actors
from policies.error import CannotJudge
from policies.facts import Commit, PullSnapshot
from policies.mode import Mode
from policies.options import Options
from policies.remembered import remembered

MAX_COMMITS = 250
UPDATE_MERGE_PARENTS = 2


def check_head(snapshot: PullSnapshot) -> None:
    """Raise `CannotJudge` if the head is missing."""
    if problem := missing_head(snapshot):
        raise CannotJudge(problem)


@remembered
def missing_head(snapshot: PullSnapshot) -> str:
    """What to say if the commits do not hold the head, else nothing; as many as GitHub lists may be cut off."""
    if len(snapshot.commits) >= MAX_COMMITS or snapshot.lists_head():
        return ""
    return f"the head commit {snapshot.head_sha[:10]} is missing, probably due to a force-push"


def commits(snapshot: PullSnapshot) -> tuple[Commit, ...]:
    """All commits; raise `CannotJudge` if they cannot be all."""
    if len(snapshot.commits) >= MAX_COMMITS:
        raise CannotJudge(f"the pull request has too many commits, the maximum is {MAX_COMMITS - 1}")
    check_head(snapshot)
    return snapshot.commits


@remembered
def chain(snapshot: PullSnapshot) -> tuple[Commit, ...]:
    """The first parents from the head, newest first."""
    by_sha = {commit.sha: commit for commit in commits(snapshot)}
    found: list[Commit] = []
    sha: str | None = snapshot.head_sha
    while sha is not None and (commit := by_sha.pop(sha, None)) is not None:
        found.append(commit)
        sha = commit.parents[0] if commit.parents else None
    return tuple(found)


def considered(options: Options, snapshot: PullSnapshot, mode: Mode = "compat") -> tuple[Commit, ...]:
    """The first parents from the head, newest first, without what the options leave out.

    Strictly, a merge that brings in other commits of the pull request is never left out.
    """
    skips_updates, ignored = options.ignore_update_merges, options.ignore_commits_by
    return _considered(snapshot, ignored, mode, skips_updates=skips_updates)


def merged_in(options: Options, snapshot: PullSnapshot) -> tuple[Commit, ...]:
    """The commits beside the first parents, which merges brought in, without those by ignored users."""
    shas = tuple(commit.sha for commit in chain(snapshot))
    beside = (commit for commit in snapshot.commits if commit.sha not in shas)
    return tuple(commit for commit in beside if not _is_ignored(commit, options.ignore_commits_by, snapshot))


def users(commit: Commit) -> tuple[str, ...]:
    """The known author and committer."""
    author, committer = commit.author, commit.committer
    if not committer or committer == author:
        return (author,) if author else ()
    return (author, committer) if author else (committer,)


def contributors(listed: tuple[Commit, ...], *others: str) -> tuple[str, ...]:
    """The known users of these commits, and the others, sorted."""
    return tuple(sorted(dict.fromkeys([*others, *[login for commit in listed for login in users(commit)]])))


def push_time(commit: Commit, snapshot: PullSnapshot) -> datetime:
    """When the commit was pushed, as far as statuses tell: its own, else its nearest descendant's, else now."""
    for current in _towards_head(commit, snapshot):
        if current.pushed_at is not None:
            return current.pushed_at
    return snapshot.taken_at


def unknown_push(commit: Commit, snapshot: PullSnapshot) -> tuple[str, ...]:
    """The commit (SHA) whose push time `push_time` would read and nobody has fetched, if there is one."""
    for current in _towards_head(commit, snapshot):
        if not current.knows("pushed_at"):
            return (current.sha,)
        if current.pushed_at is not None:
            break
    return ()


def _towards_head(commit: Commit, snapshot: PullSnapshot) -> Iterator[Commit]:
    """The commit and its nearest descendants, one after the other."""
    current: Commit | None = commit
    for _ in range(len(snapshot.commits)):
        if current is None:
            return
        yield current
        current = _child(current, snapshot)


@remembered
def _considered(
    snapshot: PullSnapshot, ignored: Actors | None, mode: Mode, *, skips_updates: bool
) -> tuple[Commit, ...]:
    line = chain(snapshot)
    if ignored is None and not skips_updates:
        return line
    shas = [commit.sha for commit in line]
    kept = [commit.sha for commit in line if mode == "strict" and _brings_commits(commit, snapshot)]
    return tuple(
        [
            commit
            for commit in line
            if commit.sha in kept
            or not ((skips_updates and _is_update_merge(commit, shas)) or _is_ignored(commit, ignored, snapshot))
        ]
    )


def _is_update_merge(commit: Commit, first_parents: list[str]) -> bool:
    if len(commit.parents) != UPDATE_MERGE_PARENTS or not commit.committed_via_web:
        return False
    return commit.parents[0] in first_parents and commit.parents[1] not in first_parents


def _brings_commits(merge: Commit, snapshot: PullSnapshot) -> bool:
    """Whether another parent than the first is a commit of the pull request, so not one of the base branch."""
    return any(commit.sha in merge.parents[1:] for commit in snapshot.commits)


def _is_ignored(commit: Commit, ignored: Actors | None, snapshot: PullSnapshot) -> bool:
    if ignored is None:
        return False
    logins = users(commit)
    return bool(logins) and all(ignored.include(login, snapshot) for login in logins)


def _child(commit: Commit, snapshot: PullSnapshot) -> Commit | None:
    return next((later for later in snapshot.commits if commit.sha in later.parents), None)
