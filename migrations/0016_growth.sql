-- What lists are read by, what old rows are found and let go by, and how far the last round of that came.

-- Those that are not over by themselves are few: of a type or a repository they are found without reading the many.
CREATE INDEX IF NOT EXISTS workflows_left_of_type ON workflows (type, status, created_at DESC, id DESC)
    WHERE status NOT IN ('succeeded', 'cancelled');
CREATE INDEX IF NOT EXISTS workflows_left_of_repository ON workflows (lower(full_name), status, created_at DESC, id DESC)
    WHERE status NOT IN ('succeeded', 'cancelled');

DROP INDEX IF EXISTS issues_newest;
CREATE INDEX IF NOT EXISTS issues_by_time ON issues (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS issues_of_status ON issues (status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS bindings_newest ON bindings (opened_at DESC, run_id DESC);
DROP INDEX IF EXISTS alerts_open;
CREATE INDEX IF NOT EXISTS alerts_unseen ON alerts (raised_at DESC, id DESC) WHERE acknowledged_at IS NULL;

CREATE INDEX IF NOT EXISTS intents_listed ON intents (status, recorded_at, id)
    WHERE epoch IS NOT NULL AND part_of IS NULL;

-- Old rows, oldest first, and what they are held by.
CREATE INDEX IF NOT EXISTS workflows_over ON workflows (updated_at, id)
    WHERE status IN ('succeeded', 'failed', 'cancelled');
CREATE INDEX IF NOT EXISTS workflows_looks ON workflows (updated_at, id)
    WHERE status = 'blocked' AND type = 'merge';
CREATE INDEX IF NOT EXISTS deliveries_received ON deliveries (received_at, id);
CREATE INDEX IF NOT EXISTS evaluations_with_facts ON evaluations (evaluated_at, id) WHERE snapshot_digest IS NOT NULL;
CREATE INDEX IF NOT EXISTS evaluations_snapshot ON evaluations (snapshot_digest) WHERE snapshot_digest IS NOT NULL;
CREATE INDEX IF NOT EXISTS evaluations_intent ON evaluations (intent_id) WHERE intent_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS snapshots_recorded ON snapshots (recorded_at, digest);
CREATE INDEX IF NOT EXISTS merge_requests_ended ON merge_requests (ended_at, id) WHERE status = 'ended';
CREATE INDEX IF NOT EXISTS merge_attempts_run ON merge_attempts (run_id);
CREATE INDEX IF NOT EXISTS merge_attempts_evaluation ON merge_attempts ((evidence ->> 'evaluation_id'));
CREATE INDEX IF NOT EXISTS artifacts_stored ON artifacts (stored_at, digest);
CREATE INDEX IF NOT EXISTS wishes_artifact ON wishes ((content ->> 'artifact')) WHERE content ? 'artifact';

-- A part of an intent is deleted with the whole, and an approval with what it is about.
CREATE INDEX IF NOT EXISTS intents_part_of ON intents (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX IF NOT EXISTS approvals_intent ON approvals (intent_id) WHERE intent_id IS NOT NULL;

-- Where the next round goes on: behind the row with this time and id; NULL: at the oldest one. untold: how many rows are
-- gone of which the audit does not know yet.
CREATE TABLE IF NOT EXISTS prunings (
    what            text        PRIMARY KEY,
    behind_at       timestamptz,
    behind_id       text,
    untold          bigint      NOT NULL DEFAULT 0
);

-- Since when some of what led to verdicts on it is not kept any more.
ALTER TABLE pulls ADD COLUMN IF NOT EXISTS pruned_at timestamptz;
