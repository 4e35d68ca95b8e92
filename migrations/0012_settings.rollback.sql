-- A posture holds a freeze, safe mode and dry run, and has no column for anything else (writes, kinds, lists, approvals,
-- paces, periods), nor for reasons other than that of a freeze. That counts no more: what the environment allows is then
-- allowed again, so say there beforehand what is to stay closed. Who had set what is still said by the audit. A freeze,
-- safe mode or dry run that is not understood, for which nothing is merged, becomes safe mode, for which nothing is either.
CREATE TABLE IF NOT EXISTS postures (
    repository_id   bigint      PRIMARY KEY,
    full_name       text        NOT NULL,
    frozen_reason   text,
    frozen_by       text,
    frozen_until    timestamptz,
    safe_mode       boolean     NOT NULL DEFAULT false,
    dry_run         boolean,
    changed_by      text        NOT NULL,
    changed_at      timestamptz NOT NULL
);

DO $$ BEGIN
    IF to_regclass('settings') IS NOT NULL THEN
        INSERT INTO postures (repository_id, full_name, frozen_reason, frozen_by, frozen_until, safe_mode, dry_run,
                              changed_by, changed_at)
        SELECT newest.repository_id, newest.full_name,
               frozen.value ->> 'reason', frozen.changed_by, (frozen.value ->> 'until')::timestamptz,
               coalesce((safe_mode.value)::boolean, false) OR EXISTS (
                   SELECT FROM settings AS odd WHERE odd.repository_id = newest.repository_id
                       AND jsonb_typeof(odd.value) <> 'null' AND CASE
                           WHEN name = 'freeze' THEN jsonb_typeof(odd.value -> 'reason') IS DISTINCT FROM 'string'
                           ELSE name IN ('safe_mode', 'dry_run') AND jsonb_typeof(odd.value) <> 'boolean' END),
               (dry_run.value)::boolean,
               newest.changed_by, newest.changed_at
        FROM (SELECT DISTINCT ON (repository_id) repository_id, full_name, changed_by, changed_at FROM settings
              WHERE name IN ('freeze', 'safe_mode', 'dry_run')
              ORDER BY repository_id, changed_at DESC, name = 'safe_mode' DESC) AS newest
        LEFT JOIN settings AS frozen ON frozen.repository_id = newest.repository_id AND frozen.name = 'freeze'
            AND frozen.value IS NOT NULL
        LEFT JOIN settings AS safe_mode ON safe_mode.repository_id = newest.repository_id
            AND safe_mode.name = 'safe_mode' AND jsonb_typeof(safe_mode.value) = 'boolean'
        LEFT JOIN settings AS dry_run ON dry_run.repository_id = newest.repository_id AND dry_run.name = 'dry_run'
            AND jsonb_typeof(dry_run.value) = 'boolean'
        ON CONFLICT (repository_id) DO NOTHING;
        DROP TABLE settings;
    END IF;
END $$;
