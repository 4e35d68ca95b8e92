"""A grown database for measurements: workflows with their steps, made by the server itself in seconds."""

import psycopg

REPOSITORIES = 10
WORKFLOWS = """
INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, number, created_at,
                       updated_at, finished_at, current_step, status)
SELECT gen_random_uuid(), type, kind, kind || ':' || n, n % {repositories}, 'octo/repo-' || n % {repositories}, 1, n,
       made_at, made_at, CASE WHEN n <= {ended} THEN made_at END, step,
       CASE WHEN n > {ended} THEN 'pending' WHEN n / 4 % 8 = 0 THEN 'blocked' WHEN n / 4 % 8 = 1 THEN 'cancelled'
            ELSE 'succeeded' END
FROM generate_series(1, {rows}) AS n
CROSS JOIN LATERAL (SELECT now() - ({rows} - n) * interval '10 seconds') AS times (made_at)
JOIN (VALUES (0, 'policy_evaluation', 'evaluate', 'judge'), (1, 'merge', 'merge', 'merge'),
             (2, 'loop_step', 'step', 'perform'), (3, 'pull_request_handoff', 'work', 'plan')
     ) AS known (place, type, kind, step) ON place = n % 4
ORDER BY n
"""
STEPS = """
INSERT INTO steps (id, workflow_id, name, position, exclusive, status, due_at, attempts, outcome, created_at, ended_at)
SELECT gen_random_uuid(), id, current_step, 1, subject,
       CASE status WHEN 'pending' THEN 'pending' WHEN 'blocked' THEN 'stopped' WHEN 'cancelled' THEN 'cancelled'
                   ELSE 'done' END,
       created_at, 0, CASE status WHEN 'succeeded' THEN 'done' WHEN 'blocked' THEN 'stop' END, created_at, finished_at
FROM workflows ORDER BY created_at
"""


OTHERS = """
INSERT INTO pulls (repository_id, number, full_name, installation_id, is_open, page_key)
SELECT repository_id, number, full_name, 1, number % 10 = 0, id::text FROM workflows WHERE kind = 'evaluate';
INSERT INTO deliveries (hook_id, guid, body_digest, event, received_at)
SELECT 1, id::text, '', '{}', created_at FROM workflows;
INSERT INTO run_deliveries (run_id, delivery_id)
SELECT workflows.id, deliveries.id FROM workflows JOIN deliveries ON guid = workflows.id::text WHERE kind = 'evaluate';
INSERT INTO snapshots (digest, facts, recorded_at) SELECT id::text, '{}', created_at FROM workflows;
INSERT INTO evaluations (id, run_id, repository_id, number, head_sha, base_ref, policy_source, snapshot_digest, state,
                         description, status_text, evaluated_at)
SELECT gen_random_uuid(), id, repository_id, number, 'a', 'main', 'here', id::text, 'success', '', '', created_at
FROM workflows WHERE kind = 'evaluate';
INSERT INTO steps (id, workflow_id, name, exclusive, status, due_at, outcome, created_at)
SELECT id, id, 'write', subject, 'done', created_at, 'done', created_at FROM workflows WHERE kind = 'work';
INSERT INTO intents (id, key, kind, target, sequence, run_id, repository_id, full_name, installation_id, number,
                     content, status, recorded_at, epoch)
SELECT id, id, 'label_add', subject, 1, id, repository_id, full_name, 1, number, '{}',
       CASE number % 9 WHEN 3 THEN 'waiting' ELSE 'written' END, created_at, 1 FROM workflows WHERE kind = 'work';
INSERT INTO issues (id, created_by, created_at, updated_at, status)
SELECT id, 'olga', created_at, created_at, CASE number % 50 WHEN 0 THEN 'HOLD' ELSE 'DONE' END FROM workflows;
INSERT INTO alerts (id, code, severity, subject, fields, key, raised_at, acknowledged_at)
SELECT id, 'X', 'alert', subject, '{}', id, created_at, CASE WHEN number % 50 > 0 THEN created_at END FROM workflows;
INSERT INTO bindings (run_id, remote, base_ref, head_ref, proposed_by, is_open, opened_at)
SELECT id, full_name, 'main', id::text, 'agent', false, created_at FROM workflows WHERE kind = 'work';
INSERT INTO merge_requests (id, mode, request_id, source, asked_by, status, created_at, until, ended_at)
SELECT id, 'execute', '', 'label', 'olga', 'ended', created_at, created_at, created_at FROM workflows
WHERE kind = 'merge';
INSERT INTO step_runs (run_id, merge_request_id, step, mode, request_id, asked_by, ending, started_at)
SELECT id, id, 'S5_MERGE', 'execute', '', 'olga', 'finished', created_at FROM workflows WHERE kind = 'merge';
INSERT INTO artifacts (digest, kind, size, paths, stored_by, stored_at)
SELECT id::text, 'patch', 1, '[]', 'agent', created_at FROM workflows;
INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, number, created_at,
                       updated_at, finished_at, current_step, status)
SELECT gen_random_uuid(), type, 'imported', 'legacy:' || id, 0, 'octo/repo-4', 0, number % 1000, created_at, updated_at,
       finished_at, 'imported', 'succeeded' FROM workflows WHERE kind = 'merge';
"""
PAUSED = """
INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, number, created_at, status,
                       current_step)
SELECT gen_random_uuid(), 'policy_evaluation', 'evaluate', 'paused:' || n, 99, 'octo/paused', 1, n,
       now() - interval '1 year', 'pending', 'judge' FROM generate_series(1, %(rows)s::integer) AS n
"""
PAUSED_STEPS = """
INSERT INTO steps (id, workflow_id, name, position, exclusive, due_at, created_at)
SELECT gen_random_uuid(), id, 'judge', 1, subject, created_at, created_at FROM workflows WHERE repository_id = 99
"""
PAUSE = """
INSERT INTO pauses (scope, reason, paused_by, paused_at, repository_id)
VALUES ('repository:octo/paused', 'A measurement.', 'olga', now(), 99)
"""
INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index
WHERE indrelid IN ('workflows'::regclass, 'steps'::regclass) AND NOT indisprimary
"""


def fill(url: str, rows: int, *, due: int) -> None:
    """Make so many workflows, the newest `due` of them pending and due, and have the planner know of them.

    Indexes are made after the rows, which is quicker by far.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '256MB'")
        indexes = connection.execute(INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        made = WORKFLOWS.format(repositories=REPOSITORIES, rows=rows, ended=rows - due)
        for statement in (made, STEPS, *(made for _, made in indexes)):
            connection.execute(statement.encode())
        connection.execute("VACUUM (ANALYZE) workflows")
        connection.execute("VACUUM (ANALYZE) steps")


def pause(url: str, rows: int) -> None:
    """Add so many workflows that are due longer than all others, in a repository that is paused."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(PAUSED.encode(), {"rows": rows})
        connection.execute(PAUSED_STEPS.encode())
        connection.execute(PAUSE.encode())
        connection.execute("VACUUM (ANALYZE)")


def fill_the_rest(url: str) -> None:
    """Give these workflows what they led to and what led to them, a row for each."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(OTHERS.encode())
        connection.execute("ANALYZE")
