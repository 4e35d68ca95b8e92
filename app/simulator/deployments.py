"""Deployments with what became of them, as plain data."""

from dataclasses import dataclass
from datetime import datetime

from app.simulator.frozen import Record


@dataclass(frozen=True, kw_only=True)
class Deployment(Record):
    id: int
    sha: str
    ref: str
    environment: str
    creator: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class DeploymentStatus(Record):
    id: int
    deployment_id: int
    state: str  # error, failure, inactive, pending, success, queued or in_progress
    creator: str
    description: str
    created_at: datetime
