DROP TABLE IF EXISTS gate_findings;
DROP TABLE IF EXISTS postures;
DROP TABLE IF EXISTS alerts;
ALTER TABLE evaluations DROP COLUMN IF EXISTS seal, DROP COLUMN IF EXISTS invalidated_by,
    DROP COLUMN IF EXISTS invalidated_at;
ALTER TABLE heads DROP COLUMN IF EXISTS pushed_by;
ALTER TABLE pulls DROP COLUMN IF EXISTS hook_head_at, DROP COLUMN IF EXISTS hook_head_sha;
DROP TABLE IF EXISTS review_hooks;
DROP TABLE IF EXISTS after_merge_jobs;
DROP TABLE IF EXISTS merge_attempts;
DROP TABLE IF EXISTS merge_leases;
DROP TABLE IF EXISTS checks_snapshots;
DROP TABLE IF EXISTS deployment_observations;
DROP TABLE IF EXISTS issue_evidence;
DROP TABLE IF EXISTS timeline_events;
DELETE FROM runs WHERE kind IN ('step', 'merge');
DROP TABLE IF EXISTS step_runs;
DROP TABLE IF EXISTS merge_requests;
DROP TABLE IF EXISTS issues;
