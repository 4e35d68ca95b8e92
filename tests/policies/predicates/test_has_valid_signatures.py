"""`has_valid_signatures`, `has_valid_signatures_by` and `has_valid_signatures_by_keys`"""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED, FactMissing, Signature

GOOD = Signature(kind="gpg", valid=True, state="VALID", signer="ana", key_id="K1")
OTHER = Signature(kind="gpg", valid=True, state="VALID", signer="bob", key_id='K"2')
SSH = Signature(kind="ssh", valid=True, state="VALID", signer="ana")
BAD = Signature(kind="gpg", valid=False, state="UNKNOWN_KEY", signer="ana", key_id="K1")
UNSIGNED = "Commit c1 has no signature"
INVALID = "Commit c1 has an invalid signature due to UNKNOWN_KEY"
STRANGER = 'Contributor "bob" does not meet the required membership conditions for signing'


@pytest.mark.parametrize(
    ("condition", "signature", "holds", "sentence"),
    [
        ("has_valid_signatures: true", GOOD, True, ""),
        ("has_valid_signatures: true", SSH, True, ""),
        ("has_valid_signatures: true", None, False, UNSIGNED),
        ("has_valid_signatures: true", BAD, False, INVALID),
        ("has_valid_signatures: false", GOOD, False, "All commits are signed and have valid signatures"),
        ("has_valid_signatures: false", None, True, ""),
        ("has_valid_signatures_by: {users: [ana]}", SSH, True, ""),
        ("has_valid_signatures_by: {users: [ana]}", OTHER, False, STRANGER),
        ("has_valid_signatures_by: {users: [ana]}", BAD, False, INVALID),
        ("has_valid_signatures_by: {users: [ana]}", None, False, UNSIGNED),
        ("has_valid_signatures_by_keys: {key_ids: [k, K1]}", GOOD, True, ""),
        ("has_valid_signatures_by_keys: {key_ids: [K1]}", BAD, False, INVALID),
        ("has_valid_signatures_by_keys: {key_ids: [K1]}", SSH, False, "Commit c1 signature is not a GPG signature"),
        (
            "has_valid_signatures_by_keys: {key_ids: [K1]}",
            OTHER,
            False,
            r'Key "K\"2" does not meet the required key conditions for signing',
        ),
    ],
)
def test_it_judges_every_signature(
    found: Any, commit: Any, condition: str, signature: Signature | None, holds: bool, sentence: str
) -> None:
    commits = (commit("c1", ("b0",), signature=signature), commit("b0", (), signature=GOOD))
    assert found(condition, commits=commits) == (holds, sentence)


def test_it_names_commits_by_their_first_ten_characters(found: Any, commit: Any) -> None:
    commits = (commit("0123456789abc", (), signature=None),)
    sentence = "Commit 0123456789 has no signature"
    assert found("has_valid_signatures: true", commits=commits, head_sha="0123456789abc") == (False, sentence)


def test_it_shows_what_it_compared(ask: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",), signature=OTHER), commit("b0", (), signature=GOOD))
    assert ask("has_valid_signatures: true", commits=commits).values == ("c1", "b0")
    assert ask("has_valid_signatures: false", commits=(commit("c1", (), signature=None),)).values == ("c1",)
    assert ask("has_valid_signatures_by: {users: [ana, bob]}", commits=commits).values == ("ana", "bob")
    unsigned = (commit("c1", ("b0",), signature=None), commit("b0", (), signature=GOOD))
    assert ask("has_valid_signatures_by: {users: [ana]}", commits=unsigned).values == ()
    keys = ask("has_valid_signatures_by_keys: {key_ids: [K1]}", commits=commits)
    assert (keys.values, keys.condition_values) == (('K"2', "K1"), ("K1",))


@pytest.mark.parametrize(
    "condition",
    [
        "has_valid_signatures: true",
        "has_valid_signatures_by: {users: [ana]}",
        "has_valid_signatures_by_keys: {key_ids: [K1]}",
    ],
)
def test_it_does_not_guess_the_signatures(found: Any, commit: Any, condition: str) -> None:
    with pytest.raises(FactMissing, match="signature"):
        found(condition, commits=(commit("c1", (), signature=NOT_FETCHED),))


NOBODY_KNOWN = Signature(kind="gpg", valid=True, state="VALID", key_id="K1")
UNKNOWN_KEY = Signature(kind="gpg", valid=False, state="UNKNOWN_KEY", key_id="K1")


@pytest.mark.parametrize(
    ("signature", "sentence"), [(NOBODY_KNOWN, STRANGER.replace("bob", "")), (UNKNOWN_KEY, INVALID)]
)
@pytest.mark.parametrize("actors", ["permissions: [read]", "teams: [acme/core]", "organizations: [acme]"])
def test_it_asks_nothing_about_a_signer_without_an_account(
    found: Any, commit: Any, actors: str, signature: Signature, sentence: str
) -> None:
    commits = (commit("c1", (), signature=signature),)
    assert found(f"has_valid_signatures_by: {{{actors}}}", commits=commits) == (False, sentence)
