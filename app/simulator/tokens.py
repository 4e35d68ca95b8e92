"""Installation tokens: random, and good for an hour."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME_SECONDS = 3600
_RANDOM_BYTES = 18


@dataclass(frozen=True)
class Token:
    text: str
    installation_id: int
    permissions: Mapping[str, str]
    expires_at: datetime


class Tokens:
    def __init__(self, lifetime_seconds: int = LIFETIME_SECONDS) -> None:
        self.lifetime_seconds = lifetime_seconds
        self._known: dict[str, Token] = {}

    def issue(self, installation_id: int, permissions: Mapping[str, str], now: datetime) -> Token:
        text = f"ghs_{secrets.token_hex(_RANDOM_BYTES)}"
        token = Token(text, installation_id, dict(permissions), now + timedelta(seconds=self.lifetime_seconds))
        self._known[text] = token
        return token

    def valid(self, text: str, now: datetime) -> Token | None:
        token = self._known.get(text)
        return token if token and now < token.expires_at else None

    def revoke_all(self) -> None:
        """From now on every token given out so far is refused."""
        self._known.clear()
