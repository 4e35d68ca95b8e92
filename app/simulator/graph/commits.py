"""Commits with their signatures as GraphQL has them."""

from app.simulator.call import Call
from app.simulator.graph import actors
from app.simulator.graph.connections import connection
from app.simulator.objects import Commit, Seal, Signature
from app.simulator.records import Repository
from app.simulator.shapes.view import Json, node, time
from app.simulator.world import WEB_FLOW

_KINDS = {"gpg": "GpgSignature", "ssh": "SshSignature", "smime": "SmimeSignature"}


def commit(call: Call, repository: Repository, record: Commit) -> Json:
    parents = [repository.commits[sha] for sha in record.parents]
    return {
        "__typename": "Commit",
        "id": node("C", record.sha),
        "oid": record.sha,
        "message": record.message,
        "messageHeadline": record.message.partition("\n")[0],
        "authoredDate": time(record.author.at),
        "committedDate": time(record.committer.at),
        "committedViaWeb": record.via == "web",
        "author": _git_actor(call, record.author),
        "committer": _git_actor(call, record.committer),
        "parents": connection(parents, lambda parent: commit(call, repository, parent)),
        "signature": _seal(call, record, record.seal) if record.seal else None,
    }


def _git_actor(call: Call, signature: Signature) -> Json:
    """GitHub's own committer `web-flow` is no user here."""
    login = None if signature.login == WEB_FLOW else signature.login
    known = actors.user(call, login)
    return {"name": signature.name, "email": signature.email, "date": time(signature.at), "user": known}


def _seal(call: Call, record: Commit, seal: Seal) -> Json:
    return {
        "__typename": _KINDS.get(seal.kind, "UnknownSignature"),
        "email": record.committer.email,
        "isValid": seal.state == "VALID",
        "state": seal.state,
        "signer": actors.user(call, seal.signer),
        "wasSignedByGitHub": seal.signer == WEB_FLOW,
        "keyId": seal.key,
        "keyFingerprint": seal.key,
    }
