"""In what order: Celery tasks and the steps they run."""
