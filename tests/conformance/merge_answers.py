"""What the simulated GitHub answers where its own state has no word for it, and what faults make of its answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from app.simulator import pages
from app.simulator.answers import Listing
from app.simulator.scripting import Reply, Request
from app.simulator.shapes import pulls
from app.simulator.shapes.view import View
from tests.conformance.merge_rows import paged
from tests.conformance.merge_words import Record
from tests.conformance.merge_world import World

Edit = Callable[[Any], Any]
FORBIDDEN = "Resource not accessible by integration"
SUSPENDED = "This installation has been suspended"
NEWEST_SUITES = 1000
LISTED = {"reviews": None, "checks": "check_runs", "statuses": "statuses"}


def natural(world: World, request: Request) -> Reply | None:
    """The answer of this world where it is not the simulator's own; None where it is."""
    if request.resource == "token" and world.is_suspended:
        return Reply(status=403, message=SUSPENDED)
    if request.resource == "permission":
        return _permission(world, request.user or "")
    unreadable = _unreadable(world, request.resource)
    if unreadable is not None:
        return unreadable
    if request.resource == "suites":
        return _suites(world, request)
    if request.resource == "reviews" and request.number == world.number:
        return _with_pending(world, request)
    edit = _edited(world, request)
    return None if edit is None else Reply(effect="full", edit=edit)


def _permission(world: World, login: str) -> Reply | None:
    if world.permissions.get(login, "none") != "none":
        return None
    return Reply(status=404, message="Not Found")


def _unreadable(world: World, resource: str) -> Reply | None:
    part = {"protection": "protection", "rules": "rulesets"}.get(resource, "")
    said = world.given.get("repo_settings", {}).get(part) or {}
    if said.get("readable", True) and "status" not in said:
        return None
    return Reply(status=said.get("status", 403), message=said.get("message", FORBIDDEN))


def _edited(world: World, request: Request) -> Edit | None:
    page = _page_of(world, request.resource)
    if page is not None and "rows_served" in page:
        return lambda body: _cut(body, LISTED.get(request.resource), request.query, page["rows_served"])
    if request.resource == "checks" and _page_of(world, "suites") is not None:
        return lambda body: _of_newest(world, body)
    if request.resource == "graphql" and "review_decision" in world.pull and request.number in (None, world.number):
        return lambda body: _replaced(body, "reviewDecision", world.pull["review_decision"])
    return None


def _page_of(world: World, resource: str) -> Record | None:
    found: list[Record] = world.given.get("pagination", [])
    return next((page for page in found if page["resource"] == resource), None)


def _cut(body: Any, key: str | None, query: Any, served: int) -> Any:
    """Only the first so many rows come, over all pages; the count says what it said."""
    size = pages.size(dict(query))
    left = max(0, served - size * (int(query.get("page", 1)) - 1))
    if isinstance(body, list):
        return body[:left]
    return {**body, key: body[key][:left]} if key in body else body


def _of_newest(world: World, body: Any) -> Any:
    suites = paged([], _page_of(world, "suites"), "id")
    newest = {suite["id"] for suite in suites[-NEWEST_SUITES:]}
    rows = [row for row in body.get("check_runs", []) if row["check_suite"]["id"] in newest]
    return {**body, "total_count": len(rows), "check_runs": rows}


def _suites(world: World, request: Request) -> Reply | None:
    page = _page_of(world, "suites")
    if page is None:
        return None
    rows = paged([], page, "id")[::-1]
    listing = Listing(rows, lambda row: _suite(world, row), key="check_suites")
    cut = pages.cut(listing, dict(request.query), world.github.url + request.path)
    body = cut.body
    if "rows_served" in page:
        body = _cut(body, "check_suites", request.query, page["rows_served"])
    return Reply(status=200, body=body, headers=cut.headers)


def _suite(world: World, row: Record) -> Record:
    sha = world.names.sha(row.get("head_sha") or world.head)
    app_id = row.get("app_id")
    app = {"id": app_id, "slug": world.app(app_id).slug} if app_id else None
    return {
        "id": row["id"],
        "head_sha": sha,
        "status": row.get("status", "completed"),
        "conclusion": row.get("conclusion", "success"),
        "app": app,
        "latest_check_runs_count": 1,
    }


def _with_pending(world: World, request: Request) -> Reply | None:
    """All reviews, pending ones too, of which the simulator shows only one's own."""
    repository, number = world.repository, world.number
    rows = repository.reviews.get(number, [])
    if number not in repository.pulls or all(row.state != "PENDING" for row in rows):
        edit = _edited(world, request)
        return None if edit is None else Reply(effect="full", edit=edit)
    view, pull = View(world.github.state, world.github.url), repository.pulls[number]
    cut = pages.cut(
        Listing(rows, lambda row: pulls.review(view, repository, pull, row)),
        dict(request.query),
        world.github.url + request.path,
    )
    return Reply(status=200, body=cut.body, headers=cut.headers)


def _replaced(body: Any, name: str, value: Any) -> Any:
    """With another value wherever that name stands."""
    if isinstance(body, dict):
        return {key: value if key == name else _replaced(part, name, value) for key, part in body.items()}
    return [_replaced(part, name, value) for part in body] if isinstance(body, list) else body


def stale(world: World, request: Request, step: Record, under: Reply | None) -> Reply:
    """Old fields of a pull request, the rows of another SHA, or a list that lacks rows."""
    reply = under or Reply(effect="full")
    if step.get("as_of_sha"):
        reply = replace(reply, path=_as_of(world, request, step["as_of_sha"]))
    before = reply.edit

    def edit(body: Any) -> Any:
        body = before(body) if before else body
        body = _with_fields(world, body, step.get("fields") or {})
        return _without(body, set(step.get("omit_ids") or ()))

    return replace(reply, edit=edit)


def _as_of(world: World, request: Request, symbol: str) -> str:
    sha, asked = world.names.sha(symbol), request.sha or ""
    path = request.path.replace(asked, sha) if asked else request.path
    return f"{path}?{urlencode(dict(request.query))}" if request.query else path


def _with_fields(world: World, body: Any, fields: Record) -> Any:
    if not fields or not isinstance(body, dict):
        return body
    changed = dict(body)
    for name, value in fields.items():
        if name in ("head_sha", "base_sha", "head_ref", "base_ref"):
            side, _, key = name.partition("_")
            changed[side] = {**changed[side], key: world.names.sha(value) if key == "sha" else value}
        elif name == "merge_commit_sha":
            changed[name] = value and world.names.sha(value)
        elif name == "requested_reviewers":
            changed[name] = [{"login": login} for login in value]
        elif name == "merged_by":
            changed[name] = value and {"login": value, "id": world.github.user(value).id, "type": "User"}
        else:
            changed[name] = value
    return changed


def _without(body: Any, omitted: set[int]) -> Any:
    if not omitted:
        return body
    if isinstance(body, list):
        return [row for row in body if row.get("id") not in omitted]
    rows = {key: _without(value, omitted) for key, value in body.items() if isinstance(value, list)}
    return {**body, **rows}
