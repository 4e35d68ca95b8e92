"""Whether a pull request may be merged now, and what GitHub's answer to a merge means. Pure."""
