DROP TABLE pinned_repositories;
DROP TABLE permits;
DROP TABLE decisions;
DROP TABLE intents;
DROP TABLE evaluations;
DROP TABLE snapshots;
