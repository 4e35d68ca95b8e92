-- The deliveries themselves stay.
DROP TABLE IF EXISTS passed_deliveries;
DROP TABLE IF EXISTS reconciliations;
DROP INDEX IF EXISTS deliveries_via_api;
ALTER TABLE deliveries DROP COLUMN IF EXISTS via;
