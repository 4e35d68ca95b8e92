"""What would unblock a workflow: said of every type that has stopped, and of nothing that is as it should be."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.definitions import DEFINITIONS, IMPORTED
from app.records.obstacles import NONE, Obstacles
from app.records.pauses import Pause
from app.records.workflows import STATUSES, Workflow
from app.unblocking import MOST_CHARACTERS, REMEDIES, unblock_sentence
from policies.decision import Blocker

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
KINDS = {each.type: each for each in DEFINITIONS}


def workflow(type_: str = "policy_evaluation", **facts: Any) -> Workflow:
    definition = KINDS[type_]  # type: ignore[index]
    known: dict[str, Any] = {
        "id": UUID(int=1),
        "type": type_,
        "kind": definition.kind,
        "version": definition.version,
        "subject": "x:1",
        "repository_id": 1,
        "full_name": "acme/widget",
        "number": 7,
        "issue_id": None,
        "status": "blocked",
        "current_step": definition.line[0].name,
        "asked_by": "agent",
        "input": {},
        "retry_of": None,
        "created_at": NOW,
        "updated_at": NOW,
        "finished_at": None,
        "step_id": UUID(int=2),
        "due_at": NOW,
        "attempts": 3,
        "outcome": "stop",
        "error": "GitHub does not answer.",
        "pause": None,
    }
    return Workflow(**{**known, **facts})


def blocker(code: str, sentence: str) -> Blocker:
    return Blocker(code=code, sentence=sentence, subject="x")


@pytest.mark.parametrize(("error", "said"), [("It broke.", "It broke. "), (None, "")])
def test_what_failed_in_the_old_system_is_started_anew_and_not_retried(error: str | None, said: str) -> None:
    failed = workflow("merge", kind=IMPORTED, status="failed", current_step="legacy_end", error=error)
    anew = "It failed in the system it comes from: start it anew here if it is still wanted."
    assert unblock_sentence(failed, NONE, NOW) == f"{said}{anew}"


def test_an_import_that_was_only_tried_says_what_goes_on_with_it() -> None:
    tried = workflow("legacy_import", status="pending", error=None)
    assert unblock_sentence(tried, NONE, NOW) == (
        "No worker does this: it goes on when its command is given again (an import with --apply)."
    )
    assert unblock_sentence(workflow("legacy_import", status="running", error=None), NONE, NOW) is None


def test_an_evaluation_that_has_stopped_is_to_be_retried() -> None:
    said = unblock_sentence(workflow(), NONE, NOW)
    assert said == "GitHub does not answer. Retry it once that is mended."


def test_a_reconciliation_that_has_stopped_is_to_be_retried() -> None:
    said = unblock_sentence(workflow("reconciliation", error="The cursor was lost."), NONE, NOW)
    assert said == "The cursor was lost. Retry it once that is mended."


def test_a_handoff_says_what_is_missing_and_who_gives_it() -> None:
    found = Obstacles(
        blockers=(
            blocker("APPROVAL_MISSING", "No operator has approved this write."),
            blocker("VERIFICATION_MISSING", "The verification of epoch 1 at abc is missing."),
        )
    )
    assert unblock_sentence(workflow("pull_request_handoff", status="waiting", error=None), found, NOW) == (
        "No operator has approved this write. The verification of epoch 1 at abc is missing."
        " An operator has to approve it. Somebody has to give the verification of the present head."
    )


def test_a_handoff_whose_settings_are_in_the_way_goes_on_by_itself() -> None:
    found = Obstacles(blockers=(blocker("REPO_NOT_ALLOWED", "acme/widget is not on the list."),))
    said = unblock_sentence(workflow("pull_request_handoff", error=None), found, NOW)
    assert said == "acme/widget is not on the list. It goes on by itself once that is so."


def test_a_handoff_that_has_stopped_itself_is_to_be_retried() -> None:
    said = unblock_sentence(workflow("pull_request_handoff"), NONE, NOW)
    assert said == "GitHub does not answer. Retry it once that is mended."


def test_a_handoff_of_which_a_write_has_ended_needs_its_next_epoch() -> None:
    found = Obstacles(blockers=(blocker("WRITE_STOPPED", "GitHub refused it."),))
    assert unblock_sentence(workflow("pull_request_handoff", error=None), found, NOW) == (
        "GitHub refused it. Open the next epoch of the run once that is mended: a write that has ended is not made"
        " again in this one."
    )


def test_an_evaluation_of_which_a_write_has_ended_is_to_be_retried() -> None:
    found = Obstacles(blockers=(blocker("WRITE_STOPPED", "GitHub refused it."),))
    assert unblock_sentence(workflow(error=None), found, NOW) == "GitHub refused it. Retry it once that is mended."


def test_of_many_things_in_the_way_the_first_are_said() -> None:
    found = Obstacles(blockers=tuple(blocker(f"CODE_{n}", f"This is {n}.") for n in range(6)))
    said = unblock_sentence(workflow("pull_request_handoff", error=None), found, NOW)
    assert said == "This is 0. This is 1. This is 2. And 3 more. It goes on by itself once that is so."


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_what_only_says_what_is_missing_is_followed_by_who_has_to_do_it(code: str) -> None:
    found = Obstacles(blockers=(blocker(code, "It is missing."),))
    said = unblock_sentence(workflow("pull_request_handoff", error=None), found, NOW)
    assert said == f"It is missing. {REMEDIES[code]}"


def test_a_merge_says_when_the_gate_comes_back() -> None:
    found = Obstacles(answer={"sentence": "Merges are frozen."}, comes_back_at=LATER, waits=True)
    said = unblock_sentence(workflow("merge", error="Merges are frozen."), found, NOW)
    assert said == "Merges are frozen. The gate tries again by itself at 2026-11-21T12:10:00+00:00."


def test_a_merge_that_waits_says_what_for() -> None:
    found = Obstacles(answer={"sentence": "A check failed."}, waits=True)
    said = unblock_sentence(workflow("merge", error="A check failed."), found, NOW)
    assert said == "A check failed. The gate tries again by itself when something happens to the pull request."


def test_a_merge_that_nobody_comes_back_to_is_to_be_retried() -> None:
    found = Obstacles(answer={"sentence": "A check failed."})
    assert unblock_sentence(workflow("merge", error=None), found, NOW) == "A check failed. Retry it once that is so."


def test_a_merge_in_doubt_says_where_to_look() -> None:
    said = unblock_sentence(workflow("merge", error=None), Obstacles(in_doubt=True), NOW)
    assert said == (
        "Its merge was sent and nobody knows its end: look at GitHub, then retry it or run mergegate merges undo."
    )


def test_a_step_that_failed_is_to_be_retried() -> None:
    found = Obstacles(answer={"code": "STEP_FAILED", "sentence": "It took too long"})
    said = unblock_sentence(workflow("loop_step", status="failed", error=None), found, NOW)
    assert said == "It took too long. Retry it once that is so."


def test_an_approval_says_itself_who_ends_it() -> None:
    asked = workflow("approval", status="waiting", error="An operator has to approve it, or to deny it.")
    assert unblock_sentence(asked, NONE, NOW) == "An operator has to approve it, or to deny it."


def test_what_waits_for_a_limit_says_until_when() -> None:
    limited = workflow(status="pending", error="GitHub's limit is used up.", due_at=LATER, attempts=2)
    assert unblock_sentence(limited, NONE, NOW) == (
        "GitHub's limit is used up. It is tried again at 2026-11-21T12:10:00+00:00 (after 2 of 100 attempts)."
    )
    assert unblock_sentence(limited, NONE, LATER) == "GitHub's limit is used up. It is tried again."


def test_what_is_paused_says_by_whom_and_why() -> None:
    pause = Pause("type:merge", "Release week", "olga", NOW)
    said = unblock_sentence(workflow("merge", status="pending", error=None, pause=pause), NONE, NOW)
    assert said == "olga has paused all of the type merge: Release week. It goes on when that is resumed."


def test_what_has_stopped_and_is_paused_says_both() -> None:
    pause = Pause("repository:acme/widget", "Moving.", "olga", NOW)
    said = unblock_sentence(workflow(pause=pause), NONE, NOW)
    assert said == (
        "GitHub does not answer. Retry it once that is mended. olga has paused acme/widget: Moving. It goes on when"
        " that is resumed."
    )


def test_a_pause_is_not_in_the_way_of_what_is_under_way() -> None:
    pause = Pause("type:merge", "Release week", "olga", NOW)
    assert unblock_sentence(workflow("merge", status="running", error=None, pause=pause), NONE, NOW) is None


@pytest.mark.parametrize("status", ["pending", "running", "succeeded", "cancelled"])
def test_nothing_is_said_of_what_is_as_it_should_be(status: str) -> None:
    assert unblock_sentence(workflow(status=status, error=None), NONE, NOW) is None


def test_what_another_version_has_to_finish_is_told_all_the_same() -> None:
    limited = workflow(status="pending", version=99, due_at=LATER, error="Later.")
    assert unblock_sentence(limited, NONE, NOW) == "Later. It is tried again at 2026-11-21T12:10:00+00:00."


@given(
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(STATUSES),
    st.none() | st.text(min_size=1, max_size=2_000),
    st.lists(st.text(min_size=1, max_size=600), max_size=10),
    st.booleans(),
)
def test_every_stop_is_one_readable_line(
    type_: str, status: str, error: str | None, sentences: list[str], in_doubt: bool
) -> None:
    found = Obstacles(blockers=tuple(blocker("CODE", each) for each in sentences), in_doubt=in_doubt)
    said = unblock_sentence(workflow(type_, status=status, error=error), found, NOW)
    is_stopped = status in ("waiting", "blocked", "failed")
    assert (said is not None) or not is_stopped
    if said is not None:
        assert said.strip()
        assert "\n" not in said
        assert "\x1b" not in said
        assert len(said) < 5 * MOST_CHARACTERS
