"""How mergegate touches the world: HTTP, GitHub, Postgres, Redis, the broker, the command line."""
