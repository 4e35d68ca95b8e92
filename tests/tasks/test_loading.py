"""Where a policy comes from: the base branch, the owner's shared repository, or the place that a reference names."""

import hashlib
from typing import Any

import pytest

from app.simulator.faults import Fault
from policies import default_policy, server_options
from tests.tasks.house import POLICY, REPOSITORY, House

EVERYBODY = "policy: {approval: [nobody is needed]}\napproval_rules: [{name: nobody is needed}]\n"
SHARED = "acme/.github"
FAR = "acme/policies"
UNPRINTABLE = "Error loading policy from acme/widget@main: a reference must be of at most 1000 printable characters"
HOSTILE = (
    f'remote: {FAR}\npath: "a\\0b"\n',
    'remote: "ac\\0me/x"\n',
    f'remote: {FAR}\nref: "\\u202e"\n',
    f"remote: {FAR}\npath: {'x' * 1000}\n",
)


def _set(house: House, path: str, text: str | None) -> str:
    """The commit on the base branch with that file."""
    return str(house.github.push(REPOSITORY, "main", {path: text}, by="acme").sha)


def _add(house: House, name: str, **files: str) -> None:
    house.github.add_repository(name, files={path.replace("_", "."): text for path, text in files.items()})


def _with_options(house: House, text: str) -> None:
    """The server options, as they would be in POLICY_OPTIONS."""
    options = server_options.parse(text)
    house.with_settings(policy_options=options, policy_path=options.policy_path)


def _verdict(house: House) -> dict[str, Any]:
    house.deliver_pull(action="edited")
    house.work()
    return house.rows("SELECT state, description, status_text, policy_source, policy_digest FROM evaluations")[-1]


def _said(house: House) -> tuple[str, str]:
    verdict = _verdict(house)
    return verdict["state"], verdict["description"]


def test_the_policy_of_the_base_branch_counts_first(house: House) -> None:
    _add(house, SHARED, policy_yml=EVERYBODY)
    verdict = _verdict(house)
    tip = house.github.state.repository(REPOSITORY).branches["main"]
    assert (verdict["state"], verdict["policy_source"]) == ("pending", f"acme/widget@{tip}: .policy.yml")
    assert house.rows("SELECT text FROM policy_files") == [{"text": POLICY}]


def test_without_one_the_shared_policy_of_the_owner_counts(house: House) -> None:
    _set(house, ".policy.yml", None)
    _add(house, SHARED, policy_yml=EVERYBODY)
    verdict = _verdict(house)
    tip = house.github.state.repository(SHARED).branches["main"]
    assert (verdict["state"], verdict["policy_source"]) == ("success", f"acme/.github@{tip}: policy.yml")


def test_where_the_shared_policy_lies_is_an_option(house: House) -> None:
    _with_options(house, "policy_path: bot.yml\nshared_repository: rules\nshared_policy_path: all.yml\n")
    _add(house, "acme/rules", all_yml=EVERYBODY)
    assert _verdict(house)["policy_source"].startswith("acme/rules@")
    _set(house, "bot.yml", POLICY)
    assert _verdict(house)["policy_source"].startswith("acme/widget@")


def test_a_forced_shared_policy_passes_over_the_own_one(house: House) -> None:
    _with_options(house, "force_shared_policy: true\n")
    assert _said(house) == (
        "error",
        "No policy found in acme/.github@HEAD: policy.yml: without a policy nothing can be approved",
    )
    _add(house, SHARED, policy_yml=EVERYBODY)
    assert _verdict(house)["state"] == "success"


@pytest.mark.parametrize("shared", ["not there", "without the file"])
def test_no_policy_anywhere_leaves_the_built_in_one(house: House, shared: str) -> None:
    _set(house, ".policy.yml", None)
    if shared == "without the file":
        _add(house, SHARED, readme="")
    verdict = _verdict(house)
    assert (verdict["state"], verdict["description"]) == (
        "pending",
        "0/1 rules approved: waiting for a writer has approved the head (0/1 required approvals)",
    )
    assert verdict["policy_source"] == (
        "the built-in default policy, since there is neither acme/widget@main: .policy.yml"
        " nor acme/.github@HEAD: policy.yml"
    )
    assert verdict["policy_digest"] == hashlib.sha256(default_policy.TEXT.encode()).hexdigest()


def test_a_writer_who_is_not_the_author_satisfies_the_built_in_policy(house: House) -> None:
    _set(house, ".policy.yml", None)
    house.github.review(REPOSITORY, 1, by="carol", state="approved")
    assert _verdict(house)["state"] == "pending"
    house.approve()
    assert house.states()[-1] == "success"
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    assert _verdict(house)["state"] == "pending"


def test_a_reference_is_followed(house: House) -> None:
    _set(house, ".policy.yml", f"remote: {FAR}\npath: team/a.yml\n")
    house.github.add_repository(FAR, files={"team/a.yml": EVERYBODY})
    verdict = _verdict(house)
    tip = house.github.state.repository(FAR).branches["main"]
    assert (verdict["state"], verdict["policy_source"]) == ("success", f"{FAR}@{tip}: team/a.yml")


def test_a_reference_without_a_path_means_the_usual_one(house: House) -> None:
    _set(house, ".policy.yml", f"remote: {FAR}\n")
    _add(house, FAR, _policy_yml=EVERYBODY)
    assert _verdict(house)["state"] == "success"


def test_a_shared_policy_may_be_a_reference(house: House) -> None:
    _set(house, ".policy.yml", None)
    _add(house, SHARED, policy_yml=f"remote: {FAR}\n")
    _add(house, FAR, _policy_yml=EVERYBODY)
    assert _verdict(house)["policy_source"].startswith(f"{FAR}@")


def test_a_forced_shared_reference_must_name_its_path(house: House) -> None:
    _with_options(house, "force_shared_policy: true\n")
    _add(house, SHARED, policy_yml=f"remote: {FAR}\n")
    _add(house, FAR, _policy_yml=EVERYBODY)
    assert _said(house) == (
        "error",
        "Error loading policy from acme/.github@main: a shared reference must name the path of the policy",
    )
    house.github.push(SHARED, "main", {"policy.yml": f"remote: {FAR}\npath: .policy.yml\n"}, by="acme")
    assert _verdict(house)["state"] == "success"


@pytest.mark.parametrize("kind", ["branch", "tag", "commit"])
def test_a_reference_may_name_a_branch_a_tag_or_a_commit(house: House, kind: str) -> None:
    _add(house, FAR, _policy_yml=EVERYBODY)
    sha = house.github.state.repository(FAR).branches["main"]
    house.github.create_branch(FAR, "release/1", at=sha)
    house.github.create_tag(FAR, "v1", at=sha)
    house.github.push(FAR, "main", {".policy.yml": POLICY}, by="acme")
    ref = {"branch": "release/1", "tag": "v1", "commit": sha}[kind]
    _set(house, ".policy.yml", f"remote: {FAR}\nref: {ref}\n")
    verdict = _verdict(house)
    assert (verdict["state"], verdict["policy_source"]) == ("success", f"{FAR}@{sha}: .policy.yml")


def test_a_tag_does_not_stand_in_for_the_branch_of_its_name(house: House) -> None:
    _add(house, FAR, _policy_yml=EVERYBODY)
    house.github.create_tag(FAR, "main", at=house.github.state.repository(FAR).branches["main"])
    house.github.push(FAR, "main", {".policy.yml": POLICY}, by="acme")
    _set(house, ".policy.yml", f"remote: {FAR}\nref: main\n")
    assert _verdict(house)["state"] == "pending"


def test_references_are_followed_one_step_only(house: House) -> None:
    _set(house, ".policy.yml", f"remote: {FAR}\n")
    _add(house, FAR, _policy_yml=f"remote: {FAR}\n")
    state, description = _said(house)
    assert (state, description.partition(":")[0]) == ("error", "Invalid policy in acme/policies@main")
    assert "'remote'" in description


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"remote: {FAR}\nref: v9\n", f"Error loading policy from {FAR}@v9: GitHub shows no v9 in {FAR}"),
        (
            f"remote: {FAR}\npath: none.yml\n",
            f"Error loading policy from {FAR}@main: "
            f"acme/widget@main: .policy.yml points to none.yml, and there is no such file at main",
        ),
        (
            "remote: acme/nothing\n",
            "Error loading policy from acme/nothing@HEAD: "
            "acme/widget@main: .policy.yml points to a repository that is not there or that this App can't see",
        ),
        ("remote: policies\n", "Error loading policy from acme/widget@main: "),
        ("remote: ''\n", "Error loading policy from acme/widget@main: "),
        ("remote: acme/policies/x\n", "Error loading policy from acme/policies/x@HEAD: "),
        (f"remote: {FAR}\npath: ../x\n", f"Error loading policy from {FAR}@main: "),
        (f"remote: {FAR}\nref: ../x\n", f"Error loading policy from {FAR}@../x: "),
        *((text, UNPRINTABLE) for text in HOSTILE),
        (f"remote: {FAR}\nref: 'a b?c#d%2F'\n", f"Error loading policy from {FAR}@a b?c#d%2F: "),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_load_error(house: House, text: str, sentence: str) -> None:
    _add(house, FAR, _policy_yml=EVERYBODY)
    _set(house, ".policy.yml", text)
    state, description = _said(house)
    assert (state, description[: len(sentence)]) == ("error", sentence)
    assert house.newest_run()["status"] == "succeeded"


def test_another_owners_policy_is_read_where_it_is_public(house: House) -> None:
    house.github.add_repository("town/open", files={".policy.yml": EVERYBODY}, visibility="public")
    house.github.add_repository("town/hidden", files={".policy.yml": EVERYBODY}, visibility="private")
    _set(house, ".policy.yml", "remote: town/open\n")
    assert _verdict(house)["state"] == "success"
    _set(house, ".policy.yml", "remote: town/hidden\n")
    assert "a repository that is not there or that this App can't see" in _said(house)[1]


def test_a_renamed_repository_is_named_as_it_is_called_now(house: House) -> None:
    _add(house, FAR, _policy_yml=EVERYBODY)
    house.github.rename(FAR, "acme/rules")
    _set(house, ".policy.yml", f"remote: {FAR}\n")
    assert _verdict(house)["policy_source"].startswith("acme/rules@")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"type": "symlink", "target": "x", "size": 1}, "symlink"),
        ({"type": "submodule", "size": 0}, "submodule"),
        ({"type": "file", "encoding": "none", "content": "", "size": 2_000_000}, "256 KiB"),
        ({"type": "file", "encoding": "base64", "content": "/w==", "size": 1}, "UTF-8"),
    ],
)
def test_what_is_no_file_of_text_is_a_load_error(house: House, answer: dict[str, Any], sentence: str) -> None:
    fault = Fault("GET", "/contents/", "before", 200, times=1, skip=0, message="", body=answer)
    house.github.faults.add(fault)
    state, description = _said(house)
    assert (state, description.partition(": ")[0]) == ("error", "Error loading policy from acme/widget@main")
    assert sentence in description
    assert house.newest_run()["status"] == "succeeded"


def test_a_folder_is_no_policy_and_not_passed_over(house: House) -> None:
    _add(house, SHARED, policy_yml=EVERYBODY)
    house.github.push(REPOSITORY, "main", {".policy.yml": None, ".policy.yml/x": "1"}, by="acme")
    assert _said(house)[1].startswith("Error loading policy from acme/widget@main: .policy.yml is ")


def test_a_policy_over_256_kib_is_a_load_error(house: House) -> None:
    _set(house, ".policy.yml", POLICY + "#" * 256 * 1024)
    assert "256 KiB" in _said(house)[1]


@pytest.mark.parametrize(
    ("path", "skip"), [("/repos/acme/.github$", 0), ("/branches/", 0), ("/branches/", 1), ("/contents/policy.yml", 0)]
)
def test_trouble_that_may_pass_is_met_again(house: House, path: str, skip: int) -> None:
    _set(house, ".policy.yml", None)
    _add(house, SHARED, policy_yml=EVERYBODY)
    house.github.fault("GET", path, 502, skip=skip)
    house.deliver_pull()
    house.work()
    assert (house.newest_run()["status"], house.statuses()) == ("pending", [])
    house.clock.forward(3)
    house.sweep()
    assert house.states() == ["success"]


def test_what_we_may_not_read_is_no_missing_policy(house: House) -> None:
    _set(house, ".policy.yml", None)
    _add(house, SHARED, policy_yml=EVERYBODY)
    house.github.fault("GET", "/repos/acme/.github$", 403)
    assert _said(house) == (
        "error",
        "Error loading policy from acme/.github@HEAD: GitHub refused to show the repository acme/.github (403); "
        "the App may lack a permission.",
    )


def test_the_defaults_of_the_server_options_count(house: House) -> None:
    assert _verdict(house)["state"] == "pending"
    house.clock.forward(60)
    house.github.comment(REPOSITORY, 1, by="bob", body=":+1:")
    assert _verdict(house)["state"] == "pending"
    _with_options(house, "approval_defaults: {options: {allow_author: true}}\n")
    assert _verdict(house)["state"] == "success"
