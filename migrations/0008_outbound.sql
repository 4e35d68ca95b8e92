-- What others ask the gate to write: their runs with epochs, evidence and approvals, artifacts, tokens.

ALTER TABLE runs DROP CONSTRAINT IF EXISTS runs_status_check;
ALTER TABLE runs ADD CONSTRAINT runs_status_check
    CHECK (status IN ('pending', 'running', 'waiting', 'succeeded', 'blocked', 'superseded', 'cancelled'));
ALTER TABLE intents DROP CONSTRAINT IF EXISTS intents_status_check;
ALTER TABLE intents ADD CONSTRAINT intents_status_check
    CHECK (status IN ('pending', 'waiting', 'sent', 'written', 'denied', 'refused', 'blocked', 'superseded'));

-- Null `evaluation_id`: asked for by a run of the API. `epoch`: of that run; null for the gate's own verdicts.
-- `part_of`: the write that this one belongs to, whose approval counts for it. `stage`: one of a run and epoch leaves only
-- when all those of lower stages are written.
ALTER TABLE intents ALTER COLUMN evaluation_id DROP NOT NULL;
ALTER TABLE intents
    ADD COLUMN IF NOT EXISTS epoch   integer CHECK (epoch > 0),
    ADD COLUMN IF NOT EXISTS part_of uuid REFERENCES intents ON DELETE CASCADE,
    ADD COLUMN IF NOT EXISTS stage   integer NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS intents_run ON intents (run_id);
CREATE INDEX IF NOT EXISTS intents_pull ON intents (repository_id, number);
CREATE INDEX IF NOT EXISTS intents_waiting ON intents (recorded_at) WHERE status = 'waiting';

-- What would have been sent, where the projector was local.
ALTER TABLE decisions ADD COLUMN IF NOT EXISTS simulated jsonb;

-- Who may call the API: the SHA-256 of each token. `principal`: the person or the agent it was given to.
CREATE TABLE IF NOT EXISTS tokens (
    id              text        PRIMARY KEY,
    principal       text        NOT NULL,
    scopes          text[]      NOT NULL,
    hash            bytea       NOT NULL CHECK (octet_length(hash) = 32),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz,
    revoked_at      timestamptz
);

-- A client's Idempotency-Key: what was answered to it.
CREATE TABLE IF NOT EXISTS idempotency_keys (
    principal       text        NOT NULL,
    key             text        NOT NULL,
    request_digest  text        NOT NULL,
    status_code     integer     NOT NULL,
    answer          jsonb       NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX IF NOT EXISTS idempotency_keys_age ON idempotency_keys (created_at);

-- What is to become a pull request: the bytes lie in the store under their SHA-256.
CREATE TABLE IF NOT EXISTS artifacts (
    digest          text        PRIMARY KEY,
    kind            text        NOT NULL CHECK (kind IN ('patch', 'files')),
    size            bigint      NOT NULL,
    paths           jsonb       NOT NULL,
    stored_by       text        NOT NULL,
    stored_at       timestamptz NOT NULL
);

-- What a run of the API is bound to. `head_sha`: null until it is known; `is_open`: it may still ask for writes; `woken`
-- counts the reasons to look at it again.
CREATE TABLE IF NOT EXISTS bindings (
    run_id          uuid        PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    remote          text        NOT NULL,
    base_ref        text        NOT NULL,
    head_ref        text        NOT NULL,
    head_sha        text,
    epoch           integer     NOT NULL DEFAULT 1 CHECK (epoch > 0),
    proposed_by     text        NOT NULL,
    number          bigint,
    is_open         boolean     NOT NULL DEFAULT true,
    blockers        jsonb       NOT NULL DEFAULT '[]',
    woken           integer     NOT NULL DEFAULT 0,
    opened_at       timestamptz NOT NULL
);

-- One run at a time works on a branch.
CREATE UNIQUE INDEX IF NOT EXISTS bindings_one_open ON bindings (lower(remote), head_ref) WHERE is_open;

-- What a run was asked to write, before it is known where exactly that goes. `kind`: of a write, or `pull_request`.
CREATE TABLE IF NOT EXISTS wishes (
    id              uuid        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id          uuid        NOT NULL REFERENCES bindings ON DELETE CASCADE,
    epoch           integer     NOT NULL,
    kind            text        NOT NULL,
    content         jsonb       NOT NULL,
    wished_by       text        NOT NULL,
    wished_at       timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS wishes_run ON wishes (run_id, seq);

CREATE TABLE IF NOT EXISTS evidence (
    id              uuid        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id          uuid        NOT NULL REFERENCES bindings ON DELETE CASCADE,
    kind            text        NOT NULL CHECK (kind IN ('verification', 'internal_review')),
    verdict         text        NOT NULL CHECK (verdict IN ('PASS', 'FAIL')),
    epoch           integer     NOT NULL,
    head_sha        text        NOT NULL,
    artifact        text,
    given_by        text        NOT NULL,
    given_at        timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS evidence_run ON evidence (run_id, kind, seq);

-- An operator's word on exactly this content: of one write, or of all that a run wishes for (`intent_id` null).
CREATE TABLE IF NOT EXISTS approvals (
    id              uuid        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id          uuid        NOT NULL REFERENCES bindings ON DELETE CASCADE,
    intent_id       uuid        REFERENCES intents ON DELETE CASCADE,
    target          text,
    digest          text        NOT NULL,
    is_approved     boolean     NOT NULL,
    reason          text,
    given_by        text        NOT NULL,
    given_at        timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS approvals_run ON approvals (run_id, seq);

-- What the approve rules of the base branch said beside the verdict; null where there are none.
ALTER TABLE evaluations ADD COLUMN IF NOT EXISTS approving jsonb;
