"""A GitHub for tests and the demo: plain data behind real HTTP, with signed webhooks and a script of faults.

    github = simulator.GitHub()
    github.add_repository("acme/widget", collaborators={"alice": "write"}, files={".policy.yml": "..."})
    app = github.add_app(hook_url=receiver_url, hook_secret=secret)
    installation = github.install(app, "acme")
    with simulator.serve(github) as url:
        hooks = simulator.Hooks(github)
        github.push("acme/widget", "feature", {"a.py": "1"}, by="bob")  # GitHub changed, nobody was told
        hooks.open_pull("acme/widget", "feature", by="bob")             # GitHub changed, and told us
        github.expect("POST", "/statuses/", state="pending")
        github.fault("POST", "/statuses/", 502, when="after")
        ...
    github.finish()  # AssertionError for an unknown request, an unexpected write or a missing one

Everything that a request does goes through `gateway`; the routes are in `routes`, GraphQL in `graph`, GitHub's JSON
in `shapes`, the verbs in `people`, `runs`, `talk`, `branches`, `planning`, `verbs`, `merging`, `guarding`, `queueing`
and `deploying`, and those that tell of it in `hooks`, `branch_hooks`, `merge_hooks`, `people_hooks`, `run_hooks` and
`install_hooks`. What stands in the way of a merge is in `requirements` and `mergeability`. `GitHub.script` may watch
every request and answer in GitHub's place (`scripting`). `GitHub.requests` holds every request with its answer,
`GitHub.writes()` the writes, of which `GitHub.most_writes()` and `GitHub.closest_writes()` tell the pace;
`GitHub.enforce()` switches the secondary limits on. What is simulated beyond GitHub's API description is listed in
`beyond`.
Nothing here writes to the real GitHub, and nothing here may import what does.
"""

from app.simulator.github import GitHub
from app.simulator.hooks import Hooks
from app.simulator.keys import KeyPair, key_pair
from app.simulator.server import serve

__all__ = ["GitHub", "Hooks", "KeyPair", "key_pair", "serve"]
