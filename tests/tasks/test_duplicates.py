"""`mergegate projections duplicates`: what GitHub shows twice is told, with the writes that the log knows of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.tasks.house import REPOSITORY, House
from tests.tasks.test_killed_workers import environment_of
from tests.tasks.wishes import prepare, wish

BOT = "mergegate[bot]"
DOUBLED = ("comment_create", "review_approve", "check_run")
NONE = "0 of {count} places show more than was meant; 0 could not be read.\n"


def _run(house: House, *arguments: str, **environment: str) -> Result:
    everything = environment_of(house) | environment
    return CliRunner().invoke(main, ["projections", "duplicates", *arguments], env=everything)


def _intent(house: House, kind: str) -> dict[str, Any]:
    return house.rows(f"SELECT id, key FROM intents WHERE kind = '{kind}' AND status = 'written'")[0]


def _double(house: House, kind: str, by: str = BOT) -> int:
    """What GitHub would show had it taken the request twice; answers the second's id."""
    key, app = _intent(house, kind)["key"], house.github.state.installations[house.installation_id].app_id
    body = f"All is well\n\n<!-- mergegate:{key} -->"
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    doubles: dict[str, Callable[[], Any]] = {
        "comment_create": lambda: house.github.comment(
            REPOSITORY, 1, by=by, body=body, app_id=app if by == BOT else None
        ),
        "review_approve": lambda: house.github.review(REPOSITORY, 1, by=by, body=body),
        "check_run": lambda: house.github.check_run(
            REPOSITORY,
            head,
            app_id=app if by == BOT else house.github.add_app("o").id,
            name="mergegate: policy",
            external_id=key,
        ),
    }
    return int(doubles[kind]().id)


@pytest.mark.parametrize("kind", DOUBLED)
def test_what_was_made_once_is_no_duplicate(house: House, kind: str) -> None:
    prepare(house, kind)
    house.work()
    result = _run(house)
    assert (result.output, result.exit_code) == (NONE.format(count=1), 0)


@pytest.mark.parametrize("kind", DOUBLED)
def test_what_github_shows_twice_is_told_with_the_write_it_bears_the_mark_of(house: House, kind: str) -> None:
    prepare(house, kind)
    house.work()
    second = _double(house, kind)
    result = _run(house)
    assert result.exit_code == 1
    assert f"  {second}  intent {_intent(house, kind)['id']}\n" in result.output
    assert result.output.count("  intent ") == 2
    assert "1 of 1 places show more than was meant" in result.output


@pytest.mark.parametrize("kind", DOUBLED)
def test_what_others_made_with_our_mark_is_no_duplicate(house: House, kind: str) -> None:
    prepare(house, kind)
    house.work()
    _double(house, kind, by="bob")
    assert _run(house).output == NONE.format(count=1)


def test_a_second_comment_of_ours_that_no_write_is_known_of_is_told(house: House) -> None:
    prepare(house, "comment_create")
    house.work()
    app = house.github.state.installations[house.installation_id].app_id
    body = f"by another gate\n\n<!-- mergegate:{'0' * 64} -->"
    stray = house.github.comment(REPOSITORY, 1, by=BOT, body=body, app_id=app)
    assert f"  {stray.id}  intent not known here\n" in _run(house).output


def test_two_checks_of_one_name_are_no_duplicate(house: House) -> None:
    prepare(house, "check_run")
    house.work()
    wish(house, "check_run", conclusion="success")
    house.work()
    assert _run(house).output == NONE.format(count=1)


def test_what_can_not_be_read_is_told_as_that(house: House) -> None:
    prepare(house, "comment_create")
    house.work()
    house.github.fault("GET", "/comments$", 502)
    result = _run(house)
    assert result.exit_code == 1
    assert "acme/widget#1 comments: GitHub did not give the comments (it answered 502).\n" in result.output
    assert "0 of 1 places show more than was meant; 1 could not be read." in result.output


def test_it_says_the_same_as_json(house: House) -> None:
    prepare(house, "comment_create")
    house.work()
    second = _double(house, "comment_create")
    found = json.loads(_run(house, "--json").output)
    assert found[0]["target"]["full_name"] == REPOSITORY
    assert [one["remote_id"] for one in found[0]["shown"]][-1] == second


def test_nothing_is_said_of_what_was_never_sent(house: House) -> None:
    prepare(house, "comment_create")
    assert _run(house).output == NONE.format(count=0)


def test_it_needs_a_live_reader(house: House) -> None:
    result = _run(house, GITHUB_READER="local")
    assert result.exit_code == 1
    assert "set GITHUB_READER=live" in result.output
