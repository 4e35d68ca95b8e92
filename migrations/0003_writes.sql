-- Facts, verdict, intent, decision, permit, receipt: the way out, a row for each station.

CREATE TABLE snapshots (
    digest          text        PRIMARY KEY,
    facts           jsonb       NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE evaluations (
    id              uuid        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id          uuid        NOT NULL REFERENCES runs ON DELETE CASCADE,
    repository_id   bigint      NOT NULL,
    number          bigint      NOT NULL,
    head_sha        text        NOT NULL,
    base_ref        text        NOT NULL,
    policy_source   text        NOT NULL,
    policy_digest   text,
    snapshot_digest text        REFERENCES snapshots,
    state           text        NOT NULL CHECK (state IN ('success', 'failure', 'pending', 'error')),
    description     text        NOT NULL,
    status_text     text        NOT NULL,
    result          jsonb,
    evaluated_at    timestamptz NOT NULL
);

CREATE INDEX evaluations_pull ON evaluations (repository_id, number, seq);
CREATE INDEX evaluations_run ON evaluations (run_id);

CREATE TABLE intents (
    id              uuid        PRIMARY KEY,
    key             text        NOT NULL UNIQUE,
    kind            text        NOT NULL,
    target          text        NOT NULL,
    sequence        integer     NOT NULL CHECK (sequence > 0),
    evaluation_id   uuid        NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    run_id          uuid        NOT NULL REFERENCES runs ON DELETE CASCADE,
    repository_id   bigint      NOT NULL,
    full_name       text        NOT NULL,
    installation_id bigint      NOT NULL,
    number          bigint      NOT NULL,
    content         jsonb       NOT NULL,
    status          text        NOT NULL DEFAULT 'pending'
                    CHECK (status IN ('pending', 'sent', 'written', 'denied', 'refused', 'blocked', 'superseded')),
    due_at          timestamptz NOT NULL,
    queued_at       timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    lease           uuid,
    lease_until     timestamptz,
    error           text,
    recorded_at     timestamptz NOT NULL,
    settled_at      timestamptz,
    UNIQUE (target, sequence)
);

-- At most one write to a target may be on its way.
CREATE UNIQUE INDEX intents_one_sent ON intents (target) WHERE status = 'sent';
CREATE UNIQUE INDEX intents_one_leased ON intents (target) WHERE lease IS NOT NULL;
CREATE INDEX intents_due ON intents (due_at) WHERE status IN ('pending', 'sent');
CREATE INDEX intents_evaluation ON intents (evaluation_id);

-- The intent that carries a verdict out: an earlier evaluation's where the wish is the same, none where GitHub shows it.
ALTER TABLE evaluations ADD COLUMN intent_id uuid REFERENCES intents ON DELETE SET NULL;

CREATE TABLE decisions (
    id              uuid        PRIMARY KEY,
    intent_id       uuid        NOT NULL REFERENCES intents ON DELETE CASCADE,
    gate            text        NOT NULL,
    allowed         boolean     NOT NULL,
    facts_digest    text        NOT NULL,
    grounds         jsonb       NOT NULL,
    blockers        jsonb       NOT NULL,
    audit_seq       bigint      NOT NULL REFERENCES audit_entries,
    decided_at      timestamptz NOT NULL,
    CHECK (NOT allowed OR (jsonb_array_length(grounds) > 0 AND jsonb_array_length(blockers) = 0))
);

CREATE INDEX decisions_intent ON decisions (intent_id);

CREATE TABLE permits (
    id              uuid        PRIMARY KEY,
    intent_id       uuid        NOT NULL REFERENCES intents ON DELETE CASCADE,
    decision_id     uuid        NOT NULL UNIQUE REFERENCES decisions ON DELETE CASCADE,
    issued_at       timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    spent_at        timestamptz,
    unknown_at      timestamptz,
    outcome         text        CHECK (outcome IN ('written', 'refused', 'limited', 'absent', 'unspent', 'unknown')),
    status_code     integer,
    remote_id       text,
    settled_at      timestamptz,
    CHECK (outcome IS NULL OR outcome = 'unspent' OR spent_at IS NOT NULL)
);

CREATE INDEX permits_intent ON permits (intent_id);
CREATE UNIQUE INDEX permits_one_open ON permits (intent_id) WHERE outcome IS NULL;

-- A repository's id is pinned to its name on first use, so that a re-created one doesn't inherit what was allowed.
CREATE TABLE pinned_repositories (
    full_name       text        PRIMARY KEY,
    repository_id   bigint      NOT NULL,
    pinned_at       timestamptz NOT NULL DEFAULT now()
);
