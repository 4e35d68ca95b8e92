"""The policy file and the gate file of a scenario, as its `policy` and `repo_settings` say them."""

from collections.abc import Mapping

import yaml

from tests.conformance.merge_words import RULES, Record

POLICY_PATH, GATE_PATH = ".policy.yml", ".mergegate.yml"
BROKEN = "policy: [\n"
_POLICY = """# {digest}
policy:
  approval:
    - a writer approves
approval_rules:
  - name: a writer approves
    requires:
      count: 1
      permissions: [write]
"""
_RELAXED = "# relaxed\npolicy:\n  approval: []\n"
_NOTHING_DEMANDED = {"required_approvals": 0, "checks_mode": "required", "skipped_alone_is_evidence": True}

Files = dict[str, str | None]


def policy_text(digest: str) -> str:
    """The policy that a digest names: another name, another text."""
    return _POLICY.format(digest=digest)


def gate_text(policy: Mapping[str, object], settings: Mapping[str, object]) -> str:
    """The `merge` section with the settings of the policy, the method and what becomes of the branch."""
    section = {name: value for name, value in policy.items() if name in RULES and value is not None}
    section |= {name: settings[name] for name in ("method", "delete_branch") if name in settings}
    return yaml.safe_dump({"merge": section}, sort_keys=True)


def files(content: str, policy: Record, settings: Record) -> Files:
    """Both files; `content` is valid, invalid, relaxed or absent."""
    if content == "absent":
        return {POLICY_PATH: None, GATE_PATH: None}
    if content == "invalid":
        return {POLICY_PATH: BROKEN, GATE_PATH: BROKEN}
    if content == "relaxed":
        return {POLICY_PATH: _RELAXED, GATE_PATH: gate_text({**policy, **_NOTHING_DEMANDED}, settings)}
    return {POLICY_PATH: policy_text(policy.get("digest", "P1")), GATE_PATH: gate_text(policy, settings)}
