"""Files that are meant, by regular expression or by glob."""

from functools import cached_property

from policies import globs, patterns
from policies.facts import Frozen
from policies.globs import Glob
from policies.patterns import Pattern, Program
from policies.reading import Value


class Paths(Frozen):
    """A file that fits any entry of either list; two empty lists mean no file."""

    expressions: tuple[Pattern, ...] = ()
    globs: tuple[Glob, ...] = ()

    @cached_property
    def is_empty(self) -> bool:
        return not (self.expressions or self.globs)

    def match(self, path: str) -> bool:
        for program in self._programs:  # noqa: SIM110 -- done for each file: `any` would cost as much again
            if patterns.fits(program, path):
                return True
        return False

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The entries as written, for explanations."""
        return (*patterns.texts(self.expressions), *(glob.text for glob in self.globs))

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        expressions = tuple(pattern.text for pattern in self.expressions if pattern.text is not None)
        return patterns.any_of((*expressions, *(glob.expression for glob in self.globs)))


def read(expressions: Value, written: Value) -> Paths:
    """Take a list of regular expressions and a list of globs."""
    return Paths(expressions=patterns.read_all(expressions) or (), globs=globs.read_all(written))
