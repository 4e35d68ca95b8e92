"""Webhooks of what is done at GitHub, and of what is written through its API: told, told alike, or not told."""

from typing import Any

W = "acme/widget"


def test_it_names_the_installation_and_the_sender(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.review(W, 1, by="alice", state="CHANGES_REQUESTED")
    body = receiver.bodies("pull_request_review")[-1]
    assert body["installation"]["id"] == town.installation.id
    assert body["sender"]["login"] == "alice"
    assert body["repository"]["full_name"] == W
    assert body["review"]["state"] == "changes_requested"
    assert body["organization"]["login"] == "acme"


def test_it_tells_a_push_and_the_pull_request_that_it_moves(town: Any, hooks: Any, receiver: Any) -> None:
    commit = hooks.push(W, "feature", {"c.py": "1"}, by="bob")
    assert receiver.events() == [("push", None), ("pull_request", "synchronize")]
    pull = receiver.bodies("pull_request")[-1]
    assert (pull["before"], pull["after"], pull["pull_request"]["head"]["sha"]) == (town.head, commit.sha, commit.sha)


def test_it_tells_a_suite_only_when_all_its_runs_are_done(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.check_run(W, town.head, app_id=town.app.id, name="slow", status="in_progress")
    hooks.check_run(W, town.head, app_id=town.app.id, name="fast")
    assert receiver.events() == [("check_run", "created"), ("check_run", "completed")]


def test_it_stays_silent_where_the_verb_is_silent(town: Any, hooks: Any, receiver: Any) -> None:
    town.github.push(W, "feature", {"c.py": "1"}, by="bob")
    town.github.review(W, 1, by="alice")
    assert receiver.events() == []


def test_it_stays_silent_about_events_and_places_the_app_did_not_ask_for(town: Any, hooks: Any, receiver: Any) -> None:
    github = town.github
    github.add_repository("zoe/own", files={"a": "1"})
    hooks.push("zoe/own", "main", {"a": "2"}, by="zoe")
    other = github.add_app("other", events=("push",), hook_url=receiver.url)
    github.install(other, "zoe")
    github.push("zoe/own", "topic", {"a": "3"}, by="zoe")
    hooks.open_pull("zoe/own", "topic", by="zoe")
    assert receiver.events() == []


def test_it_tells_of_statuses_written_through_the_api(town: Any, hooks: Any, receiver: Any) -> None:
    path = f"/repos/acme/widget/statuses/{town.head}"
    town.ask("POST", path, {"state": "pending"})
    hooks.echo()
    town.ask("POST", path, {"state": "success"})
    hooks.settle()
    assert [(b["state"], b["sender"]["login"]) for b in receiver.bodies("status")] == [("success", "mergegate[bot]")]


def test_it_tells_what_a_comment_changed_through_the_api_said_before(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.echo()
    made = town.ask("POST", "/repos/acme/widget/issues/1/comments", {"body": "a"}).body
    town.ask("PATCH", f"/repos/acme/widget/issues/comments/{made['id']}", {"body": "b"})
    hooks.settle()
    told = sorted(receiver.bodies("issue_comment"), key=lambda body: body["action"])
    assert [(b["action"], b.get("changes")) for b in told] == [
        ("created", None),
        ("edited", {"body": {"from": "a"}}),
    ]
    assert told[1]["comment"]["performed_via_github_app"]["id"] == town.app.id


def test_it_tells_of_each_label_that_came_or_went(town: Any, hooks: Any, receiver: Any) -> None:
    town.github.label(W, 1, "stays")
    town.github.label(W, 1, "goes")
    hooks.echo()
    town.ask("PUT", "/repos/acme/widget/issues/1/labels", {"labels": ["stays", "reviews"]})
    town.ask("POST", "/repos/acme/widget/issues/1/labels", {"labels": ["stays"]})
    town.ask("DELETE", "/repos/acme/widget/issues/1/labels/reviews")
    town.ask("DELETE", "/repos/acme/widget/issues/1/labels")
    hooks.settle()
    told = [(b["action"], b["label"]["name"]) for b in receiver.bodies("pull_request")]
    assert sorted(told) == [
        ("labeled", "reviews"),
        ("unlabeled", "goes"),
        ("unlabeled", "reviews"),
        ("unlabeled", "stays"),
    ]


def test_it_tells_nobody_of_a_pending_review(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.echo()
    town.ask("POST", "/repos/acme/widget/pulls/1/reviews", {"body": "Not yet."})
    hooks.settle()
    assert receiver.events() == []
