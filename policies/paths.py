"""Files that are meant, by regular expression or by glob."""

from policies import globs, patterns
from policies.facts import Frozen
from policies.globs import Glob
from policies.patterns import Pattern
from policies.reading import Value


class Paths(Frozen):
    """A file that fits any entry of either list; two empty lists mean no file."""

    expressions: tuple[Pattern, ...] = ()
    globs: tuple[Glob, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.expressions or self.globs)

    def match(self, path: str) -> bool:
        return patterns.matches_any(self.expressions, path) or any(glob.matches(path) for glob in self.globs)

    def texts(self) -> tuple[str, ...]:
        """The entries as written, for explanations."""
        return (*patterns.texts(self.expressions), *(glob.text for glob in self.globs))


def read(expressions: Value, written: Value) -> Paths:
    """Take a list of regular expressions and a list of globs."""
    return Paths(expressions=patterns.read_all(expressions) or (), globs=globs.read_all(written))
