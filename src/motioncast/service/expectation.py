"""How long a job will take: from what the latest ones of its kind took on this machine."""

import statistics

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.service.predictions import OPEN
from motioncast.service.tables import predictions

_LATEST = 20
_START_S = 3.0  #: of every job, however short its clip: reading the picture, checks, signing
#: seconds a second of clip takes where no job has run yet: the puppet engine on two cores (bench/NOTES.md)
_UNTRIED = {("puppet", "480p"): 1.3, ("puppet", "720p"): 2.1}


def expected_s(connection: Connection, engine: str, resolution: str, duration_s: float) -> float | None:
    """Seconds that a worker will need for a clip of `duration_s`; None where nothing like it has ever run here."""
    table = predictions
    latest = (
        sa.select(table.c.sources, table.c.started_at, table.c.finished_at)
        .where(
            table.c.status == "completed",
            table.c.engine == engine,
            table.c.attempts == 1,
            table.c.input["resolution"].as_string() == resolution,
        )
        .order_by(table.c.seq.desc())
        .limit(_LATEST)
    )
    paces = [
        max(0.0, (row.finished_at - row.started_at) / 1e6 - _START_S) / row.sources["duration_s"]
        for row in connection.execute(latest)
        if row.sources.get("duration_s")
    ]
    pace = statistics.median(paces) if paces else _UNTRIED.get((engine, resolution))
    return None if pace is None else round(_START_S + pace * duration_s, 1)


def jobs_ahead(connection: Connection) -> int:
    """How many jobs are waiting or running."""
    query = sa.select(sa.func.count()).where(predictions.c.status.in_(OPEN))
    return int(connection.execute(query).scalar_one())
