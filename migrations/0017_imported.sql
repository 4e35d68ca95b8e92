-- What was imported is known by the name of its repository, and found by that with the number of its pull request.
CREATE INDEX IF NOT EXISTS workflows_imported ON workflows (lower(full_name), number) WHERE kind = 'imported';
