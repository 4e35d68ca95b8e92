"""The policy of a repository that has none: one writer other than the author approves the head."""

NAME = "the built-in default policy"
TEXT = """\
policy:
  approval:
    - a writer has approved the head
approval_rules:
  - name: a writer has approved the head
    options:
      allow_author: false
      allow_contributor: false
      allow_non_author_contributor: true
      invalidate_on_push: true
      methods: {comments: [], github_review: true}
    requires:
      count: 1
      permissions: [write]
"""
"""That every check is green and that there is one, the gate of merges demands in any case."""
