"""`file_deleted`: some deleted file matches a path."""

from typing import ClassVar

from policies.predicates.file_added import FileAdded


class FileDeleted(FileAdded):
    """The same question as `file_added`, turned around."""

    key: ClassVar[str] = "file_deleted"
    status: ClassVar[str] = "deleted"
