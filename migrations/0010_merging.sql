-- The controlled merge: issues and their steps, merge requests, attempts, what the gate read, alerts and postures.

CREATE TABLE IF NOT EXISTS issues (
    id              uuid        PRIMARY KEY,
    status          text        NOT NULL DEFAULT 'CREATED',
    github_url      text,
    pr_url          text,
    pr_candidates   text[]      NOT NULL DEFAULT '{}',
    draft           jsonb,
    draft_committed_at timestamptz,
    validation      jsonb,
    handoff_state   text        NOT NULL DEFAULT 'NONE',
    hold_reason     text,
    merge_sha       text,
    created_by      text        NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS issues_pr_url ON issues (lower(pr_url));
CREATE INDEX IF NOT EXISTS issues_newest ON issues (created_at DESC, id);

-- A wish to merge one pull request, which lives until it is merged, refused for good, or too old.
-- head_sha: of a wish of GitHub's side the head at which it was asked for last; NULL once it may be asked for anew.
-- due_at: when the gate comes back by itself; NULL where it waits for an event (waits) or for nobody.
CREATE TABLE IF NOT EXISTS merge_requests (
    id              uuid        PRIMARY KEY,
    issue_id        uuid        REFERENCES issues ON DELETE CASCADE,
    pr_url          text,
    repository_id   bigint,
    number          bigint,
    mode            text        NOT NULL CHECK (mode IN ('execute', 'dryRun', 'observe')),
    request_id      text        NOT NULL,
    source          text        NOT NULL,
    asked_by        text        NOT NULL,
    waits           boolean     NOT NULL DEFAULT false,
    status          text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'ended')),
    due_at          timestamptz,
    created_at      timestamptz NOT NULL,
    until           timestamptz NOT NULL,
    ended_at        timestamptz,
    head_sha        text
);
CREATE INDEX IF NOT EXISTS merge_requests_due ON merge_requests (due_at) WHERE status = 'open' AND due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS merge_requests_pull ON merge_requests (repository_id, number);
CREATE INDEX IF NOT EXISTS merge_requests_issue ON merge_requests (issue_id);
-- What a label or a comment asks for is one open wish for its pull request, however often it is said.
CREATE UNIQUE INDEX IF NOT EXISTS merge_requests_one_from_github ON merge_requests (repository_id, number)
    WHERE status = 'open' AND source NOT IN ('api', 'cli') AND mode <> 'observe' AND issue_id IS NULL;

-- One run of one step, with its one outcome. runs.kind is 'step' or 'merge'; this row has what only steps have.
-- outcome is NULL while it is under way.
CREATE TABLE IF NOT EXISTS step_runs (
    run_id          uuid        PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    issue_id        uuid        REFERENCES issues ON DELETE CASCADE,
    merge_request_id uuid       REFERENCES merge_requests ON DELETE CASCADE,
    step            text        NOT NULL,
    mode            text        NOT NULL CHECK (mode IN ('execute', 'dryRun', 'observe')),
    request_id      text        NOT NULL,
    asked_by        text        NOT NULL,
    woken_by        text        NOT NULL DEFAULT 'request',
    state_before    text,
    state_after     text,
    ending          text        CHECK (ending IN ('finished', 'blocked', 'failed')),
    outcome         text,
    answer          jsonb,
    memory          jsonb       NOT NULL DEFAULT '{}',
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz
);
CREATE INDEX IF NOT EXISTS step_runs_issue ON step_runs (issue_id, started_at);
CREATE INDEX IF NOT EXISTS step_runs_request ON step_runs (merge_request_id);

CREATE TABLE IF NOT EXISTS timeline_events (
    id              uuid        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    issue_id        uuid        NOT NULL REFERENCES issues ON DELETE CASCADE,
    run_id          uuid,
    type            text        NOT NULL,
    payload         jsonb       NOT NULL,
    at              timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS timeline_events_issue ON timeline_events (issue_id, seq DESC);

-- What was found out about an issue: checks snapshots with the gate step they were taken for, and verification (S7).
CREATE TABLE IF NOT EXISTS issue_evidence (
    id              uuid        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    issue_id        uuid        REFERENCES issues ON DELETE CASCADE,
    run_id          uuid,
    kind            text        NOT NULL,
    verdict         text        NOT NULL,
    sha             text,
    at              timestamptz NOT NULL,
    body            jsonb       NOT NULL DEFAULT '{}',
    given_by        text        NOT NULL
);
CREATE INDEX IF NOT EXISTS issue_evidence_issue ON issue_evidence (issue_id, seq DESC);

CREATE TABLE IF NOT EXISTS deployment_observations (
    issue_id        uuid        NOT NULL REFERENCES issues ON DELETE CASCADE,
    deployment_id   bigint      NOT NULL,
    environment     text        NOT NULL,
    sha             text        NOT NULL,
    target_url      text,
    latest_status   text,
    is_authentic    boolean     NOT NULL,
    observed_at     timestamptz NOT NULL,
    PRIMARY KEY (issue_id, deployment_id)
);

-- Immutable, one row for the same checks of the same commit.
CREATE TABLE IF NOT EXISTS checks_snapshots (
    id              uuid        PRIMARY KEY,
    run_id          uuid,
    issue_id        uuid,
    repo_owner      text        NOT NULL,
    repo_name       text        NOT NULL,
    ref             text        NOT NULL,
    captured_at     timestamptz NOT NULL,
    checks          jsonb       NOT NULL,
    total_count     integer     NOT NULL,
    failed_count    integer     NOT NULL,
    pending_count   integer     NOT NULL,
    snapshot_hash   text        NOT NULL UNIQUE,
    request_id      text
);

-- Whoever merges into a branch holds its row. A fresh lease each time, so that the one before fences itself out.
CREATE TABLE IF NOT EXISTS merge_leases (
    repository_id   bigint      NOT NULL,
    base_ref        text        NOT NULL,
    lease           uuid        NOT NULL,
    run_id          uuid        NOT NULL,
    held_until      timestamptz NOT NULL,
    PRIMARY KEY (repository_id, base_ref)
);

-- One request of the merger. INTENT is an unspent permit; SENT a spent one whose end is not known yet.
-- history: [{state, by, at}], oldest first. reads: what was read to settle it. evidence: ids and digests of what was judged.
CREATE TABLE IF NOT EXISTS merge_attempts (
    id              uuid        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind            text        NOT NULL CHECK (kind IN ('merge', 'update_branch', 'enqueue', 'branch_delete')),
    repository_id   bigint      NOT NULL,
    full_name       text        NOT NULL,
    installation_id bigint      NOT NULL,
    number          bigint      NOT NULL,
    base_ref        text        NOT NULL,
    head_sha        text        NOT NULL,
    run_id          uuid        REFERENCES runs ON DELETE SET NULL,
    request_id      text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('INTENT', 'SENT', 'SUCCEEDED', 'FAILED', 'IN_DOUBT')),
    method          text,
    request         jsonb       NOT NULL,
    evidence        jsonb       NOT NULL DEFAULT '{}',
    response        jsonb,
    reads           jsonb       NOT NULL DEFAULT '[]',
    history         jsonb       NOT NULL,
    detail          text,
    merge_sha       text,
    expires_at      timestamptz NOT NULL,
    sent_at         timestamptz,
    in_doubt_at     timestamptz,
    settled_at      timestamptz,
    recorded_at     timestamptz NOT NULL,
    audit_seq       bigint      REFERENCES audit_entries
);
-- A head is merged at most once: no second attempt while one is open or has succeeded.
CREATE UNIQUE INDEX IF NOT EXISTS merge_attempts_one ON merge_attempts (kind, repository_id, number, head_sha)
    WHERE state <> 'FAILED';
CREATE INDEX IF NOT EXISTS merge_attempts_open ON merge_attempts (recorded_at)
    WHERE state IN ('INTENT', 'SENT', 'IN_DOUBT');

-- Jobs that follow a merge, each once and apart from it.
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

-- Reviews that a webhook told of, so that a list without them is known to lag.
CREATE TABLE IF NOT EXISTS review_hooks (
    repository_id   bigint      NOT NULL,
    number          bigint      NOT NULL,
    review_id       bigint      NOT NULL,
    state           text        NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (repository_id, number, review_id)
);

-- What pull_request webhooks said last, by GitHub's clock, and who pushed which head.
ALTER TABLE pulls ADD COLUMN IF NOT EXISTS hook_head_sha text;
ALTER TABLE pulls ADD COLUMN IF NOT EXISTS hook_head_at timestamptz;
ALTER TABLE heads ADD COLUMN IF NOT EXISTS pushed_by text;
ALTER TABLE heads ADD COLUMN IF NOT EXISTS pusher_id bigint;

-- An evaluation counts for a merge while it is not invalidated and its seal fits its row.
ALTER TABLE evaluations ADD COLUMN IF NOT EXISTS invalidated_at timestamptz;
ALTER TABLE evaluations ADD COLUMN IF NOT EXISTS invalidated_by text;
ALTER TABLE evaluations ADD COLUMN IF NOT EXISTS seal text;

CREATE TABLE IF NOT EXISTS alerts (
    id              uuid        PRIMARY KEY,
    code            text        NOT NULL,
    severity        text        NOT NULL CHECK (severity IN ('alert', 'warning')),
    subject         text        NOT NULL,
    fields          jsonb       NOT NULL,
    key             text        NOT NULL UNIQUE,
    raised_at       timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text
);
CREATE INDEX IF NOT EXISTS alerts_open ON alerts (raised_at) WHERE acknowledged_at IS NULL;
CREATE INDEX IF NOT EXISTS alerts_subject ON alerts (subject, raised_at);

-- What operators have switched: of all repositories (0) or of one. NULL: not said.
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

-- What doctor found of the gate's own context on a base branch, and where an operator has overridden that.
CREATE TABLE IF NOT EXISTS gate_findings (
    repository_id   bigint      NOT NULL,
    base_ref        text        NOT NULL,
    is_required     boolean,
    found_at        timestamptz,
    overridden_by   text,
    override_reason text,
    overridden_at   timestamptz,
    PRIMARY KEY (repository_id, base_ref)
);

-- Merges that this gate did not make, each once. via: how; had_pass: the newest verdict on that head let it be merged.
CREATE TABLE IF NOT EXISTS external_merges (
    repository_id   bigint      NOT NULL,
    number          bigint      NOT NULL,
    merge_sha       text        NOT NULL,
    full_name       text        NOT NULL,
    head_sha        text        NOT NULL,
    base_ref        text        NOT NULL,
    merged_by       text,
    via             text        NOT NULL CHECK (via IN ('hand', 'auto_merge', 'queue')),
    had_pass        boolean     NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (repository_id, number, merge_sha)
);

-- When the pull requests of a repository were last compared with GitHub's list, to find those merged unseen.
-- since: when that was first done; whatever was merged before is nobody's concern.
CREATE TABLE IF NOT EXISTS merge_watches (
    repository_id   bigint      PRIMARY KEY,
    asked_at        timestamptz NOT NULL,
    since           timestamptz NOT NULL
);
