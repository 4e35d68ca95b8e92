"""Names of branches and labels that would lead a request astray are refused where they come in."""

import pytest
from dulwich.refs import Ref, check_ref_format
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from policies.contents import BranchCreateContent, BranchFastForwardContent, LabelRemoveContent
from policies.contents.fields import Branch

SHA = "a" * 40


@pytest.mark.parametrize(
    "name", ["main", "agent/x", "release/1.0", "ä#1%", "a@b", "@x", "x.locked", "a.b", "a-", "HEADS", "refs"]
)
def test_it_takes_a_branch_as_git_does(name: str) -> None:
    assert BranchCreateContent(branch=name, sha=SHA).branch == name


@pytest.mark.parametrize(
    "name",
    [
        *("..", ".", "a..b", "a/../b", "../tags/v1", "a//b", "/a", "a/", ".a", "a/.b", "a.", "-a", "@", "a@{1}"),
        *("a b", "a\nb", "a\x7fb", "a~1", "a^", "a:b", "a?b", "a*", "a[b", "a\\b", "a.lock", "a.lock/b", SHA),
        *("HEAD", "refs/heads/main", "refs/x"),
    ],
)
def test_it_refuses_what_is_no_branch(name: str) -> None:
    with pytest.raises(ValidationError, match="no name of a branch"):
        BranchFastForwardContent(branch=name, before=SHA, sha="b" * 40)


@given(st.text(alphabet=st.sampled_from("a./@{~^:?*[\\- lock\x00ä%#"), max_size=12))
def test_it_takes_nothing_that_git_refuses(name: str) -> None:
    try:
        taken = TypeAdapter(Branch).validate_python(name)
    except ValidationError:
        return
    assert check_ref_format(Ref(f"refs/heads/{taken}".encode()))


@pytest.mark.parametrize("name", [".", "..", "../../git/refs/heads/main", "a/..", "a/./b"])
def test_it_refuses_to_take_off_a_label_that_leads_out_of_the_path(name: str) -> None:
    with pytest.raises(ValidationError):
        LabelRemoveContent(number=1, label=name)


@pytest.mark.parametrize("name", ["...", ".a", "a.", "..a", "\n", "a/b", "a//b", "%2e"])
def test_it_takes_any_other_label(name: str) -> None:
    assert LabelRemoveContent(number=1, label=name).label == name
