"""Every shared policy case is answered as policy-bot did, and what is answered otherwise fails."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import policy, policy_expected
from tests.conformance.policy_facts import Record

CASES = os.environ.get("MERGEGATE_CASES")
needs_cases = pytest.mark.skipif(CASES is None, reason="MERGEGATE_CASES is unset: the shared policy cases are not here")
MINIMUM = {"policy_cases.jsonl": 1215, "policy_fuzz.jsonl": 820}
RULE = "policy: {approval: [r]}\napproval_rules: [{name: r, requires: {count: 1, users: [bob]}}]"
PULL = {
    "author": "ana",
    "created_at": "2024-03-01T12:00:00Z",
    "base_ref": "main",
    "head_sha": "c1",
    "commits": [{"sha": "c1", "parents": [], "author": "ana", "committer": "ana"}],
    "comments": [{"author": "bob", "body": ":+1:", "created_at": "2024-03-01T12:05:00Z"}],
}
STATUS = {"context": "policy-bot: main", "state": "success", "description": "All rules are approved", "posted": True}
SKIPPED = "No disapproval policy is specified or the policy is empty"
LEAF = {
    "kind": "rule",
    "name": "r",
    "effective_status": "approved",
    "status_description": "Approved by bob",
    "requires": {"approvers": [{"type": "comment", "user": "bob"}]},
}
TREE = {
    "kind": "policy",
    "name": "policy",
    "effective_status": "approved",
    "status_description": "All rules are approved",
    "children": [
        {
            "kind": "approval",
            "name": "approval",
            "effective_status": "approved",
            "status_description": "All rules are approved",
            "children": [LEAF],
        },
        {"kind": "disapproval", "name": "disapproval", "effective_status": "skipped", "status_description": SKIPPED},
    ],
}
EXPECTED: Record = {
    "phase": "evaluate",
    "status": "approved",
    "description": "All rules are approved",
    "commit_status": STATUS,
    "triggers": ["commit", "comment", "review"],
    "result": TREE,
}
RIGHT: Record = {"id": "right", "policy": RULE, "pull": PULL, "expected": EXPECTED}
REFUSED = {"phase": "input", "status": "error", "error_kind": "input", "commit_status": None}


def failing(**wrong: Any) -> Record:
    return {**RIGHT, "expected": {**EXPECTED, **wrong}}


OTHERWISE = {
    "phase": failing(phase="trigger"),
    "status": failing(status="pending"),
    "description": failing(description="All rules approve"),
    "commit_status": failing(commit_status={**STATUS, "posted": False}),
    "triggers": failing(triggers=["commit"]),
    "result": failing(result={**TREE, "children": [TREE["children"][0]]}),
    "review_requests": failing(review_requests={"rules": ["r"]}),
    "dismiss_reviews": failing(dismiss_reviews=[{"review_id": "R1", "reason": "Comment was edited"}]),
    "remote": failing(remote={"remote": "a/b", "path": "", "ref": ""}),
}


@needs_cases
@pytest.mark.parametrize("name", sorted(MINIMUM))
def test_it_answers_every_shared_case_as_policy_bot_does(name: str) -> None:
    cases = policy.read(Path(CASES or ".") / name)
    assert [line for case in cases if (line := policy.run(case))] == []
    assert len(cases) >= MINIMUM[name]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Cases -> the exit code and the lines printed."""

    def answer(*cases: Any) -> tuple[int, list[str]]:
        file = tmp_path / "cases.jsonl"
        file.write_text("".join(f"{case if isinstance(case, str) else json.dumps(case)}\n" for case in cases))
        return policy.main([str(file)]), capsys.readouterr().out.splitlines()

    return answer


def test_it_passes_what_is_right(run: Any) -> None:
    assert run(RIGHT, RIGHT) == (0, ["2 passed, 0 failed"])


@pytest.mark.parametrize("key", sorted(OTHERWISE))
def test_it_fails_what_differs_and_says_where(run: Any, key: str) -> None:
    code, lines = run(RIGHT, OTHERWISE[key])
    assert (code, lines[-1]) == (1, "1 passed, 1 failed")
    assert lines[0].startswith(f"FAILED right: {key}: expected ")


def test_it_leaves_to_chance_which_of_several_signers_is_named() -> None:
    named = 'Contributor "%s" does not meet the required membership conditions for signing'
    assert policy_expected.settled(named % "bob") == policy_expected.settled(named % 'cid "c"')
    assert policy_expected.settled("Commit c1 has no signature") == "Commit c1 has no signature"


def test_it_compares_only_two_keys_where_policy_bot_breaks(run: Any) -> None:
    panic = {"phase": "parse_policy", "status": "error", "error_kind": "panic", "commit_status": None}
    broken = {**RIGHT, "policy": "approval_rules: [~]", "expected": panic}
    assert run(broken) == (0, ["1 passed, 0 failed"])
    assert run({**broken, "policy": "{}"})[0] == 1


@pytest.mark.parametrize(
    "case",
    [
        {**RIGHT, "surprise": 1},
        {**RIGHT, "pull": {**PULL, "surprise": 1}},
        {**RIGHT, "pull": {**PULL, "comments": [{"surprise": 1}]}},
        {**RIGHT, "event_trigger": ["surprise"]},
        {**RIGHT, "simulate": {"add_reviews": [{"surprise": 1}]}},
        {**RIGHT, "server_options": "surprise: 1"},
        {**RIGHT, "pull": {**PULL, "created_at": "yesterday"}},
    ],
)
def test_it_refuses_unknown_words_of_a_case(run: Any, case: Record) -> None:
    assert run({**case, "expected": REFUSED}) == (0, ["1 passed, 0 failed"])
    assert run(case)[0] == 1


@pytest.mark.parametrize("line", ["{", "[]", "7", '{"id": "x"}'])
def test_it_says_in_a_sentence_which_line_is_no_case(run: Any, line: str) -> None:
    code, lines = run(RIGHT, line)
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("Line 2 of ")


def test_it_says_in_a_sentence_which_file_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert policy.main([str(tmp_path / "none.jsonl")]) == 2
    assert capsys.readouterr().out.startswith("The file of cases ")


def test_a_file_without_cases_does_not_pass(run: Any) -> None:
    assert run() == (1, ["0 passed, 0 failed"])
