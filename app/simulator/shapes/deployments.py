"""Deployments and their statuses in GitHub's shapes."""

from app.simulator.deployments import Deployment, DeploymentStatus
from app.simulator.records import Repository
from app.simulator.shapes import accounts
from app.simulator.shapes.view import Json, View, node, time


def deployment(view: View, repository: Repository, record: Deployment) -> Json:
    url = _url(view, repository, record.id)
    return {
        "url": url,
        "id": record.id,
        "node_id": node("DE", record.id),
        "sha": record.sha,
        "ref": record.ref,
        "task": "deploy",
        "payload": {},
        "original_environment": record.environment,
        "environment": record.environment,
        "description": None,
        "creator": accounts.user(view, record.creator),
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": view.api(repository),
    }


def status(view: View, repository: Repository, record: DeploymentStatus) -> Json:
    url = _url(view, repository, record.deployment_id)
    environments = [one.environment for one in repository.deployments if one.id == record.deployment_id]
    return {
        "url": f"{url}/statuses/{record.id}",
        "id": record.id,
        "node_id": node("DES", record.id),
        "state": record.state,
        "creator": accounts.user(view, record.creator),
        "description": record.description,
        "environment": environments[0],
        "target_url": "",
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
        "deployment_url": url,
        "repository_url": view.api(repository),
    }


def _url(view: View, repository: Repository, number: int) -> str:
    return f"{view.api(repository)}/deployments/{number}"
