"""One file for each kind of write: its request, what stands in its way, what confirms it, and how to find it again."""
