"""The list of changes that no test can notice: each with its reason."""

import pytest

from tests.policies.merging import mutation
from tests.policies.merging.mutation import Change

TEXT = """# Said to people.

policies/a.py
-    return 1 < 2
+    return 1 <= 2
It is always so,
whatever comes.
"""


def test_it_reads_each_change_with_its_reason() -> None:
    change = Change("policies/a.py", ("-    return 1 < 2", "+    return 1 <= 2"))
    assert mutation.listed(TEXT) == {change: "It is always so, whatever comes."}


def test_it_takes_no_change_without_a_reason() -> None:
    with pytest.raises(ValueError, match=r"no reason is given for a change of policies/a\.py"):
        mutation.listed(TEXT.split("It is", maxsplit=1)[0])


def test_every_listed_change_has_a_reason() -> None:
    assert all(mutation.listed(mutation.LISTED.read_text()).values())
