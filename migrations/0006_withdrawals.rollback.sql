-- Writes of kinds that the older schema's gate does not know end here; what led to them stays recorded.
UPDATE intents SET status = 'superseded', settled_at = now(), lease = NULL, lease_until = NULL
 WHERE kind <> 'status' AND status IN ('pending', 'sent');
ALTER TABLE intents DROP COLUMN IF EXISTS withdrawn_at;
