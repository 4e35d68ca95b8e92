"""What labels make of the rules for one pull request."""

import pytest

from policies.merging import labelled
from policies.merging.rules import MergeRules, MethodLabel

METHODS = MergeRules(
    method_labels=(MethodLabel(label="Keep", method="merge"), MethodLabel(label="line", method="rebase"))
)


@pytest.mark.parametrize(
    ("labels", "method"),
    [((), "squash"), (("other",), "squash"), (("keep",), "merge"), (("LINE",), "rebase"), (("line", "keep"), "merge")],
)
def test_a_label_chooses_the_method_and_the_first_of_the_file_counts(labels: tuple[str, ...], method: str) -> None:
    assert labelled.rules(METHODS, labels).method == method


@pytest.mark.parametrize(
    ("rules", "labels", "updates"),
    [
        (MergeRules(), ("fresh",), False),
        (MergeRules(update_branch=True), (), True),
        (MergeRules(update_branch=True, update_branch_labels=("fresh",)), (), False),
        (MergeRules(update_branch=True, update_branch_labels=("fresh",)), ("Fresh",), True),
        (MergeRules(update_branch=True, update_branch_ignore_labels=("stale",)), ("stale",), False),
        (MergeRules(update_branch=True, update_branch_ignore_labels=("stale",)), ("fresh",), True),
    ],
)
def test_labels_say_whose_branch_is_updated(rules: MergeRules, labels: tuple[str, ...], updates: bool) -> None:
    assert labelled.rules(rules, labels).update_branch is updates


def test_all_else_stays_as_it_is() -> None:
    assert labelled.rules(MergeRules(required_approvals=3), ("a",)) == MergeRules(required_approvals=3)
