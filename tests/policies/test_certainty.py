"""Whether a verdict hangs on facts that nobody fetched."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.certainty import missing_facts, settled
from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, ChangedFile
from policies.mode import MODES, Mode
from policies.result import Result
from tests.policies.conftest import at, build_pull

RULES = """
approval_rules:
- name: fine
- name: waits
  requires: {count: 1, users: [zoe]}
- name: leaves out
  if: {has_labels: [urgent]}
- name: hangs
  if: {changed_files: {paths: ["a"]}}
  requires: {conditions: {changed_files: {paths: ["b"]}}}
"""
DISAPPROVAL = '\n  disapproval: {if: {changed_files: {paths: ["c"]}}}'
TREES = st.recursive(
    st.sampled_from(["fine", "waits", "leaves out", "hangs"]),
    lambda inner: st.builds(
        lambda kind, children: f"{{{kind}: [{', '.join(children)}]}}",
        st.sampled_from(["and", "or"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
ANSWERS = ("", "a", "ab", "abc", "c")


def written(*nodes: str, disapproval: str = "") -> str:
    return f"policy:\n  approval: [{', '.join(nodes)}]{disapproval}{RULES}"


def changed(names: str) -> dict[str, Any]:
    return {"files": tuple(ChangedFile(filename=name, status="modified") for name in names)}


def without_files(text: str, mode: Mode) -> Result:
    return evaluate(parse(text), build_pull(files=NOT_FETCHED), mode)


def end(text: str, mode: Mode = "compat") -> str | None:
    found = settled(without_files(text, mode), mode)
    return found.status if found else None


@given(st.lists(TREES, min_size=1, max_size=3), st.sampled_from(["", DISAPPROVAL]), st.sampled_from(MODES))
def test_what_is_certain_stays_so_whatever_the_fact_turns_out_to_be(
    nodes: list[str], disapproval: str, mode: Mode
) -> None:
    text = written(*nodes, disapproval=disapproval)
    if (certain := end(text, mode)) is not None:
        policy = parse(text)
        ends = [evaluate(policy, build_pull(**changed(names)), mode).status for names in ANSWERS]
        assert ends == [certain] * len(ANSWERS)


@pytest.mark.parametrize("mode", MODES)
def test_it_names_the_fact_that_a_rule_hangs_on(mode: Mode) -> None:
    text = written("fine", "hangs")
    assert end(text, mode) is None
    assert missing_facts(without_files(text, mode)) == ("files",)


def test_what_is_still_waited_for_waits_whatever_is_missing() -> None:
    found = settled(without_files(written("{or: [hangs, fine]}", "waits", "hangs"), "compat"), "compat")
    assert found is not None
    assert (found.status, found.error, found.missing_fact) == ("pending", "", "")
    assert found.description == "pending even without files"


def test_a_disapproval_that_cannot_be_told_puts_an_approval_in_doubt() -> None:
    assert end(written("fine", disapproval=DISAPPROVAL)) is None


def test_what_may_have_been_tampered_with_puts_an_approval_in_doubt(says: Any) -> None:
    text = "policy: {approval: [r]}\napproval_rules: [{name: r, requires: {count: 1, users: [bob]}}]"
    edited = says("bob", ":+1:", 10, edited_at=at(20))
    found = evaluate(parse(text), build_pull(comments=(edited,)), "strict")
    assert (found.children[0].status, settled(found, "strict")) == ("approved", None)
    assert missing_facts(found) == ("edited_by",)


def test_an_approval_beside_what_is_missing_decides() -> None:
    assert end(written("{or: [fine, hangs]}")) == "approved"


def test_a_wait_beside_what_is_missing_does_not_decide() -> None:
    assert end(written("{or: [waits, hangs]}")) is None
