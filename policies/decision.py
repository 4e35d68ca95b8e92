"""What a gate answers: a decision with its grounds, or every blocker that stands against it."""

from pydantic import BaseModel, ConfigDict


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Blocker(_Fact):
    """One reason against: a stable `code`, one sentence for a person, and what it is about."""

    code: str
    sentence: str
    subject: str


class Decision(_Fact):
    """Allowed needs grounds and no blockers, so an empty decision is a denial.

    `facts_digest`: SHA-256, hex, over everything that was judged.
    """

    gate: str
    facts_digest: str
    grounds: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the gate opens."""
        return bool(self.grounds) and not self.blockers
