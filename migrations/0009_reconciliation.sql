-- What GitHub says it delivered, compared with what was recorded.

-- How a delivery came in: by webhook, or read from GitHub's list because it was missing here.
ALTER TABLE deliveries
    ADD COLUMN IF NOT EXISTS via text NOT NULL DEFAULT 'webhook' CHECK (via IN ('webhook', 'api'));
CREATE INDEX IF NOT EXISTS deliveries_via_api ON deliveries (id) WHERE via = 'api';

-- How far back the list of an App was compared. `began_at`: of the round under way, which goes on at `cursor` and will
-- have settled everything until `settles_until`.
CREATE TABLE IF NOT EXISTS reconciliations (
    app_id          bigint      PRIMARY KEY,
    settled_until   timestamptz,
    began_at        timestamptz,
    settles_until   timestamptz,
    cursor          text,
    lease           uuid,
    lease_until     timestamptz
);

-- Missing deliveries that were read and lead to nothing here, so that they are not read again.
CREATE TABLE IF NOT EXISTS passed_deliveries (
    guid            text        PRIMARY KEY,
    passed_at       timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS passed_deliveries_age ON passed_deliveries (passed_at);
