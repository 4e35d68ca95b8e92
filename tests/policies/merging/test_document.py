"""The `merge` section: what each key means, and that nothing is passed over that is not understood."""

from pathlib import Path

import pytest

from policies import approving, validation
from policies.error import PolicyError
from policies.merging import document, freezes
from policies.merging.rules import DEFAULT, Freeze, MergeRules, MethodLabel, RequiredCheck, Trigger
from policies.server_options import BUILT_IN

WHOLE = """
approve: [{name: docs, if: {only_changed_files: {paths: ["^docs/"]}}}]
merge:
  method: rebase
  method_labels: {"as one": squash, keep: merge}
  required_approvals: 2
  approval_must_match_head: false
  approver_min_permission: maintain
  allowed_bot_approvers: ["renovate[bot]"]
  forbid_last_pusher: true
  rerequest_withdraws_approval: false
  checks_mode: required
  required_checks: [ci, {context: build, app_id: 15368}]
  strict_conclusions: true
  skipped_alone_is_evidence: true
  evaluate_test_merge_commit: true
  update_branch: true
  update_branch_labels: [fresh]
  update_branch_ignore_labels: [stale]
  delete_branch: true
  dry_run: true
  commit_title: "{title} (#{number})"
  commit_message: ""
  trigger:
    labels: [merge me]
    comments: [/merge]
    comment_substrings: [please merge]
    title_substrings: ["[auto]"]
    body_substrings: [auto-merge]
    branches: ["bot/**"]
    base_branches: [develop]
    authors: ["dependabot[bot]"]
  ignore: {labels: [wip], drafts: false}
  freezes:
    - {reason: weekend, zone: Europe/Berlin, days: [sat, SUN], from_time: "08:00", to_time: "20:00"}
    - {reason: year's end, start: 2026-12-24T18:00, end: "2027-01-02 08:00", exceptions: [hotfix, "#12"]}
    - {reason: stopped, labels: [stop]}
"""


def read(text: str) -> MergeRules:
    return document.parsed(text, BUILT_IN)


def refused(text: str) -> list[tuple[int | None, str, str]]:
    _, problems = document.read(text, BUILT_IN)
    return [(wrong.line, wrong.problem, wrong.hint) for wrong in problems.mistakes()]


RULES_OF_WHOLE = MergeRules(
    method="rebase",
    method_labels=(MethodLabel(label="as one", method="squash"), MethodLabel(label="keep", method="merge")),
    required_approvals=2,
    approval_must_match_head=False,
    approver_min_permission="maintain",
    allowed_bot_approvers=("renovate[bot]",),
    forbid_last_pusher=True,
    rerequest_withdraws_approval=False,
    checks_mode="required",
    required_checks=(RequiredCheck(context="ci"), RequiredCheck(context="build", app_id=15368)),
    strict_conclusions=True,
    skipped_alone_is_evidence=True,
    evaluate_test_merge_commit=True,
    update_branch=True,
    update_branch_labels=("fresh",),
    update_branch_ignore_labels=("stale",),
    delete_branch=True,
    dry_run=True,
    commit_title="{title} (#{number})",
    commit_message="",
    trigger=Trigger(
        labels=("merge me",),
        comments=("/merge",),
        comment_substrings=("please merge",),
        title_substrings=("[auto]",),
        body_substrings=("auto-merge",),
        branches=("bot/**",),
        base_branches=("develop",),
        authors=("dependabot[bot]",),
    ),
    ignore=Trigger(labels=("wip",)),
    freezes=(
        Freeze(reason="weekend", zone="Europe/Berlin", days=("sat", "sun"), from_time="08:00", to_time="20:00"),
        Freeze(
            reason="year's end",
            start="2026-12-24T18:00",
            end="2027-01-02 08:00",
            exceptions=("hotfix", "#12"),
        ),
        Freeze(reason="stopped", labels=("stop",)),
    ),
)


def test_it_reads_every_key() -> None:
    assert read(WHOLE) == RULES_OF_WHOLE


def test_it_knows_a_key_for_every_field() -> None:
    assert sorted(document.KEYS) == sorted(MergeRules.model_fields)
    assert sorted((*document.SAID, "drafts")) == sorted(Trigger.model_fields)


@pytest.mark.parametrize("text", ["", "approve: []", "merge:", "merge: {}", "merge: {trigger: {}, ignore: {}}"])
def test_where_nothing_is_said_the_built_in_rules_count(text: str) -> None:
    assert read(text) == DEFAULT


def test_a_draft_is_ignored_unless_the_file_says_otherwise() -> None:
    assert read("merge: {ignore: {labels: [wip]}}").ignore == Trigger(labels=("wip",), drafts=True)
    assert read("merge: {ignore: {drafts: true}}").ignore == Trigger(drafts=True)


def test_nothing_triggers_a_merge_by_itself() -> None:
    assert read("merge: {method: merge}").trigger == Trigger()


@pytest.mark.parametrize(
    ("text", "line", "problem", "hint"),
    [
        ("merge: []", 1, "a map is expected here", ""),
        ("merge:\n  metod: merge", 2, "the key 'metod' is not known here", "did you mean `method`?"),
        ("merge: {}\nmerg: {}", 2, "the key 'merg' is not known here", "did you mean `merge`?"),
        ("merge: {method: sqash}", 1, "'sqash' is not one of merge, squash, rebase", "did you mean `squash`?"),
        ("merge: {checks_mode: some}", 1, "'some' is not one of all, required", ""),
        ("merge: {approver_min_permission: none}", 1, "'none' is not one of read, triage, write, maintain, admin", ""),
        ("merge: {required_approvals: -1}", 1, "a number from 0 to 100 is expected here", ""),
        ("merge: {required_approvals: many}", 1, "a whole number is expected here", ""),
        ("merge: {dry_run: perhaps}", 1, "true or false is expected here", ""),
        ("merge: {required_checks: ci}", 1, "a list is expected here", ""),
        ("merge: {required_checks: ['']}", 1, "a required check needs the name of a check or a status", ""),
        ("merge: {required_checks: [{app_id: 1}]}", 1, "a required check needs the name of a check or a status", ""),
        ("merge: {required_checks: [{context: a, app_id: 0}]}", 1, "the number of an App is expected here", ""),
        ("merge: {method_labels: {fast: }}", 1, "the label 'fast' names no method", ""),
        ("merge: {method_labels: {fast: now}}", 1, "'now' is not one of merge, squash, rebase", ""),
        ("merge: {trigger: {labels: [a, ' ']}}", 1, "a text that is not empty is expected here", ""),
        ("merge: {trigger: {drafts: true}}", 1, "the key 'drafts' is not known here", ""),
        ("merge: {trigger: {branches: ['[a']}}", 1, "the glob '[a' is not valid", ""),
        ("merge: {commit_title: ' '}", 1, "a commit needs a title", "leave it out, and GitHub makes one"),
        (
            "merge: {commit_title: '{titel}'}",
            1,
            "the placeholder {titel} stands for nothing here",
            "did you mean `title`?",
        ),
        (
            "merge: {commit_title: '{xyzzy}'}",
            1,
            "the placeholder {xyzzy} stands for nothing here",
            "it may hold {number}, {title}, {head}, {author}",
        ),
        ("merge: {update_branch_labels: [a]}", 1, "it has no effect without `update_branch: true`", ""),
        (
            "merge: {update_branch: false, update_branch_ignore_labels: [a]}",
            1,
            "it has no effect without `update_branch: true`",
            "",
        ),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, line: int, problem: str, hint: str) -> None:
    assert refused(text)[0] == (line, problem, hint)
    with pytest.raises(PolicyError):
        document.parse(text, BUILT_IN)


def test_it_takes_no_glob_that_is_too_large() -> None:
    large = "{a,b}" * 51
    found = refused(f"merge: {{trigger: {{branches: ['{large}']}}}}")
    assert [problem.endswith("is too large") for _, problem, _ in found] == [True]


def test_it_passes_over_no_mistake_because_of_another() -> None:
    text = "approve: [{}]\nmerge:\n  method: no\n  trigger: {labels: a}\nmerg: {}\n"
    assert [(found.line, found.message) for found in validation.check_gate_file(text)] == [
        (1, "an approve rule needs a name, by which the review tells of it"),
        (1, "an approve rule needs a condition, since one without any would approve everything"),
        (3, "'no' is not one of merge, squash, rebase"),
        (4, "a list is expected here"),
        (5, "the key 'merg' is not known here"),
    ]


def test_a_mistake_in_one_section_leaves_the_other_what_it_is() -> None:
    assert read("approve: [{}]\nmerge: {method: merge}").method == "merge"
    assert approving.parse("approve: [{name: a, if: {has_labels: [b]}}]\nmerge: {method: no}", BUILT_IN).rules


def test_a_parsed_file_is_remembered() -> None:
    assert document.parsed(WHOLE, BUILT_IN) is document.parsed(WHOLE, BUILT_IN)


def test_it_doubts_a_file_that_says_nothing() -> None:
    assert [found.kind for found in validation.check_gate_file("merge: {}")] == ["empty"]
    assert validation.check_gate_file("merge: {method: merge}") == ()


def test_it_says_that_one_approval_is_asked_for_in_any_case() -> None:
    (doubt,) = validation.check_gate_file("merge: {required_approvals: 0}")
    assert (doubt.line, doubt.severity, doubt.message) == (
        1,
        "warning",
        "nothing is merged that nobody has approved, whatever stands here",
    )
    assert read("merge: {required_approvals: 0}").required_approvals == 0


def test_the_documentation_names_every_key() -> None:
    page = (Path(__file__).parents[3] / "docs" / "merging.md").read_text(encoding="utf-8")
    keys = (*document.KEYS, *document.SAID, *freezes.KEYS)
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_it_is_no_yaml() -> None:
    assert [found.kind for found in validation.check_gate_file("merge: [")] == ["yaml_syntax"]
