"""A real git repository to plan on, and the commits that git itself makes."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.repo import Repo

from app.artifacts import changes, planning, store
from app.artifacts.artifact import MOST_FILE_BYTES, File, Files, Patch
from app.artifacts.blocked import Blocked
from app.artifacts.planning import Commission, Plan
from app.artifacts.trees import Entry

AT = datetime(2026, 11, 21, 13, 5, 7, 999_999, UTC)
AUTHOR, EMAIL, MESSAGE = "gate[bot]", "1+gate[bot]@users.noreply.github.com", "Say it: grüße\n\nAnd more."
SUBMODULE = "160000"
Tip = Mapping[str, tuple[str, bytes]]
"""What is at each path: mode and bytes; of a submodule, the bytes are its commit's SHA."""


class Ground:
    """A repository of its own in `directory`, read as GitHub would be."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "repository"
        self._directory.mkdir()
        self.git("init", "--quiet", "--bare", ".")
        self._repository = Repo(str(self._directory))
        self.store = store.opened(f"file://{directory}/store")
        self.read: list[str] = []

    def git(self, *arguments: str, given: bytes | None = None, index: Path | None = None) -> bytes:
        """What git says; where it fails, `CalledProcessError`."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        here = {} if index is None else {"GIT_INDEX_FILE": str(index)}
        fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
        return subprocess.run(
            ["git", *arguments],
            cwd=self._directory,
            env={**clean, **fixed, **here},
            input=given,
            capture_output=True,
            check=True,
        ).stdout

    def commit(self, tip: Tip, *, parent: str | None = None) -> str:
        """The SHA of a commit with exactly these files, made by git."""
        who = f"{AUTHOR} <{EMAIL}> {int(AT.timestamp())} +0000"
        lines = [b"reset refs/heads/x\n\ncommit refs/heads/x", f"author {who}\ncommitter {who}".encode()]
        lines += [b"data %d\n%s" % (len(MESSAGE.encode()), MESSAGE.encode())]
        lines += [f"from {parent}".encode()] if parent else []
        lines.append(b"deleteall")
        for path, (mode, content) in tip.items():
            if mode == SUBMODULE:
                lines.append(b"M %s %s %s" % (mode.encode(), content, _quoted(path)))
            else:
                lines.append(b"M %s inline %s\ndata %d\n%s" % (mode.encode(), _quoted(path), len(content), content))
        self.git("fast-import", "--quiet", "--force", given=b"\n".join([*lines, b"done\n"]))
        return self.git("rev-parse", "refs/heads/x").decode().strip()

    def tree_of(self, commit_sha: str) -> str:
        found = self._repository[ObjectID(commit_sha.encode())]
        assert isinstance(found, Commit)
        return str(found.tree.decode())

    def tree(self, sha: str) -> Mapping[str, Entry]:
        self.read.append(sha)
        found = self._repository[ObjectID(sha.encode())]
        assert isinstance(found, Tree)
        return {row.path.decode(): Entry(row.mode, row.sha.decode()) for row in found.iteritems()}

    def blob(self, sha: str) -> bytes | None:
        self.read.append(sha)
        found = self._repository[ObjectID(sha.encode())]
        assert isinstance(found, Blob)
        return None if len(found.data) > MOST_FILE_BYTES else found.data

    def plan(
        self,
        artifact: Files | Patch,
        base: str,
        *,
        parents: tuple[str, ...] = (),
        allow_workflow_files: bool = False,
    ) -> Plan:
        return planning.plan(
            artifact,
            Commission(
                base,
                "branch_create",
                MESSAGE,
                AUTHOR,
                EMAIL,
                AT,
                parents=parents,
                allow_workflow_files=allow_workflow_files,
            ),
            reading=self,
            store=self.store,
        )

    def blockers(self, artifact: Files | Patch, base: str) -> list[tuple[str, str]]:
        """Code and sentence of all that stands against it."""
        try:
            self.plan(artifact, base)
        except Blocked as blocked:
            return [(one.code, one.sentence) for one in blocked.blockers]
        return []


def files(*changed: File, base: str | None = None) -> Files:
    return Files(kind="files", base=base, files=changed)


def text(path: str, content: str, mode: str = "100644") -> File:
    return File.model_validate({"path": path, "content": content, "mode": mode})


def gone(path: str) -> File:
    return File(path=path, delete=True)


def blob_sha(content: bytes) -> str:
    return changes.blob_sha(content)


def _quoted(path: str) -> bytes:
    return b'"' + path.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
