"""Which tests are measured for coverage: enough of them to tell what none of them reaches.

Measuring costs a test as much time again. So of a test with many cases only the first is measured, and what runs the
whole gate one test function in `ONE_FUNCTION_IN`. The tests of `policies/`, whose branches are all to be reached, are
measured whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import coverage
import pytest

ONE_FUNCTION_IN = 3
SERVICE = "postgres"
"""The fixture that stands for the whole gate."""
WHOLE = "tests/policies/"
UNMEASURED = pytest.StashKey[bool]()


def choose(items: Sequence[pytest.Item]) -> None:
    """Mark what is not measured; the same items are marked the same way in every process."""
    functions: dict[tuple[str, bool], Counter[str]] = {}
    for item in items:
        file, _, rest = item.nodeid.partition("::")
        if file.startswith(WHOLE):
            continue
        of_file = functions.setdefault((file, is_on_services(item)), Counter())
        name = rest.partition("[")[0]
        place = list(of_file).index(name) if name in of_file else len(of_file)
        of_file[name] += 1
        is_left_out = is_on_services(item) and place % ONE_FUNCTION_IN > 0
        item.stash[UNMEASURED] = is_left_out or of_file[name] > 1


def is_on_services(item: pytest.Item) -> bool:
    """Whether it runs on a Postgres."""
    return SERVICE in getattr(item, "fixturenames", ())


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
