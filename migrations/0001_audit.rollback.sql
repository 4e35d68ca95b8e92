DROP TABLE IF EXISTS audit_entries;
DROP FUNCTION IF EXISTS audit_entries_refuse();
DROP FUNCTION IF EXISTS audit_entries_extend();
