"""Files that name another file."""

import pytest

from policies.error import PolicyError
from policies.reference import Reference, parse


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("remote: acme/policies", Reference(owner="acme", repo="policies")),
        (
            "{remote: a/b/c, path: team/a.yml, ref: v1}",
            Reference(owner="a", repo="b/c", path="team/a.yml", ref="v1"),
        ),
        ("remote: a/b\npath:\nref: ~", Reference(owner="a", repo="b")),
        ("remote: ~", None),
        ("path: a.yml", None),
        ("remote: a/b\nbranch: main", None),
        ("remote: a/b\npolicy: {}", None),
        ("remote: [a/b]", None),
        ("remote: a/b\nremote: a/b", None),
        ("remote: [", None),
        ("- remote", None),
        ("policy: {}", None),
        ("", None),
    ],
)
def test_it_is_a_reference_only_if_it_is_nothing_else(text: str, reference: Reference | None) -> None:
    assert parse(text) == reference


@pytest.mark.parametrize("remote", ["''", "policies", "/policies", "acme/", "7"])
def test_it_refuses_a_remote_without_owner_or_repository(remote: str) -> None:
    with pytest.raises(PolicyError, match="is not written as owner/repository") as caught:
        parse(f"remote: {remote}")
    assert (caught.value.kind, caught.value.line) == ("remote", 1)
