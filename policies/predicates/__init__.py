"""The conditions of `if`, one file for each."""
