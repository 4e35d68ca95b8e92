-- A run holds one step: of a workflow with several in its line, the one where it stands. It has no column for the others,
-- for inputs and outputs, for the version, who asked and what is retried, so that these go, and the pauses. A workflow of a
-- kind that the older version does not know is kept with its type and status in `kind`, and is over there, so that no
-- worker looks for what it would be.
DROP TABLE IF EXISTS pauses;
DROP INDEX IF EXISTS workflows_of_subject;
DROP INDEX IF EXISTS workflows_of_repository;
DROP INDEX IF EXISTS workflows_of_status;
DROP INDEX IF EXISTS workflows_of_type;
DROP INDEX IF EXISTS workflows_newest;

DO $$ BEGIN
    IF to_regclass('workflows') IS NOT NULL THEN
        DROP VIEW IF EXISTS runs;
        ALTER TABLE workflows DROP CONSTRAINT IF EXISTS workflows_type_check;
        ALTER TABLE workflows DROP CONSTRAINT IF EXISTS workflows_status_check;
        ALTER TABLE workflows DROP COLUMN IF EXISTS retry_of;
        ALTER TABLE IF EXISTS steps DROP CONSTRAINT IF EXISTS steps_workflow_id_fkey;
        UPDATE workflows SET status = 'cancelled' WHERE status IN ('pending', 'running', 'waiting') AND kind NOT IN
            ('evaluate', 'find_by_head', 'find_by_branch', 'find_by_repository', 'find_by_installation', 'find_changed',
             'merge_group', 'work', 'step', 'merge');
        UPDATE workflows SET kind = kind || '/' || type || '/' || status
            WHERE kind NOT IN ('evaluate', 'find_by_head', 'find_by_branch', 'find_by_repository',
                'find_by_installation', 'find_changed', 'merge_group', 'work', 'step', 'merge');
        ALTER TABLE workflows
            ADD COLUMN IF NOT EXISTS due_at      timestamptz,
            ADD COLUMN IF NOT EXISTS queued_at   timestamptz,
            ADD COLUMN IF NOT EXISTS attempts    integer NOT NULL DEFAULT 0,
            ADD COLUMN IF NOT EXISTS lease       uuid,
            ADD COLUMN IF NOT EXISTS lease_until timestamptz,
            ADD COLUMN IF NOT EXISTS error       text;
        UPDATE workflows SET due_at = steps.due_at, queued_at = steps.queued_at, attempts = steps.attempts,
            lease = CASE WHEN workflows.status = 'running' THEN steps.lease END,
            lease_until = CASE WHEN workflows.status = 'running' THEN steps.lease_until END, error = steps.error
            FROM steps WHERE workflow_id = workflows.id AND position IS NOT NULL AND name = current_step;
        UPDATE workflows SET due_at = coalesce(due_at, created_at),
            status = CASE WHEN status = 'cancelled' AND kind <> 'work' THEN 'superseded'
                          WHEN status = 'failed' THEN 'blocked'
                          WHEN status = 'waiting' AND kind <> 'work' THEN 'pending' ELSE status END
            WHERE due_at IS NULL OR status IN ('cancelled', 'failed', 'waiting');
        ALTER TABLE workflows ALTER COLUMN due_at SET NOT NULL;
        DROP TABLE IF EXISTS steps;
        ALTER TABLE workflows
            DROP COLUMN IF EXISTS type, DROP COLUMN IF EXISTS version, DROP COLUMN IF EXISTS input,
            DROP COLUMN IF EXISTS current_step, DROP COLUMN IF EXISTS asked_by, DROP COLUMN IF EXISTS retry_of,
            DROP COLUMN IF EXISTS updated_at;
        ALTER TABLE workflows RENAME TO runs;
    END IF;
END $$;

ALTER TABLE runs DROP CONSTRAINT IF EXISTS runs_status_check;
ALTER TABLE runs ADD CONSTRAINT runs_status_check
    CHECK (status IN ('pending', 'running', 'waiting', 'succeeded', 'blocked', 'superseded', 'cancelled'));
ALTER TABLE runs DROP CONSTRAINT IF EXISTS runs_check;
ALTER TABLE runs ADD CONSTRAINT runs_check CHECK ((status = 'running') = (lease IS NOT NULL));
ALTER INDEX IF EXISTS workflows_one_pending RENAME TO runs_one_pending;
ALTER INDEX IF EXISTS workflows_pull RENAME TO runs_pull;
CREATE UNIQUE INDEX IF NOT EXISTS runs_one_running ON runs (kind, subject) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS runs_due ON runs (due_at) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS runs_lease ON runs (lease_until) WHERE status = 'running';

CREATE OR REPLACE FUNCTION audit_entries_extend() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq  bigint;
    last_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('mergegate.audit'));
    SELECT seq, hash INTO last_seq, last_hash FROM audit_entries ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.previous <> coalesce(last_hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'an audit entry must extend the newest one' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entries is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

ALTER TABLE IF EXISTS audit_events RENAME TO audit_entries;
ALTER INDEX IF EXISTS audit_events_subject RENAME TO audit_entries_subject;
