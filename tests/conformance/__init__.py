"""Runs files of hostile webhooks against the real receiver: `python -m tests.conformance.webhooks FILE.jsonl`."""
