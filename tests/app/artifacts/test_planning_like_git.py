"""Random changes of random trees: the planned tree and commit are those that git makes, as a patch and as files."""

import base64
import subprocess
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.artifacts import artifact, paths
from app.artifacts.artifact import File, Files
from app.artifacts.blocked import Blocked
from tests.app.artifacts.ground import SUBMODULE, Ground, Tip

EXAMPLES = 60
A_COMMIT = b"1234567890" * 4
Files_ = dict[str, tuple[str, bytes]]

_PARTS = st.text(alphabet="ab.é☃ -_~'\"\U0001f600", min_size=1, max_size=4)
_PATHS = st.lists(_PARTS, min_size=1, max_size=3).map("/".join).filter(lambda path: not paths.check(path))
_LINES = st.lists(
    st.sampled_from([b"a", b"b", b"", b"c\r", b"-- ", b"@@ -1 +1 @@", b"\xff", "é".encode()]), max_size=12
)
_TEXTS = st.builds(lambda lines, end: b"\n".join(lines) + end, _LINES, st.sampled_from([b"", b"\n"]))
_BINARIES = st.builds(lambda head, tail: head + b"\0" + tail, st.binary(max_size=200), st.binary(max_size=20))
_REGULAR = st.tuples(st.sampled_from(["100644", "100755"]), _TEXTS | _BINARIES)
_LINKS = st.tuples(st.just("120000"), st.sampled_from([b"a", b"a/b", b"./a", b".hidden"]))
_TIPS = st.dictionaries(_PATHS, _REGULAR | _LINKS, min_size=1, max_size=6)


def _without_conflicts(tip: Files_) -> Files_:
    return {path: what for path, what in tip.items() if not set(paths.parents(path)) & tip.keys()}


@st.composite
def _changes(draw: st.DrawFn) -> tuple[Files_, Files_]:
    """A tip, and the same with some files changed, moved, removed and new."""
    before = _without_conflicts(draw(_TIPS))
    if draw(st.booleans()):
        before |= {"sub-module": (SUBMODULE, A_COMMIT)}
    after = dict(before)
    for path, (mode, content) in before.items():
        does = "keep" if mode == SUBMODULE else draw(st.sampled_from(["keep", "edit", "replace", "move", "remove"]))
        if does != "keep":
            del after[path]
        if does == "edit" and mode != "120000":
            after[path] = (
                draw(st.sampled_from([mode, "100755" if mode == "100644" else mode])),
                content + draw(_TEXTS),
            )
        elif does in ("edit", "replace"):
            after[path] = draw(_REGULAR | _LINKS)
        elif does == "move":
            after[draw(_PATHS)] = (mode, content)
    return before, _without_conflicts({**after, **draw(st.dictionaries(_PATHS, _REGULAR | _LINKS, max_size=2))})


def _as_files(before: Tip, after: Tip) -> Files:
    written = [
        File.model_validate(
            {"path": path, "mode": mode, "content": base64.b64encode(content).decode(), "encoding": "base64"}
        )
        for path, (mode, content) in after.items()
        if before.get(path) != (mode, content)
    ]
    gone = [File(path=path, delete=True) for path in before if path not in after]
    return Files(kind="files", files=tuple(written + gone))


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_changes(), st.sampled_from([(), ("-M",), ("-C", "--find-copies-harder"), ("-U0",), ("--full-index",)]))
def test_it_plans_the_commit_that_git_makes(ground: Ground, tips: tuple[Files_, Files_], how: tuple[str, ...]) -> None:
    before, after = tips
    assume(before != after and after)
    base = ground.commit(before)
    head = ground.commit(after, parent=base)
    diff = ground.git("diff", "--binary", *how, base, head)
    for one in (artifact.of_patch(diff), _as_files(before, after)):
        assert artifact.canonical(artifact.read(artifact.canonical(one))) == artifact.canonical(one)
        plan = ground.plan(one, base)
        assert plan.tree.sha == ground.tree_of(head)
        assert plan.head_sha == head
        assert all(ground.store.get(blob.digest) for blob in plan.blobs if blob.size)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_changes(), st.data())
def test_of_a_bent_patch_it_makes_what_git_makes_or_nothing(
    ground: Ground, tmp_path: Path, tips: tuple[Files_, Files_], data: st.DataObject
) -> None:
    """Git alone wants some lines that say nothing new, such as the index line of a binary file."""
    before, after = tips
    assume(before != after and after)
    base = ground.commit(before)
    lines = ground.git("diff", "--binary", base, ground.commit(after, parent=base)).split(b"\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    bend = data.draw(st.sampled_from(["drop", "double", "swap", "cut"]))
    if bend == "drop":
        del lines[at]
    elif bend == "double":
        lines.insert(at, lines[at])
    elif bend == "swap":
        lines[at - 1], lines[at] = lines[at], lines[at - 1]
    else:
        lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
    bent = b"\n".join(lines)
    try:
        planned = ground.plan(artifact.of_patch(bent), base).tree.sha
    except Blocked:
        return
    assert _applied(ground, bent, base, tmp_path / "index") in (planned, None)


def _applied(ground: Ground, diff: bytes, base: str, index: Path) -> str | None:
    """The tree that `git apply` makes; None where it refuses."""
    index.with_name("index.lock").unlink(missing_ok=True)  # git leaves it where an assertion of its own fails
    ground.git("read-tree", base, index=index)
    try:
        ground.git("apply", "--cached", "--unidiff-zero", "-", given=diff, index=index)
    except subprocess.CalledProcessError:
        return None
    return ground.git("write-tree", index=index).decode().strip()
