-- What only a step can say of a write (its outcome, when it began) goes.
CREATE TABLE IF NOT EXISTS after_merge_jobs (
    attempt_id      uuid        NOT NULL REFERENCES merge_attempts ON DELETE CASCADE,
    job             text        NOT NULL,
    status          text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'given_up')),
    attempts        integer     NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL,
    error           text,
    PRIMARY KEY (attempt_id, job)
);
CREATE INDEX IF NOT EXISTS after_merge_jobs_due ON after_merge_jobs (due_at) WHERE status = 'pending';
INSERT INTO after_merge_jobs (attempt_id, job, status, attempts, due_at, error)
    SELECT merge_attempts.id, steps.name,
           CASE steps.status WHEN 'done' THEN 'done' WHEN 'stopped' THEN 'given_up' WHEN 'cancelled' THEN 'given_up'
                             ELSE 'pending' END,
           attempts, due_at, coalesce(error, output ->> 'why')
    FROM steps JOIN merge_attempts ON merge_attempts.id = steps.id WHERE steps.name = 'delete_branch'
    ON CONFLICT DO NOTHING;
DELETE FROM steps WHERE name = 'delete_branch';
DELETE FROM workflows WHERE kind = 'merge' AND id IN (SELECT id FROM merge_attempts);

UPDATE workflows SET status = 'succeeded' WHERE status = 'blocked' AND EXISTS
    (SELECT FROM steps WHERE workflow_id = workflows.id AND position IS NOT NULL AND name = current_step
     AND steps.status = 'done');

DROP VIEW IF EXISTS writes;
ALTER TABLE intents DROP CONSTRAINT IF EXISTS intents_id_fkey;
ALTER TABLE intents
    ADD COLUMN IF NOT EXISTS due_at      timestamptz,
    ADD COLUMN IF NOT EXISTS queued_at   timestamptz,
    ADD COLUMN IF NOT EXISTS attempts    integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS lease       uuid,
    ADD COLUMN IF NOT EXISTS lease_until timestamptz,
    ADD COLUMN IF NOT EXISTS error       text;
UPDATE intents SET due_at = steps.due_at, queued_at = steps.queued_at, attempts = steps.attempts, lease = steps.lease,
    lease_until = steps.lease_until, error = steps.error FROM steps WHERE steps.id = intents.id;
UPDATE intents SET due_at = recorded_at WHERE due_at IS NULL;
ALTER TABLE intents ALTER COLUMN due_at SET NOT NULL;
DELETE FROM steps WHERE name = 'write';
CREATE UNIQUE INDEX IF NOT EXISTS intents_one_leased ON intents (target) WHERE lease IS NOT NULL;
CREATE INDEX IF NOT EXISTS intents_due ON intents (due_at) WHERE status IN ('pending', 'sent');
