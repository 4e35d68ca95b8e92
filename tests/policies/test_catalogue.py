"""What a setting may say."""

import pytest
from pydantic import ValidationError

from policies.catalogue import Freeze


@pytest.mark.parametrize("reason", ["two\nlines", " ", "\x1b[2J"])
def test_a_reason_is_one_line_that_can_be_read(reason: str) -> None:
    with pytest.raises(ValidationError, match="one line without control characters"):
        Freeze(reason=reason)
