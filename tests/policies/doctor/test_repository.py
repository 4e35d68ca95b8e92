"""What doctor says of a repository and its branches: can a merge go around the gate there?"""

from typing import Any

import pytest

from policies.doctor import permissions, repository
from policies.doctor.facts import Base, Finding, Home, Purpose, Ruled
from policies.merging.facts import Required

APP = 7
OURS = "mergegate: main"
PINNED = Required(context=OURS, app_id=APP, source="ruleset")
BASE = Base(branch="main", context=OURS, required=(PINNED,), admins_bound=True)
HOME = Home(
    full_name="acme/widget",
    guarded=True,
    permissions=tuple(dict.fromkeys(permissions.READ, "read").items()),
    auto_merge=False,
    bases=(BASE,),
)


def _judge(home: Home = HOME) -> list[Finding]:
    return list(repository.judge(home, Purpose(), APP))


def _of(**changes: Any) -> dict[str, str]:
    found = _judge(HOME.model_copy(update=changes))
    return {finding.code: finding.severity for finding in found if finding.code != "PERMISSIONS"}


def _of_base(**changes: Any) -> dict[str, str]:
    return _of(bases=(BASE.model_copy(update=changes),))


def test_all_is_well() -> None:
    assert _of() == {"GATE_REQUIRED": "ok"}
    assert _of_base(admins_bound=None) == {"GATE_REQUIRED": "ok"}


def test_what_is_wrong_says_what_mends_it() -> None:
    base = BASE.model_copy(
        update={
            "required": (),
            "rulesets": (Ruled(name="rules", passes="always"),),
            "admins_bound": False,
            "overridden_by": "olga",
        }
    )
    wrong = {"auto_merge": True, "safe_mode": True, "frozen": "release", "dry_run": True, "bases": (base,)}
    found = [finding for finding in _judge(HOME.model_copy(update=wrong)) if finding.severity != "ok"]
    assert len(found) == 8
    assert all(finding.sentence and finding.mend for finding in found)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"trouble": "GitHub gave no answer."}, "REPOSITORY_UNREADABLE"),
        ({"suspended": True}, "INSTALLATION_SUSPENDED"),
        ({"installed": False}, "APP_NOT_INSTALLED"),
        ({"other_id": True}, "REPO_ID_MISMATCH"),
    ],
)
def test_where_nothing_can_be_looked_at_that_is_all(facts: dict[str, Any], code: str) -> None:
    assert [(finding.code, finding.severity) for finding in _judge(HOME.model_copy(update=facts))] == [(code, "error")]


def test_a_status_that_is_not_required_is_an_error() -> None:
    assert _of_base(required=())["GATE_NOT_REQUIRED"] == "error"
    of_another_branch = PINNED.model_copy(update={"context": "mergegate: release"})
    assert _of_base(required=(of_another_branch,))["GATE_NOT_REQUIRED"] == "error"


@pytest.mark.parametrize("app_id", [None, APP + 1])
def test_one_that_anybody_may_write_is_an_error(app_id: int | None) -> None:
    unpinned = PINNED.model_copy(update={"app_id": app_id})
    assert _of_base(required=(unpinned,))["GATE_NOT_PINNED"] == "error"
    assert _of_base(required=(unpinned, PINNED)) == {"GATE_REQUIRED": "ok"}


@pytest.mark.parametrize(("allowed", "is_told"), [(True, True), (None, True), (False, False)])
def test_auto_merge_goes_around_a_status_that_is_not_required(allowed: bool | None, is_told: bool) -> None:
    found = _of(auto_merge=allowed, bases=(BASE.model_copy(update={"required": ()}),))
    assert (found.get("AUTO_MERGE") == "error") is is_told
    assert "AUTO_MERGE" not in _of(auto_merge=allowed)


@pytest.mark.parametrize("passes", ["always", "pull_requests_only", "exempt"])
def test_our_app_on_a_bypass_list_is_an_error(passes: Any) -> None:
    assert _of_base(rulesets=(Ruled(name="rules", passes=passes),))["APP_MAY_BYPASS"] == "error"
    assert "APP_MAY_BYPASS" not in _of_base(rulesets=(Ruled(name="rules", passes="never"),))


def test_a_ruleset_that_does_not_say_whether_our_app_may_pass_is_said() -> None:
    assert _of_base(rulesets=(Ruled(name="rules", passes=None),)) == {
        "GATE_REQUIRED": "ok",
        "BYPASS_UNKNOWN": "warning",
    }


def test_so_is_one_that_nobody_has_to_review() -> None:
    assert _of_base(excused=True)["APP_MAY_BYPASS"] == "error"


def test_administrators_who_are_not_bound_are_told() -> None:
    assert _of_base(admins_bound=False)["ADMINS_NOT_BOUND"] == "warning"


def test_what_could_not_be_read_is_an_error() -> None:
    found = _of_base(required=(), trouble="GitHub gave no answer.")
    assert found["PROTECTION_UNREADABLE"] == "error"
    assert "GATE_NOT_REQUIRED" not in found
    assert _of_base(trouble="GitHub gave no answer.")["GATE_REQUIRED"] == "ok"


def test_what_is_hidden_asks_for_the_permission() -> None:
    base = BASE.model_copy(update={"trouble": "It is hidden.", "is_hidden": True})
    mended = [finding.mend for finding in _judge(HOME.model_copy(update={"bases": (base,)}))]
    assert "Give the App the permission administration: read." in mended


def test_an_override_is_told_where_it_counts() -> None:
    assert _of_base(required=(), overridden_by="olga")["GATE_OVERRIDDEN"] == "warning"
    assert "GATE_OVERRIDDEN" not in _of_base(overridden_by="olga")


def test_a_merge_queue_is_named() -> None:
    assert _of_base(queue=True)["MERGE_QUEUE"] == "ok"


def test_the_posture_is_told() -> None:
    assert _of(safe_mode=True)["SAFE_MODE"] == "warning"
    assert _of(frozen="release")["FROZEN"] == "warning"
    assert _of(dry_run=True)["DRY_RUN"] == "warning"
    assert _of(guarded=False)["DRY_RUN"] == "ok"


@pytest.mark.parametrize(
    ("facts", "is_certain"),
    [
        ({}, True),
        ({"required": ()}, True),
        ({"required": (), "trouble": "Later."}, False),
        ({"required": (), "trouble": "Hidden.", "is_hidden": True}, True),
        ({"trouble": "Later."}, True),
    ],
)
def test_only_what_was_read_is_certain(facts: dict[str, Any], is_certain: bool) -> None:
    assert repository.is_certain(BASE.model_copy(update=facts), APP) is is_certain
