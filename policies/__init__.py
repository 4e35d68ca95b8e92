"""May this happen, and why? Pure: no I/O, no clock, no randomness, no environment."""
