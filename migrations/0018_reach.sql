-- How far a pause reaches, and what is found without reading past what it keeps from being worked on.

-- Those of a type, a kind or a repository, of one status or, merged, of each. First, since what may be large can be read
-- while its indexes are made, and no longer once a table is changed.
CREATE INDEX IF NOT EXISTS workflows_type_and_status ON workflows (type, status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_kind_and_status ON workflows (kind, status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS workflows_repository_and_status
    ON workflows (lower(full_name), status, created_at DESC, id DESC);

-- Which ten thousand entries of the audit hold any of a span of time.
CREATE INDEX IF NOT EXISTS audit_events_stretch ON audit_events ((seq / 10000), at);

DROP INDEX IF EXISTS workflows_of_type;
DROP INDEX IF EXISTS workflows_of_repository;
DROP INDEX IF EXISTS workflows_left_of_type;
DROP INDEX IF EXISTS workflows_left_of_repository;

-- repository_id: 0 while it is not known. by_name: whatever repository has the name is held, until an event that was
-- sent after the pause shows which one it is. former: its scopes before it was renamed.
ALTER TABLE pauses
    ADD COLUMN IF NOT EXISTS id            uuid    NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN IF NOT EXISTS repository_id bigint  NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS by_name       boolean NOT NULL DEFAULT true,
    ADD COLUMN IF NOT EXISTS former        text[]  NOT NULL DEFAULT '{}';
ALTER TABLE pauses DROP CONSTRAINT IF EXISTS pauses_pkey;
ALTER TABLE pauses ADD CONSTRAINT pauses_pkey PRIMARY KEY (id);
CREATE INDEX IF NOT EXISTS pauses_newest ON pauses (paused_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS pauses_scope ON pauses (scope);

UPDATE pauses SET repository_id = known.repository_id
FROM (SELECT lower(full_name) AS name, min(repository_id) AS repository_id
      FROM (SELECT full_name, repository_id FROM pulls
            WHERE lower(full_name) IN (SELECT split_part(scope, ':', 2) FROM pauses)
            UNION SELECT full_name, repository_id FROM pinned_repositories) AS named
      GROUP BY lower(full_name) HAVING count(DISTINCT repository_id) = 1) AS known
WHERE scope = 'repository:' || name AND pauses.repository_id = 0;

-- held_by: the pause for which a sweep has put a due step aside; it looks at it again when there is no such pause.
ALTER TABLE steps ADD COLUMN IF NOT EXISTS held_by uuid;
DROP INDEX IF EXISTS steps_due;
CREATE INDEX steps_due ON steps (due_at) WHERE status = 'pending' AND held_by IS NULL;
CREATE INDEX IF NOT EXISTS steps_held ON steps (held_by) WHERE held_by IS NOT NULL;
