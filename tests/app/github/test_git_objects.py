"""Git objects read from GitHub: only what has the SHA that was asked for; a plan made of them is what GitHub makes."""

import base64
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app import permits
from app.artifacts import artifact, planning, store
from app.artifacts.artifact import MOST_FILE_BYTES
from app.artifacts.planning import Commission, Plan
from app.artifacts.trees import Entry
from app.github.answers import Unavailable, utc_now
from app.github.endings import Written
from app.github.git_objects import Objects
from app.github.projector import LiveProjector
from app.github.reader import LiveReader
from app.permits import Permit
from app.simulator.faults import Fault
from policies.contents import GitObject
from policies.intents import Intent
from tests.app.github.ground import REPOSITORY, Ground

DIFF = b"""diff --git a/docs/old.md b/docs/new.md
similarity index 50%
rename from docs/old.md
rename to docs/new.md
--- a/docs/old.md
+++ b/docs/new.md
@@ -1,2 +1,2 @@
 one
-two
+zwei
diff --git a/bin/run b/bin/run
old mode 100644
new mode 100755
diff --git a/notes b/notes
new file mode 120000
--- /dev/null
+++ b/notes
@@ -0,0 +1 @@
+docs/new.md
\\ No newline at end of file
"""


@pytest.fixture
def base(ground: Ground) -> str:
    files: dict[str, Any] = {"docs/old.md": "one\ntwo\n", "bin/run": b"\xff\0", "lib/a/b/c.py": "pass\n"}
    return str(ground.github.push(REPOSITORY, "main", files, by="alice").sha)


@pytest.fixture
def objects(ground: Ground) -> Objects:
    return Objects(LiveReader(ground.app), ground.place)


def _planned(objects: Objects, base: str, directory: Path) -> Plan:
    commission = Commission(base, "branch_create", "Say it", "gate[bot]", "gate[bot]@example.org", utc_now())
    kept = store.opened(f"file://{directory}")
    return planning.plan(artifact.of_patch(DIFF), commission, reading=objects, store=kept)


def test_a_plan_is_what_github_makes_of_its_objects(
    ground: Ground, objects: Objects, base: str, tmp_path: Path
) -> None:
    plan = _planned(objects, base, tmp_path)
    stored = store.opened(f"file://{tmp_path}")
    for content in plan.objects:
        assert _written(ground, content, stored) == Written(201, content.sha)
    tree = objects.tree(objects.tree_of(plan.head_sha))
    assert (tree["notes"].mode, objects.blob(tree["notes"].sha)) == (0o120000, b"docs/new.md")
    docs = objects.tree(tree["docs"].sha)
    assert list(docs) == ["new.md"]
    assert objects.blob(docs["new.md"].sha) == b"one\nzwei\n"


def _written(ground: Ground, content: GitObject, stored: store.Store) -> object:
    """What became of it, past everything that stands before a write."""
    projector = LiveProjector(ground.app, utc_now, stored.get)
    intent = Intent(
        run_id=str(uuid4()),
        repository=REPOSITORY,
        repository_id=ground.place.repository_id,
        installation_id=ground.place.installation_id,
        number=0,
        sequence=1,
        content=content,
    )
    wanted = projector.request(intent)
    return projector.write(Permit(permits._SEAL, uuid4(), content.kind, wanted), intent, wanted)


def test_only_the_directories_on_the_way_are_read(ground: Ground, objects: Objects, base: str, tmp_path: Path) -> None:
    _planned(objects, base, tmp_path)
    read = [one.path for one in ground.github.requests if "/git/trees/" in one.path]
    assert len(read) == len(set(read)) == 3


def test_what_has_another_sha_was_not_read(ground: Ground, objects: Objects, base: str) -> None:
    root = objects.tree_of(base)
    other = objects.tree(root)["docs"].sha
    for path, ask in ((f"/git/trees/{root}", objects.tree), (f"/git/blobs/{other}", objects.blob)):
        wrong = {"tree": [], "truncated": False, "content": base64.b64encode(b"x").decode(), "encoding": "base64"}
        _answer(ground, path, wrong)
        with pytest.raises(Unavailable, match="something else"):
            ask(path.rpartition("/")[2])


def _answer(ground: Ground, path: str, body: dict[str, Any]) -> None:
    ground.github.faults.add(Fault("GET", path, "before", 200, 1, 0, "", body=body))


@pytest.mark.parametrize(("content", "encoding"), [("A", "base64"), ("\u00e9", "base64"), ("x", "utf-8")])
def test_bytes_that_cannot_be_read_were_not_read(ground: Ground, objects: Objects, content: str, encoding: str) -> None:
    _answer(ground, f"/git/blobs/{'1' * 40}", {"content": content, "encoding": encoding})
    with pytest.raises(Unavailable, match="something else"):
        objects.blob("1" * 40)


def test_a_tree_that_is_cut_was_not_read(ground: Ground, objects: Objects, base: str) -> None:
    ground.github.limits.tree_entries = 1
    with pytest.raises(Unavailable, match="more entries than GitHub lists") as refused:
        objects.tree(objects.tree_of(base))
    assert refused.value.code == "EVIDENCE_INCOMPLETE"


def test_what_is_not_there_was_not_read(objects: Objects, base: str) -> None:
    for ask in (objects.tree_of, objects.tree, objects.blob):
        with pytest.raises(Unavailable, match="has no git object"):
            ask("0" * 40)


def test_a_large_blob_is_not_asked_for(ground: Ground, objects: Objects) -> None:
    base = ground.github.push(REPOSITORY, "main", {"large": "x" * (MOST_FILE_BYTES + 1)}, by="alice").sha
    large = objects.tree(objects.tree_of(base))["large"]
    assert objects.blob(large.sha) is None
    assert not [one for one in ground.github.requests if "/git/blobs/" in one.path]


@pytest.mark.parametrize("row", [{"path": "\ud800"}, {"mode": "999"}, {"sha": "x"}, {"path": None}])
def test_a_row_that_is_none_was_not_read(ground: Ground, objects: Objects, base: str, row: dict[str, Any]) -> None:
    rows = [{"path": "a", "mode": "100644", "sha": "0" * 40, **row}]
    _answer(ground, f"/git/trees/{'1' * 40}", {"tree": rows, "truncated": False})
    with pytest.raises(Unavailable):
        objects.tree("1" * 40)


def test_rows_keep_their_modes(objects: Objects, base: str) -> None:
    rows = objects.tree(objects.tree_of(base))
    assert {name: entry.mode for name, entry in rows.items() if name in ("bin", "docs", "lib")} == {
        "bin": 0o040000,
        "docs": 0o040000,
        "lib": 0o040000,
    }
    assert isinstance(rows["bin"], Entry)
