"""Turns a policy case into the facts that a reader would have fetched."""

from datetime import UTC, datetime
from typing import Any

from policies.facts import LEVELS, NOT_FETCHED, ChangedFile, Comment, Commit, PullSnapshot, Review, Signature
from policies.reviewers import Collaborator, Requested, Reviewers

Record = dict[str, Any]
STATES = ("approved", "changes_requested", "commented")
RAW_STATES = ("approved", "changes_requested")
"""Where a case says `raw`, a commenting review counts only if it is written among the comments too."""
MAX_FILES = 3000
LATER = datetime(2030, 1, 1, tzinfo=UTC)
TOGETHER = ("comments", "reviews", "commits")
"""What policy-bot asks for with one query, so that one failure hits all three."""
DEFAULTS = {"owner": "acme", "repo": "widgets", "number": 1, "title": "", "base_ref": "main", "head_ref": "feature"}


class RawSnapshot(PullSnapshot):
    """The facts of a case that says `raw`: nobody asks whether the head is among the commits."""

    def lists_head(self) -> bool:
        return True


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def optional(text: str | None) -> datetime | None:
    return moment(text) if text else None


def snapshot(pull: Record, asked: Record) -> PullSnapshot:
    """What a reader would have fetched: a failed request leaves its fact unfetched.

    `asked`: the teams and organizations that are asked about, by the key of the pull that lists their members.
    """
    errors = pull.get("errors") or {}
    failed = tuple(group for group in TOGETHER if group in errors)
    lost = failed if pull.get("raw") or not failed else TOGETHER
    body = pull.get("body") or {}
    people = logins(pull)
    kind = RawSnapshot if pull.get("raw") else PullSnapshot
    return kind(
        owner=pull["owner"],
        repo=pull["repo"],
        repository_id=1,
        number=pull["number"],
        title=pull["title"],
        author=pull["author"],
        created_at=moment(pull["created_at"]),
        state="open" if pull.get("state", "open") == "open" else "closed",
        draft=pull.get("draft", False),
        base_ref=pull["base_ref"],
        head_ref=pull["head_ref"],
        head_owner=pull.get("head_owner") or None,
        head_sha=pull["head_sha"],
        taken_at=optional(pull.get("evaluation_timestamp")) or LATER,
        body=NOT_FETCHED if "body" in errors else body.get("body", ""),
        body_edited_at=NOT_FETCHED if "body" in errors else optional(body.get("last_edited_at")),
        labels=NOT_FETCHED if "labels" in errors else tuple(label.lower() for label in pull.get("labels") or ()),
        files=NOT_FETCHED if "files" in errors or len(pull.get("files") or ()) > MAX_FILES else files(pull),
        commits=NOT_FETCHED if "commits" in lost else commits(pull, errors),
        reviews=NOT_FETCHED if "reviews" in lost else reviews(pull),
        comments=NOT_FETCHED if "comments" in lost else comments(pull),
        statuses=NOT_FETCHED if "statuses" in errors else tuple((pull.get("statuses") or {}).items()),
        workflow_runs=NOT_FETCHED if "workflow_runs" in errors else workflow_runs(pull),
        custom_properties=NOT_FETCHED if "custom_properties" in errors else custom_properties(pull),
        permissions=() if "collaborators" in errors else permissions(pull, people),
        team_members=() if "team_membership" in errors else memberships(pull, asked, "team_members", people=people),
        org_members=() if "org_membership" in errors else memberships(pull, asked, "org_members", people=people),
    )


def logins(pull: Record) -> tuple[str, ...]:
    people = [pull["author"]]
    people += [entry["author"] for group in ("comments", "reviews") for entry in pull.get(group) or ()]
    people += [commit.get(role) or "" for commit in pull.get("commits") or () for role in ("author", "committer")]
    return tuple(dict.fromkeys(people))


def files(pull: Record) -> tuple[ChangedFile, ...]:
    found: list[ChangedFile] = []
    for file in pull.get("files") or ():
        lines = {"additions": file.get("additions", 0), "deletions": file.get("deletions", 0)}
        if file["status"] == "renamed":
            found.append(ChangedFile(filename=file["previous_filename"], status="deleted"))
            found.append(ChangedFile(filename=file["filename"], status="added", **lines))
            continue
        status: Any = {"added": "added", "removed": "deleted", "deleted": "deleted"}.get(file["status"], "modified")
        found.append(ChangedFile(filename=file["filename"], status=status, **lines))
    return tuple(found)


def commits(pull: Record, errors: Record) -> tuple[Commit, ...]:
    return tuple(
        Commit(
            sha=commit["sha"],
            parents=tuple(commit.get("parents") or ()),
            author=commit.get("author") or None,
            committer=commit.get("committer") or None,
            committed_via_web=commit.get("committed_via_web", False),
            pushed_at=NOT_FETCHED if "pushed_at" in errors else optional(commit.get("pushed_at")),
            signature=signature(commit.get("signature")),
        )
        for commit in pull.get("commits") or ()
    )


def signature(written: Record | None) -> Signature | None:
    if written is None:
        return None
    return Signature(
        kind=written["type"],
        valid=written.get("valid") is True,
        state=written.get("state") or "",
        signer=written.get("signer") or "",
        key_id=written.get("key_id") or "",
    )


def workflow_runs(pull: Record) -> tuple[Any, ...]:
    return tuple((path, tuple(endings)) for path, endings in (pull.get("workflow_runs") or {}).items())


def custom_properties(pull: Record) -> tuple[Any, ...]:
    known = (pull.get("custom_properties") or {}).items()
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in known if value is not None
    )


def reviews(pull: Record) -> tuple[Review, ...]:
    return tuple(
        Review(
            id=review.get("id") or f"review-{index}",
            author=review["author"],
            state=review["state"].lower(),
            body=review.get("body") or "",
            created_at=moment(review["created_at"]),
            edited_at=optional(review.get("last_edited_at")),
            sha=review.get("sha"),
            on_behalf_of=tuple(review.get("teams") or ()),
        )
        for index, review in enumerate(pull.get("reviews") or (), start=1)
        if review["state"].lower() in (RAW_STATES if pull.get("raw") else STATES)
    )


def comments(pull: Record) -> tuple[Comment, ...]:
    return tuple(
        Comment(
            author=comment["author"],
            body=comment.get("body") or "",
            created_at=moment(comment["created_at"]),
            edited_at=optional(comment.get("last_edited_at")),
        )
        for comment in pull.get("comments") or ()
    )


def permissions(pull: Record, people: tuple[str, ...]) -> tuple[Any, ...]:
    levels = dict.fromkeys(people, "none")
    for collaborator in pull.get("collaborators") or ():
        many = collaborator.get("permissions") or [collaborator]
        levels[collaborator["name"]] = max((one["permission"] for one in many), key=LEVELS.index)
    return tuple(levels.items())


def memberships(pull: Record, asked: Record, kind: str, *, people: tuple[str, ...]) -> tuple[Any, ...]:
    """Every group that the pull or the policy may ask for, unless its organization cannot be asked."""
    groups = dict(pull.get(kind) or {})
    for known in asked[kind]:
        groups.setdefault(known, ())
    reachable = pull.get("accessible_orgs")
    return tuple(
        (group, login, login in (members or ()))
        for group, members in groups.items()
        for login in people
        if reachable is None or group.split("/")[0] in (pull["owner"], *reachable)
    )


def reviewers(pull: Record, asked: Record) -> Reviewers:
    errors = pull.get("errors") or {}
    return Reviewers(
        collaborators=NOT_FETCHED if "collaborators" in errors else collaborators(pull),
        repository_teams=NOT_FETCHED if "repo_teams" in errors else tuple((pull.get("repo_teams") or {}).items()),
        requested=NOT_FETCHED if "requested_reviewers" in errors else requested(pull),
        teams=() if "team_membership" in errors else rosters(pull, "team_members", asked),
        organizations=() if "org_membership" in errors else rosters(pull, "org_members", asked),
    )


def collaborators(pull: Record) -> tuple[Collaborator, ...]:
    return tuple(collaborator(person, pull) for person in pull.get("collaborators") or ())


def collaborator(person: Record, pull: Record) -> Collaborator:
    """What somebody holds through a team of the repository is held beside the rest."""
    held = person.get("permissions") or [person]
    teams = (pull.get("repo_teams") or {}).items()
    members = pull.get("team_members") or {}
    through = [level for slug, level in teams if person["name"] in members.get(f"{pull['owner']}/{slug}", ())]
    return Collaborator(
        login=person["name"],
        level=max((one["permission"] for one in held), key=LEVELS.index),
        direct=(*(one["permission"] for one in held if one.get("via_repo")), *through),
    )


def requested(pull: Record) -> tuple[Requested, ...]:
    return tuple(
        Requested(kind=one["type"], name=one["name"], removed=one.get("removed", False))
        for one in pull.get("requested_reviewers") or ()
    )


def rosters(pull: Record, kind: str, asked: Record) -> tuple[Any, ...]:
    known = pull.get(kind) or {}
    reachable = pull.get("accessible_orgs")
    return tuple(
        (name, tuple(known.get(name) or ()))
        for name in asked[kind]
        if reachable is None or name.split("/")[0] in (pull["owner"], *reachable)
    )
