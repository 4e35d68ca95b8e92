"""Putting a pull request into GitHub's merge queue: the one request as plain data, and what its answer says.

https://docs.github.com/en/graphql/reference/mutations#enqueuepullrequest
"""

from collections.abc import Mapping
from typing import Any

from app.github import queries
from app.github.answers import OK, message, refusal_of_mutation
from app.github.client import Answer
from app.permits import Request
from policies.merging.replies import Reply

UNPROCESSABLE, TOO_MANY_REQUESTS = 422, 429
MUTATION = "enqueuePullRequest"


def enqueue(node_id: str, head_sha: str) -> Request:
    """The fixed document: the pull request by its node's id, at its judged head and no other."""
    variables = {"pull": node_id, "head": head_sha}
    return Request("POST", queries.GRAPHQL, {"query": queries.ENQUEUE.text, "variables": variables})


def read(answer: Answer, wanted: Request) -> Reply:
    """What the answer says, in the terms of a merge: `merged` is that it is in the queue now, at this head.

    GraphQL refuses with HTTP 200: a refusal that surely changed nothing has the status 422 here, so that it is read
    like any other definite one. Everything else that does not show the entry has no status: nobody knows.
    """
    if answer.limited_until is not None:
        return _reply(answer, TOO_MANY_REQUESTS, message(answer))
    if answer.status != OK:
        return _reply(answer, answer.status, message(answer))
    if (refused := refusal_of_mutation(answer)) is not None:
        return _reply(answer, UNPROCESSABLE, refused)
    entry = _part(_part(_part(answer.document, "data"), MUTATION), "mergeQueueEntry")
    is_ours = _part(entry, "pullRequest").get("headRefOid") == _part(wanted.body, "variables").get("head")
    return _reply(answer, OK if is_ours and isinstance(entry.get("id"), str) else None, "")


def _reply(answer: Answer, status: int | None, said: str) -> Reply:
    return Reply(
        status=status,
        message=said,
        merged=status == OK,
        sha=None,
        limited_until=answer.limited_until,
        is_sent=True,
    )


def _part(document: object, name: str) -> Mapping[str, Any]:
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}
