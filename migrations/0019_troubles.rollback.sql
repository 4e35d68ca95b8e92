-- The older schema knows of the last attempt alone, which the steps keep.
DROP TABLE IF EXISTS step_troubles;
