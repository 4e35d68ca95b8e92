"""One file for each kind of write: its request, what confirms it, and how to find it again."""
