"""What is said of the checks: sentences, counts and the hash of them."""

import hashlib

from policies.merging import checks
from policies.merging.checks import Counts
from tests.policies.merging.building import (
    HEAD,
    OLD,
    check,
    status,
)
from tests.policies.merging.checking import demanding, judge, sentences


def test_a_sentence_names_three_and_says_how_many_more() -> None:
    names = ("e", "d", "c", "b", "a", "a")
    failed = [check(name, "failure", id=place) for place, name in enumerate(names)]
    assert sentences(check(), *failed) == ["These checks failed: a, b, c, 2 more; each has to pass."]
    assert sentences(check(), *failed[2:]) == ["These checks failed: a, b, c; each has to pass."]


def test_names_from_outside_are_made_harmless() -> None:
    odd = demanding(("e2e\u202e\n# x", None))
    (against,) = judge(check(), protection=odd).against
    assert (against.detail, against.subject) == ("MISSING_REQUIRED:e2e # x", "check:e2e # x")
    assert sentences(check(), check("a\nb", "failure")) == ["These checks failed: a b; each has to pass."]


def test_it_counts_each_check_by_itself() -> None:
    given = [check(), check(conclusion="neutral"), check(conclusion="skipped"), status()]
    assert checks.count(given) == Counts(total=4, failed=0, pending=0)
    worse = [check(conclusion="failure"), check(conclusion="new"), check(conclusion=None), status("ci", "pending")]
    assert checks.count([*given, *worse, check(conclusion=None)]) == Counts(total=9, failed=2, pending=3)
    assert checks.count([]) == Counts(total=0, failed=0, pending=0)


def test_the_hash_is_of_what_the_checks_say() -> None:
    ours, theirs = (
        '["check_run", "\\u00e9", 15368, "completed", "success"]',
        '["check_run", "\\u00e9", null, "queued", null]',
    )
    text = f'["o", "r", "a1", [{ours}, {theirs}, ["status", "ci", null, "pending", null]]]'
    given = [status("ci", "pending"), check("é", None, app_id=None, status="queued"), check("é")]
    assert checks.snapshot_hash("o", "r", HEAD, given) == hashlib.sha256(text.encode()).hexdigest()
    again = [check("é", id=77, details_url="https://ci.example/77"), *given[1::-1]]
    assert checks.snapshot_hash("o", "r", HEAD, again) == checks.snapshot_hash("o", "r", HEAD, given)


def test_each_thing_that_a_check_says_is_in_the_hash() -> None:
    others = [check(), check(conclusion="failure"), check("lint"), check(app_id=1), check(status="queued"), status()]
    hashes = {checks.snapshot_hash("o", "r", HEAD, [one]) for one in others}
    hashes |= {
        checks.snapshot_hash(*where, [check()]) for where in (("p", "r", HEAD), ("o", "s", HEAD), ("o", "r", OLD))
    }
    hashes |= {checks.snapshot_hash("o", "r", HEAD, [check(), check()]), checks.snapshot_hash("o", "r", HEAD, [])}
    assert len(hashes) == 11
