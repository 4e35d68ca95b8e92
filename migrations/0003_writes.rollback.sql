DROP TABLE pinned_repositories;
DROP TABLE permits;
DROP TABLE decisions;
ALTER TABLE evaluations DROP COLUMN intent_id;
DROP TABLE intents;
DROP TABLE evaluations;
DROP TABLE snapshots;
