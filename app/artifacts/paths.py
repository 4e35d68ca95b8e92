"""Which paths an artifact may name: inside the tree, on every system that may check it out."""

import re
from collections.abc import Iterable

from dulwich.index import validate_path_element_hfs, validate_path_element_ntfs

from app.artifacts.blocked import about_path
from policies.decision import Blocker

MOST_PATH_BYTES = 4_096
MOST_PART_BYTES = 255
MOST_PARTS = 64
WORKFLOWS = ".github/workflows/"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DRIVE = re.compile(r"[A-Za-z]:")

OUTSIDE, MALFORMED, TOO_LARGE = "PATH_OUTSIDE_TREE", "ARTIFACT_MALFORMED", "ARTIFACT_TOO_LARGE"
DOES_NOT_APPLY = "PATCH_DOES_NOT_APPLY"


def check(path: str) -> tuple[Blocker, ...]:
    """What is wrong with a path, nothing if it may be written."""
    if _CONTROL.search(path) or "\\" in path:
        return (about_path(MALFORMED, path, "has a control character or a backslash in it."),)
    parts = path.split("/")
    encoded = path.encode("utf-8")
    if len(encoded) > MOST_PATH_BYTES or len(parts) > MOST_PARTS or any(_is_long(part) for part in parts):
        sentence = f"is longer than {MOST_PATH_BYTES} bytes, {MOST_PARTS} parts or {MOST_PART_BYTES} bytes a part."
        return (about_path(TOO_LARGE, path, sentence),)
    if _DRIVE.match(path) or not all(map(_is_inside, parts)):
        return (about_path(OUTSIDE, path, "is no path inside the tree: it is absolute, climbs, or goes into .git."),)
    return ()


def check_link(path: str, target: bytes) -> tuple[Blocker, ...]:
    """What is wrong with a symbolic link at `path`. It climbs only where that leads through real directories."""
    try:
        parts = target.removesuffix(b"/").decode("utf-8").split("/")
    except UnicodeDecodeError:
        parts = [""]
    climbed = next((place for place, part in enumerate(parts) if part != ".."), len(parts))
    stays = climbed <= path.count("/") and not (b"\\" in target or b"\x00" in target or _DRIVE.match(parts[0]))
    if stays and all(_is_inside(part) for part in parts[climbed:] if part != "."):
        return ()
    return (about_path(OUTSIDE, path, "is a symbolic link to something outside the tree."),)


def check_together(written: Iterable[str]) -> tuple[Blocker, ...]:
    """The written paths that others treat as a directory."""
    names = set(written)
    return tuple(
        about_path(MALFORMED, parent, "would be a file and a directory at once.")
        for parent in sorted({parent for name in names for parent in parents(name)} & names)
    )


def check_workflows(changed: Iterable[str]) -> tuple[Blocker, ...]:
    """The paths that hold what GitHub runs; a change there needs the operator's consent and a permission of the App."""
    sentence = "is a workflow, and ALLOW_WORKFLOW_FILES is not set."
    return tuple(
        about_path("PATH_NOT_ALLOWED", path, sentence)
        for path in sorted(changed)
        if f"{path}/".casefold().startswith(WORKFLOWS)
    )


def parents(path: str) -> tuple[str, ...]:
    """The directories above a path, outermost first."""
    parts = path.split("/")
    return tuple("/".join(parts[:count]) for count in range(1, len(parts)))


def _is_inside(part: str) -> bool:
    """Not empty, `.`, `..` or one of the spellings that some file system takes for `.git`."""
    encoded = part.encode("utf-8")
    return validate_path_element_ntfs(encoded) and validate_path_element_hfs(encoded)


def _is_long(part: str) -> bool:
    return len(part.encode("utf-8")) > MOST_PART_BYTES
