-- A write and what follows a merge are steps beside the line of their workflow: `intents` keeps what is to be written
-- and how far that has got, and the step of the same id what a worker needs to claim it.

DO $$ BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema()
               AND table_name = 'intents' AND column_name = 'due_at') THEN
        INSERT INTO steps (id, workflow_id, name, exclusive, status, due_at, queued_at, attempts, lease, lease_until,
                           outcome, error, input, created_at, ended_at)
        SELECT id, run_id, 'write', target,
               CASE WHEN status IN ('pending', 'sent') THEN CASE WHEN lease IS NULL THEN 'pending' ELSE 'running' END
                    WHEN status = 'waiting' THEN 'waiting' WHEN status = 'written' THEN 'done'
                    WHEN status = 'superseded' THEN 'cancelled' ELSE 'stopped' END,
               due_at, queued_at, attempts,
               CASE WHEN status IN ('pending', 'sent') THEN lease END,
               CASE WHEN status IN ('pending', 'sent') AND lease IS NOT NULL THEN lease_until END,
               CASE WHEN status = 'written' THEN 'done' WHEN status IN ('denied', 'refused', 'blocked') THEN 'stop' END,
               error, jsonb_build_object('kind', kind, 'number', number), recorded_at, settled_at
        FROM intents ON CONFLICT (id) DO NOTHING;
    END IF;
END $$;

DROP INDEX IF EXISTS intents_one_leased;
DROP INDEX IF EXISTS intents_due;
ALTER TABLE intents
    DROP COLUMN IF EXISTS due_at, DROP COLUMN IF EXISTS queued_at, DROP COLUMN IF EXISTS attempts,
    DROP COLUMN IF EXISTS lease, DROP COLUMN IF EXISTS lease_until, DROP COLUMN IF EXISTS error;
ALTER TABLE intents DROP CONSTRAINT IF EXISTS intents_id_fkey;
ALTER TABLE intents ADD CONSTRAINT intents_id_fkey FOREIGN KEY (id) REFERENCES steps ON DELETE CASCADE;

-- An intent with the step that makes it.
CREATE OR REPLACE VIEW writes AS
    SELECT intents.*, due_at, queued_at, attempts, lease, lease_until, error
    FROM intents JOIN steps ON steps.id = intents.id;

-- A write that a person must look at shows in its workflow, unless that is a handoff, which says so itself.
UPDATE workflows SET status = 'blocked' WHERE status = 'succeeded' AND kind <> 'work'
    AND EXISTS (SELECT FROM intents WHERE run_id = workflows.id AND status = 'blocked');

-- The workflow of a merge may be gone: then one that is over, of the id of the attempt, has what is left to do.
DO $$ BEGIN
    IF to_regclass('after_merge_jobs') IS NOT NULL THEN
        INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, number, status,
                               current_step, input, created_at, finished_at, updated_at)
        SELECT id, 'merge', 'merge', 'merge:' || id, repository_id, full_name, installation_id, number, 'succeeded',
               'merge', jsonb_build_object('attempt', id), recorded_at, coalesce(settled_at, recorded_at),
               coalesce(settled_at, recorded_at)
        FROM merge_attempts WHERE run_id IS NULL AND id IN (SELECT attempt_id FROM after_merge_jobs)
        ON CONFLICT (id) DO NOTHING;
        INSERT INTO steps (id, workflow_id, name, position, exclusive, status, due_at, attempts, outcome, created_at,
                           ended_at)
        SELECT gen_random_uuid(), id, 'merge', 1, 'merge:' || id, 'done', recorded_at, 1, 'done', recorded_at,
               coalesce(settled_at, recorded_at)
        FROM merge_attempts WHERE run_id IS NULL AND id IN (SELECT attempt_id FROM after_merge_jobs)
        ON CONFLICT (workflow_id, position) WHERE position IS NOT NULL DO NOTHING;
        INSERT INTO steps (id, workflow_id, name, exclusive, status, due_at, attempts, outcome, error, input, output,
                           created_at, ended_at)
        SELECT attempt_id, coalesce(run_id, attempt_id), 'delete_branch', 'delete_branch:' || attempt_id,
               CASE after_merge_jobs.status WHEN 'pending' THEN 'pending' WHEN 'done' THEN 'done' ELSE 'stopped' END,
               due_at, attempts,
               CASE after_merge_jobs.status WHEN 'done' THEN 'done' WHEN 'given_up' THEN 'stop' END,
               CASE WHEN after_merge_jobs.status <> 'done' THEN error END,
               jsonb_build_object('attempt', attempt_id),
               CASE WHEN after_merge_jobs.status = 'done' AND error IS NOT NULL
                    THEN jsonb_build_object('deleted', false, 'why', error) END,
               coalesce(settled_at, recorded_at),
               CASE WHEN after_merge_jobs.status <> 'pending' THEN due_at END
        FROM after_merge_jobs JOIN merge_attempts ON merge_attempts.id = attempt_id
        ON CONFLICT (id) DO NOTHING;
        DROP TABLE after_merge_jobs;
    END IF;
END $$;
