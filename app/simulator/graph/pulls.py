"""Pull requests with their commits, comments, reviews and review requests as GraphQL has them."""

from typing import Any

from app.simulator import mergeability, requirements, state
from app.simulator.call import Call
from app.simulator.graph import actors, commits, permission
from app.simulator.graph.connections import Info, Resolver, connection
from app.simulator.objects import Commit
from app.simulator.records import Asked, Comment, Pull, Repository, Review
from app.simulator.shapes.view import Json, node, time

MOST_COMMITS = 250
_EVENTS = {"requested": "REVIEW_REQUESTED_EVENT", "removed": "REVIEW_REQUEST_REMOVED_EVENT"}
_EVENT_TYPES = {"requested": "ReviewRequestedEvent", "removed": "ReviewRequestRemovedEvent"}


def pull(call: Call, repository: Repository, record: Pull) -> Json:
    return {
        **_plain(record),
        **_merging(call, repository, record),
        "__typename": "PullRequest",
        "author": actors.actor(call, record.author),
        "editor": actors.actor(call, record.editor),
        "isCrossRepository": record.head_repository_id != repository.id,
        "isInMergeQueue": any(one.number == record.number for one in repository.queues.get(record.base_ref, [])),
        "changedFiles": lambda *_: len(state.pull_files(repository, record)),
        "commits": _commits(call, repository, record),
        "comments": _comments(call, repository, record),
        "reviews": _reviews(call, repository, record),
        "reviewRequests": _review_requests(call, repository, record),
        "timelineItems": _timeline(call, repository, record),
    }


def _plain(record: Pull) -> Json:
    return {
        **_numbered("PR", record.id),
        **_edited(record),
        "number": record.number,
        "title": record.title,
        "body": record.body or "",
        "baseRefName": record.base_ref,
        "baseRefOid": record.base_sha,
        "headRefName": record.head_ref,
        "headRefOid": record.head_sha,
        "isDraft": record.draft,
        "state": "MERGED" if record.merged_at else record.state.upper(),
        "closed": record.state == "closed",
        "merged": record.merged_at is not None,
        "closedAt": time(record.closed_at),
        "mergedAt": time(record.merged_at),
        "createdAt": time(record.created_at),
        "updatedAt": time(record.updated_at),
    }


def _merging(call: Call, repository: Repository, record: Pull) -> Json:
    words = {None: "UNKNOWN", True: "MERGEABLE", False: "CONFLICTING"}
    wish = record.auto_merge
    asked = (
        None
        if wish is None
        else {
            "commitBody": wish.message,
            "commitHeadline": wish.title,
            "enabledBy": actors.actor(call, wish.by),
            "mergeMethod": wish.method.upper(),
            "pullRequest": lambda *_: pull(call, repository, record),
        }
    )
    return {
        "autoMergeRequest": asked,
        "mergeStateStatus": lambda *_: mergeability.state_of(call.state, repository, record).upper(),
        "mergeable": lambda *_: words[mergeability.of(repository, record)],
        "reviewDecision": record.review_decision or requirements.decision(call.state, repository, record),
    }


def _commits(call: Call, repository: Repository, record: Pull) -> Resolver:
    def shape(found: Commit) -> Json:
        identity = node("PRC", f"{record.id}/{found.sha}")
        mine = {"pullRequest": lambda *_: pull(call, repository, record)}
        return {"id": identity, "commit": commits.commit(call, repository, found), **mine}

    def page(info: Info, **arguments: Any) -> Any:
        permission.demand(call, repository, "contents:read")
        found = state.pull_commits(repository, record)[:MOST_COMMITS]
        return connection(found, shape)(info, **arguments)

    return page


def _comments(call: Call, repository: Repository, record: Pull) -> Resolver:
    def shape(found: Comment) -> Json:
        return {
            "__typename": "IssueComment",
            **_numbered("IC", found.id),
            **_edited(found),
            "author": actors.actor(call, found.author),
            "editor": actors.actor(call, found.editor),
            "body": found.body,
            "createdAt": time(found.created_at),
            "updatedAt": time(found.updated_at),
        }

    return connection(repository.comments.get(record.number, []), shape)


def _reviews(call: Call, repository: Repository, record: Pull) -> Resolver:
    def page(info: Info, **arguments: Any) -> Any:
        states, author = arguments.pop("states", None), arguments.pop("author", None)
        found = [
            review
            for review in repository.reviews.get(record.number, [])
            if (states is None or review.state in states) and author in (None, review.author)
        ]
        return connection(found, lambda review: _review(call, repository, review))(info, **arguments)

    return page


def _review(call: Call, repository: Repository, found: Review) -> Json:
    def teams(info: Info, **arguments: Any) -> Any:
        permission.demand(call, repository, "members:read")
        return connection(found.teams, lambda slug: actors.team(call, repository.owner, slug))(info, **arguments)

    commit = repository.commits.get(found.sha)
    moment = time(found.submitted_at)
    return {
        "__typename": "PullRequestReview",
        **_numbered("PRR", found.id),
        **_edited(found),
        "author": actors.actor(call, found.author),
        "editor": actors.actor(call, found.editor),
        "body": found.body,
        "state": found.state,
        "commit": commits.commit(call, repository, commit) if commit else None,
        "createdAt": moment,
        "submittedAt": None if found.state == "PENDING" else moment,
        "updatedAt": time(found.edited_at) or moment,
        "onBehalfOf": teams,
    }


def _review_requests(call: Call, repository: Repository, record: Pull) -> Resolver:
    asked = [("user", login) for login in record.requested_reviewers]
    asked += [("team", slug) for slug in record.requested_teams]

    def shape(one: tuple[str, str]) -> Json:
        place = asked.index(one) + 1
        identity = {"id": node("RR", record.id * 1000 + place), "databaseId": record.id * 1000 + place}
        return {**identity, "asCodeOwner": False, "requestedReviewer": _reviewer(call, repository, *one)}

    return connection(asked, shape)


def _timeline(call: Call, repository: Repository, record: Pull) -> Resolver:
    def shape(one: Asked) -> Json:
        return {
            "__typename": _EVENT_TYPES[one.what],
            "id": node("RRE", one.id),
            "actor": actors.actor(call, one.by),
            "createdAt": time(one.at),
            "requestedReviewer": _reviewer(call, repository, one.kind, one.name),
        }

    def page(info: Info, **arguments: Any) -> Any:
        wanted = arguments.pop("itemTypes", None) or list(_EVENTS.values())
        found = [one for one in repository.asked.get(record.number, []) if _EVENTS[one.what] in wanted]
        return connection(found, shape)(info, **arguments)

    return page


def _reviewer(call: Call, repository: Repository, kind: str, name: str) -> Json | None:
    return actors.team(call, repository.owner, name) if kind == "team" else actors.actor(call, name)


def _numbered(kind: str, number: int) -> Json:
    """BigInt is written as text."""
    return {"id": node(kind, number), "databaseId": number, "fullDatabaseId": str(number)}


def _edited(record: Pull | Comment | Review) -> Json:
    return {"lastEditedAt": time(record.edited_at), "includesCreatedEdit": record.edited_at is not None}
