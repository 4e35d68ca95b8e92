-- Policies as they were read, and beside each posted verdict the one that the other mode would have given.

CREATE TABLE IF NOT EXISTS policy_files (
    digest          text        PRIMARY KEY,
    text            text        NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now()
);

-- `mode`: the one that was posted; null where nothing was evaluated, and in rows older than this.
ALTER TABLE evaluations
    ADD COLUMN IF NOT EXISTS mode              text CHECK (mode IN ('compat', 'strict')),
    ADD COLUMN IF NOT EXISTS other_state       text CHECK (other_state IN ('success', 'failure', 'pending', 'error')),
    ADD COLUMN IF NOT EXISTS other_description text,
    ADD COLUMN IF NOT EXISTS other_result      jsonb,
    ADD COLUMN IF NOT EXISTS differences       jsonb;

CREATE INDEX IF NOT EXISTS evaluations_time ON evaluations (evaluated_at);
