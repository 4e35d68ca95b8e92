-- What only this version knows goes; the gate's own verdicts stay.
DELETE FROM intents WHERE evaluation_id IS NULL;
ALTER TABLE evaluations DROP COLUMN IF EXISTS approving;
ALTER TABLE decisions DROP COLUMN IF EXISTS simulated;
DROP TABLE IF EXISTS approvals;
DROP TABLE IF EXISTS evidence;
DROP TABLE IF EXISTS wishes;
DO $$ BEGIN
    IF to_regclass('bindings') IS NOT NULL THEN
        DELETE FROM runs WHERE id IN (SELECT run_id FROM bindings) OR status IN ('waiting', 'cancelled');
    END IF;
END $$;
DROP TABLE IF EXISTS bindings;
DROP TABLE IF EXISTS artifacts;
DROP TABLE IF EXISTS idempotency_keys;
DROP TABLE IF EXISTS tokens;
DROP INDEX IF EXISTS intents_waiting;
DROP INDEX IF EXISTS intents_pull;
DROP INDEX IF EXISTS intents_run;
ALTER TABLE intents DROP COLUMN IF EXISTS stage, DROP COLUMN IF EXISTS part_of, DROP COLUMN IF EXISTS epoch;
ALTER TABLE intents ALTER COLUMN evaluation_id SET NOT NULL;
UPDATE intents SET status = 'denied' WHERE status = 'waiting';
ALTER TABLE intents DROP CONSTRAINT IF EXISTS intents_status_check;
ALTER TABLE intents ADD CONSTRAINT intents_status_check
    CHECK (status IN ('pending', 'sent', 'written', 'denied', 'refused', 'blocked', 'superseded'));
ALTER TABLE runs DROP CONSTRAINT IF EXISTS runs_status_check;
ALTER TABLE runs ADD CONSTRAINT runs_status_check
    CHECK (status IN ('pending', 'running', 'succeeded', 'blocked', 'superseded'));
