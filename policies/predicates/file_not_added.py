"""`file_not_added`: no added file matches a path."""

from typing import ClassVar

from policies.predicates.file_added import FileAdded


class FileNotAdded(FileAdded):
    """The same question as `file_added`, turned around."""

    key: ClassVar[str] = "file_not_added"
    wants_match: ClassVar[bool] = False
