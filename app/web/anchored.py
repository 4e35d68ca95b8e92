"""How far the audit is anchored outside the database, for `/metrics`."""

from collections.abc import Iterable

import psycopg
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

POSTGRES_SECONDS = 2
QUERY = """
SELECT coalesce(extract(epoch FROM anchored_at), 0)::float8, coalesce(seq, 0), (failing_since IS NOT NULL)::int,
    (SELECT coalesce(max(seq), 0) FROM audit_events)
FROM (SELECT 1) AS one LEFT JOIN audit_anchors ON place = %(place)s
"""


class Anchored(Collector):
    """Looked up in PostgreSQL at each scrape, since workers anchor; nothing is said without it, or without a place."""

    def __init__(self, database_url: str, place: str | None) -> None:
        self._database_url, self._place = database_url, place

    def collect(self) -> Iterable[Metric]:
        """When the newest anchor was written, of which entry, whether the next one fails, and the newest entry."""
        shown = (
            GaugeMetricFamily("mergegate_audit_anchored_timestamp_seconds", "When the newest anchor was written."),
            GaugeMetricFamily("mergegate_audit_anchored_entry", "The entry that was anchored last; 0: none."),
            GaugeMetricFamily("mergegate_audit_anchor_failing", "1 while the place of the anchors can't be used."),
            GaugeMetricFamily("mergegate_audit_newest_entry", "The newest entry of the audit."),
        )
        if self._place is None:
            return ()
        try:
            with psycopg.connect(self._database_url, connect_timeout=POSTGRES_SECONDS) as tx:
                row = tx.execute(QUERY, {"place": self._place}).fetchone()
        except psycopg.Error:
            return ()
        for family, value in zip(shown, row or (), strict=False):
            family.add_metric([], value)
        return shown
