"""What became of merges, and what a person has to look at, for `/metrics`."""

from collections.abc import Iterable

import psycopg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

POSTGRES_SECONDS = 2


class Merges(Collector):
    """Counted in PostgreSQL at each scrape, since the workers make them; without PostgreSQL nothing is said."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    def collect(self) -> Iterable[Metric]:
        """Open alerts by code, ended merge runs by outcome, attempts by state, merges past the gate by how."""
        alerts = GaugeMetricFamily("mergegate_alerts_open", "Alerts nobody has acknowledged.", labels=["code"])
        runs = CounterMetricFamily("mergegate_merge_runs", "Ended merge runs.", labels=["mode", "outcome"])
        attempts = GaugeMetricFamily("mergegate_merge_attempts", "Requests of the merger.", labels=["kind", "state"])
        external = CounterMetricFamily(
            "mergegate_external_merges", "Merges that this gate did not make.", labels=["via", "had_pass"]
        )
        shown: dict[str, CounterMetricFamily | GaugeMetricFamily] = {
            "SELECT count(*), code FROM alerts WHERE acknowledged_at IS NULL GROUP BY code": alerts,
            "SELECT count(*), mode, outcome FROM step_runs WHERE step = 'S5_MERGE' AND outcome IS NOT NULL"
            " GROUP BY mode, outcome": runs,
            "SELECT count(*), kind, state FROM merge_attempts GROUP BY kind, state": attempts,
            "SELECT count(*), via, CASE WHEN had_pass THEN 'yes' ELSE 'no' END FROM external_merges"
            " GROUP BY via, had_pass": external,
        }
        try:
            with psycopg.connect(self._database_url, connect_timeout=POSTGRES_SECONDS) as tx:
                for query, family in shown.items():
                    for count, *labels in tx.execute(query.encode()).fetchall():
                        family.add_metric(labels, count)
        except psycopg.Error:
            return ()
        return tuple(shown.values())
