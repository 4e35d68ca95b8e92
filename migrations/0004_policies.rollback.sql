DROP INDEX evaluations_time;
ALTER TABLE evaluations
    DROP COLUMN mode,
    DROP COLUMN other_state,
    DROP COLUMN other_description,
    DROP COLUMN other_result,
    DROP COLUMN differences;
DROP TABLE policy_files;
