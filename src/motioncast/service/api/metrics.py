"""Prometheus metrics: requests as they come, and the state of queue, money and workers when they are read."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from motioncast.service import ledger
from motioncast.service.database import now_us
from motioncast.service.predictions import ENDED, OPEN
from motioncast.service.tables import deliveries, predictions

if TYPE_CHECKING:
    from motioncast.service.api.services import Services


class Metrics:
    """One registry for one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        r = self._registry
        self.requests = Counter("motioncast_requests", "HTTP requests", ["method", "route", "status"], registry=r)
        self.seconds = Histogram(
            "motioncast_request_seconds",
            "Time to the end of the answer",
            ["route"],
            buckets=(0.005, 0.02, 0.05, 0.2, 1, 5, 30, 120),
            registry=r,
        )
        self._jobs = Gauge("motioncast_predictions", "Predictions by status", ["status"], registry=r)
        self._oldest = Gauge("motioncast_oldest_waiting_seconds", "Age of the job that waits longest", registry=r)
        self._deliveries = Gauge("motioncast_webhook_attempts", "Attempts by outcome", ["outcome"], registry=r)
        self._drift = Gauge("motioncast_ledger_drift_micro_dollars", "Balances less ledger entries; 0", registry=r)
        self._workers = Gauge("motioncast_workers_ready", "Worker processes that can run jobs", registry=r)
        self._restarts = Gauge("motioncast_worker_restarts", "Workers replaced since the start", registry=r)
        self._takeovers = Gauge("motioncast_takeovers", "Jobs taken from dead executors since the start", registry=r)

    def render(self, services: "Services") -> bytes:
        """Everything as text."""
        with services.database.read() as connection:
            by_status = sa.select(predictions.c.status, sa.func.count()).group_by(predictions.c.status)
            counts = {row[0]: row[1] for row in connection.execute(by_status)}
            for status in (*OPEN, *ENDED):  # those without a row too: an empty queue is 0, not what it was
                self._jobs.labels(status).set(counts.get(status, 0))
            oldest = connection.execute(
                sa.select(sa.func.min(predictions.c.created_at)).where(predictions.c.status == "created")
            ).scalar()
            delivered = sa.case((deliveries.c.status.between(200, 299), "delivered"), else_="failed")
            by_outcome = sa.select(delivered, sa.func.count()).group_by(delivered)
            attempts = {row[0]: row[1] for row in connection.execute(by_outcome)}
            for outcome in ("delivered", "failed"):
                self._deliveries.labels(outcome).set(attempts.get(outcome, 0))
            self._drift.set(ledger.drift_micro(connection))
        self._oldest.set(0 if oldest is None else (now_us() - oldest) / 1e6)
        self._workers.set(services.supervisor.ready)
        self._restarts.set(services.supervisor.restarts)
        self._takeovers.set(services.upkeep.takeovers)
        return generate_latest(self._registry)
