"""What is known of GitHub's limits at the moment of the scrape, for `/metrics`."""

from collections.abc import Callable, Iterable
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.governor import Governor, LimitsUnavailable


class Budgets(Collector):
    """Read from Redis at each scrape; without Redis nothing is known, and nothing is said."""

    def __init__(self, governor: Governor, clock: Callable[[], datetime]) -> None:
        self._governor = governor
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """A gauge for each thing that is known, by installation."""
        now = self._clock()
        remaining = GaugeMetricFamily(
            "mergegate_github_remaining", "Requests left of the hour.", labels=["installation", "resource"]
        )
        held = _gauge("held_seconds", "For how long nothing may leave because GitHub limits us.")
        under_way = _gauge("requests", "Requests under way.")
        waiting = _gauge("waiting_writes", "Writes that wait for their turn.")
        try:
            seen = self._governor.seen(now)
        except LimitsUnavailable:
            seen = ()
        for one in seen:
            for resource, count in one.remaining.items():
                remaining.add_metric([one.installation, resource], count)
            held.add_metric([one.installation], (one.held_until - now).total_seconds() if one.held_until else 0)
            under_way.add_metric([one.installation], one.under_way)
            waiting.add_metric([one.installation], one.waiting)
        return (remaining, held, under_way, waiting)


def _gauge(name: str, what: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"mergegate_github_{name}", what, labels=["installation"])
