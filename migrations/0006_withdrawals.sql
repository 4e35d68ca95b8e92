-- When a write whose request was made before was wished for no more: its end is read, and it is not made again.

ALTER TABLE intents ADD COLUMN IF NOT EXISTS withdrawn_at timestamptz;
