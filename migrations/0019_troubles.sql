-- What went wrong with the attempts at a step, which itself keeps the last of it alone; of each step the newest fifty.
-- outcome: it was to be tried again, at due_at, or it stopped.

CREATE TABLE IF NOT EXISTS step_troubles (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step_id         uuid        NOT NULL REFERENCES steps ON DELETE CASCADE,
    at              timestamptz NOT NULL,
    attempt         integer     NOT NULL,
    outcome         text        NOT NULL CHECK (outcome IN ('retry', 'stop')),
    error           text        NOT NULL,
    due_at          timestamptz
);
CREATE INDEX IF NOT EXISTS step_troubles_of_step ON step_troubles (step_id, id);
