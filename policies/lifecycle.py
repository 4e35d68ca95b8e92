"""The lifecycle of an issue: its states, the steps between them, and which step comes next. Pure."""

from typing import Literal

State = Literal["CREATED", "SPEC_READY", "IMPLEMENTING_PREP", "REVIEW_READY", "DONE", "VERIFIED", "HOLD"]
