"""What an artifact is: a patch, or a set of files; one text and one digest for what is the same."""

import base64
import itertools
import json
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from app.artifacts import patch, paths
from app.artifacts.blocked import Blocked, about_all, about_path
from policies.contents.fields import Fact, Sha
from policies.decision import Blocker
from policies.text import short

MOST_BYTES = 10 * 2**20
"""Of the artifact's own text, where what is no UTF-8 stands in base64."""
MOST_FILES = 300
MOST_FILE_BYTES = 2 * 2**20
MOST_WRONG_SHOWN = 20
MOST_SENTENCE_CHARACTERS = 300

Mode = Literal["100644", "100755", "120000"]
Encoding = Literal["utf-8", "base64"]


class File(Fact):
    """A path with what shall be there: `content`, or nothing where `delete` is true."""

    path: str = Field(min_length=1)
    mode: Mode = "100644"
    content: str | None = None
    encoding: Encoding = "utf-8"
    delete: bool = False

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.delete == (self.content is not None):
            raise ValueError("a file has either content or delete: true")
        _demand_readable(self.content or "", self.encoding)
        return self

    @property
    def data(self) -> bytes | None:
        """The bytes; None where the file goes."""
        return None if self.content is None else _bytes(self.content, self.encoding)


class Files(Fact):
    """Files to write and to remove, whatever they are at the base; `base` binds that to a commit."""

    kind: Literal["files"]
    base: Sha | None = None
    files: Annotated[tuple[File, ...], Field(min_length=1)]


class Patch(Fact):
    """What `git diff --binary` wrote; it applies where it says, or not at all."""

    kind: Literal["patch"]
    base: Sha | None = None
    patch: str = Field(min_length=1)
    encoding: Encoding = "utf-8"

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        _demand_readable(self.patch, self.encoding)
        return self

    @property
    def data(self) -> bytes:
        """The diff's bytes."""
        return _bytes(self.patch, self.encoding)


Artifact = Annotated[Files | Patch, Field(discriminator="kind")]
_ARTIFACT: TypeAdapter[Files | Patch] = TypeAdapter(Artifact)


def read(text: bytes) -> Files | Patch:
    """The artifact in a JSON text, checked. Raises `Blocked` with all that is wrong."""
    try:
        found = _ARTIFACT.validate_json(text)
    except ValidationError as wrong:
        raise Blocked(about_all(paths.MALFORMED, _sentence(wrong))) from None
    check(found)
    return found


def of_patch(diff: bytes, base: str | None = None) -> Patch:
    """A diff as an artifact, checked. Raises `Blocked`."""
    if not diff:
        raise Blocked(about_all(paths.MALFORMED, "The patch is empty."))
    content, encoding = _text(diff)
    found = Patch(kind="patch", base=base, patch=content, encoding=encoding)
    check(found)
    return found


def check(artifact: Files | Patch) -> None:
    """Raise `Blocked` with all that is wrong with an artifact, whatever the base is."""
    if len(canonical(artifact)) > MOST_BYTES:
        raise Blocked(about_all(paths.TOO_LARGE, f"The artifact has more than {MOST_BYTES} bytes."))
    written, removed = _written_and_removed(artifact)
    changed = sorted(written | removed)
    if len(changed) > MOST_FILES:
        raise Blocked(about_all(paths.TOO_LARGE, f"The artifact changes more than {MOST_FILES} files."))
    wrong = [blocker for path in changed for blocker in paths.check(path)]
    wrong += paths.check_together(written)
    wrong += _wrong_files(artifact) if isinstance(artifact, Files) else []
    if wrong:
        raise Blocked(*wrong[:MOST_WRONG_SHOWN])


def changed_paths(artifact: Files | Patch) -> tuple[str, ...]:
    """Every path that the artifact names, sorted. Raises `Blocked` where a patch can't be read."""
    written, removed = _written_and_removed(artifact)
    return tuple(sorted(written | removed))


def canonical(artifact: Files | Patch) -> bytes:
    """The one JSON text of all artifacts that say the same."""
    document: dict[str, object] = {"kind": artifact.kind, "base": artifact.base}
    if isinstance(artifact, Files):
        document["files"] = [_file(file) for file in sorted(artifact.files, key=lambda file: file.path)]
    else:
        document["patch"], document["encoding"] = _text(artifact.data)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _written_and_removed(artifact: Files | Patch) -> tuple[set[str], set[str]]:
    if isinstance(artifact, Files):
        removed = {file.path for file in artifact.files if file.delete}
        return {file.path for file in artifact.files if not file.delete}, removed
    edits = patch.read(artifact.data)
    removed = {edit.removed for edit in edits if edit.removed is not None}
    return {edit.target for edit in edits if edit.target is not None}, removed


def _file(file: File) -> dict[str, object]:
    if file.data is None:
        return {"path": file.path, "delete": True}
    content, encoding = _text(file.data)
    return {"path": file.path, "mode": file.mode, "content": content, "encoding": encoding}


def _wrong_files(artifact: Files) -> list[Blocker]:
    names = sorted(file.path for file in artifact.files)
    twice = {one for one, other in itertools.pairwise(names) if one == other}
    wrong = [about_path(paths.MALFORMED, path, "is named twice.") for path in sorted(twice)]
    return wrong + [
        about_path(paths.TOO_LARGE, file.path, f"has more than {MOST_FILE_BYTES} bytes.")
        for file in artifact.files
        if len(file.data or b"") > MOST_FILE_BYTES
    ]


def _text(content: bytes) -> tuple[str, Encoding]:
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(content).decode("ascii"), "base64"


def _bytes(content: str, encoding: Encoding) -> bytes:
    return base64.b64decode(content, validate=True) if encoding == "base64" else content.encode("utf-8")


def _demand_readable(content: str, encoding: Encoding) -> None:
    try:
        _bytes(content, encoding)
    except ValueError:
        raise ValueError("the content is not base64") from None


def _sentence(wrong: ValidationError) -> str:
    """The first thing that is wrong and its place; nothing of what was sent."""
    first = wrong.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"])) or "its beginning"
    return short(f"The artifact can't be read at {place}: {first['msg']}.", MOST_SENTENCE_CHARACTERS)
