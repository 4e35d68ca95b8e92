"""Why an import can't go on: one sentence for whoever asked for it."""


class LegacyError(Exception):
    """The message is one sentence; what was recorded before stays, and the same command goes on there."""
