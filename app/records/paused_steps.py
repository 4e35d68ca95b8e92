"""Due steps that a pause holds: put aside once, so that no later sweep reads past them, and taken back when it ends."""

from datetime import datetime, timedelta

from app.database import Transaction
from app.records.pauses import HOLDING
from app.records.steps import REQUEUE_SECONDS

LOOKED_AT = 50
"""Due steps at once, longest due first; where half of them are held, the next ones are looked at, too."""
MOST_LOOKS = 100
MOST_TAKEN_BACK = 5_000
"""In one sweep."""
_TAKE_BACK = """
WITH RECURSIVE holders AS (
    (SELECT held_by FROM steps WHERE held_by IS NOT NULL ORDER BY held_by LIMIT 1)
    UNION ALL
    SELECT (SELECT held_by FROM steps WHERE held_by > holders.held_by ORDER BY held_by LIMIT 1)
    FROM holders WHERE holders.held_by IS NOT NULL
), freed AS (
    SELECT free.id FROM holders CROSS JOIN LATERAL (
        SELECT id FROM steps WHERE held_by = holders.held_by LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS free
    WHERE holders.held_by IS NOT NULL AND NOT EXISTS (SELECT FROM pauses WHERE pauses.id = holders.held_by)
    LIMIT %(most)s
)
UPDATE steps SET held_by = NULL FROM freed WHERE steps.id = freed.id
"""
"""Each pause that holds any is found by one step through the index, however many it holds."""
_PUT_ASIDE = f"""
WITH oldest AS (
    SELECT id, workflow_id FROM steps
    WHERE status = 'pending' AND held_by IS NULL AND due_at <= %(now)s
        AND (queued_at IS NULL OR queued_at < %(stale)s) AND EXISTS (SELECT FROM pauses)
    ORDER BY due_at LIMIT %(most)s
), held AS (
    SELECT steps.id, pause.id AS by FROM oldest JOIN steps USING (id) CROSS JOIN LATERAL (
        SELECT pauses.id FROM (SELECT * FROM workflows WHERE id = oldest.workflow_id OFFSET 0) AS workflows
        JOIN LATERAL (SELECT pauses.id FROM {HOLDING}
            WHERE starts_with(scope, 'type:') OR known.repository_id IS NOT NULL LIMIT 1) AS pauses ON true OFFSET 0
    ) AS pause
    WHERE status = 'pending' FOR UPDATE OF steps SKIP LOCKED
)
UPDATE steps SET held_by = held.by FROM held WHERE steps.id = held.id
"""  # noqa: S608 -- constants
"""Not those that are held by a name alone: the next reading may tell their workflow that its repository is another."""


def put_aside(tx: Transaction, now: datetime) -> int:
    """Those that are due and held, out of the way of the sweep; how many."""
    stale, moved = now - timedelta(seconds=REQUEUE_SECONDS), 0
    for _ in range(MOST_LOOKS):
        held = tx.execute(_PUT_ASIDE.encode(), {"now": now, "stale": stale, "most": LOOKED_AT}).rowcount
        moved += held
        if held < LOOKED_AT / 2:
            break
    return moved


def take_back(tx: Transaction) -> int:
    """Those whose pause has ended or reaches elsewhere now; how many."""
    return tx.execute(_TAKE_BACK.encode(), {"most": MOST_TAKEN_BACK}).rowcount
