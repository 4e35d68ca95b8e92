-- What was imported into workflows and steps stays; an import of the same file takes it up again.
DROP INDEX IF EXISTS workflows_retries;
DROP INDEX IF EXISTS steps_workflow;
DROP TABLE IF EXISTS legacy_audit_events;
DROP TABLE IF EXISTS legacy_rows;
DROP TABLE IF EXISTS legacy_batches;
