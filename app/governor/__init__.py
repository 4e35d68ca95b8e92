"""The rate governor in Redis, shared by all processes: what may leave for GitHub now, and what not before when."""

from app.governor.governor import DOWN_SECONDS, Governor, LimitsUnavailable
from app.governor.terms import Budget, Pace, Resource, Seen, Slot, Told, Turn

__all__ = [
    "DOWN_SECONDS",
    "Budget",
    "Governor",
    "LimitsUnavailable",
    "Pace",
    "Resource",
    "Seen",
    "Slot",
    "Told",
    "Turn",
]
