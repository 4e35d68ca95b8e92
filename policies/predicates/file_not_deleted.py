"""`file_not_deleted`: no deleted file matches a path."""

from typing import ClassVar

from policies.predicates.file_added import FileAdded


class FileNotDeleted(FileAdded):
    """The same question as `file_added`, turned around."""

    key: ClassVar[str] = "file_not_deleted"
    status: ClassVar[str] = "deleted"
    wants_match: ClassVar[bool] = False
