"""GitHub's documents turned into facts: pure, provider words in, our words out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from app.github import documents, nodes
from app.github.documents import GHOST
from app.github.talk import Talk
from policies.facts import (
    LEVELS,
    ChangedFile,
    Comment,
    Commit,
    Level,
    PropertyValue,
    PullSnapshot,
    Review,
    Signature,
)
from policies.reviewers import Collaborator, Requested

WEB_FLOW = "web-flow"

_ReviewState = Literal["approved", "changes_requested", "commented"]
_REVIEW_STATES: dict[str, _ReviewState] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
}
_SIGNATURES: dict[str, Literal["gpg", "ssh", "smime"]] = {
    "GpgSignature": "gpg",
    "SshSignature": "ssh",
    "SmimeSignature": "smime",
}
_PERMISSIONS: dict[str, Level] = {
    "admin": "admin",
    "maintain": "maintain",
    "push": "write",
    "triage": "triage",
    "pull": "read",
}
"""From the highest on, as maps of permissions name them."""
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
        labels=tuple(label.name.lower() for label in pull.labels),
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


def talk(read: Talk, *, without: str | None = None) -> dict[str, object]:
    """What commits, comments and reviews say, by the snapshot's names; push times are still not fetched.

    `without`: whose comments and reviews are left out.
    """
    return {
        "commits": tuple(_commit(commit) for commit in read.commits),
        "comments": tuple(_comment(comment) for comment in read.comments if _author(comment.author) != without),
        "reviews": tuple(
            _review(review, review.submitted_at)
            for review in read.reviews
            if review.state in _REVIEW_STATES and review.submitted_at is not None and _author(review.author) != without
        ),
        "body_edited_at": read.body.last_edited_at,
        "body_edited_by": read.body.edited_by,
    }


def _commit(commit: nodes.Commit) -> Commit:
    return Commit(
        sha=commit.oid,
        parents=tuple(parent.oid for parent in commit.parents.nodes),
        author=_account(commit.author),
        committer=_account(commit.committer),
        committed_via_web=commit.committed_via_web,
        signature=_signature(commit.signature),
    )


def _account(actor: nodes.GitActor | None) -> str | None:
    """Nobody for an e-mail without an account, nor for GitHub's own hand."""
    login = actor.user.name if actor and actor.user else None
    return None if login == WEB_FLOW else login


def _signature(signature: nodes.Signature | None) -> Signature | None:
    """None for a kind of signature that GitHub doesn't know, either."""
    kind = _SIGNATURES.get(signature.kind) if signature else None
    if signature is None or kind is None:
        return None
    signer = signature.signer.name if signature.signer else ""
    return Signature(kind=kind, valid=signature.is_valid, state=signature.state, signer=signer, key_id=signature.key_id)


def _comment(comment: nodes.Comment) -> Comment:
    return Comment(
        id=comment.full_database_id,
        author=_author(comment.author),
        body=comment.body,
        created_at=comment.created_at,
        edited_at=comment.last_edited_at,
        edited_by=comment.edited_by,
    )


def _review(review: nodes.Review, submitted_at: datetime) -> Review:
    return Review(
        id=review.full_database_id,
        author=_author(review.author),
        state=_REVIEW_STATES[review.state],
        body=review.body,
        created_at=submitted_at,
        edited_at=review.last_edited_at,
        edited_by=review.edited_by,
        sha=review.commit.oid if review.commit else None,
        on_behalf_of=tuple(team.slug for team in review.on_behalf_of.nodes),
    )


def _author(person: nodes.Person | None) -> str:
    return person.name if person else GHOST


def statuses(rows: Iterable[documents.Status], checks: Iterable[documents.CheckRun]) -> tuple[tuple[str, str], ...]:
    """Name and value of each status, replaced by the newest check run of that name: "" while that runs."""
    values = {row.context: row.state for row in rows}
    newest = {check.name: check.conclusion or "" for check in sorted(checks, key=lambda check: check.id)}
    return tuple(sorted({**values, **newest}.items()))


def workflow_runs(rows: Iterable[documents.WorkflowRun]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each path the conclusions of the newest completed run of each event; what still runs is left out."""
    completed = sorted((row for row in rows if row.status == "completed"), key=lambda row: (row.created_at, row.id))
    newest = {(row.path, row.event): row.conclusion or "" for row in completed}
    paths = sorted({path for path, _ in newest})
    return tuple((path, tuple(sorted(value for key, value in newest.items() if key[0] == path))) for path in paths)


def custom_properties(rows: Iterable[documents.PropertyValue]) -> tuple[tuple[str, PropertyValue], ...]:
    """Name and value of those that are set."""
    return tuple((row.property_name, row.value) for row in rows if row.value is not None)


def level(permission: documents.Permission) -> Level:
    """The finer role where GitHub names a standard one, else the permission that a custom role is based on."""
    return _standard(permission.role_name) or permission.permission


def collaborator_level(row: documents.Collaborator) -> Level:
    """The same of a listed collaborator."""
    return _standard(row.role_name) or _highest(row.permissions)


def team_level(row: documents.RepositoryTeam) -> Level:
    """What a team may do in the repository."""
    return _highest(row.permissions) if row.permissions else _PERMISSIONS.get(row.permission, "none")


def collaborators(
    everybody: Iterable[documents.Collaborator],
    direct: Iterable[documents.Collaborator],
    through_teams: Iterable[tuple[str, Level]],
) -> tuple[Collaborator, ...]:
    """Each collaborator, with the levels that come from the repository itself or from a team of it."""
    held: dict[str, list[Level]] = {}
    for login, granted in (*((row.login, collaborator_level(row)) for row in direct), *through_teams):
        held.setdefault(login, []).append(granted)
    return tuple(
        Collaborator(login=row.login, level=collaborator_level(row), direct=_levels(held.get(row.login, ())))
        for row in everybody
    )


def requested(standing: Iterable[nodes.ReviewRequest], removed: Iterable[nodes.ReviewRequest]) -> tuple[Requested, ...]:
    """Who was asked for a review; those whom we can't see are left out."""
    rows = ((standing, False), (removed, True))
    return tuple(
        Requested(kind="team" if who.kind == "Team" else "user", name=who.name, removed=was_removed)
        for requests, was_removed in rows
        for who in (request.requested_reviewer for request in requests)
        if who is not None and who.name
    )


def _standard(role: str) -> Level | None:
    return next((known for known in LEVELS if known == role), None)


def _highest(permissions: Mapping[str, bool]) -> Level:
    return next((level for name, level in _PERMISSIONS.items() if permissions.get(name)), "none")


def _levels(held: Iterable[Level]) -> tuple[Level, ...]:
    return tuple(level for level in LEVELS if level in tuple(held))


def _login(user: documents.User | None) -> str:
    return user.login if user else GHOST


def _head_owner(pull: documents.Pull) -> str | None:
    """None for a branch of the same repository; `ghost` where the fork was deleted."""
    if pull.head.repo is None:
        return GHOST
    same = pull.base.repo is not None and pull.head.repo.id == pull.base.repo.id
    return None if same else pull.head.repo.owner.login
