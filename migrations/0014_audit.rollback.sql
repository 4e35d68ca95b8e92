-- The chain stays as it is. What was anchored stays where it was anchored, and is written anew from there.
DROP TABLE IF EXISTS audit_anchors;
DROP INDEX IF EXISTS audit_events_at;
DROP INDEX IF EXISTS audit_events_actor;
DROP INDEX IF EXISTS audit_events_kind;
