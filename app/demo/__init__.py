"""The life of one pull request, told in the terminal: what was asked, decided and written, and why."""
