DROP INDEX IF EXISTS workflows_imported;
