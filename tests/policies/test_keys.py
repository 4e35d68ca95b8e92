"""Where a key belongs, or what it may be meant to be."""

import pytest

from policies import actors, keys, options
from policies.predicates.catalogue import IN_ORDER


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("count", "`count` belongs under `requires`"),
        ("approval", "`approval` belongs under `policy`"),
        ("approval_rules", "`approval_rules` belongs at the top of the policy file"),
        ("requires", "`requires` belongs in an entry of `approval_rules` or `approve`"),
        ("approve", "`approve` belongs at the top of the gate file"),
        ("has_labels", "`has_labels` belongs under `if` or `requires.conditions`"),
        ("comments", "`comments` belongs under `options.methods`"),
        ("remote", "a file that refers to another one holds only `remote`, `path` and `ref`"),
        ("user", "did you mean `users`?"),
        ("zzz", ""),
    ],
)
def test_it_says_where_a_key_belongs(name: str, hint: str) -> None:
    assert keys.hint(name, ("users", "teams")) == hint


def test_it_knows_every_key() -> None:
    assert keys.PLACES["under `requires`"] == ("count", "conditions", *actors.KEYS)
    assert keys.PLACES["under `if` or `requires.conditions`"] == tuple(kind.key for kind in IN_ORDER)
    assert keys.PLACES["under `options`"] == (*options.FLAGS, "ignore_commits_by", "request_review", "methods")
    assert sorted(keys.PLACES["under `options.methods`"]) == sorted(options.METHODS)


def test_it_compares_no_endless_names() -> None:
    assert keys.nearest("rule" * 50, ("rule" * 50,)) == ""
    assert keys.nearest("rules", ("rule" * 50, "rule")) == "did you mean `rule`?"
    assert keys.nearest("rules", (*(f"x{number}" for number in range(500)), "rule")) == ""
