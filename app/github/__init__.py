"""How mergegate reads from and writes to GitHub: the egress list, the client, and the bindings on top of it."""
