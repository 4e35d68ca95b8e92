"""What a reading makes of a reply that was no merge: whose it is, what is in its way, and what comes of it."""

from typing import Any

import pytest

from policies.merging import replies
from policies.merging.answer import Against
from policies.merging.replies import Reply, Ruling, Seen
from tests.policies.merging.building import HEAD, said

NOT_MERGEABLE = "Pull Request is not mergeable"
BASE_MODIFIED = "Base branch was modified. Review and try the merge again."
HEAD_MODIFIED = "Head branch was modified. Review and try the merge again."


def _reply(status: int | None, message: str = "", **changes: Any) -> Reply:
    return Reply(status=status, message=message, **changes)


def _seen(**changes: Any) -> Seen:
    """Open, clean and at the judged head."""
    return Seen(**{"found": True, "head_sha": HEAD, "mergeable": True, **changes})


def _ruled(status: int, message: str = "", **seen: Any) -> Ruling:
    return replies.after_reread(_reply(status, message), _seen(**seen), HEAD)


def _against(status: int, message: str = "", **seen: Any) -> Against:
    ruling = _ruled(status, message, **seen)
    assert isinstance(ruling, Against)
    return ruling


def _answer(status: int, message: str = "", **seen: Any) -> str:
    return said((_against(status, message, **seen),))[0]


@pytest.mark.parametrize(("status", "ruling"), [(200, "merged"), (299, "merged"), (405, "merged_elsewhere")])
def test_what_is_merged_at_the_judged_head_is_ours_after_a_yes_only(status: int, ruling: str) -> None:
    assert _ruled(status, NOT_MERGEABLE, merged=True, is_open=False) == ruling


@pytest.mark.parametrize("status", [200, 404, 405, 409])
def test_what_is_merged_at_another_head_is_for_a_person(status: int) -> None:
    against = _against(status, merged=True, is_open=False, head_sha="a2")
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/MERGED_OTHER_HEAD"], "needs_operator")
    assert against.sentence == (
        "It was merged at a2, while a1 was judged: somebody else merged what this gate has not judged; "
        "look at what came in."
    )


def test_a_yes_without_a_merge_is_waited_for() -> None:
    assert _ruled(200) == "unknown"
    assert _ruled(299, is_open=False) == "unknown"


def test_a_yes_without_a_merge_is_no_merge_in_the_end() -> None:
    against = replies.inconsistent()
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/INCONSISTENT_REPLY"], "blocked")
    assert against.sentence == "GitHub answered as if it had merged, and has not; look at it before asking again."


@pytest.mark.parametrize("status", [403, 404, 405, 409, 422])
def test_what_github_does_not_show_any_more_is_not_found(status: int) -> None:
    ruling = replies.after_reread(_reply(status, "Not Found"), Seen(found=False), HEAD)
    assert ruling == Against(
        code="PR_NOT_FOUND",
        detail=None,
        sentence="GitHub does not show the pull request any more; see that the App may still read the repository.",
    )


def test_an_archived_repository_is_told_from_a_missing_permission() -> None:
    archived = "Repository was archived so is read-only."
    assert _answer(403, archived) == "MERGE_FAILED/REPO_ARCHIVED"
    assert _answer(405, 'Required status check "archived" is expected.') == "MERGE_FAILED/GITHUB_REJECTED"
    assert _against(403, archived).sentence == ("The repository is archived, so nothing is merged; unarchive it first.")


@pytest.mark.parametrize("status", [403, 404])
def test_a_permission_is_missing(status: int) -> None:
    against = _against(status, "Resource not accessible by integration")
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/NOT_PERMITTED"], "blocked")
    assert against.sentence == (
        f'GitHub does not permit the App to merge: "Resource not accessible by integration" (HTTP {status}); '
        "give it write permission for contents, and for workflows where the pull request changes one."
    )


def test_a_permission_is_missing_whatever_else_moved() -> None:
    assert _answer(403, "Forbidden", head_sha="a2", draft=True) == "MERGE_FAILED/NOT_PERMITTED"


def test_what_was_closed_is_closed() -> None:
    against = _against(405, NOT_MERGEABLE, is_open=False, head_sha="a2")
    assert said((against,)) == ["PR_CLOSED"]
    assert against.sentence == "The pull request was closed; re-open it first."


def test_a_head_that_moved_is_never_merged_in_place_of_the_judged_one() -> None:
    for ruled in (
        _against(409, HEAD_MODIFIED),
        _against(409, HEAD_MODIFIED, head_sha="a2", draft=True, mergeable=False),
        _against(409, "Conflict"),
        _against(405, HEAD_MODIFIED),
        _against(405, NOT_MERGEABLE, head_sha="a2"),
        _against(405, BASE_MODIFIED, head_sha="a2"),
        _against(409, BASE_MODIFIED, head_sha="a2"),
    ):
        assert (said((ruled,)), ruled.outcome) == (["MERGE_FAILED/HEAD_SHA_MISMATCH"], "blocked")
        assert ruled.sentence == "The head is no longer a1; ask again when the policy has judged the new one."


def test_a_draft_is_not_merged() -> None:
    against = _against(405, "Pull Request is still a draft")
    assert said((against,)) == ["MERGE_FAILED/PR_DRAFT"]
    assert against.sentence == "The pull request is a draft; mark it as ready for review first."
    assert _answer(405, BASE_MODIFIED, draft=True, mergeable=False) == "MERGE_FAILED/PR_DRAFT"


def test_a_conflict_is_seen_by_reading() -> None:
    against = _against(405, NOT_MERGEABLE, mergeable=False)
    assert said((against,)) == ["MERGE_CONFLICT"]
    assert against.sentence == "The pull request conflicts with its base branch; resolve the conflict."
    assert _answer(409, BASE_MODIFIED, mergeable=False) == "MERGE_CONFLICT"


@pytest.mark.parametrize("status", [405, 409])
@pytest.mark.parametrize("mergeable", [True, None])
def test_a_base_that_moved_is_judged_anew_at_once(status: int, mergeable: bool | None) -> None:
    assert _ruled(status, BASE_MODIFIED, mergeable=mergeable) == "regate"
    assert _ruled(status, BASE_MODIFIED.upper(), mergeable=mergeable) == "regate"


def test_a_base_that_moves_again_and_again_is_left() -> None:
    against = replies.moved_base(_reply(405, BASE_MODIFIED))
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/GITHUB_REJECTED"], "blocked")
    assert against.sentence == (
        f'GitHub refused the merge: "{BASE_MODIFIED}" (HTTP 405); '
        "ask again when fewer changes come into the base branch."
    )


def test_a_queue_is_required() -> None:
    against = _against(405, "Changes must be made through the merge queue")
    assert said((against,)) == ["MERGE_FAILED/MERGE_QUEUE_REQUIRED"]
    assert against.sentence == (
        "The base branch is merged into by GitHub's merge queue only; ask again, so that it is queued."
    )


@pytest.mark.parametrize(
    "text", ["This branch can't be rebased", "It can’t be rebased", "Cannot be rebased", "can not be rebased"]
)
def test_a_branch_cannot_be_rebased(text: str) -> None:
    against = _against(405, text)
    assert said((against,)) == ["MERGE_FAILED/CANNOT_REBASE"]
    assert against.sentence == "GitHub cannot rebase the branch; rebase it by hand or choose another merge method."


@pytest.mark.parametrize(
    "text",
    [
        "Squash merges are not allowed on this repository.",
        "Merge commits are not allowed on this repository.",
        "Rebase merges are not allowed on this repository.",
        "Squash merging is not enabled.",
    ],
)
def test_a_method_is_not_allowed(text: str) -> None:
    against = _against(405, text)
    assert said((against,)) == ["MERGE_FAILED/METHOD_NOT_ALLOWED"]
    assert against.sentence == (
        f'The repository does not allow the merge method: "{text}" (HTTP 405); allow it or choose another.'
    )


def test_pushing_to_the_base_is_not_permitted() -> None:
    text = "You're not authorized to push to this branch."
    against = _against(405, text)
    assert said((against,)) == ["MERGE_FAILED/NOT_PERMITTED"]
    assert against.sentence == (
        f'GitHub does not permit the App to merge: "{text}" (HTTP 405); let it push to the base branch.'
    )


def test_what_github_works_out_anew_is_judged_later() -> None:
    against = _against(405, NOT_MERGEABLE, mergeable=None)
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/MERGEABILITY_UNKNOWN"], "retry_scheduled")
    assert against.sentence == (
        "GitHub works out anew whether it can be merged; it is judged again when that is known."
    )
    assert _answer(405, NOT_MERGEABLE) == "MERGE_FAILED/GITHUB_REJECTED"
    assert _answer(405, "Repository rule violations found", mergeable=None) == "MERGE_FAILED/GITHUB_REJECTED"


@pytest.mark.parametrize("status", [405, 422, 400])
@pytest.mark.parametrize(
    "text",
    [
        "At least 1 approving review is required by reviewers with write access.",
        'Required status check "ci" is expected.',
        '2 of 2 required status checks are expected: "x was not set by the expected GitHub App".',
        "Repository rule violations found",
        "Validation Failed",
    ],
)
def test_whatever_else_github_says_is_its_last_word(status: int, text: str) -> None:
    against = _against(status, text)
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/GITHUB_REJECTED"], "blocked")
    assert against.sentence == f'GitHub refused the merge: "{text}" (HTTP {status}); mend that, and ask again.'


def test_the_words_of_github_are_made_harmless_and_cut() -> None:
    against = _against(405, "a\n\u202e" + "b" * 500)
    assert against.sentence.startswith('GitHub refused the merge: "a bbb')
    assert len(against.sentence) < 240


def test_a_refusal_that_cannot_be_explained_yet_is_judged_again() -> None:
    against = replies.unread(_reply(405, NOT_MERGEABLE), "GitHub answered 502.")
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/EVIDENCE_UNAVAILABLE"], "retry_scheduled")
    assert against.sentence == (
        f'GitHub refused the merge: "{NOT_MERGEABLE}" (HTTP 405); why cannot be read yet: GitHub answered 502.'
    )


def test_a_yes_without_a_merge_that_cannot_be_read_is_for_a_person() -> None:
    against = replies.unread(_reply(200), "GitHub answered 502.")
    assert (said((against,)), against.outcome) == (["MERGE_FAILED/OUTCOME_UNKNOWN"], "needs_operator")
    assert against.sentence == (
        "GitHub answered without saying that it merged, and cannot be read: GitHub answered 502."
    )
