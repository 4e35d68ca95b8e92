"""GitHub's documents turned into facts: pure, provider words in, our words out."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.github import documents
from app.github.documents import GHOST, WEB_FLOW
from policies.facts import LEVELS, ChangedFile, Comment, Commit, Level, PullSnapshot, Review

_REVIEW_STATES = {"APPROVED": "approved", "CHANGES_REQUESTED": "changes_requested", "COMMENTED": "commented"}
_FILE_STATUSES = {"added": "added", "removed": "deleted"}


def snapshot(pull: documents.Pull, repository: str, repository_id: int, taken_at: datetime) -> PullSnapshot:
    """The facts that come with the pull request itself; everything else is still not fetched."""
    owner, _, name = repository.partition("/")
    return PullSnapshot(
        owner=owner,
        repo=name,
        repository_id=repository_id,
        number=pull.number,
        title=pull.title,
        author=_login(pull.user),
        created_at=pull.created_at,
        state=pull.state,
        draft=pull.draft,
        base_ref=pull.base.ref,
        head_ref=pull.head.ref,
        head_owner=_head_owner(pull),
        head_sha=pull.head.sha,
        body=pull.body,
        labels=tuple(label.name for label in pull.labels),
        taken_at=taken_at,
    )


def files(rows: Iterable[documents.File]) -> tuple[ChangedFile, ...]:
    """A rename is a deleted entry followed by an added one; a copy counts as modified."""
    return tuple(file for row in rows for file in _file(row))


def _file(row: documents.File) -> Iterator[ChangedFile]:
    if row.status == "renamed" and row.previous_filename is not None:
        yield ChangedFile(filename=row.previous_filename, status="deleted")
        yield ChangedFile(filename=row.filename, status="added", additions=row.additions, deletions=row.deletions)
        return
    status = _FILE_STATUSES.get(row.status, "modified")
    yield ChangedFile.model_validate(
        {"filename": row.filename, "status": status, "additions": row.additions, "deletions": row.deletions}
    )


def commits(rows: Iterable[documents.Commit], head_sha: str, head_pushed_at: datetime | None) -> tuple[Commit, ...]:
    """The commits; the push time is known of the head alone, if at all, and of the others not fetched."""
    known = {} if head_pushed_at is None else {head_sha: head_pushed_at}
    return tuple(_commit(row, {"pushed_at": known[row.sha]} if row.sha in known else {}) for row in rows)


def _commit(row: documents.Commit, pushed: dict[str, datetime]) -> Commit:
    committer = row.committer.login if row.committer else None
    return Commit.model_validate(
        {
            "sha": row.sha,
            "parents": tuple(parent.sha for parent in row.parents),
            "author": row.author.login if row.author else None,
            "committer": None if committer == WEB_FLOW else committer,
            "committed_via_web": committer == WEB_FLOW,
            **pushed,
        }
    )


def reviews(rows: Iterable[documents.Review]) -> tuple[Review, ...]:
    """The reviews that are neither pending nor dismissed."""
    return tuple(
        Review.model_validate(
            {
                "id": str(row.id),
                "author": _login(row.user),
                "state": _REVIEW_STATES[row.state.upper()],
                "body": row.body,
                "created_at": row.submitted_at,
                "sha": row.commit_id,
            }
        )
        for row in rows
        if row.state.upper() in _REVIEW_STATES and row.submitted_at is not None
    )


def comments(rows: Iterable[documents.Comment]) -> tuple[Comment, ...]:
    """The conversation; `edited_at` is when a comment was last changed, if it ever was."""
    return tuple(
        Comment(
            author=_login(row.user),
            body=row.body,
            created_at=row.created_at,
            edited_at=row.updated_at if row.updated_at != row.created_at else None,
        )
        for row in rows
    )


def statuses(rows: Iterable[documents.Status], checks: Iterable[documents.CheckRun]) -> tuple[tuple[str, str], ...]:
    """Name and value of each status, replaced by the newest check run of that name: "" while that runs."""
    values = {row.context: row.state for row in rows}
    newest = {check.name: check.conclusion or "" for check in sorted(checks, key=lambda check: check.id)}
    return tuple(sorted({**values, **newest}.items()))


def level(permission: documents.Permission) -> Level:
    """The finer role where GitHub names a standard one, else the permission that a custom role is based on."""
    role = permission.role_name
    return next((known for known in LEVELS if known == role), permission.permission)


def _login(user: documents.User | None) -> str:
    return user.login if user else GHOST


def _head_owner(pull: documents.Pull) -> str | None:
    """None for a branch of the same repository; `ghost` where the fork was deleted."""
    if pull.head.repo is None:
        return GHOST
    same = pull.base.repo is not None and pull.head.repo.id == pull.base.repo.id
    return None if same else pull.head.repo.owner.login
