"""How many deliveries got lost and were read from GitHub's list instead, for `/metrics`."""

from collections.abc import Iterable

import psycopg
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

POSTGRES_SECONDS = 2


class Reconciled(Collector):
    """Counted in PostgreSQL at each scrape, since the workers take them in; without PostgreSQL nothing is said."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    def collect(self) -> Iterable[Metric]:
        """One counter."""
        counted = CounterMetricFamily("mergegate_deliveries_reconciled", "Deliveries read from GitHub's list.")
        try:
            with psycopg.connect(self._database_url, connect_timeout=POSTGRES_SECONDS) as tx:
                row = tx.execute("SELECT count(*) FROM deliveries WHERE via = 'api'").fetchone()
        except psycopg.Error:
            row = None
        if row is not None:
            counted.add_metric([], row[0])
        return (counted,)
