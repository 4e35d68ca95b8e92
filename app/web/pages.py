"""The page behind a status: one pull request's verdict and the chain that led to it, for whoever has its link.

The link's key is random and stands in no list, so the page is shown to those who can see the status.
"""

import re
import threading

import psycopg
from flask import Blueprint, Flask, Response

from app import database, explain
from app.explain import Row
from app.records import pulls
from app.web.rendering import page
from policies.explanation import MARKS, SOURCES
from policies.mode import OTHER
from policies.text import plain

MOST_AT_ONCE = 2
"""Pages share the threads of the receiver, which a slow Postgres must not use up."""
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
SHORT_SHA = 10
WAYS = {"hand": "hand", "auto_merge": "GitHub's auto-merge", "queue": "GitHub's merge queue"}
"""By which somebody else has merged."""


def install(flask: Flask, database_url: str) -> None:
    """Serve `/pulls/<key>` on `flask`. Connections are made on demand, so Postgres may be away meanwhile."""
    pool = database.pool(database_url)
    pool.open()
    places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def pull_page(key: str) -> Response:
        if not places.acquire(blocking=False):
            return page("trouble.html", 503, sentence="Too many people look at pages now; try again in a minute.")
        try:
            return shown_page(key)
        finally:
            places.release()

    def shown_page(key: str) -> Response:
        try:
            with pool.connection() as tx:
                pull = pulls.with_page_key(tx, key) if KEY.fullmatch(key) else None
                chain = explain.of_pull(tx, pull) if pull else None
        except psycopg.Error:
            return page("trouble.html", 503, sentence="The database does not answer; try again in a minute.")
        if chain is None:
            return page("trouble.html", 404, sentence="There is no such page; links to it stand in commit statuses.")
        return page("pull.html", 200, **_shown(chain))

    pages = Blueprint("pages", __name__, template_folder="templates")
    pages.add_url_rule("/pulls/<key>", view_func=pull_page, endpoint="pull", provide_automatic_options=False)
    flask.register_blueprint(pages)


def _shown(chain: Row) -> Row:
    evaluations = [evaluation for run in chain["runs"] for evaluation in run["evaluations"]]
    newest = evaluations[-1] if evaluations else None
    return {
        "pull": chain["pull"],
        "runs": chain["runs"],
        "verdict": newest,
        "other": OTHER.get(newest["mode"]) if newest else None,
        "deliveries": chain["deliveries"],
        "audit": chain["audit"],
        "merges": chain["merges"],
        "short": SHORT_SHA,
        "plain": plain,
        "ways": WAYS,
        "marks": MARKS,
        "sources": SOURCES,
    }
