"""The services that `mergegate up` brings along: a real PostgreSQL, a real Redis and the lines of the Procfile."""


class EmbeddedError(Exception):
    """A service cannot be started; the message is one sentence for the operator."""
