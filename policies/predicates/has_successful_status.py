"""`has_successful_status`: each of these statuses and checks has succeeded."""

from typing import ClassVar, Self

from policies.predicates.has_status import HasStatus
from policies.reading import Value


class HasSuccessfulStatus(HasStatus):
    """`has_status` as a plain list."""

    key: ClassVar[str] = "has_successful_status"

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=value.texts() or ())
