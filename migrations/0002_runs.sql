-- What arrived, and the work that follows from it.

CREATE TABLE deliveries (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hook_id         bigint      NOT NULL,
    guid            text        NOT NULL,
    body_digest     text        NOT NULL,
    event           jsonb       NOT NULL,
    received_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (hook_id, guid, body_digest)
);

CREATE INDEX deliveries_guid ON deliveries (guid);

CREATE TABLE pulls (
    repository_id   bigint      NOT NULL,
    number          bigint      NOT NULL CHECK (number > 0),
    full_name       text        NOT NULL,
    installation_id bigint      NOT NULL,
    is_open         boolean     NOT NULL DEFAULT true,
    head_sha        text,
    base_ref        text,
    page_key        text        NOT NULL UNIQUE,
    PRIMARY KEY (repository_id, number)
);

CREATE INDEX pulls_head ON pulls (repository_id, head_sha);
CREATE INDEX pulls_name ON pulls (lower(full_name), number);

-- When this gate first saw a commit as the head of a pull request: the push cannot have been later.
CREATE TABLE heads (
    repository_id   bigint      NOT NULL,
    number          bigint      NOT NULL,
    sha             text        NOT NULL,
    first_seen_at   timestamptz NOT NULL,
    PRIMARY KEY (repository_id, number, sha)
);

CREATE TABLE runs (
    id              uuid        PRIMARY KEY,
    kind            text        NOT NULL,
    subject         text        NOT NULL,
    repository_id   bigint      NOT NULL,
    full_name       text        NOT NULL,
    installation_id bigint      NOT NULL,
    number          bigint,
    sha             text,
    branch          text,
    status          text        NOT NULL DEFAULT 'pending'
                    CHECK (status IN ('pending', 'running', 'succeeded', 'blocked', 'superseded')),
    due_at          timestamptz NOT NULL,
    queued_at       timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    lease           uuid,
    lease_until     timestamptz,
    error           text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    CHECK ((status = 'running') = (lease IS NOT NULL))
);

-- One waiting run a subject: what arrives meanwhile is folded into it. One running: nobody works on it twice at once.
CREATE UNIQUE INDEX runs_one_pending ON runs (kind, subject) WHERE status = 'pending';
CREATE UNIQUE INDEX runs_one_running ON runs (kind, subject) WHERE status = 'running';
CREATE INDEX runs_due ON runs (due_at) WHERE status = 'pending';
CREATE INDEX runs_lease ON runs (lease_until) WHERE status = 'running';
CREATE INDEX runs_pull ON runs (repository_id, number, created_at);

CREATE TABLE run_deliveries (
    run_id          uuid        NOT NULL REFERENCES runs ON DELETE CASCADE,
    delivery_id     bigint      NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    PRIMARY KEY (run_id, delivery_id)
);

CREATE INDEX run_deliveries_delivery ON run_deliveries (delivery_id);
