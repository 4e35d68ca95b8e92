"""Work wished for, and by which subject two wishes are known to be one."""

import hashlib
from dataclasses import dataclass

from app.definitions import Kind
from app.handed import AskedPulls

MOST_BRANCH_CHARACTERS = 200


@dataclass(frozen=True)
class Wanted:
    """Work wished for; `subject` is what it is about, and two wishes about one subject are one run."""

    kind: Kind
    repository_id: int
    full_name: str
    installation_id: int
    number: int | None = None
    sha: str | None = None
    branch: str | None = None

    @property
    def subject(self) -> str:
        """For example `evaluate:123#7`; by repository id, since names change hands."""
        branch = self.branch or ""
        if len(branch) > MOST_BRANCH_CHARACTERS:  # an index row has its limit, a branch name hardly one
            branch = hashlib.sha256(branch.encode()).hexdigest()
        mark = {
            "evaluate": f"#{self.number}",
            "find_by_head": f"@{self.sha}",
            "find_by_branch": f":{branch}",
            "find_by_installation": f"~{self.installation_id}",
            "merge_group": f"@{self.sha}",
        }
        return f"{self.kind}:{self.repository_id}{mark.get(self.kind, '')}"

    @property
    def input(self) -> AskedPulls:
        """What is asked for."""
        return AskedPulls(repository=self.full_name, number=self.number, sha=self.sha, branch=self.branch)
