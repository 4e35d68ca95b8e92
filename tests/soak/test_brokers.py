"""The smallest of the main job on RabbitMQ with real workers; `make brokers` is the great one, and plays Redis, too."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests import rabbitmq
from tests.rabbitmq import Node
from tests.soak import brokers
from tests.soak.servers import RabbitMq

BLOWS = ("worker.1", "broker stopped")
SMALL = replace(brokers.scaled(1, BLOWS), handoffs=0, workers=1, points=(), apart_seconds=1.0, away_seconds=0.0)


@pytest.mark.timeout(300)
def test_a_merge_goes_its_whole_way_over_rabbitmq_that_is_stopped_meanwhile(service_home: Path) -> None:
    if rabbitmq.program() is None:
        pytest.skip("no rabbitmq-server here: the main job is played on Redis only")
    home = service_home / "broker"
    home.mkdir()
    assert brokers.played(service_home, SMALL, 5, RabbitMq(Node(home))) == []
