"""The gate's own review: given once while an approve rule holds at the head, taken back when none does any more."""

from collections.abc import Iterator

import pytest

from tests.tasks.approving import RULES, check, entries, head, intents, judge, push, reviews, told, write_rules
from tests.tasks.house import REPOSITORY, House, built


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """The check of pull request 1 is green, and the rules hold; reviews may be given and dismissed."""
    with built(database_url, redis_db) as made:
        made.allow("review_approve", "review_dismiss")
        write_rules(made)
        check(made)
        yield made


def test_it_approves_the_head_and_names_the_rule(house: House) -> None:
    judge(house)
    assert reviews(house) == [("APPROVED", head(house))]
    [body] = house.written("review_approve")
    assert (body["event"], body["commit_id"]) == ("APPROVE", head(house))
    base = house.github.state.repository(REPOSITORY).branches["main"]
    assert body["body"].startswith(f"Approved by the rule `updates` of `acme/widget@{base}: .mergegate.yml`.\n")
    assert (told(house)["state"], told(house)["rules"]) == ("held", ["updates"])


def test_however_often_it_is_judged_there_is_one_review(house: House) -> None:
    for _ in range(3):
        judge(house)
    assert reviews(house) == [("APPROVED", head(house))]
    assert intents(house) == ["written"]


def test_a_new_head_is_approved_anew_and_the_old_review_dismissed(house: House) -> None:
    judge(house)
    old = head(house)
    push(house)
    check(house)
    judge(house)
    assert reviews(house) == [("DISMISSED", old), ("APPROVED", head(house))]
    [body] = house.written("review_dismiss")
    assert body["message"] == f"It was given at {old[:10]}, and the head is {head(house)[:10]} by now."


def test_where_no_rule_holds_nothing_is_approved(house: House) -> None:
    check(house, "failure")
    judge(house)
    assert reviews(house) == []
    assert (told(house)["state"], told(house)["sentence"]) == ("not_held", "No rule holds.")


def test_a_rule_that_holds_no_more_takes_the_review_back_and_one_that_holds_again_gives_another(house: House) -> None:
    judge(house)
    check(house, "failure")
    judge(house)
    assert reviews(house) == [("DISMISSED", head(house))]
    assert house.written("review_dismiss")[0]["message"] == "No approve rule holds any more."
    check(house)
    judge(house)
    assert reviews(house) == [("DISMISSED", head(house)), ("APPROVED", head(house))]


@pytest.mark.parametrize(
    ("rules", "state", "message"),
    [
        (None, "removed", "The approve rules were removed."),
        ("approve: []", "not_judged", "The approve rules are not asked about this pull request any more."),
        ("approve: {}", "invalid", "The approve rules cannot be read any more."),
        ("approve: [{name: a, if: {has_labels: [x]}}]", "not_held", "No approve rule holds any more."),
        ("#" * (256 * 1024 + 1), "invalid", "The approve rules cannot be read any more."),
    ],
)
def test_whatever_becomes_of_the_rules_no_review_outlives_them(
    house: House, rules: str | None, state: str, message: str
) -> None:
    judge(house)
    write_rules(house, rules)
    judge(house)
    assert reviews(house) == [("DISMISSED", head(house))]
    assert [body["message"] for body in house.written("review_dismiss")] == [message]
    assert told(house)["state"] == state
    judge(house)
    assert intents(house, "review_dismiss") == ["written"]


def test_a_malformed_file_is_told_with_its_place_and_approves_nothing(house: House) -> None:
    write_rules(house, "approve:\n- {name: a, if: {has_labels: [x]}, when: {}}\n")
    judge(house)
    assert reviews(house) == []
    sentence = ".mergegate.yml is not valid in line 2: the key 'when' is not known here."
    assert (told(house)["state"], told(house)["sentence"]) == ("invalid", sentence)
    assert entries(house)[-1]["trouble"] == sentence
    assert house.states() == ["pending"]


def test_a_draft_is_not_approved_until_it_is_ready(house: House) -> None:
    house.github.convert_to_draft(REPOSITORY, 1)
    judge(house)
    assert (reviews(house), told(house)["sentence"]) == ([], "A draft is not approved.")
    house.github.mark_ready(REPOSITORY, 1)
    judge(house)
    assert reviews(house) == [("APPROVED", head(house))]
    house.github.convert_to_draft(REPOSITORY, 1)
    judge(house)
    assert reviews(house) == [("DISMISSED", head(house))]


def test_a_head_whose_review_a_person_dismissed_is_not_approved_again(house: House) -> None:
    judge(house)
    [review] = house.github.state.repository(REPOSITORY).reviews[1]
    house.github.dismiss(REPOSITORY, 1, review.id)
    for _ in range(2):
        judge(house)
    assert reviews(house) == [("DISMISSED", head(house))]
    assert (told(house)["state"], intents(house)) == ("withheld", ["written"])
    assert "Somebody has dismissed our review of this head" in entries(house)[-1]["trouble"]
    push(house)
    check(house)
    judge(house)
    assert reviews(house)[-1] == ("APPROVED", head(house))


def test_a_no_counts_even_if_we_had_taken_an_earlier_review_back(house: House) -> None:
    judge(house)
    check(house, "failure")
    judge(house)
    check(house)
    judge(house)
    review = house.github.state.repository(REPOSITORY).reviews[1][-1]
    house.github.dismiss(REPOSITORY, 1, review.id)
    judge(house)
    assert [state for state, _ in reviews(house)] == ["DISMISSED", "DISMISSED"]
    assert told(house)["state"] == "withheld"


def test_without_its_switch_it_is_denied_once(house: House) -> None:
    house.allow()
    for _ in range(3):
        judge(house)
    decisions = house.rows(
        "SELECT blockers FROM decisions JOIN intents ON intents.id = intent_id WHERE kind <> 'status'"
    )
    assert [[blocker["code"] for blocker in row["blockers"]] for row in decisions] == [["MUTATION_NOT_ALLOWED"]]
    assert (reviews(house), told(house)["state"]) == ([], "held")
    house.allow("review_approve")
    judge(house)
    assert reviews(house) == [("APPROVED", head(house))]


def test_its_own_pull_request_is_never_approved(house: House) -> None:
    [app] = house.github.state.apps.values()
    login = house.github.state.bot(app.id).login
    house.github.push(REPOSITORY, "own", {"a.py": "9"}, by="bob")
    number = house.github.open_pull(REPOSITORY, "own", by=login, title="Ours").number
    write_rules(house, "approve: [{name: all, if: {title: {matches: ['.']}}}]")
    judge(house, number)
    assert intents(house) == []
    assert (told(house)["state"], told(house)["sentence"]) == (
        "not_judged",
        "The gate never approves its own pull request.",
    )


def test_another_app_s_pull_request_is_approved(house: House) -> None:
    house.github.push(REPOSITORY, "bot", {"poetry.lock": "9"}, by="dependabot[bot]")
    number = house.github.open_pull(REPOSITORY, "bot", by="dependabot[bot]", title="Bump").number
    write_rules(house, "approve: [{name: bump, if: {has_author_in: {users: ['dependabot[bot]']}}}]")
    judge(house, number)
    assert intents(house) == ["written"]


COUNTING = [
    "requires: {count: 1, permissions: [write]}",
    "requires: {count: 1, users: ['%s']}",
    "requires: {count: 1, permissions: [read]}, options: {methods: {github_review_comment_patterns: ['Approved']}}",
]


@pytest.mark.parametrize("mode", ["compat", "strict"])
@pytest.mark.parametrize("keys", COUNTING)
def test_its_own_review_counts_in_no_policy_of_its_own(house: House, keys: str, mode: str) -> None:
    [app] = house.github.state.apps.values()
    login = house.github.state.bot(app.id).login
    house.github.grant(REPOSITORY, login, "admin")
    keys = keys.replace("%s", login)
    policy = f"policy: {{approval: [r]}}\napproval_rules: [{{name: r, {keys}}}]\n"
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")
    house.with_settings(policy_mode=mode)
    for _ in range(2):
        judge(house)
    assert reviews(house) == [("APPROVED", head(house))]
    assert house.states() == ["pending"]
    assert house.rows("SELECT DISTINCT state, other_state FROM evaluations") == [
        {"state": "pending", "other_state": "pending"}
    ]


def test_nor_does_what_it_says_turn_a_pull_request_down_or_a_comment_of_its_count(house: House) -> None:
    [app] = house.github.state.apps.values()
    login = house.github.state.bot(app.id).login
    policy = (
        f"policy: {{approval: [r], disapproval: {{requires: {{users: ['{login}']}}}}}}\n"
        f"approval_rules: [{{name: r, requires: {{count: 1, users: ['{login}', bob]}}}}]\n"
    )
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")
    house.github.review(REPOSITORY, 1, by=login, state="changes_requested")
    house.github.comment(REPOSITORY, 1, by=login, body=":+1:")
    judge(house)
    assert house.states() == ["pending"]


def test_a_bot_beside_it_counts_as_anybody(house: House) -> None:
    policy = "policy: {approval: [r]}\napproval_rules: [{name: r, requires: {count: 1, users: ['other[bot]']}}]\n"
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")
    house.github.review(REPOSITORY, 1, by="other[bot]", state="approved")
    judge(house)
    assert house.states() == ["success"]


def test_its_own_review_counts_in_no_approve_rule_either(house: House) -> None:
    [app] = house.github.state.apps.values()
    login = house.github.state.bot(app.id).login
    house.github.review(REPOSITORY, 1, by=login, state="approved", sha=head(house))
    write_rules(house, f"approve: [{{name: a, requires: {{count: 1, users: ['{login}']}}}}]")
    judge(house)
    assert told(house)["state"] == "not_held"
    assert reviews(house) == [("DISMISSED", head(house))]


def test_a_review_of_ours_that_we_have_no_receipt_of_is_not_doubled(house: House) -> None:
    [app] = house.github.state.apps.values()
    login = house.github.state.bot(app.id).login
    house.github.review(REPOSITORY, 1, by=login, state="approved", sha=head(house))
    judge(house)
    assert intents(house) == []
    assert reviews(house) == [("APPROVED", head(house))]


def test_people_s_reviews_are_left_alone(house: House) -> None:
    check(house, "failure")
    judge(house)
    house.approve()
    assert intents(house, "review_dismiss") == []


def test_without_rules_nothing_happens_and_nothing_is_told(house: House) -> None:
    write_rules(house, None)
    judge(house)
    assert house.rows("SELECT approving FROM evaluations") == [{"approving": None}]
    assert (intents(house), entries(house)) == ([], [])


def test_a_rule_s_name_may_hold_anything(house: House) -> None:
    rule = RULES.partition("    if:")[2]
    names = ("nul \\0 nul", "x" * 50_000, "`@acme/core`")
    write_rules(house, "approve:\n" + "".join(f'  - name: "{name}"\n    if:{rule}' for name in names))
    judge(house)
    assert reviews(house) == [("APPROVED", head(house))]
    first, second, third = told(house)["rules"]
    assert (first, len(second), third) == ("nul nul", 100, "`@acme/core`")
    [body] = house.written("review_approve")
    assert body["body"].startswith(f"Approved by the rules `nul nul`, `{second}`, `'@acme/core'` of ")
    assert (len(told(house)["sentence"]), house.states()) == (1000, ["pending"])


def test_of_many_rules_ten_are_named(house: House) -> None:
    rule = RULES.partition("    if:")[2]
    write_rules(house, "approve:\n" + "".join(f"  - name: r{number}\n    if:{rule}" for number in range(12)))
    judge(house)
    assert told(house)["rules"] == [f"r{number}" for number in range(10)]
