"""What guards a branch, as plain data: classic protection, rulesets, and a merge that waits for both."""

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from app.simulator.frozen import Record

METHODS = ("merge", "squash", "rebase")
ANY_APP = None


@dataclass(frozen=True, kw_only=True)
class Required(Record):
    """A check that must have passed on the head."""

    context: str
    app_id: int | None = ANY_APP


@dataclass(frozen=True, kw_only=True)
class Protection(Record):
    """Classic protection of one branch."""

    checks: tuple[Required, ...] | None = None  # None: the section is missing
    strict: bool = False  # the head must have the tip of the base in it
    approvals: int | None = None  # None: no review is asked for
    enforce_admins: bool = False


@dataclass(frozen=True, kw_only=True)
class Ruleset(Record):
    """Its rules count where it is active; several are in force at once."""

    id: int
    name: str
    source: str  # full name of a repository, or login of an organization
    created_at: datetime
    branches: tuple[str, ...] = ("*",)  # patterns of their names
    enforcement: str = "active"  # or evaluate, disabled
    checks: tuple[Required, ...] | None = None
    strict: bool = False
    approvals: int | None = None
    methods: tuple[str, ...] | None = None  # None: those that the repository allows
    queue: str | None = None  # the method by which a merge queue merges; None: no queue is demanded

    def rules(self, branch: str) -> bool:
        """Whether it is in force there."""
        return self.enforcement == "active" and any(fnmatchcase(branch, pattern) for pattern in self.branches)


@dataclass(frozen=True, kw_only=True)
class AutoMerge(Record):
    """GitHub is to merge the pull request by itself as soon as it may."""

    by: str
    method: str
    title: str
    message: str
