-- When a commit became the head of its pull request once more, after another one was; null where it never did.

ALTER TABLE heads ADD COLUMN IF NOT EXISTS came_back_at timestamptz;
