"""What the approve rules said is shown wherever the verdict is: in the terminal, on the page, by the API, safely."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask import Flask

from app.cli import main
from app.web import pages, replies
from tests.app.web.api.knocking import knocking
from tests.tasks.approving import RULES, check, judge, write_rules
from tests.tasks.asking import chain
from tests.tasks.house import House, built

HELD = "held: Held by the rule updates."


@pytest.fixture
def house(database_url: str, redis_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The approve rules hold for pull request 1; its review was denied, since its switch is off."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    with built(database_url, redis_db) as made:
        write_rules(made)
        check(made)
        judge(made)
        yield made


def _page(house: House) -> str:
    flask = Flask("mergegate", static_folder=None)
    replies.install(flask)
    pages.install(flask, house.context.settings.database_url)
    [row] = house.rows("SELECT page_key FROM pulls")
    return str(flask.test_client().get(f"/pulls/{row['page_key']}").text)


def _explained(*arguments: str) -> str:
    return CliRunner().invoke(main, (*arguments, "acme/widget#1")).stdout


def test_explain_says_which_rule_holds_and_why(house: House) -> None:
    said = chain(house)
    assert f"  approve   {HELD}\n    rules     acme/widget@" in said
    assert '✓ rule "updates": Approved by required conditions' in said
    assert "blocker   MUTATION_NOT_ALLOWED: " in said
    assert "approve_rules_asked" in said


def test_the_explanation_of_a_policy_has_the_rules_too(house: House) -> None:
    said = _explained("policy", "explain")
    assert f"approve  {HELD}" in said
    assert '  ✓ rule "updates": Approved by required conditions' in said


def test_the_page_behind_the_status_says_it(house: House) -> None:
    page = _page(house)
    assert f"<h2>Approve rules</h2>\n<p>{HELD}" in page
    assert "rule <b>updates</b>: Approved by required conditions" in page


def test_json_and_api_have_it_as_data(house: House) -> None:
    by_command = json.loads(_explained("policy", "explain", "--json"))
    client = knocking(house.context.settings, house.clock).client("read")
    by_api = client.get("/api/v1/pulls/acme/widget/1").get_json()
    assert by_api["approving"] == by_command["approving"]
    said = by_api["approving"]
    assert (said["state"], said["sentence"], said["rules"]) == ("held", "Held by the rule updates.", ["updates"])
    assert said["file"]["source"].endswith(": .mergegate.yml")
    assert [rule["name"] for rule in said["result"]["children"]] == ["updates"]


def test_of_a_repository_without_rules_nothing_is_said(house: House) -> None:
    write_rules(house, None)
    house.rows("DELETE FROM evaluations RETURNING id")
    judge(house)
    assert "\n  approve " not in chain(house)
    assert "\napprove " not in _explained("policy", "explain")
    assert "Approve rules" not in _page(house)
    assert json.loads(_explained("policy", "explain", "--json"))["approving"] is None


def test_a_file_that_is_not_valid_is_told_wherever_somebody_looks(house: House) -> None:
    write_rules(house, "approve: [{name: a}]")
    judge(house)
    sentence = "invalid: .mergegate.yml is not valid in line 1: an approve rule needs a condition"
    for said in (chain(house), _explained("policy", "explain"), _page(house)):
        assert sentence in said
    assert "note      .mergegate.yml is not valid in line 1" in chain(house)


def test_hostile_names_stay_text(house: House) -> None:
    write_rules(house, RULES.replace("name: updates", 'name: "\\e[31m<script>\\u202e@acme/core`x`"'))
    judge(house)
    for said in (chain(house), _explained("policy", "explain"), _page(house)):
        assert "\x1b" not in said
        assert "\u202e" not in said
    assert "<script>" not in _page(house)
    assert "&lt;script&gt;@acme/core" in _page(house)
    [row] = house.rows("SELECT content FROM intents WHERE kind = 'review_approve' ORDER BY sequence DESC LIMIT 1")
    assert "`[31m<script>@acme/core'x'`" in row["content"]["body"]
