"""From a checked delivery to a confirmed message: claim, publish, confirm, within one deadline."""

import time
from enum import Enum

from app.events import Delivery
from app.keys import SOCKET_TIMEOUT_SECONDS, Claimed, Keys, KeysUnavailable, Refused
from app.queue import NotEnqueued, Publisher
from app.web import metrics
from app.web.breaker import Breaker, Broken

DEADLINE_SECONDS = 3.0
RELEASE_SECONDS = 2 * SOCKET_TIMEOUT_SECONDS
"""Kept back for giving the claim back: connecting to a stopped Redis takes one time-out, asking it another."""


class Taken(Enum):
    """How it went: on the queue and confirmed, there before, being put there by another request, or not there."""

    ENQUEUED = "enqueued"
    DUPLICATE = "duplicate"
    IN_FLIGHT = "in_flight"
    UNAVAILABLE = "unavailable"


class Intake:
    """Enqueues deliveries once each, as far as Redis and the broker are there to say so."""

    def __init__(self, keys: Keys, publisher: Publisher) -> None:
        self._keys, self._publisher, self._breaker = keys, publisher, Breaker()

    def take(self, delivery: Delivery) -> Taken:
        """Enqueue a delivery unless that was done before. Answers within `DEADLINE_SECONDS`; raises nothing."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        try:
            with self._breaker.guarded(KeysUnavailable, NotEnqueued):
                return self._take(delivery, deadline)
        except (KeysUnavailable, NotEnqueued, Broken):
            return Taken.UNAVAILABLE

    def _take(self, delivery: Delivery, deadline: float) -> Taken:
        claim = self._keys.claim(delivery.key)
        if isinstance(claim, Refused):
            return Taken.DUPLICATE if claim is Refused.ALREADY_DONE else Taken.IN_FLIGHT
        try:
            self._publish(delivery, deadline)
        except NotEnqueued:
            self._give_back(delivery, claim)
            raise
        self._confirm(delivery, claim)
        return Taken.ENQUEUED

    def _publish(self, delivery: Delivery, deadline: float) -> None:
        left = deadline - time.monotonic() - RELEASE_SECONDS
        if left <= 0:
            raise NotEnqueued("DeadlineExceeded")
        with metrics.PUBLISH_SECONDS.time():
            self._publisher.publish(delivery, within_seconds=left)

    def _give_back(self, delivery: Delivery, claim: Claimed) -> None:
        """If Redis cannot be asked, the lease lapses by itself."""
        try:
            self._keys.release(delivery.key, claim.token)
        except KeysUnavailable:
            return

    def _confirm(self, delivery: Delivery, claim: Claimed) -> None:
        """If Redis cannot be asked, a redelivery is enqueued again, and Postgres tells the workers."""
        try:
            self._keys.confirm(delivery.key, claim.token)
        except KeysUnavailable:
            return
