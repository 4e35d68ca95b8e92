"""The built-in default policy."""

from policies import default_policy, document


def test_it_asks_for_one_writer() -> None:
    (rule,) = document.parse(default_policy.TEXT).rules
    assert (rule.name, rule.count) == ("a writer has approved the head", 1)
