-- What entries of the audit are looked for by, each with the number by which a list goes on; and what was anchored.

CREATE INDEX IF NOT EXISTS audit_events_kind ON audit_events (kind, seq);
CREATE INDEX IF NOT EXISTS audit_events_actor ON audit_events (actor, seq);
CREATE INDEX IF NOT EXISTS audit_events_at ON audit_events (at, seq);

-- The newest anchor that was written to each place outside this database, and since when none could be.
CREATE TABLE IF NOT EXISTS audit_anchors (
    place         text        PRIMARY KEY,
    seq           bigint      CHECK (seq > 0),
    hash          bytea       CHECK (octet_length(hash) = 32),
    anchored_at   timestamptz,
    failing_since timestamptz,
    CHECK ((seq IS NULL) = (hash IS NULL) AND (seq IS NULL) = (anchored_at IS NULL))
);
