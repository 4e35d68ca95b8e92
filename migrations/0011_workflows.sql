-- Workflows and their steps: the one thing that workers claim. What was a run is a workflow with one step in its line.

ALTER TABLE IF EXISTS audit_entries RENAME TO audit_events;
ALTER INDEX IF EXISTS audit_entries_subject RENAME TO audit_events_subject;

CREATE OR REPLACE FUNCTION audit_entries_extend() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq  bigint;
    last_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('mergegate.audit'));
    SELECT seq, hash INTO last_seq, last_hash FROM audit_events ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.previous <> coalesce(last_hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'an audit entry must extend the newest one' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_events is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$ BEGIN
    IF to_regclass('workflows') IS NULL THEN
        ALTER TABLE runs RENAME TO workflows;
    END IF;
END $$;

-- type: what the contract calls it; kind: which list of steps of that type; version: of that list.
-- input: what was asked for, as its kind says. current_step: where its line stands.
ALTER TABLE workflows
    ADD COLUMN IF NOT EXISTS type         text,
    ADD COLUMN IF NOT EXISTS version      integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD COLUMN IF NOT EXISTS input        jsonb       NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS current_step text,
    ADD COLUMN IF NOT EXISTS asked_by     text        NOT NULL DEFAULT 'mergegate',
    ADD COLUMN IF NOT EXISTS retry_of     uuid        REFERENCES workflows ON DELETE SET NULL,
    ADD COLUMN IF NOT EXISTS updated_at   timestamptz NOT NULL DEFAULT now();

ALTER TABLE workflows DROP CONSTRAINT IF EXISTS runs_status_check;
ALTER TABLE workflows DROP CONSTRAINT IF EXISTS workflows_status_check;

-- `kind/type/status` is a workflow that was there before a step down, of a kind that a run has no words for.
UPDATE workflows SET
    type = CASE WHEN strpos(kind, '/') > 0 THEN split_part(kind, '/', 2)
                WHEN kind = 'work' THEN 'pull_request_handoff' WHEN kind = 'step' THEN 'loop_step'
                WHEN kind = 'merge' THEN 'merge' WHEN kind = 'find_changed' THEN 'reconciliation'
                ELSE 'policy_evaluation' END,
    kind = split_part(kind, '/', 1),
    current_step = CASE split_part(kind, '/', 1)
                     WHEN 'work' THEN 'plan' WHEN 'step' THEN 'perform' WHEN 'merge' THEN 'merge'
                     WHEN 'evaluate' THEN 'judge' WHEN 'merge_group' THEN 'judge' WHEN 'approval' THEN 'await_word'
                     WHEN 'deliveries' THEN 'compare' WHEN 'gates' THEN 'inspect' WHEN 'legacy' THEN 'apply'
                     WHEN 'legacy_rollback' THEN 'take_out' WHEN 'imported' THEN 'legacy_end' ELSE 'find' END,
    updated_at = coalesce(finished_at, created_at),
    status = CASE WHEN split_part(kind, '/', 3) IN ('succeeded', 'blocked', 'failed', 'cancelled')
                      THEN split_part(kind, '/', 3)
                  WHEN status = 'superseded' THEN 'cancelled'
                  WHEN status = 'blocked' AND EXISTS
                      (SELECT FROM step_runs WHERE run_id = workflows.id AND ending = 'failed') THEN 'failed'
                  ELSE status END
    WHERE type IS NULL;

ALTER TABLE workflows ALTER COLUMN type SET NOT NULL, ALTER COLUMN current_step SET NOT NULL;
ALTER TABLE workflows ADD CONSTRAINT workflows_status_check
    CHECK (status IN ('pending', 'running', 'waiting', 'blocked', 'succeeded', 'failed', 'cancelled'));
ALTER TABLE workflows DROP CONSTRAINT IF EXISTS workflows_type_check;
ALTER TABLE workflows ADD CONSTRAINT workflows_type_check
    CHECK (type IN ('policy_evaluation', 'pull_request_handoff', 'approval', 'merge', 'loop_step', 'reconciliation',
                    'legacy_import'));

-- The one row that a worker claims. position: its place in the line of its workflow, of which one step at a time is
-- open; null for what goes on beside the line. exclusive: one step of that name is worked on at a time.
-- outcome: how the last attempt ended. error: what would have to change, for a person.
CREATE TABLE IF NOT EXISTS steps (
    id              uuid        PRIMARY KEY,
    workflow_id     uuid        NOT NULL REFERENCES workflows ON DELETE CASCADE,
    name            text        NOT NULL,
    position        integer     CHECK (position > 0),
    exclusive       text        NOT NULL,
    status          text        NOT NULL DEFAULT 'pending'
                    CHECK (status IN ('pending', 'running', 'waiting', 'done', 'stopped', 'cancelled')),
    due_at          timestamptz NOT NULL,
    queued_at       timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    lease           uuid,
    lease_until     timestamptz,
    outcome         text        CHECK (outcome IN ('done', 'retry', 'snooze', 'stop')),
    error           text,
    input           jsonb       NOT NULL DEFAULT '{}',
    output          jsonb,
    created_at      timestamptz NOT NULL DEFAULT now(),
    started_at      timestamptz,
    ended_at        timestamptz,
    CHECK ((status = 'running') = (lease IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

DO $$ BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema()
               AND table_name = 'workflows' AND column_name = 'due_at') THEN
        INSERT INTO steps (id, workflow_id, name, position, exclusive, status, due_at, queued_at, attempts, lease,
                           lease_until, outcome, error, created_at, ended_at)
        SELECT CASE kind WHEN 'imported' THEN md5('legacy_end ' || id)::uuid ELSE gen_random_uuid() END, id,
               current_step, CASE kind WHEN 'imported' THEN 1000000 ELSE 1 END, subject,
               CASE status WHEN 'succeeded' THEN 'done' WHEN 'blocked' THEN 'stopped' WHEN 'failed' THEN 'stopped'
                           ELSE status END,
               due_at, queued_at, attempts, lease, lease_until,
               CASE status WHEN 'succeeded' THEN 'done' WHEN 'blocked' THEN 'stop' WHEN 'failed' THEN 'stop' END,
               error, created_at, finished_at FROM workflows;
    END IF;
END $$;

DROP INDEX IF EXISTS runs_one_running;
DROP INDEX IF EXISTS runs_due;
DROP INDEX IF EXISTS runs_lease;
ALTER TABLE workflows
    DROP COLUMN IF EXISTS due_at, DROP COLUMN IF EXISTS queued_at, DROP COLUMN IF EXISTS attempts,
    DROP COLUMN IF EXISTS lease, DROP COLUMN IF EXISTS lease_until, DROP COLUMN IF EXISTS error;
ALTER INDEX IF EXISTS runs_one_pending RENAME TO workflows_one_pending;
ALTER INDEX IF EXISTS runs_pull RENAME TO workflows_pull;

CREATE UNIQUE INDEX IF NOT EXISTS steps_line ON steps (workflow_id, position) WHERE position IS NOT NULL;
CREATE INDEX IF NOT EXISTS steps_beside ON steps (workflow_id, created_at) WHERE position IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS steps_one_running ON steps (exclusive) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS steps_due ON steps (due_at) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS steps_lease ON steps (lease_until) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS workflows_newest ON workflows (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_of_type ON workflows (type, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_of_status ON workflows (status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_of_repository ON workflows (lower(full_name), created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_of_subject ON workflows (subject, created_at DESC, id DESC);

-- A workflow with the step at which its line stands.
CREATE OR REPLACE VIEW runs AS
    SELECT workflows.*, steps.id AS step_id, due_at, queued_at, attempts, lease, lease_until, error
    FROM workflows JOIN steps ON workflow_id = workflows.id AND steps.position IS NOT NULL AND name = current_step;

-- What is not worked on for now. scope: `type:merge`, or `repository:owner/name` in lower case.
CREATE TABLE IF NOT EXISTS pauses (
    scope           text        PRIMARY KEY,
    reason          text        NOT NULL,
    paused_by       text        NOT NULL,
    paused_at       timestamptz NOT NULL
);
