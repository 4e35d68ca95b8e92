"""How gunicorn serves the web process: threads, limits, metrics over processes, nothing shared over a fork."""

import gc
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from app import settings as configuration

try:
    _settings = configuration.load()
except configuration.SettingsError as wrong:
    sys.exit(str(wrong))

os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="mergegate-metrics-")

# What counts looks for that directory when it is imported.
from prometheus_client import multiprocess

from app.web import worker

GARBAGE_THRESHOLD = 50_000
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

bind = _settings.bind
workers = _settings.web_workers
threads = _settings.web_threads
worker_class = worker.BoundedWorker
worker_connections = 512
preload_app = False

timeout = 30
graceful_timeout = 10
keepalive = 0
backlog = 1024
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
header_map = "drop"
forwarder_headers = ""
forwarded_allow_ips = ""

accesslog = None
errorlog = "-"
loglevel = "info"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Logs, and rarer garbage collection: with a large JSON body, collecting after each 700 objects took most time."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stdout)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


def child_exit(server: Any, worker: Any) -> None:
    """The gauges of a worker that has ended count no more."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Leave no metrics behind."""
    shutil.rmtree(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]), ignore_errors=True)
