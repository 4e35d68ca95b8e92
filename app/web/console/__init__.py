"""The console: pages of HTML on which operators see what the API shows, read-only, without a script."""

from app.web.console.serving import install

__all__ = ["install"]
