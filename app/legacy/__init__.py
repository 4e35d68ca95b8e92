"""The way over from the system that mergegate replaces: its export read, checked, taken in, and taken out again.

`source` opens an export, `shape` finds the tables in it; `reading`, `checking` and `applying` are the steps of an
import, `undoing` is the one of a rollback, and `running` has them done one after the other under a lease.
"""
