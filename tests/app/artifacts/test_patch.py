"""Diffs are read strictly: one line that git would not write, and nothing of it is believed."""

import pytest

from app.artifacts import diff_lines, patch
from app.artifacts.blocked import Blocked

FILE = b"diff --git a/a b/a\nindex 1..2 100644\n--- a/a\n+++ b/a\n"
HUNK = b"@@ -1,2 +1,2 @@ def f\n 1\n-2\n+3\n"
NEW = b"diff --git a/n b/n\nnew file mode 100644\nindex 0..2\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+1\n"
BINARY = (
    b"diff --git a/b b/b\nindex %s..%s 100644\nGIT binary patch\n" % (b"0" * 40, b"1" * 40)
    + b"literal 1\nIcmZPo000310RR91\n\nliteral 0\nHcmV?d00001\n\n"
)
RENAME = b"diff --git a/x b/y z\nsimilarity index 100%\nrename from x\nrename to y z\n"
SOUND = {
    "a change": FILE + HUNK,
    "two hunks": FILE + HUNK + b"@@ -9 +9,0 @@\n-9\n",
    "an addition": NEW,
    "a deletion": b"diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n",
    "a rename": RENAME,
    "a mode": b"diff --git a/a b/a\nold mode 100644\nnew mode 100755\n",
    "a binary file": BINARY,
    "an empty file": b"diff --git a/e b/e\nnew file mode 100644\nindex 0..0\n",
    "a mail": b"From 1 Mon\nSubject: s\n\n---\n a | 2 +-\n\n" + FILE + HUNK + b"-- \n2.39.5\n\n",
    "no end of the last line": FILE
    + b"@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n",
    "a context line whose space got lost": FILE + b"@@ -1,2 +1 @@\n\n-2\n",
    "a name in quotes": FILE.replace(b"a/a", b'"a/\\303\\251"').replace(b"b/a", b'"b/\\303\\251"') + HUNK,
    "a name with a space": b"diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-1\n+2\n",
}
UNSOUND = {
    "nothing": b"",
    "no git diff": b"--- a/a\n+++ b/a\n" + HUNK,
    "a loose part before": b"--- a/a\n+++ b/a\n" + HUNK + NEW,
    "no prefixes": b"diff --git a.py a.py\n--- a.py\n+++ a.py\n" + HUNK,
    "too few lines": FILE + b"@@ -1,3 +1,3 @@\n 1\n-2\n+3\n",
    "too few lines by far": FILE + b"@@ -1,999999999 +1,999999999 @@\n 1\n",
    "too many lines": FILE + HUNK + b"+4\n",
    "a damaged hunk": FILE + HUNK + b"@@ -9 +9,0 @\n-9\n",
    "hunks in another order": FILE + b"@@ -9 +9,0 @@\n-9\n" + HUNK,
    "hunks that overlap": FILE + HUNK + b"@@ -2 +2,0 @@\n-2\n",
    "no hunk": FILE,
    "words between": FILE + HUNK + b"and now\n" + NEW,
    "two mails": FILE + HUNK + b"-- \n2.39.5\n\nFrom 2\n" + NEW,
    "a file twice": FILE + HUNK + FILE + HUNK,
    "a change of what goes": FILE + HUNK + SOUND["a deletion"],
    "other names above": b"diff --git a/b b/b\n--- a/a\n+++ b/a\n" + HUNK,
    "two names": b"diff --git a/a b/b\n--- a/a\n+++ b/b\n" + HUNK,
    "other names of a rename": RENAME.replace(b"rename to y z", b"rename to y"),
    "other names of what is renamed": RENAME + b"--- a/w\n+++ b/y z\n@@ -1 +1 @@\n-1\n+2\n",
    "another prefix": b"diff --git a/a c/a\nold mode 100644\nnew mode 100755\n",
    "half a rename": b"diff --git a/x b/x\nrename from x\n",
    "a header twice": RENAME + b"rename to z\n",
    "new and gone": NEW.replace(b"index", b"deleted file mode 100644\nindex"),
    "new, of something": NEW.replace(b"/dev/null", b"a/n"),
    "half a mode": b"diff --git a/a b/a\nold mode 100644\n",
    "nothing said": b"diff --git a/a b/a\nindex 1..2 100644\n",
    "no file named": b"diff --git a/a b/c\nold mode 100644\nnew mode 100755\n",
    "a submodule": NEW.replace(b"100644", b"160000"),
    "no mode": NEW.replace(b"100644", b"x"),
    "a name that is not UTF-8": NEW.replace(b"b/n", b"b/\xff").replace(b"a/n", b"a/\xff"),
    "a name with a broken escape": NEW.replace(b"b/n", b'"b/\\9"').replace(b"a/n", b'"a/\\9"'),
    "binary without content": b"diff --git a/b b/b\nindex 1..2 100644\nBinary files a/b and b/b differ\n",
    "binary without the way back": BINARY.partition(b"literal 0")[0],
    "binary without an end": BINARY.replace(b"\n\nliteral 0", b"\nliteral 0"),
    "binary with a short index": BINARY.replace(b"0" * 40, b"0" * 7),
    "a short end of line": SOUND["no end of the last line"].replace(b" No newline at end of file", b" No"),
}


@pytest.mark.parametrize("diff", SOUND.values(), ids=SOUND)
def test_it_reads_what_git_writes(diff: bytes) -> None:
    assert len(patch.read(diff)) == 1


@pytest.mark.parametrize("diff", UNSOUND.values(), ids=UNSOUND)
def test_it_refuses_what_git_does_not_write(diff: bytes) -> None:
    with pytest.raises(Blocked, match=r"^The patch can't be read: .*\.$") as refused:
        patch.read(diff)
    assert [one.code for one in refused.value.blockers] == ["ARTIFACT_MALFORMED"]


def test_it_says_on_which_line() -> None:
    with pytest.raises(Blocked, match=r"header counts \(line 9\)"):
        patch.read(UNSOUND["too few lines"])


def test_it_takes_so_many_hunks_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_lines, "MOST_HUNKS", 1)
    assert len(patch.read(FILE + HUNK)) == 1
    with pytest.raises(Blocked) as refused:
        patch.read(SOUND["two hunks"])
    assert [one.code for one in refused.value.blockers] == ["ARTIFACT_TOO_LARGE"]


def test_names_keep_their_spaces() -> None:
    renamed = patch.read(b"diff --git a/ x b/y \nsimilarity index 100%\nrename from  x\nrename to y \n")
    assert [(edit.source, edit.target, edit.removed) for edit in renamed] == [(" x", "y ", " x")]


def test_a_copy_keeps_its_source() -> None:
    copied = patch.read(b"diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n")
    assert [(edit.removed, edit.is_new, edit.keeps_content) for edit in copied] == [(None, True, True)]
