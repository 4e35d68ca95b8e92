-- A pause goes by the name that its repository has now; of two of one name the older one stays.
DROP INDEX IF EXISTS audit_events_stretch;
DROP INDEX IF EXISTS workflows_repository_and_status;
DROP INDEX IF EXISTS workflows_kind_and_status;
DROP INDEX IF EXISTS workflows_type_and_status;
CREATE INDEX IF NOT EXISTS workflows_of_type ON workflows (type, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_of_repository ON workflows (lower(full_name), created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_left_of_type ON workflows (type, status, created_at DESC, id DESC)
    WHERE status NOT IN ('succeeded', 'cancelled');
CREATE INDEX IF NOT EXISTS workflows_left_of_repository ON workflows (lower(full_name), status, created_at DESC, id DESC)
    WHERE status NOT IN ('succeeded', 'cancelled');

DROP INDEX IF EXISTS steps_held;
DROP INDEX IF EXISTS steps_due;
ALTER TABLE steps DROP COLUMN IF EXISTS held_by;
CREATE INDEX steps_due ON steps (due_at) WHERE status = 'pending';

DO $$ BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema()
               AND table_name = 'pauses' AND column_name = 'by_name') THEN
        DELETE FROM pauses AS later USING pauses AS first
            WHERE later.scope = first.scope AND (first.paused_at, first.id) < (later.paused_at, later.id);
        DROP INDEX IF EXISTS pauses_newest;
        DROP INDEX IF EXISTS pauses_scope;
        ALTER TABLE pauses DROP CONSTRAINT IF EXISTS pauses_pkey;
        ALTER TABLE pauses
            DROP COLUMN former, DROP COLUMN by_name, DROP COLUMN repository_id, DROP COLUMN id,
            ADD CONSTRAINT pauses_pkey PRIMARY KEY (scope);
    END IF;
END $$;
