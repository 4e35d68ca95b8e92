"""How strictly to judge: as policy-bot does, or so that nothing doubtful is approved."""

from typing import Literal, NamedTuple

Mode = Literal["compat", "strict"]
"""`compat` gives the verdicts of policy-bot; `strict` approves nothing beyond them, and nothing doubtful."""
MODES: tuple[Mode, ...] = ("compat", "strict")
OTHER: dict[Mode, Mode] = {"compat": "strict", "strict": "compat"}


class Manner(NamedTuple):
    """`head_reported`: a rule judged before has failed because the head is not among the commits."""

    mode: Mode = "compat"
    head_reported: bool = False

    @property
    def is_strict(self) -> bool:
        return self.mode == "strict"

    @property
    def forgives_head(self) -> bool:
        """policy-bot fails once over a missing head and then goes on with the talk that it has loaded."""
        return self.head_reported and not self.is_strict


COMPAT = Manner()
