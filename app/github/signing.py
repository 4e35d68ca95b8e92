"""Signs the tokens that prove that we are our GitHub App."""

from collections.abc import Callable
from typing import Any

import jwt

from app.setting_values import rsa_key

ALGORITHM = "RS256"


def with_key(pem: str) -> Callable[[dict[str, Any]], str]:
    """What PyGithub asks for the signature. Given the text, it would read and check the key at each token."""

    def signed(payload: dict[str, Any]) -> str:
        return jwt.encode(payload, rsa_key(pem), algorithm=ALGORITHM)

    return signed
