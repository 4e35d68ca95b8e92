-- Records brought along from the system that mergegate replaces: the files, their rows, and what became of each.

-- digest: SHA-256 of the file. tables: for each kind of row its table there, the columns in their order, which column
-- says what, how many rows were read and whether that was all. worker: the process that is at it, `{host, pid, began}`.
-- checksum: SHA-256 over the digests of the rows imported, by table and key.
CREATE TABLE IF NOT EXISTS legacy_batches (
    id              uuid        PRIMARY KEY,
    source          text        NOT NULL,
    digest          bytea       NOT NULL,
    file_name       text        NOT NULL,
    status          text        NOT NULL DEFAULT 'reading'
                    CHECK (status IN ('reading', 'checking', 'checked', 'applying', 'applied', 'rolling_back',
                                      'rolled_back')),
    tables          jsonb       NOT NULL,
    left_out        jsonb       NOT NULL,
    workflow_id     uuid        REFERENCES workflows ON DELETE SET NULL,
    worker          jsonb,
    counts          jsonb       NOT NULL DEFAULT '{}',
    checksum        bytea,
    asked_by        text        NOT NULL,
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS legacy_batches_one ON legacy_batches (source, digest) WHERE status <> 'rolled_back';
CREATE INDEX IF NOT EXISTS legacy_batches_workflow ON legacy_batches (workflow_id);

-- ordinal: its place in its table, from 1. target_id: made of source, table and key, so a key is one row here, whichever
-- file it comes from. parent_id: of a step its workflow, of a workflow the one that it retries. place: of a step, its
-- position. raw: the row as it is to be taken, mended or not; digest: of raw; read_digest: of what the file had. Of the
-- rows with one target one at most is imported. No index knows the status, and pages have room, since each row is
-- judged and then taken in.
CREATE TABLE IF NOT EXISTS legacy_rows (
    batch_id        uuid        NOT NULL REFERENCES legacy_batches ON DELETE CASCADE,
    source_table    text        NOT NULL CHECK (source_table IN ('workflows', 'steps', 'audit_events', 'settings')),
    ordinal         bigint      NOT NULL,
    source_key      text,
    target_id       uuid,
    parent_id       uuid,
    place           bigint,
    raw             jsonb       NOT NULL,
    digest          bytea       NOT NULL,
    read_digest     bytea       NOT NULL,
    status          text        NOT NULL DEFAULT 'staged'
                    CHECK (status IN ('staged', 'ready', 'imported', 'unchanged', 'kept_ours', 'quarantined')),
    reason          text,
    sentence        text,
    mapped          jsonb,
    PRIMARY KEY (batch_id, source_table, ordinal)
) WITH (fillfactor = 40);
CREATE INDEX IF NOT EXISTS legacy_rows_target ON legacy_rows (target_id);
CREATE INDEX IF NOT EXISTS legacy_rows_parent ON legacy_rows (parent_id, place) WHERE parent_id IS NOT NULL;

-- Audit events of the old system. Our own chain proves what happened here; it can't take in what it has not seen.
CREATE TABLE IF NOT EXISTS legacy_audit_events (
    id              uuid        PRIMARY KEY,
    batch_id        uuid        NOT NULL REFERENCES legacy_batches,
    source_key      text        NOT NULL,
    at              timestamptz NOT NULL,
    kind            text        NOT NULL,
    subject         text        NOT NULL,
    actor           text        NOT NULL,
    body            jsonb       NOT NULL
);
CREATE INDEX IF NOT EXISTS legacy_audit_events_at ON legacy_audit_events (at DESC, id DESC);
CREATE INDEX IF NOT EXISTS legacy_audit_events_subject ON legacy_audit_events (subject, at DESC, id DESC);

-- Whoever deletes a workflow has to find its steps, and those that retry it.
CREATE INDEX IF NOT EXISTS steps_workflow ON steps (workflow_id);
CREATE INDEX IF NOT EXISTS workflows_retries ON workflows (retry_of) WHERE retry_of IS NOT NULL;
