"""The two ways in which a policy fails: its text is refused, or it cannot be judged on these facts."""

from typing import Literal

ErrorKind = Literal["yaml_syntax", "yaml_type", "regexp", "comparison", "permission", "policy_tree", "panic", "remote"]
"""The words of the shared cases; `panic` is what policy-bot itself breaks on and posts nothing about."""


class PolicyError(ValueError):
    """The text is no policy that we understand; `line` and `column` count from 1, `None` where unknown.

    `message` ends with the hint, where there is one; `problem` is the same without it.
    """

    def __init__(
        self, kind: ErrorKind, problem: str, line: int | None = None, column: int | None = None, *, hint: str = ""
    ) -> None:
        self.message = f"{problem} ({hint})" if hint else problem
        super().__init__(self.message)
        self.kind: ErrorKind = kind
        self.problem = problem
        self.hint = hint
        self.line = line
        self.column = column


class CannotJudge(Exception):
    """The facts are there but do not allow an answer; the message is one sentence."""
