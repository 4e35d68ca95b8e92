"""How a status or a workflow run may end."""

DEFAULT = ("success",)


def allowed(written: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing written means success."""
    return written or DEFAULT


def any_of(written: tuple[str, ...]) -> str:
    """`a, b, or c`, sorted; nothing where nothing is written, as policy-bot has it."""
    *others, last = sorted(written) or [""]
    if len(others) > 1:
        return f"{', '.join(others)}, or {last}"
    return " or ".join((*others, last))
