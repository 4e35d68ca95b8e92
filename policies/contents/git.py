"""Git objects and branches; every SHA is known before anything is written, since it is computed from the content."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from policies.contents.fields import Branch, Digest, Fact, Kind, Message, Name, Sha, Switch, listed
from policies.text import plain, quoted

MOST_ENTRIES = 1_000
Path = Annotated[str, Field(min_length=1, max_length=4_096)]
For = Literal["branch_create", "branch_fast_forward"]
"""The branch write that an object is made for, whose switch it needs."""


class _GitObject(Fact):
    kind: ClassVar[Kind] = "git_object"

    leads_to: For
    sha: Sha

    @property
    def switches(self) -> tuple[Switch, ...]:
        """That of the branch which leads to it."""
        return (self.leads_to,)

    def target_in(self, repository_id: int) -> str:
        """The object; there is one of a SHA."""
        return f"{self.kind}:{repository_id}:{self.sha}"


class BlobContent(_GitObject):
    """A file's bytes, which lie in the artifact store under their SHA-256 `digest`."""

    object: Literal["blob"] = "blob"
    digest: Digest
    size: int = Field(ge=0)

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return f"store {self.size} bytes as the blob {self.sha}"


class TreeEntry(Fact):
    """A path and what is there; `sha` is None where it is removed."""

    path: Path
    mode: Literal["100644", "100755", "120000"]
    sha: Sha | None


class TreeContent(_GitObject):
    """The tree `base_tree` with changed entries."""

    object: Literal["tree"] = "tree"
    base_tree: Sha
    entries: Annotated[tuple[TreeEntry, ...], Field(min_length=1, max_length=MOST_ENTRIES)]

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        removed = sum(entry.sha is None for entry in self.entries)
        return f"store the tree {self.sha}: {len(self.entries) - removed} files written, {removed} removed"


class CommitContent(_GitObject):
    """A commit; author and committer are the same, and `at` is in whole seconds.

    `parents`: the base, or the branch that it goes on, and the base after it where that has moved since.
    """

    object: Literal["commit"] = "commit"
    tree: Sha
    parents: Annotated[tuple[Sha, ...], Field(min_length=1, max_length=2)]
    message: Message
    author: Name
    email: Name
    at: AwareDatetime

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(
            f"store the commit {self.sha} on {listed(list(self.parents))}: {quoted(self.message.splitlines()[0])}"
        )


class BranchCreateContent(Fact):
    """A new branch at a commit."""

    kind: ClassVar[Kind] = "branch_create"
    switches: ClassVar[tuple[Switch, ...]] = ("branch_create",)

    branch: Branch
    sha: Sha

    def target_in(self, repository_id: int) -> str:
        """The branch."""
        return f"branch:{repository_id}:{self.branch}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"create the branch {self.branch} at {self.sha}")


class BranchFastForwardContent(Fact):
    """A branch that goes from `before` to a commit on top of it; never by force."""

    kind: ClassVar[Kind] = "branch_fast_forward"
    switches: ClassVar[tuple[Switch, ...]] = ("branch_fast_forward",)

    branch: Branch
    before: Sha
    sha: Sha

    def target_in(self, repository_id: int) -> str:
        """The branch."""
        return f"branch:{repository_id}:{self.branch}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"move the branch {self.branch} from {self.before} to {self.sha}")


GitObject = BlobContent | TreeContent | CommitContent
