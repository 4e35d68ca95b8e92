-- Events that concern more than one pull request, merge groups, and remarks that somebody else altered.

-- When a re-evaluation that one event asked for together with others may be due; null where an event named it alone.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS slot_at timestamptz;
CREATE INDEX IF NOT EXISTS runs_slots ON runs (installation_id, slot_at) WHERE slot_at IS NOT NULL;

-- Where the policy of a pull request was looked for besides its base branch, as owner/name@branch with the name in lower
-- case; without a branch where any will do.
ALTER TABLE pulls ADD COLUMN IF NOT EXISTS policy_places text[] NOT NULL DEFAULT '{}';
CREATE INDEX IF NOT EXISTS pulls_policy ON pulls USING gin (policy_places);
CREATE INDEX IF NOT EXISTS pulls_installation ON pulls (installation_id) WHERE is_open;

-- Groups of GitHub's merge queue. `members`: the pull requests that merging it would merge, as far as they are known.
CREATE TABLE IF NOT EXISTS merge_groups (
    repository_id   bigint      NOT NULL,
    head_sha        text        NOT NULL,
    base_ref        text        NOT NULL,
    full_name       text        NOT NULL,
    installation_id bigint      NOT NULL,
    members         bigint[]    NOT NULL DEFAULT '{}',
    requested_at    timestamptz NOT NULL,
    destroyed_at    timestamptz,
    PRIMARY KEY (repository_id, head_sha)
);

-- Comments that somebody other than their author edited or deleted; the text they had is in the snapshots before it.
CREATE TABLE IF NOT EXISTS alterations (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id   bigint      NOT NULL,
    number          bigint      NOT NULL,
    comment_id      bigint      NOT NULL,
    author          text        NOT NULL,
    altered_by      text        NOT NULL,
    what            text        NOT NULL CHECK (what IN ('edited', 'deleted')),
    said_at         timestamptz NOT NULL,
    altered_at      timestamptz NOT NULL,
    delivery_id     bigint      NOT NULL UNIQUE REFERENCES deliveries ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS alterations_pull ON alterations (repository_id, number, altered_at);

-- What was recorded before, or before a step down and up again.
INSERT INTO alterations (repository_id, number, comment_id, author, altered_by, what, said_at, altered_at, delivery_id)
SELECT (event -> 'repository' ->> 'id')::bigint, (event -> 'pulls' ->> 0)::bigint, (event -> 'remark' ->> 'id')::bigint,
       event -> 'remark' ->> 'author', coalesce(event ->> 'sender', 'ghost'), event ->> 'action',
       (event -> 'remark' ->> 'said_at')::timestamptz,
       coalesce((event -> 'remark' ->> 'edited_at')::timestamptz, received_at), id
  FROM deliveries
 WHERE event ->> 'name' = 'issue_comment' AND jsonb_typeof(event -> 'remark') = 'object'
   AND lower(coalesce(event ->> 'sender', '')) <> lower(event -> 'remark' ->> 'author')
ON CONFLICT DO NOTHING;

UPDATE pulls SET policy_places = ARRAY[lower(split_part(newest.policy_source, '@', 1)) || '@']
  FROM (SELECT DISTINCT ON (repository_id, number) repository_id, number, policy_source
          FROM evaluations ORDER BY repository_id, number, seq DESC) AS newest
 WHERE pulls.repository_id = newest.repository_id AND pulls.number = newest.number AND policy_places = '{}'
   AND newest.policy_source ~ '^[^/@ ]+/[^/@ ]+@'
   AND lower(split_part(newest.policy_source, '@', 1)) <> lower(pulls.full_name);
