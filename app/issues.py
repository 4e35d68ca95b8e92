"""What people and agents do to an issue: a few rows and an audit entry each, or the blocker that is in the way."""
