DROP INDEX IF EXISTS evaluations_time;
ALTER TABLE evaluations
    DROP COLUMN IF EXISTS mode,
    DROP COLUMN IF EXISTS other_state,
    DROP COLUMN IF EXISTS other_description,
    DROP COLUMN IF EXISTS other_result,
    DROP COLUMN IF EXISTS differences;
DROP TABLE IF EXISTS policy_files;
