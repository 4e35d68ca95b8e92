-- The audit chain: append-only, each entry bound to the one before it by its hash.

CREATE TABLE audit_entries (
    seq      bigint      PRIMARY KEY CHECK (seq > 0),
    at       timestamptz NOT NULL,
    kind     text        NOT NULL,
    subject  text        NOT NULL,
    actor    text        NOT NULL,
    body     jsonb       NOT NULL,
    previous bytea       NOT NULL UNIQUE CHECK (octet_length(previous) = 32),
    hash     bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32)
);

CREATE INDEX audit_entries_subject ON audit_entries (subject, seq);

-- The lock serialises writers until they commit, so two of them never extend the same entry; the unique key on
-- `previous` would refuse the second one even so.
CREATE FUNCTION audit_entries_extend() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq  bigint;
    last_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('mergegate.audit'));
    SELECT seq, hash INTO last_seq, last_hash FROM audit_entries ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.previous <> coalesce(last_hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'an audit entry must extend the newest one' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entries is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_entries_extend BEFORE INSERT ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entries_extend();
CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse();

-- ALWAYS: also where session_replication_role is "replica".
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_extend;
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_no_change;
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_no_truncate;
