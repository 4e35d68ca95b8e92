"""What stands against an artifact: every blocker that was found."""

from policies.decision import Blocker
from policies.text import quoted, short

SHOWN_CHARACTERS = 200


class Blocked(Exception):
    """The artifact can't be taken, or not as it is; `blockers` are all that were found, one at least."""

    def __init__(self, *blockers: Blocker) -> None:
        super().__init__(" ".join(blocker.sentence for blocker in blockers))
        self.blockers = blockers


def about_path(code: str, path: str, said: str) -> Blocker:
    """A blocker about a path, which is whatever somebody sent; the sentence begins with it."""
    shown = short(path, SHOWN_CHARACTERS)
    return Blocker(code=code, sentence=f"{quoted(shown)} {said}", subject=f"path:{shown}")


def about_all(code: str, sentence: str) -> Blocker:
    """A blocker about the artifact as a whole."""
    return Blocker(code=code, sentence=sentence, subject="artifact")
