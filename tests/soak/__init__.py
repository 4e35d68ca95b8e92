"""Lasting tests with the real processes: `make soak SEED=<n>`."""
