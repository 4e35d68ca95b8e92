"""What is deployed where, and how that went, silently."""

from app.simulator.deployments import Deployment, DeploymentStatus
from app.simulator.queueing import Queueing
from app.simulator.state import resolve


class Deploying(Queueing):
    def deploy(self, full_name: str, ref: str, *, by: str, environment: str = "production") -> Deployment:
        """A deployment of a ref or SHA; nothing is known of its end yet."""
        with self.changing() as state:
            repository = state.repository(full_name)
            commit = resolve(repository, ref)
            if commit is None:
                raise LookupError(f"{full_name} has no commit {ref}")
            made = Deployment(
                id=self.next_id(),
                sha=commit.sha,
                ref=ref,
                environment=environment,
                creator=self.user(by).login,
                created_at=self.now(),
            )
            repository.deployments.append(made)
            return made

    def deployed(
        self, full_name: str, deployment_id: int, state: str = "success", *, by: str, description: str = ""
    ) -> DeploymentStatus:
        """`state` is error, failure, inactive, pending, success, queued or in_progress."""
        with self.changing() as current:
            made = DeploymentStatus(
                id=self.next_id(),
                deployment_id=deployment_id,
                state=state,
                creator=self.user(by).login,
                description=description,
                created_at=self.now(),
            )
            current.repository(full_name).deployment_statuses.append(made)
            return made
