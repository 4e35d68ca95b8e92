"""What the contents of writes are made of: kinds, and texts that can be stored, sent and shown."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Switch = Literal[
    "pull_request_create",
    "pull_request_update",
    "comment_create",
    "comment_update",
    "status",
    "check_run",
    "branch_create",
    "branch_fast_forward",
    "label_add",
    "label_remove",
    "review_approve",
    "review_dismiss",
    "review_request",
    "project_field",
]
SWITCHES: tuple[Switch, ...] = get_args(Switch)
"""What an operator can allow, or deny, for a repository."""

Kind = Switch | Literal["git_object"]
KINDS: tuple[Kind, ...] = (*SWITCHES, "git_object")
"""What can be written. A git object is nothing that anybody sees: the branch that leads to it has the switch."""

MOST_MESSAGE_CHARACTERS = 10_000
MOST_BODY_CHARACTERS = 60_000
"""GitHub takes 65,536 characters; the rest is for our marker."""
MOST_NAMES = 100
_NO_BRANCH = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|\Z)|\A[-./]|[./]\Z|\A(?:@|HEAD|[0-9a-f]{40})\Z|\Arefs/"
)


def _storable(text: object) -> object:
    """Without NUL, which Postgres does not hold, and halves of surrogate pairs, which UTF-8 does not."""
    if not isinstance(text, str):
        return text
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def branch(name: str) -> str:
    """As git takes it (https://git-scm.com/docs/git-check-ref-format), and GitHub: nothing that looks like a SHA.

    Nor a whole ref: who says `refs/heads/x` means the branch `x`. Raises `ValueError`.
    """
    if _NO_BRANCH.search(name):
        raise ValueError("it is no name of a branch")
    return name


def _label(name: str) -> str:
    """Whoever takes its slashes for those of a path must not be led out of it."""
    if not {".", ".."}.isdisjoint(name.split("/")):
        raise ValueError("it leads out of its path")
    return name


class Fact(BaseModel):
    """Frozen, and exactly as it would be written."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


Storable = BeforeValidator(_storable)
Sha = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})\z")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
Name = Annotated[str, Field(min_length=1, max_length=255), Storable]
Branch = Annotated[Name, AfterValidator(branch)]
Label = Annotated[Name, AfterValidator(_label)]
"""One that can be taken off: it becomes a part of a path."""
Names = Annotated[tuple[Name, ...], Field(max_length=MOST_NAMES)]
Message = Annotated[str, Field(min_length=1, max_length=MOST_MESSAGE_CHARACTERS), Storable]
Body = Annotated[str, Field(max_length=MOST_BODY_CHARACTERS), Storable]
Number = Annotated[int, Field(gt=0, lt=2**63)]


def listed(names: list[str]) -> str:
    """For example `bob, carol and the team core`."""
    *others, last = names or ["nobody"]
    return f"{', '.join(others)} and {last}" if others else last
