"""The gate file of a base branch, read once for all who ask about it; trouble with it is kept until they do."""

from dataclasses import dataclass

from celery.exceptions import SoftTimeLimitExceeded

from app.github.answers import Unavailable
from app.github.reader import Place, PolicyFile
from app.records.runs import Run
from tasks.context import Context

TOO_LONG = Unavailable("GITHUB_API_ERROR", "Reading GitHub took too long.")


@dataclass(frozen=True)
class GateFile:
    """What the reading came to."""

    read: PolicyFile | None
    trouble: Unavailable | None = None

    @property
    def file(self) -> PolicyFile | None:
        """The file; None where there is no such branch. Raises `Unavailable`."""
        if self.trouble is not None:
            raise self.trouble
        return self.read

    @property
    def text(self) -> str | None:
        """Its text; None where there is no such file. Raises `Unavailable`."""
        return self.file.text if self.file is not None else None


def of(context: Context, run: Run, branch: str) -> GateFile:
    """The file at the tip of a branch; raises nothing."""
    try:
        place = Place(run.installation_id, run.repository_id)
        return GateFile(context.reader.gate_file(place, branch, context.settings.gate_path))
    except Unavailable as trouble:
        return GateFile(None, trouble)
    except SoftTimeLimitExceeded:
        return GateFile(None, TOO_LONG)
