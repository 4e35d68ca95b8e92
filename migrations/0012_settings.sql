-- Settings that operators change while the gate runs, of all repositories (repository_id 0) or of one; what was a posture
-- is three of them. value: as JSON; NULL: nothing is said any more, and the row still says who took it away, and when.
-- version: counts the changes of the row.
CREATE TABLE IF NOT EXISTS settings (
    repository_id   bigint      NOT NULL,
    name            text        NOT NULL,
    full_name       text        NOT NULL,
    value           jsonb,
    version         integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    reason          text        NOT NULL DEFAULT '',
    changed_by      text        NOT NULL,
    changed_at      timestamptz NOT NULL,
    PRIMARY KEY (repository_id, name)
);

DO $$ BEGIN
    IF to_regclass('postures') IS NOT NULL THEN
        INSERT INTO settings (repository_id, name, full_name, value, changed_by, changed_at)
        SELECT repository_id, 'safe_mode', full_name, to_jsonb(safe_mode), changed_by, changed_at FROM postures
        UNION ALL
        SELECT repository_id, 'dry_run', full_name, to_jsonb(dry_run), changed_by, changed_at FROM postures
            WHERE dry_run IS NOT NULL
        UNION ALL
        SELECT repository_id, 'freeze', full_name,
               jsonb_build_object('reason', frozen_reason, 'until', to_jsonb(frozen_until)),
               coalesce(frozen_by, changed_by), changed_at FROM postures WHERE frozen_reason IS NOT NULL
        ON CONFLICT (repository_id, name) DO NOTHING;
        DROP TABLE postures;
    END IF;
END $$;
