"""How a request to write can end, as far as GitHub's answer tells."""

from dataclasses import dataclass
from datetime import datetime

AUTH_FAILED = "GITHUB_AUTH_FAILED"
RATE_LIMITED = "RATE_LIMITED"


@dataclass(frozen=True)
class Written:
    """GitHub confirmed the write."""

    status_code: int | None
    remote_id: str


@dataclass(frozen=True)
class Refused:
    """GitHub refused for good; nothing was written."""

    status_code: int | None
    code: str
    sentence: str


@dataclass(frozen=True)
class Again:
    """Nothing was written, and it may be tried again, by a new decision, after `not_before`."""

    status_code: int | None
    code: str
    sentence: str
    not_before: datetime


@dataclass(frozen=True)
class Unknown:
    """It may have been written or not; only reading settles that."""

    sentence: str


Ending = Written | Refused | Again | Unknown
