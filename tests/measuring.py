"""Which tests are measured for coverage: enough of them to tell what none of them reaches.

Measuring costs a test more than half of its time again. So what runs the whole gate is measured one test function in
`ONE_FUNCTION_IN`, its first case alone; whatever needs no service is always measured.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import coverage
import pytest

ONE_FUNCTION_IN = 2
SERVICE = "postgres"
"""The fixture that stands for the whole gate."""
UNMEASURED = pytest.StashKey[bool]()


def choose(items: Sequence[pytest.Item]) -> None:
    """Mark what is not measured; the same items are marked the same way in every process."""
    functions: dict[str, Counter[str]] = {}
    for item in items:
        if SERVICE not in getattr(item, "fixturenames", ()):
            continue
        file, _, rest = item.nodeid.partition("::")
        of_file = functions.setdefault(file, Counter())
        name = rest.partition("[")[0]
        place = list(of_file).index(name) if name in of_file else len(of_file)
        of_file[name] += 1
        item.stash[UNMEASURED] = of_file[name] > 1 or place % ONE_FUNCTION_IN > 0


@contextmanager
def of(item: pytest.Item) -> Iterator[None]:
    """Measure while the block runs, or do not, as was chosen for this test."""
    measuring = coverage.Coverage.current()
    if measuring is None or not item.stash.get(UNMEASURED, False):
        yield
        return
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()
