"""GitHub's JSON, built from records."""
