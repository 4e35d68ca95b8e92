"""Globs, against a matcher that walks both texts instead of translating one."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policies import globs
from policies.document import parse
from policies.error import PolicyError
from policies.globs import Glob
from policies.paths import Paths

NAMES = st.lists(st.text("ab.{", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)
SEGMENT = st.lists(
    st.sampled_from(["a", "b", ".", "?", "*", "[ab]", "[a-b]", "{a,b}", "{a,{b,.}}", "\\{"]),
    min_size=1,
    max_size=3,
).map("".join)
GLOBS = st.lists(st.one_of(SEGMENT, st.just("**")), min_size=1, max_size=4).map("/".join)
MAX_BRACES = 5
PIECES = (("[ab]", "ab"), ("[a-b]", "ab"), ("\\{", "{"), ("?", "ab.{"))


@given(GLOBS, NAMES)
def test_it_agrees_with_a_matcher_that_walks(glob: str, name: str) -> None:
    assume("**/**" not in glob)  # here doublestar asks for one more segment
    assume(glob.count("{a") <= MAX_BRACES)
    assert matches_whole(glob, name) == any(walks(plain.split("/"), name.split("/")) for plain in without(glob))


def matches_whole(glob: str, name: str) -> bool:
    return Paths(globs=(Glob(text=glob),)).match(name)


def without(glob: str) -> list[str]:
    """The glob once for each choice among its braces."""
    for braces, branches in (("{a,{b,.}}", "ab."), ("{a,b}", "ab")):
        if braces in glob:
            return [plain for branch in branches for plain in without(glob.replace(braces, branch, 1))]
    return [glob]


def walks(glob: list[str], name: list[str]) -> bool:
    if not glob:
        return not name
    if glob[0] == "**":
        return any(walks(glob[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and fits(glob[0], name[0]) and walks(glob[1:], name[1:])


def fits(glob: str, name: str) -> bool:
    if not glob:
        return not name
    if glob[0] == "*":
        return any(fits(glob[1:], name[start:]) for start in range(len(name) + 1))
    written, allowed = next((pair for pair in PIECES if glob.startswith(pair[0])), (glob[0], glob[0]))
    return bool(name) and name[0] in allowed and fits(glob[len(written) :], name[1:])


@pytest.mark.parametrize(
    ("glob", "name", "matches"),
    [
        ("src/**", "src", True),
        ("src/**/", "src", True),
        ("src/**/", "src/a", False),
        ("src/**/a", "src/a", True),
        ("src/**/**", "src", False),
        ("**/**/a", "a", True),
        ("src/**/a", "src/x/y/a", True),
        ("src/**/a", "srca", False),
        ("**", "a/b", True),
        ("**/a", "a", True),
        ("a**", "a/b", False),
        ("a**", "a", True),
        ("a***", "a", False),
        ("a***", "ab", True),
        ("a****/", "ab", False),
        ("a****b", "ab", True),
        ("a**", "abc", True),
        ("a**/", "a", True),
        ("a/**b", "a/xb", True),
        ("a/**b", "a/x/b", False),
        ("*", ".hidden", True),
        ("*", "a/b", False),
        ("?", "é", True),
        ("?", "/", False),
        ("A", "a", False),
        ("a\nb", "a\nb", True),
        ("[a-c]", "b", True),
        ("[^a-c]", "b", False),
        ("[!a]b", "/b", True),
        ("[a-]", "-", True),
        ("[-a]", "-", True),
        ("[a-c-e]", "-", True),
        ("[a-c-e]", "d", False),
        (r"[\]]", "]", True),
        (r"[a-\]]", "]", False),
        (r"[+-\]]", "5", True),
        ("[z-a]", "m", False),
        ("[!z-a]", "m", True),
        (r"\*", "*", True),
        (r"\*", "x", False),
        (r"x\/**/a", "x/b/a", True),
        ("{a,b/**}/c", "b/x/c", True),
        ("{a,b}{,c}", "bc", True),
        (r"{a\,b,c}", "a,b", True),
        ("{a}", "a", True),
        ("a,b", "a,b", True),
        ("a}", "a}", True),
        ("", "", True),
    ],
)
def test_it_matches_as_doublestar_does(glob: str, name: str, matches: bool) -> None:
    assert matches_whole(glob, name) is matches


@pytest.mark.parametrize(
    "glob", ["[", "[]a]", "[!", "[!]", "[a", "[a-", "{a", "{a,{b}", "a\\", "[a\\", "{a,b}[", "[a-\\"]
)
def test_a_malformed_glob_matches_nothing(glob: str) -> None:
    names = ("a", "b", "[", "[]a]", "{a", "a\\", "", "-", glob)
    assert [name for name in names if matches_whole(glob, name)] == []


def test_alternatives_before_a_malformed_one_still_match() -> None:
    assert [name for name in "ab[" if matches_whole("{a,[,b}", name)] == ["a"]


@pytest.mark.parametrize(
    "glob", ["a" * (globs.MAX_GLOB_CHARACTERS + 1), "{a}" * 51, "{a,b}" * 10, "{a,b}" * 9 + "a" * 900]
)
def test_it_refuses_a_glob_beyond_the_limits(glob: str) -> None:
    with pytest.raises(PolicyError, match="too large") as caught:
        parse(f"approval_rules: [{{if: {{changed_files: {{globs: [a, '{glob}']}}}}}}]")
    assert (caught.value.kind, caught.value.column) == ("regexp", 51)
