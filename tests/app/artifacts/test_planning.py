"""Plans: each reason against one, and what clears it; what an artifact does not name stays as it is."""

import base64
import hashlib
import zlib

import pytest

from app.artifacts import artifact, changes
from app.artifacts.artifact import MOST_FILE_BYTES, Files, Patch
from app.artifacts.blocked import Blocked
from policies.contents import BlobContent, CommitContent, TreeContent, TreeEntry
from tests.app.artifacts.ground import AT, EMAIL, MESSAGE, SUBMODULE, Ground, blob_sha, files, gone, text

SUB = b"1234567890" * 4
BASE = {
    "a.py": ("100644", b"1\n2\n3\n"),
    "lib/b.sh": ("100755", b"#!/bin/sh\n"),
    "lib/deep/c": ("120000", b"../b.sh"),
    "vendor": (SUBMODULE, SUB),
    "data": ("100644", b"\0\1\2"),
}
CHANGE = b"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n"


@pytest.fixture
def base(ground: Ground) -> str:
    return ground.commit(BASE)


def _patch(diff: bytes, base: str | None = None) -> Patch:
    return artifact.of_patch(diff, base)


def test_a_plan_names_every_object_in_the_order_of_writing(ground: Ground, base: str) -> None:
    plan = ground.plan(_patch(CHANGE), base)
    after = b"1\ntwo\n3\n"
    blob, tree, commit = plan.objects
    assert isinstance(blob, BlobContent)
    assert (blob.sha, blob.size, ground.store.get(blob.digest)) == (blob_sha(after), len(after), after)
    assert isinstance(tree, TreeContent)
    assert tree.base_tree == ground.tree_of(base)
    assert tree.entries == (TreeEntry(path="a.py", mode="100644", sha=blob.sha),)
    assert isinstance(commit, CommitContent)
    assert (commit.tree, commit.parents, commit.message, commit.email) == (tree.sha, (base,), MESSAGE, EMAIL)
    assert commit.at == AT.replace(microsecond=0)
    assert (plan.head_sha, plan.paths) == (commit.sha, ("a.py",))
    assert {one.leads_to for one in plan.objects} == {"branch_create"}
    assert plan == ground.plan(_patch(CHANGE), base)


def test_a_commit_may_go_on_a_branch(ground: Ground, base: str) -> None:
    tip = ground.commit({**BASE, "x": ("100644", b"")}, parent=base)
    plan = ground.plan(_patch(CHANGE), base, parents=(tip, base))
    assert plan.commit.parents == (tip, base)
    assert plan.tree.sha == ground.plan(_patch(CHANGE), base).tree.sha


def test_what_it_does_not_name_stays_and_is_not_read(ground: Ground, base: str) -> None:
    plan = ground.plan(files(text("lib/deep/new", "x")), base)
    want = {**BASE, "lib/deep/new": ("100644", b"x")}
    assert plan.tree.sha == ground.tree_of(ground.commit(want, parent=base))
    assert len(ground.read) == 3


def test_a_moved_base_is_a_blocker(ground: Ground, base: str) -> None:
    after = ground.commit({**BASE, "x": ("100644", b"")}, parent=base)
    sentence = f"The artifact was made on {base}, and the base is at {after} now."
    assert ground.blockers(_patch(CHANGE, base), after) == [("BASE_MOVED", sentence)]
    assert ground.blockers(_patch(CHANGE, base), base) == []
    assert ground.blockers(_patch(CHANGE), after) == []


def test_nothing_to_change_is_a_blocker(ground: Ground, base: str) -> None:
    same = files(text("a.py", "1\n2\n3\n"), text("lib/b.sh", "#!/bin/sh\n", "100755"))
    assert [code for code, _ in ground.blockers(same, base)] == ["NOTHING_TO_CHANGE"]
    assert ground.blockers(files(text("lib/b.sh", "#!/bin/sh\n")), base) == []


def test_it_leaves_something(ground: Ground) -> None:
    base = ground.commit({"a": ("100644", b"")})
    sentence = "The artifact would leave no file at all."
    assert ground.blockers(files(gone("a")), base) == [("PATCH_DOES_NOT_APPLY", sentence)]
    assert ground.blockers(files(gone("a"), text("b", "")), base) == []


def test_workflows_are_changed_with_consent_only(ground: Ground, base: str) -> None:
    change = files(text(".github/workflows/x.yml", "on: push"))
    sentence = '".github/workflows/x.yml" is a workflow, and ALLOW_WORKFLOW_FILES is not set.'
    assert ground.blockers(change, base) == [("PATH_NOT_ALLOWED", sentence)]
    assert ground.plan(change, base, allow_workflow_files=True).paths == (".github/workflows/x.yml",)


def test_a_patch_that_does_not_apply_names_path_and_hunk(ground: Ground, base: str) -> None:
    second = CHANGE + b"@@ -9 +9 @@\n-9\n+nine\n"
    sentence = '"a.py" is not as the patch expects it: hunk 2 does not apply.'
    assert ground.blockers(_patch(second), base) == [("PATCH_DOES_NOT_APPLY", sentence)]
    moved = ground.commit({**BASE, "a.py": ("100644", b"0\n1\n2\n3\n")}, parent=base)
    sentence = '"a.py" is not as the patch expects it: hunk 1 does not apply.'
    assert ground.blockers(_patch(CHANGE), moved) == [("PATCH_DOES_NOT_APPLY", sentence)]
    assert ground.blockers(_patch(CHANGE), base) == []


CONFLICTS = {
    "lib/b.sh is there": (
        b"diff --git a/lib/b.sh b/lib/b.sh\nnew file mode 100644\n--- /dev/null\n+++ b/lib/b.sh\n@@ -0,0 +1 @@\n+1\n",
        '"lib/b.sh" is to be made and is there already.',
    ),
    "none is not": (
        CHANGE.replace(b"a.py", b"none.py"),
        '"none.py" is no file at the base.',
    ),
    "another mode": (
        b"diff --git a/a.py b/a.py\nold mode 100755\nnew mode 100644\n",
        '"a.py" has the mode 100644 at the base, not 100755.',
    ),
    "more is in it": (
        b"diff --git a/a.py b/a.py\ndeleted file mode 100644\n--- a/a.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-1\n-2\n",
        '"a.py" is to go and has more in it than the patch removes.',
    ),
    "a file is in the way": (
        b"diff --git a/a.py/x b/a.py/x\nnew file mode 100644\n--- /dev/null\n+++ b/a.py/x\n@@ -0,0 +1 @@\n+1\n",
        '"a.py" would be a file and a directory at once.',
    ),
    "a directory is in the way": (
        b"diff --git a/a.py b/lib\nsimilarity index 100%\nrename from a.py\nrename to lib\n",
        '"lib" would be a file and a directory at once.',
    ),
    "a line without an end in the middle": (
        CHANGE.replace(b"+two\n", b"+two\n\\ No newline at end of file\n"),
        '"a.py" is not as the patch expects it: a line without its end, which is not the last does not apply.',
    ),
}


@pytest.mark.parametrize(("diff", "sentence"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_is_otherwise_at_the_base_is_a_blocker(ground: Ground, base: str, diff: bytes, sentence: str) -> None:
    assert ground.blockers(_patch(diff), base) == [("PATCH_DOES_NOT_APPLY", sentence)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (files(gone("none")), '"none" is to go and is no file at the base.'),
        (files(gone("lib")), '"lib" is to go and is no file at the base.'),
        (files(gone("vendor")), '"vendor" is to go and is no file at the base.'),
        (files(text("vendor", "")), '"vendor" is a submodule at the base.'),
        (files(text("vendor/x", "")), '"vendor" would be a file and a directory at once.'),
        (files(text("lib", "")), '"lib" would be a file and a directory at once.'),
        (files(text("a.py/b", "")), '"a.py" would be a file and a directory at once.'),
    ],
)
def test_files_are_put_where_files_can_be(ground: Ground, base: str, change: Files, sentence: str) -> None:
    assert ground.blockers(change, base)[0] == ("PATCH_DOES_NOT_APPLY", sentence)


def test_a_directory_may_become_a_file(ground: Ground, base: str) -> None:
    change = files(gone("lib/b.sh"), gone("lib/deep/c"), text("lib", "x"), gone("a.py"), text("a.py/b", "y"))
    want = {"lib": ("100644", b"x"), "a.py/b": ("100644", b"y"), "vendor": BASE["vendor"], "data": BASE["data"]}
    assert ground.plan(change, base).tree.sha == ground.tree_of(ground.commit(want, parent=base))


def test_all_that_is_in_the_way_is_named(ground: Ground, base: str) -> None:
    change = files(gone("none"), text("link", "../x", "120000"), text(".github/workflows/x", ""), text("a.py/b", ""))
    assert [code for code, _ in ground.blockers(change, base)] == [
        "PATCH_DOES_NOT_APPLY",
        "PATH_OUTSIDE_TREE",
        "PATH_NOT_ALLOWED",
        "PATCH_DOES_NOT_APPLY",
    ]


def test_a_link_stays_in_the_tree_however_it_is_made(ground: Ground, base: str) -> None:
    moved = b"diff --git a/lib/deep/c b/c\nsimilarity index 100%\nrename from lib/deep/c\nrename to c\n"
    sentence = '"c" is a symbolic link to something outside the tree.'
    assert ground.blockers(_patch(moved), base) == [("PATH_OUTSIDE_TREE", sentence)]
    made = CHANGE.replace(b"--- a", b"old mode 100644\nnew mode 120000\n--- a").replace(b"+two", b"+/../../..")
    assert [code for code, _ in ground.blockers(_patch(made), base)] == ["PATH_OUTSIDE_TREE"]
    assert ground.blockers(_patch(made.replace(b"+/../../..", b"+two")), base) == []
    assert [code for code, _ in ground.blockers(files(text("c", "/etc", "120000")), base)] == ["PATH_OUTSIDE_TREE"]
    assert ground.blockers(files(text("c", "lib/b.sh", "120000")), base) == []


def test_a_binary_file_has_to_be_the_one_that_the_patch_was_made_for(ground: Ground, base: str) -> None:
    head = ground.commit({**BASE, "data": ("100644", b"\0\1\2\3" * 100)}, parent=base)
    diff = ground.git("diff", "--binary", base, head)
    assert ground.plan(_patch(diff), base).tree.sha == ground.tree_of(head)
    other = ground.commit({**BASE, "data": ("100644", b"\0\1\3")}, parent=base)
    sentence = '"data" is not as the patch expects it: the binary change does not apply.'
    assert ground.blockers(_patch(diff), other) == [("PATCH_DOES_NOT_APPLY", sentence)]


def test_a_delta_makes_what_git_makes(ground: Ground) -> None:
    large = b"".join(bytes([number % 251, number % 7]) for number in range(20_000))
    base = ground.commit({"data": ("100644", large)})
    head = ground.commit({"data": ("100644", large[:20_000] + b"\0changed" + large[20_000:])}, parent=base)
    diff = ground.git("diff", "--binary", base, head)
    assert b"\ndelta " in diff
    assert ground.plan(_patch(diff), base).tree.sha == ground.tree_of(head)


def _binary(block: bytes, size: int, word: bytes) -> bytes:
    """A binary file made of a compressed block."""
    packed = zlib.compress(block, 9)
    rows = [packed[at : at + 52] for at in range(0, len(packed), 52)]
    lines = [bytes([len(row) + (64 if len(row) <= 26 else 70)]) + base64.b85encode(row, pad=True) for row in rows]
    index = b"0" * 40 + b".." + b"1" * 40
    start = b"diff --git a/n b/n\nnew file mode 100644\nindex %s\nGIT binary patch\n" % index
    return start + b"%s %d\n" % (word, size) + b"\n".join(lines) + b"\n\nliteral 0\nHcmV?d00001\n\n"


def test_a_bomb_is_not_unpacked(ground: Ground, base: str) -> None:
    """Some 40 KB that become 40 MB, and a few bytes that promise 4 GB."""
    large = bytes(MOST_FILE_BYTES * 20)
    delta = b"\0" + b"\xff\xff\xff\xff\x0f" + b"\x01x"
    too_large = [("ARTIFACT_TOO_LARGE", f'"n" has more than {MOST_FILE_BYTES} bytes.')]
    assert ground.blockers(_patch(_binary(large, len(large), b"literal")), base) == too_large
    assert ground.blockers(_patch(_binary(delta, len(delta), b"delta")), base) == too_large
    sentence = '"n" is not as the patch expects it: the binary change does not apply.'
    wrong = [("PATCH_DOES_NOT_APPLY", sentence)]
    assert ground.blockers(_patch(_binary(large, 5, b"literal")), base) == wrong
    assert ground.blockers(_patch(_binary(b"short", 6, b"literal")), base) == wrong
    assert ground.blockers(_patch(_binary(b"\xff" * 30, 30, b"delta")), base) == wrong
    assert ground.blockers(_patch(_binary(b"fine\0", 5, b"literal")), base) == []


def test_no_file_grows_beyond_its_limit(ground: Ground) -> None:
    line = b"x" * 99 + b"\n"
    base = ground.commit(
        {"a": ("100644", line * (MOST_FILE_BYTES // 100)), "b": ("100644", bytes(MOST_FILE_BYTES + 1))}
    )
    more = b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1,2 @@\n %s+%s" % (line, line)
    too_large = f"has more than {MOST_FILE_BYTES} bytes."
    assert ground.blockers(_patch(more), base) == [("ARTIFACT_TOO_LARGE", f'"a" {too_large}')]
    mode = b"diff --git a/b b/b\nold mode 100644\nnew mode 100755\n"
    assert ground.blockers(_patch(mode), base) == [("ARTIFACT_TOO_LARGE", f'"b" {too_large}')]
    assert ground.blockers(_patch(more.replace(b"+1,2", b"+1,1").replace(b" " + line, b"-" + line)), base) == [
        ("NOTHING_TO_CHANGE", f"All of it is at {base} already.")
    ]


def test_all_files_together_have_a_limit(ground: Ground, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    three = files(*(text(name, "xx") for name in "xyz"))
    monkeypatch.setattr(changes, "MOST_NEW_BYTES", 3)
    sentence = "The artifact makes more than 3 bytes of files."
    assert ground.blockers(three, base) == [("ARTIFACT_TOO_LARGE", sentence)]
    monkeypatch.setattr(changes, "MOST_NEW_BYTES", 6)
    assert ground.blockers(three, base) == []


def test_files_swap_their_names(ground: Ground) -> None:
    before = {"a": ("100644", b"1\n"), "b": ("100755", b"2\n")}
    base = ground.commit(before)
    diff = b"".join(
        b"diff --git a/%s b/%s\nsimilarity index 100%%\nrename from %s\nrename to %s\n" % (*pair, *pair)
        for pair in ((b"a", b"b"), (b"b", b"a"))
    )
    want = ground.commit({"a": before["b"], "b": before["a"]}, parent=base)
    assert ground.plan(_patch(diff), base).tree.sha == ground.tree_of(want)


def test_a_blocked_plan_stores_nothing(ground: Ground, base: str) -> None:
    with pytest.raises(Blocked):
        ground.plan(files(text("new", "never seen"), gone("none")), base)
    with pytest.raises(Blocked, match="not in the store"):
        ground.store.get(hashlib.sha256(b"never seen").hexdigest())


@pytest.mark.parametrize("name", ["a<b", "a\nb", "a>", "a\0"])
def test_an_author_that_git_cannot_write_is_a_mistake_of_ours(
    ground: Ground, base: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.app.artifacts.ground.AUTHOR", name)
    with pytest.raises(ValueError, match="no such author"):
        ground.plan(_patch(CHANGE), base)


def test_the_message_is_one_that_all_write_alike(ground: Ground, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.app.artifacts.ground.MESSAGE", "\n\nSay\r\n\r\nit  \n")
    commit = ground.plan(_patch(CHANGE), base).commit
    assert commit.message == "Say\n\nit"
    raw = b"tree %s\nparent %s\nauthor %s\ncommitter %s\n\nSay\n\nit"
    who = b"gate[bot] <%s> %d +0000" % (EMAIL.encode(), int(AT.timestamp()))
    given = raw % (commit.tree.encode(), base.encode(), who, who)
    assert (
        ground.git("hash-object", "-t", "commit", "--stdin", "--literally", given=given).decode().strip() == commit.sha
    )
