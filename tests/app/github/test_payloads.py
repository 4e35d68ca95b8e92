"""Bodies of webhooks: what becomes an event, of GitHub's own examples and of mutated ones."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.events import Event
from app.github import payloads
from app.github.fields import Malformed
from app.github.kinds import KINDS
from app.github.payloads import Ignored
from tests.app.github.judged_bodies import judge

MUTATIONS = 20
JUNK: tuple[Any, ...] = (None, True, -1, 0, 2**63, 1.5, "", "x\x00y", "\ud800", [], [None], {}, {"id": "1"})
IGNORED_REASONS = {
    "ping",
    "ping_of_another_shape",
    "unknown_event",
    "unknown_action",
    "comment_on_an_issue",
    "push_of_a_tag",
}


@pytest.fixture(scope="module")
def examples(cases: Path) -> list[tuple[str, dict[str, Any]]]:
    """GitHub's own example payloads: (event name, payload)."""
    listed = json.loads((cases / "webhook_examples.json").read_text("utf-8"))
    return [(event["name"], payload) for event in listed for payload in event["examples"]]


def test_every_example_of_github_s_is_an_event_or_ignored_for_a_known_reason(
    examples: list[tuple[str, dict[str, Any]]],
) -> None:
    results = [payloads.normalize(name, payloads.parse(json.dumps(payload).encode())) for name, payload in examples]
    assert len(results) == 329
    assert {result.reason for result in results if isinstance(result, Ignored)} <= IGNORED_REASONS
    understood = {name for name, _ in examples} & set(KINDS)
    assert understood == set(KINDS) - {"repository_ruleset", "custom_property_values"}
    assert {result.name for result in results if isinstance(result, Event)} == understood - {"issue_comment"}


def test_mutated_examples_are_judged_and_never_fail_otherwise(examples: list[tuple[str, dict[str, Any]]]) -> None:
    for index, (name, payload) in enumerate(examples):
        for mutated in mutate(payload, random.Random(index)):
            assert isinstance(judge(name, mutated), Event | Ignored | Malformed)


def test_a_body_under_another_event_s_name_is_refused(examples: list[tuple[str, dict[str, Any]]]) -> None:
    accepted = {
        (name, other)
        for name, payload in examples
        for other in KINDS
        if name in KINDS and other != name and not isinstance(judge(other, payload), Malformed)
    }
    assert accepted == {("organization", "installation")}, "an organization's body has an installation and no more"


def mutate(payload: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Copies of a payload with one thing wrong each: a key dropped or given junk, the head of a fork or of none."""
    for _ in range(MUTATIONS - 2):
        changed = copy.deepcopy(payload)
        parent, key = chance.choice(list(_places(changed)))
        if chance.random() < 0.3:
            del parent[key]
        else:
            parent[key] = chance.choice(JUNK)
        yield changed
    yield from (_with_head(payload, repo) for repo in ({"id": 2, "full_name": "evil/fork", "fork": True}, None))


def _places(value: Any, depth: int = 0) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, dict) and depth < 4:
        for key in value:
            yield value, key
            yield from _places(value[key], depth + 1)
    elif isinstance(value, list) and value:
        yield from _places(value[0], depth + 1)


def _with_head(payload: dict[str, Any], repo: dict[str, Any] | None) -> dict[str, Any]:
    changed = copy.deepcopy(payload)
    for subject in changed.values():
        if isinstance(subject, dict) and isinstance(subject.get("head"), dict):
            subject["head"]["repo"] = repo
    return changed
