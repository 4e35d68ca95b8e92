"""One comment of ours on a pull request, made and then changed; nobody else's is taken for it, or touched."""

from typing import Any

import pytest

from tests.tasks.house import REPOSITORY, House
from tests.tasks.outcomes import fault, intents, outcomes, written
from tests.tasks.run_wishes import EARLIER
from tests.tasks.wishes import prepare, wish

BOT = "mergegate[bot]"


def _app(house: House) -> int:
    return house.github.state.installations[house.installation_id].app_id


def _comments(house: House) -> list[tuple[str | None, str]]:
    """Author and text of all on the pull request, without what nobody sees."""
    said = house.github.state.repository(REPOSITORY).comments[1]
    return [(one.author, one.body.partition("\n\n<!--")[0]) for one in said]


def _key(house: House) -> str:
    return str(house.rows("SELECT key FROM intents WHERE kind = 'comment_create'")[0]["key"])


def _errors(house: House, kind: str) -> list[str]:
    return [row["error"] for row in house.rows(f"SELECT error FROM writes WHERE kind = '{kind}' ORDER BY sequence")]


def _allow_both(house: House) -> None:
    house.allow("comment_create", "comment_update")


def test_a_second_wish_for_a_comment_changes_the_one_that_was_made_meanwhile(house: House) -> None:
    prepare(house, "comment_create")
    _allow_both(house)
    fault(house, "comment_create", 502, when="after")
    house.work()
    wish(house, "comment_create", body="All is lost")
    house.work()
    assert _comments(house) == [(BOT, "All is well")]
    house.clock.forward(5)
    house.sweep()
    assert _comments(house) == [(BOT, "All is lost")]
    assert (intents(house, "comment_create"), intents(house, "comment_update")) == (
        ["written", "superseded"],
        ["written"],
    )
    replaced = house.rows("SELECT body ->> 'comment' AS id FROM audit_events WHERE kind = 'write_replaced'")
    assert [int(row["id"]) for row in replaced] == [house.github.state.repository(REPOSITORY).comments[1][0].id]


def test_a_second_wish_for_a_comment_makes_it_where_the_first_made_none(house: House) -> None:
    prepare(house, "comment_create")
    fault(house, "comment_create", 422)
    house.work()
    wish(house, "comment_create", body="All is lost")
    house.work()
    assert _comments(house) == [(BOT, "All is lost")]


def test_the_change_needs_a_switch_of_its_own(house: House) -> None:
    prepare(house, "comment_create")
    house.work()
    wish(house, "comment_create", body="All is lost")
    house.work()
    assert _comments(house) == [(BOT, "All is well")]
    assert intents(house, "comment_update") == ["waiting"]


@pytest.mark.parametrize("point", ["write.claimed", "write.before_decision"])
def test_a_worker_that_dies_beside_the_replacement_makes_no_second_comment(house: House, point: str) -> None:
    prepare(house, "comment_create")
    _allow_both(house)
    house.work()
    wish(house, "comment_create", body="All is lost")
    with house.dying_at(point):
        house.work()
    house.clock.forward(100)
    house.sweep()
    assert _comments(house) == [(BOT, "All is lost")]


def test_a_comment_that_somebody_deleted_is_made_anew_by_the_next_wish(house: House) -> None:
    prepare(house, "comment_create")
    _allow_both(house)
    house.work()
    made = house.github.state.repository(REPOSITORY).comments[1][0]
    house.github.delete_comment(REPOSITORY, 1, made.id)
    wish(house, "comment_create", body="All is lost")
    house.work()
    assert (_comments(house), outcomes(house, "comment_update")) == ([], ["refused"])
    wish(house, "comment_create", body="All is lost again")
    house.work()
    assert _comments(house) == [(BOT, "All is lost again")]


def test_a_comment_with_our_marker_by_another_is_not_taken_for_ours(house: House) -> None:
    prepare(house, "comment_create")
    fault(house, "comment_create", 502)
    house.work()
    house.github.comment(REPOSITORY, 1, by="bob", body=f"All is well\n\n<!-- mergegate:{_key(house)} -->")
    house.clock.forward(60)
    house.sweep()
    assert _comments(house) == [("bob", "All is well"), (BOT, "All is well")]
    assert outcomes(house, "comment_create") == ["absent", "written"]


def test_a_comment_of_our_name_that_came_through_another_app_is_not_taken_for_ours(house: House) -> None:
    prepare(house, "comment_create")
    fault(house, "comment_create", 502)
    house.work()
    other = house.github.add_app("other").id
    body = f"All is well\n\n<!-- mergegate:{_key(house)} -->"
    house.github.comment(REPOSITORY, 1, by=BOT, body=body, app_id=other)
    house.clock.forward(60)
    house.sweep()
    assert outcomes(house, "comment_create") == ["absent", "written"]


@pytest.mark.parametrize("body", ["{marker}\n\nand more", "{marker}\n\n<!-- mergegate:" + "0" * 64 + " -->"])
def test_a_marker_inside_a_text_of_ours_was_put_there_by_somebody(house: House, body: str) -> None:
    prepare(house, "comment_create")
    fault(house, "comment_create", 502)
    house.work()
    text = body.format(marker=f"<!-- mergegate:{_key(house)} -->")
    house.github.comment(REPOSITORY, 1, by=BOT, body=text, app_id=_app(house))
    house.clock.forward(60)
    house.sweep()
    assert outcomes(house, "comment_create") == ["absent", "written"]


def test_a_text_that_ends_in_a_foreign_marker_is_still_found_by_its_own(house: House) -> None:
    prepare(house, "comment_create")
    house.sent.clear()
    wish(house, "comment_create", body=f"hello\n\n<!-- mergegate:{'0' * 64} -->")
    fault(house, "comment_create", 502, when="after")
    house.work()
    house.clock.forward(5)
    house.sweep()
    assert outcomes(house, "comment_create") == ["written"]


OTHER_APP = -1
NOT_OURS: dict[str, dict[str, Any]] = {
    "of somebody else": {"by": "bob", "body": EARLIER},
    "of our name through another App": {"by": BOT, "body": EARLIER, "app_id": OTHER_APP},
    "of our App but not of this gate": {"by": BOT, "body": "made by other code of the App"},
    "on another pull request": {"by": BOT, "body": EARLIER, "number": 2},
}


@pytest.mark.parametrize("whose", NOT_OURS)
def test_a_comment_that_is_not_ours_is_never_changed(house: House, whose: str) -> None:
    prepare(house, "comment_update")
    house.sent.clear()
    facts = {"number": 1, "app_id": _app(house), **NOT_OURS[whose]}
    facts["app_id"] = house.github.add_app("other").id if facts["app_id"] == OTHER_APP else facts["app_id"]
    house.github.push(REPOSITORY, "other", {"b.py": "1"}, by="bob")
    house.github.open_pull(REPOSITORY, "other", by="bob")
    number = facts.pop("number")
    other = house.github.comment(REPOSITORY, number, **facts)
    wish(house, "comment_update", comment_id=other.id)
    house.work()
    assert house.github.writes("/comments") == []
    assert outcomes(house, "comment_update") == ["refused"]
    assert "is not the one that was written here on #1" in _errors(house, "comment_update")[-1]


def test_a_comment_whose_owner_can_not_be_read_now_is_changed_later(house: House) -> None:
    prepare(house, "comment_update")
    house.github.fault("GET", "/issues/comments/", 502)
    house.work()
    assert (written(house, "comment_update"), intents(house, "comment_update")) == ([], ["pending"])
    house.clock.forward(31)
    house.sweep()
    assert (len(written(house, "comment_update")), outcomes(house, "comment_update")) == (1, ["limited", "written"])
