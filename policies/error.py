"""Why the text of a policy was refused."""

from typing import Literal

ErrorKind = Literal["yaml_syntax", "yaml_type", "regexp", "permission", "policy_tree", "unsupported"]


class PolicyError(ValueError):
    """The text is no policy that we understand; `line` and `column` count from 1, `None` where unknown."""

    def __init__(self, kind: ErrorKind, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.line = line
        self.column = column
