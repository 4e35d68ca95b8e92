"""Every webhook has the shape of GitHub's own examples, and says what happened to whom."""

import json
from collections.abc import Callable
from typing import Any

import pytest

W = "acme/widget"
EVENTS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "opened": ("pull_request", lambda t, h: h.open_pull(W, "more", by="bob", draft="draft")),
    "synchronize": ("pull_request", lambda t, h: h.push(W, "feature", {"c.py": "1"}, by="bob")),
    "closed": ("pull_request", lambda t, h: h.close(W, 1, by="bob")),
    "merged": ("pull_request", lambda t, h: h.merge(W, 1, by="alice")),
    "merged by squash": ("push", lambda t, h: h.merge(W, 1, by="alice", method="squash")),
    "forced": ("push", lambda t, h: h.force_push(W, "more", t.github.state.pull(W, 1).base_sha, by="mia")),
    "auto-merge enabled": ("pull_request", lambda t, h: h.enable_auto_merge(W, 1, by="mia")),
    "auto-merge disabled": (
        "pull_request",
        lambda t, h: h.enable_auto_merge(W, 1, by="mia") and h.disable_auto_merge(W, 1, by="mia"),
    ),
    "deployment": ("deployment", lambda t, h: h.deploy(W, "feature", by="alice")),
    "deployment status": (
        "deployment_status",
        lambda t, h: h.deployed(W, t.github.deploy(W, "feature", by="alice").id, by="alice"),
    ),
    "reopened": ("pull_request", lambda t, h: h.reopen(W, 1, by="bob")),
    "retargeted": ("pull_request", lambda t, h: h.retarget(W, 1, "more", by="bob")),
    "edited": ("pull_request", lambda t, h: h.edit_pull(W, 1, by="bob", title="Other")),
    "labeled": ("pull_request", lambda t, h: h.label(W, 1, "ready", by="alice")),
    "unlabeled": ("pull_request", lambda t, h: h.label(W, 1, "x", by="alice") and h.unlabel(W, 1, "x", by="alice")),
    "converted_to_draft": ("pull_request", lambda t, h: h.convert_to_draft(W, 1, by="bob")),
    "ready_for_review": ("pull_request", lambda t, h: h.mark_ready(W, 1, by="bob")),
    "submitted": ("pull_request_review", lambda t, h: h.review(W, 1, by="alice")),
    "review edited": (
        "pull_request_review",
        lambda t, h: h.edit_review(W, 1, t.github.review(W, 1, by="alice").id, by="alice", body="so"),
    ),
    "dismissed": (
        "pull_request_review",
        lambda t, h: h.dismiss(W, 1, t.github.review(W, 1, by="alice").id, by="mia"),
    ),
    "comment created": ("issue_comment", lambda t, h: h.comment(W, 1, by="alice", body="hi")),
    "comment edited": (
        "issue_comment",
        lambda t, h: h.edit_comment(W, 1, t.github.comment(W, 1, by="alice", body="a").id, by="alice", body="b"),
    ),
    "comment deleted": (
        "issue_comment",
        lambda t, h: h.delete_comment(W, 1, t.github.comment(W, 1, by="alice", body="a").id, by="mia"),
    ),
    "status": ("status", lambda t, h: h.set_status(W, t.head, by="alice", context="ci", description="d")),
    "check_run": ("check_run", lambda t, h: h.check_run(W, t.head, app_id=t.app.id)),
    "check_run created": ("check_run", lambda t, h: h.check_run(W, t.head, app_id=t.app.id, status="queued")),
    "check_suite": ("check_suite", lambda t, h: h.check_run(W, t.head, app_id=t.app.id)),
    "push": ("push", lambda t, h: h.push(W, "feature", {"c.py": "1"}, by="bob")),
    "push to a new branch": ("push", lambda t, h: h.push(W, "new", {"c.py": "1"}, by="bob")),
    "branch made": ("create", lambda t, h: h.create_branch(W, "new", by="bob")),
    "branch deleted": ("delete", lambda t, h: h.delete_branch(W, "feature", by="bob")),
    "push of a deletion": ("push", lambda t, h: h.delete_branch(W, "feature", by="bob")),
    "label": ("label", lambda t, h: h.create_label(W, "new", by="alice")),
    "repository renamed": ("repository", lambda t, h: h.rename(W, "acme/gadget", by="root")),
    "body edited": ("pull_request", lambda t, h: h.edit_body(W, 1, "Other", by="mia")),
    "updated": ("pull_request", lambda t, h: h.update_branch(W, 1, by="mia")),
    "review requested": ("pull_request", lambda t, h: h.request_review(W, 1, "mia", by="bob")),
    "team asked": ("pull_request", lambda t, h: h.request_review(W, 1, team="core", by="bob")),
    "review request removed": ("pull_request", lambda t, h: h.unrequest_review(W, 1, "mia", by="bob")),
    "check_run updated": (
        "check_run",
        lambda t, h: h.update_check_run(
            W,
            t.github.check_run(W, t.head, app_id=t.app.id, status="queued").id,
            status="completed",
            conclusion="failure",
        ),
    ),
    "workflow_run": ("workflow_run", lambda t, h: h.workflow_run(W, t.head, by="bob")),
    "workflow_run requested": ("workflow_run", lambda t, h: h.workflow_run(W, t.head, by="bob", status="queued")),
    "membership added": ("membership", lambda t, h: h.add_to_team("acme", "core", "mia", by="root")),
    "membership removed": ("membership", lambda t, h: h.remove_from_team("acme", "core", "alice", by="root")),
    "member added to the organization": ("organization", lambda t, h: h.add_member("acme", "mia", by="root")),
    "member removed from the organization": ("organization", lambda t, h: h.remove_member("acme", "alice", by="root")),
    "team created": ("team", lambda t, h: h.create_team("acme", "new", by="root")),
    "team deleted": ("team", lambda t, h: h.delete_team("acme", "core", by="root")),
    "team added": ("team", lambda t, h: h.add_team_to_repository(W, "core", "write", by="root")),
    "team removed": ("team", lambda t, h: h.remove_team_from_repository(W, "core", by="root")),
    "collaborator added": ("member", lambda t, h: h.grant(W, "zoe", "write", by="root")),
    "collaborator edited": ("member", lambda t, h: h.grant(W, "bob", "write", by="root")),
    "collaborator removed": ("member", lambda t, h: h.grant(W, "bob", "none", by="root")),
    "merge group": ("merge_group", lambda t, h: h.enqueue(W, 1, by="alice")),
    "merge group destroyed": ("merge_group", lambda t, h: h.enqueue(W, 1, by="alice") and h.dequeue(W, 1)),
    "installation created": ("installation", lambda t, h: h.install(t.app, "acme", by="root")),
    "installation deleted": ("installation", lambda t, h: h.uninstall(t.installation, by="root")),
    "installation suspended": ("installation", lambda t, h: h.suspend(t.installation, by="root")),
    "installation unsuspended": ("installation", lambda t, h: h.unsuspend(t.installation, by="root")),
    "repositories removed": ("installation_repositories", lambda t, h: h.select(t.installation, by="root")),
    "repositories added": (
        "installation_repositories",
        lambda t, h: h.select(t.github.select(t.installation), W, by="root"),
    ),
    "ping": ("ping", lambda t, h: h.ping()),
}


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVENTS)
def test_it_sends_what_all_of_githubs_examples_have(
    name: str, town: Any, hooks: Any, receiver: Any, cases: Any
) -> None:
    event, happen = EVENTS[name]
    town.github.create_branch(W, "more", at="feature")
    happen(town, hooks)
    body = receiver.bodies(event)[-1]
    found = _differences(_shape(_examples(cases, event)), body, event)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("name", EVENTS)
def test_it_tells_of_everything_that_happens(name: str, town: Any, hooks: Any, receiver: Any) -> None:
    event, happen = EVENTS[name]
    town.github.create_branch(W, "more", at="feature")
    happen(town, hooks)
    body = receiver.bodies(event)[-1]
    assert body["sender"]["login"] in town.github.state.users
    known = {None, *town.github.state.installations, town.installation.id}
    assert body.get("installation", {"id": None})["id"] in known


def test_it_says_how_a_comment_was_and_who_changed_it(town: Any, hooks: Any, receiver: Any) -> None:
    said = town.github.comment(W, 1, by="alice", body=":+1:")
    hooks.edit_comment(W, 1, said.id, by="mia", body="no")
    hooks.delete_comment(W, 1, said.id, by="root")
    edited, deleted = receiver.bodies("issue_comment")
    assert (edited["changes"], edited["sender"]["login"], edited["comment"]["body"]) == (
        {"body": {"from": ":+1:"}},
        "mia",
        "no",
    )
    assert (deleted["action"], deleted["sender"]["login"], deleted["comment"]["user"]["login"]) == (
        "deleted",
        "root",
        "alice",
    )


def test_it_tells_of_the_organization_only_where_the_app_is_installed(town: Any, hooks: Any, receiver: Any) -> None:
    town.github.add_organization("other", teams={"core": {}})
    hooks.add_to_team("other", "core", "zoe", by="zoe")
    hooks.remove_member("acme", "alice", by="root")
    assert receiver.events() == [("organization", "member_removed"), ("membership", "removed")]
    body = receiver.bodies("membership")[0]
    assert (body["team"]["slug"], body["member"]["login"], body["organization"]["login"]) == ("core", "alice", "acme")
    assert ("repository" in body, body["installation"]["id"]) == (False, town.installation.id)


def test_it_tells_both_values_of_a_custom_property(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.set_property(W, "tier", "gold", by="root")
    hooks.set_property(W, "tier", ("a", "b"), by="root")
    body = receiver.bodies("custom_property_values")[-1]
    assert body["action"] == "updated"
    assert body["new_property_values"] == [{"property_name": "tier", "value": ["a", "b"]}]
    assert body["old_property_values"] == [{"property_name": "tier", "value": "gold"}]


def test_it_tells_which_repositories_an_installation_gained_and_lost(town: Any, hooks: Any, receiver: Any) -> None:
    town.github.add_repository("acme/other")
    hooks.select(town.installation, "acme/other", by="root")
    hooks.select(town.github.state.installations[town.installation.id], "acme/widget", by="root")
    told = [
        (b["action"], *([r["full_name"] for r in b[f"repositories_{w}"]] for w in ("added", "removed")))
        for b in receiver.bodies("installation_repositories")
    ]
    assert told == [
        ("removed", [], ["acme/widget"]),
        ("added", ["acme/widget"], []),
        ("removed", [], ["acme/other"]),
    ]


def test_it_says_what_a_collaborator_could_do_before(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.grant(W, "mia", "read", by="root")
    hooks.grant(W, "zoe", "maintain", by="root")
    assert [(b["action"], b["changes"]) for b in receiver.bodies("member")] == [
        ("edited", {"old_permission": {"from": "write"}}),
        ("added", {"permission": {"to": "write"}}),
    ]


def test_it_tells_of_all_that_is_written_through_the_api(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.echo()
    review = town.github.review(W, 1, by="alice")
    asked = f"/repos/{W}/pulls/1/requested_reviewers"
    for method, path, body in (
        ("POST", f"/repos/{W}/check-runs", {"name": "policy", "head_sha": town.head, "conclusion": "failure"}),
        ("PUT", f"/repos/{W}/pulls/1/reviews/{review.id}/dismissals", {"message": "Pushed."}),
        ("POST", asked, {"reviewers": ["mia"]}),
        ("DELETE", asked, {"reviewers": ["mia"]}),
        ("POST", asked, {"reviewers": ["stranger"]}),
    ):
        town.ask(method, path, body)
        hooks.settle()
    assert receiver.events() == [
        ("check_run", "completed"),
        ("check_suite", "completed"),
        ("pull_request_review", "dismissed"),
        ("pull_request", "review_requested"),
        ("pull_request", "review_request_removed"),
    ]
    assert {b["sender"]["login"] for b in receiver.bodies("pull_request")} == {"mergegate[bot]"}


SAID = {
    "issue_comment": ("POST", "issues/1/comments", {"body": "Blocked."}),
    "pull_request": ("POST", "issues/1/labels", {"labels": ["ready"]}),
    "pull_request_review": ("POST", "pulls/1/reviews", {"event": "APPROVE", "body": "Fine."}),
}


@pytest.mark.parametrize("event", SAID)
def test_it_sends_the_same_of_what_is_written_through_the_api(
    event: str, town: Any, hooks: Any, receiver: Any, cases: Any
) -> None:
    hooks.echo()
    method, path, body = SAID[event]
    town.ask(method, f"/repos/acme/widget/{path}", body)
    hooks.settle()
    (told,) = receiver.bodies(event)
    assert told["sender"]["login"] == "mergegate[bot]"
    found = _differences(_shape(_examples(cases, event)), told, event)
    assert found == [], "\n".join(found)


def _examples(cases: Any, event: str) -> list[Any]:
    entries = json.loads((cases / "webhook_examples.json").read_text())
    found: list[Any] = next(e["examples"] for e in entries if e["name"] == event)
    return found


def _kind(value: Any) -> str:
    return {bool: "truth", int: "number", float: "number", str: "text", list: "list", dict: "object"}.get(
        type(value), "null"
    )


def _shape(values: list[Any]) -> dict[str, Any]:
    """The kinds that a value has in all examples, with the keys that are in every one of them."""
    objects = [v for v in values if isinstance(v, dict)]
    items = [item for v in values if isinstance(v, list) for item in v]
    keys = set(objects[0]).intersection(*objects) if objects else set()
    return {
        "kinds": {_kind(v) for v in values},
        "keys": {key: _shape([o[key] for o in objects]) for key in sorted(keys)},
        "items": _shape(items) if items else None,
    }


def _differences(shape: dict[str, Any], value: Any, where: str) -> list[str]:
    """What is missing or of a kind that no example has; a value that is null in all examples may be anything."""
    if shape["kinds"] != {"null"} and _kind(value) not in shape["kinds"]:
        return [f"{where} is {_kind(value)}, not {sorted(shape['kinds'])}"]
    found = []
    if isinstance(value, dict) and not where.endswith(".permissions"):  # those an App holds, which differ
        for key, inner in shape["keys"].items():
            place = f"{where}.{key}"
            found += _differences(inner, value[key], place) if key in value else [f"{place} is missing"]
    if isinstance(value, list) and shape["items"]:
        for item in value:
            found += _differences(shape["items"], item, f"{where}[]")
    return found
