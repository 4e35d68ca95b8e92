"""The context of our status."""

from policies.contents import context_of
from policies.contents.statuses import MOST_CONTEXT_CHARACTERS


def test_it_names_the_base_branch() -> None:
    assert context_of("mergegate", "release/1") == "mergegate: release/1"


def test_branches_that_are_cut_alike_have_contexts_of_their_own() -> None:
    one, other = (context_of("mergegate", "x" * MOST_CONTEXT_CHARACTERS + end) for end in "ab")
    assert one != other
    assert len(one) == len(other) == MOST_CONTEXT_CHARACTERS
