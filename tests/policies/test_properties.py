"""What holds for any policy on any facts: pure, monotone, and strict within compat."""

import json
import subprocess
import sys
from datetime import datetime
from typing import Any

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from policies.differences import differences
from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, Alteration, ChangedFile, Comment, Commit, PullSnapshot, Review
from policies.policy import MODES, Mode
from tests.policies.conftest import at, build_pull

PEOPLE = ("ana", "bob", "cid", "dan")
LATE = at(55)
BODIES = (":+1:", ":-1:", "ship it", "fine")
MINUTES = st.integers(0, 50).map(at)
WHO = st.sampled_from(PEOPLE)
SHAS = st.sampled_from(["c1", "c2", "s1", "m", "gone"])


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


EDITS: dict[str, st.SearchStrategy[Any]] = {
    "edited_at": st.sampled_from([None] * 8 + [at(30)]),
    "edited_by": st.sampled_from([None] * 12 + ["ana", "bob", NOT_FETCHED]),
}
COMMENTS = st.builds(Comment, author=WHO, body=st.sampled_from(BODIES), created_at=MINUTES, **EDITS)
REVIEWS = st.builds(
    Review,
    id=st.uuids().map(str),
    author=WHO,
    state=st.sampled_from(["approved", "approved", "approved", "changes_requested", "commented"]),
    body=st.sampled_from(BODIES),
    created_at=MINUTES,
    sha=maybe(SHAS),
    **EDITS,
)
ALTERATIONS = st.builds(
    Alteration,
    author=WHO,
    by=WHO,
    what=st.sampled_from(["edited", "deleted"]),
    was=st.sampled_from(BODIES),
    said_at=MINUTES,
    altered_at=MINUTES,
)


@st.composite
def histories(draw: Any) -> tuple[Commit, ...]:
    """One commit, two in a row, a merge of a branch of the pull request, or an update merge."""
    shapes: list[dict[str, tuple[str, ...]]] = [
        {"c1": ("b0",)},
        {"c2": ("b0",), "c1": ("c2",)},
        {"c2": ("b0",), "s1": ("b0",), "c1": ("c2", "s1")},
        {"c2": ("b0",), "c1": ("c2", "b9")},
        {"c2": ("b0",)},
    ]
    return tuple(
        Commit(
            sha=sha,
            parents=parents,
            author=draw(st.sampled_from([None, "ana", "ana", "ana", "dan"])),
            committed_via_web=draw(st.booleans()),
            pushed_at=draw(st.sampled_from([None, at(1), at(5), at(20)])),
        )
        for sha, parents in draw(st.sampled_from(shapes[:-1] * 3 + shapes)).items()
    )


SNAPSHOTS = st.builds(
    build_pull,
    commits=histories(),
    comments=st.lists(COMMENTS, max_size=3).map(tuple),
    reviews=st.lists(REVIEWS, max_size=4).map(tuple),
    labels=st.sampled_from([(), ("x",), ("x",), ("x",), NOT_FETCHED]),
    files=st.just((ChangedFile(filename="a", status="added"),)),
    alterations=st.sampled_from([0, 0, 0, 1]).flatmap(lambda most: st.lists(ALTERATIONS, max_size=most).map(tuple)),
    head_seen_at=st.sampled_from([NOT_FETCHED, None, at(2), at(30)]),
    body=st.sampled_from(["", "ship it"]),
    permissions=st.lists(st.sampled_from(["none", "read", "write"]), min_size=4, max_size=4).map(
        lambda levels: tuple(zip(PEOPLE, levels, strict=True))
    ),
)
ACTORS = st.fixed_dictionaries(
    {"users": st.lists(WHO, min_size=1, max_size=3)}, optional={"permissions": st.just(["write"])}
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "has_labels": st.just(["x"]),
        "only_has_contributors_in": ACTORS,
        "has_contributor_in": ACTORS,
        "no_changed_files": st.sampled_from([{"paths": ["^b"]}, {"globs": ["b"]}, {"globs": ["["]}]),
        "changed_files": st.sampled_from([{"paths": ["a"]}, {"globs": ["{a,["]}]),
    },
)
METHODS = st.fixed_dictionaries(
    {},
    optional={
        "comments": st.just(["ship it"]),
        "github_review": st.booleans(),
        "github_review_comment_patterns": st.just(["^ship"]),
        "body_patterns": st.just(["^ship"]),
    },
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ["allow_author", "allow_contributor", "invalidate_on_push", "ignore_update_merges"], st.booleans()
        ),
        "ignore_edited_comments": st.just(False),
        "ignore_commits_by": st.fixed_dictionaries({"users": st.lists(WHO, max_size=2)}),
        "methods": METHODS,
    },
)


@st.composite
def rules(draw: Any, name: str) -> dict[str, Any]:
    is_conditional = draw(st.integers(0, 2)) == 0
    asks = {"count": draw(st.integers(0, 2)), **draw(ACTORS)}
    return {
        "name": name,
        "if": draw(CONDITIONS) if is_conditional else {},
        "options": draw(OPTIONS),
        "requires": {**asks, "conditions": draw(CONDITIONS)} if draw(st.integers(0, 3)) == 0 else asks,
    }


NAMES = st.sampled_from(["a", "b", "c"])
TREES = st.recursive(
    NAMES,
    lambda inner: st.builds(
        lambda kind, children: {kind: children}, st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)
DISAPPROVALS = st.fixed_dictionaries({}, optional={"if": CONDITIONS, "requires": ACTORS})


def policies(disapprovals: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    branches = {"approval": st.lists(TREES, min_size=1, max_size=2), "disapproval": disapprovals}
    all_rules = st.tuples(rules("a"), rules("b"), rules("c")).map(list)
    return st.fixed_dictionaries({"policy": st.fixed_dictionaries(branches), "approval_rules": all_rules}).map(
        json.dumps
    )


@settings(max_examples=200)
@given(policies(DISAPPROVALS), SNAPSHOTS)
def test_strict_never_approves_what_compat_does_not_and_says_why(text: str, snapshot: PullSnapshot) -> None:
    policy = parse(text)
    compat, strict = (evaluate(policy, snapshot, mode) for mode in MODES)
    event(f"compat {compat.status}, strict {strict.status}")
    assert strict.status != "approved" or compat.status == "approved"
    assert bool(differences(compat, strict)) is (compat.status != strict.status)


@settings(max_examples=200)
@given(policies(st.just({})), SNAPSHOTS, WHO, st.sampled_from(MODES))
def test_a_further_approval_takes_none_away(text: str, snapshot: PullSnapshot, login: str, mode: Mode) -> None:
    policy = parse(text)
    before = evaluate(policy, snapshot, mode).status
    after = evaluate(policy, _approved_by(login, snapshot, LATE), mode).status
    event(f"{mode}: {before}, then {after}")
    assert before != "approved" or after == "approved"


def _approved_by(login: str, snapshot: PullSnapshot, moment: datetime) -> PullSnapshot:
    review = Review(
        id="further",
        author=login,
        state="approved",
        body="ship it",
        created_at=moment,
        edited_at=None,
        edited_by=None,
        sha=snapshot.head_sha,
    )
    return snapshot.model_copy(update={"reviews": (*snapshot.reviews, review)})


ELSEWHERE = """
import sys
from policies.differences import differences
from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
lines = iter(sys.stdin.read().splitlines())
for text, facts in zip(lines, lines):
    for mode in ("compat", "strict"):
        print(evaluate(parse(text), PullSnapshot.model_validate_json(facts), mode).to_json())
"""


@settings(max_examples=1, phases=[Phase.generate], derandomize=True)
@given(st.lists(st.tuples(policies(DISAPPROVALS), SNAPSHOTS), min_size=40, max_size=40))
def test_the_same_facts_give_the_same_result_in_another_process(batch: list[tuple[str, PullSnapshot]]) -> None:
    given_facts = "".join(f"{text}\n{snapshot.model_dump_json()}\n" for text, snapshot in batch)
    here = [evaluate(parse(text), snapshot, mode).to_json() for text, snapshot in batch for mode in MODES]
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE],
            input=given_facts,
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
        )
        assert done.stdout.splitlines() == here
