"""Who is calling: an App with its JWT, or one of its installations with a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from app.simulator.answers import Refusal
from app.simulator.records import App, Installation
from app.simulator.state import State
from app.simulator.tokens import Tokens

JWT_SECONDS = 600
CLOCK_SKEW_SECONDS = 60
_LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True)
class Caller:
    """Nobody, an App (JWT), or an installation (token)."""

    app: App | None = None
    installation: Installation | None = None
    permissions: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        if self.installation:
            return f"installation {self.installation.id}"
        return f"app {self.app.id}" if self.app else "nobody"

    def holds(self, needs: str) -> bool:
        """`needs` reads `statuses:write`, or several of these with `|` between where one is enough."""
        return any(self._holds(*one.split(":")) for one in needs.split("|"))

    def _holds(self, permission: str, level: str) -> bool:
        held = (self.permissions or {}).get(permission, "none")
        return _LEVELS[held] >= _LEVELS[level]


def app_caller(state: State, header: str, now: datetime) -> Caller:
    """For the routes below /app. Raises a 401 `Refusal` for anything but a good JWT."""
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer" or text.count(".") != 2:
        raise Refusal(401, "A JSON web token could not be decoded")
    return Caller(app=_verified(state, text, now))


def token_caller(state: State, tokens: Tokens, header: str, now: datetime) -> Caller:
    """For all other routes. Raises a 401 `Refusal` for anything but a known token that has not expired."""
    if not header:
        raise Refusal(401, "Requires authentication")
    kind, _, text = header.partition(" ")
    token = tokens.valid(text, now) if kind.lower() in ("token", "bearer") else None
    installation = state.installations.get(token.installation_id) if token else None
    if token is None or installation is None:
        raise Refusal(401, "Bad credentials")
    if installation.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    return Caller(installation=installation, permissions=token.permissions)


def _verified(state: State, text: str, now: datetime) -> App:
    app = _issuer(state, text)
    options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        claims = jwt.decode(text, app.public_key, algorithms=["RS256"], options=options)  # type: ignore[arg-type]
        issued, expires = int(claims["iat"]), int(claims["exp"])
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise Refusal(401, "A JSON web token could not be decoded") from None
    if expires <= now.timestamp():
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the past")
    if expires > (now + timedelta(seconds=JWT_SECONDS)).timestamp():
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if issued > now.timestamp() + CLOCK_SKEW_SECONDS:
        raise Refusal(401, "'Issued at' claim ('iat') must be a time that the assertion was issued at")
    return app


def _issuer(state: State, text: str) -> App:
    try:
        claims = jwt.decode(text, options={"verify_signature": False, "verify_exp": False})
        app = state.apps.get(int(claims["iss"]))
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise Refusal(401, "A JSON web token could not be decoded") from None
    if app is None:
        raise Refusal(401, "Integration not found")
    return app
