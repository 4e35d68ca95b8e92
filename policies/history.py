"""The commits of a pull request: which are considered, whose they are, when they were pushed."""

from datetime import datetime

from policies.error import CannotJudge
from policies.facts import Commit, PullSnapshot
from policies.options import Options

MAX_COMMITS = 250
UPDATE_MERGE_PARENTS = 2


def check_head(snapshot: PullSnapshot) -> None:
    """Raise `CannotJudge` if the commits do not hold the head; as many as GitHub lists at most may be cut off."""
    if len(snapshot.commits) < MAX_COMMITS and not any(commit.sha == snapshot.head_sha for commit in snapshot.commits):
        raise CannotJudge(f"the head commit {snapshot.head_sha[:10]} is missing, probably due to a force-push")


def commits(snapshot: PullSnapshot) -> tuple[Commit, ...]:
    """All commits; raise `CannotJudge` if they cannot be all."""
    if len(snapshot.commits) >= MAX_COMMITS:
        raise CannotJudge(f"the pull request has too many commits, the maximum is {MAX_COMMITS - 1}")
    check_head(snapshot)
    return snapshot.commits


def considered(options: Options, snapshot: PullSnapshot) -> tuple[Commit, ...]:
    """The first-parent chain from the head, newest first, without what the options leave out."""
    chain = _first_parents(commits(snapshot), snapshot.head_sha)
    shas = tuple(commit.sha for commit in chain)
    return tuple(
        commit
        for commit in chain
        if not (options.ignore_update_merges and _is_update_merge(commit, shas))
        and not _is_ignored(commit, options, snapshot)
    )


def users(commit: Commit) -> tuple[str, ...]:
    """The known author and committer."""
    return tuple(dict.fromkeys(login for login in (commit.author, commit.committer) if login))


def contributors(listed: tuple[Commit, ...]) -> tuple[str, ...]:
    """The known users of these commits, sorted."""
    return tuple(sorted(dict.fromkeys(login for commit in listed for login in users(commit))))


def push_time(commit: Commit, snapshot: PullSnapshot) -> datetime:
    """When the commit was pushed, as far as statuses tell: its own, else its nearest descendant's, else now."""
    current: Commit | None = commit
    for _ in range(len(snapshot.commits)):
        if current is None:
            break
        if current.pushed_at is not None:
            return current.pushed_at
        current = _child(current, snapshot)
    return snapshot.taken_at


def _first_parents(listed: tuple[Commit, ...], head: str) -> tuple[Commit, ...]:
    by_sha = {commit.sha: commit for commit in listed}
    chain: list[Commit] = []
    sha: str | None = head
    while sha is not None and (commit := by_sha.pop(sha, None)) is not None:
        chain.append(commit)
        sha = commit.parents[0] if commit.parents else None
    return tuple(chain)


def _is_update_merge(commit: Commit, chain: tuple[str, ...]) -> bool:
    if len(commit.parents) != UPDATE_MERGE_PARENTS or not commit.committed_via_web:
        return False
    return commit.parents[0] in chain and commit.parents[1] not in chain


def _is_ignored(commit: Commit, options: Options, snapshot: PullSnapshot) -> bool:
    ignored, logins = options.ignore_commits_by, users(commit)
    return ignored is not None and bool(logins) and all(ignored.include(login, snapshot) for login in logins)


def _child(commit: Commit, snapshot: PullSnapshot) -> Commit | None:
    return next((later for later in snapshot.commits if commit.sha in later.parents), None)
