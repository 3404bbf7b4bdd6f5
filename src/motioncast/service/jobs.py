"""The job engine: durable workflows on DBOS Transact. The only module that imports it.

A prediction is a workflow whose stages are its steps. Every attempt at a webhook is a workflow; one that fails queues
the next with a delay. DBOS keeps them in a SQLite file of its own, so what was accepted goes on after any process has
died. What DBOS leaves to its users is in `heartbeat.py` (who is alive), `take_over` (whose work goes to others) and
`pick_up_lost` (what it could not record).

Used: documented names only, the portable JSON serialiser, and an application version of our own, which changes only
when running workflows of an older release could not go on.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos import DBOSPortableJSONSerializer as PortableJson

APPLICATION, VERSION = "motioncast", "1"
PREDICTIONS, WEBHOOKS = "predictions", "webhooks"
_POLL_S = 0.1
_RECOVERIES = 1000  #: we count crashes ourselves: `resume_workflow` would reset DBOS's count
_LIVE = ["ENQUEUED", "PENDING", "DELAYED"]


class Tasks(Protocol):
    """What the workflows do. Everything here may run twice."""

    def begin(self, prediction_id: str) -> None:
        """A worker takes a job on, for the first time or after a crash."""

    @property
    def stages(self) -> Sequence[tuple[str, Callable[[str], bool]]]:
        """Names and functions of a job's stages, in order; one that answers False was the last. Ended jobs do so."""

    def webhook_due(self, prediction_id: str) -> int:
        """The round of attempts that the end of a job calls for; 0 where nobody asked for a webhook."""

    def end(self, prediction_id: str) -> None:
        """The worker is done with a job."""

    def deliver(self, prediction_id: str, round_: int, number: int) -> float | None:
        """Attempt a webhook: None where the round has ended, else the seconds until the next attempt."""


class JobEngine:
    """This process's part in the engine: which queues it works on, and the calls that put work on them."""

    def __init__(self, database: Path, executor_id: str, tasks: Tasks) -> None:
        _use_wal(database)
        self._executor_id = executor_id
        self._engine = _engine(database)
        self._client = DBOSClient(
            system_database_engine=self._engine, serializer=PortableJson(), application_name=APPLICATION, lazy=True
        )
        self._running: set[str] = set()
        self._missing: set[str] = set()
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._engine,
            "executor_id": executor_id,
            "application_version": VERSION,
            "serializer": PortableJson(),
            "log_level": "ERROR",
            "scheduler_polling_interval_sec": 3600.0,
        }
        DBOS(config=config)
        self._register(tasks)

    def launch(self, queues: Sequence[str], concurrency: int) -> None:
        """Begin to work on `queues`; work that this executor left when it died goes back to them."""
        DBOS.listen_queues(list(queues))
        DBOS.launch()
        DBOS.register_queue(
            PREDICTIONS,
            worker_concurrency=1,
            partition_concurrency=concurrency,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )
        DBOS.register_queue(WEBHOOKS, worker_concurrency=16, polling_interval_sec=_POLL_S, on_conflict="always_update")

    def _register(self, tasks: Tasks) -> None:
        @DBOS.workflow(name="predict", max_recovery_attempts=_RECOVERIES)
        def predict(prediction_id: str) -> None:
            with self._noted(prediction_id):
                try:
                    run(prediction_id)
                finally:
                    tasks.end(prediction_id)

        def run(prediction_id: str) -> None:
            # not a step: it is there to happen again with every attempt. The steps below must always come in the same
            # order, so a job that ends here still goes through them.
            tasks.begin(prediction_id)
            for name, stage in tasks.stages:
                if not DBOS.run_step({"name": name}, stage, prediction_id):
                    break
            round_ = DBOS.run_step({"name": "webhook due"}, tasks.webhook_due, prediction_id)
            if round_:
                self.enqueue_delivery(prediction_id, round_)

        @DBOS.workflow(name="deliver", max_recovery_attempts=_RECOVERIES)
        def deliver(prediction_id: str, round_: int, number: int) -> None:
            with self._noted(delivery_id(prediction_id, round_, number)):
                wait = DBOS.run_step({"name": "attempt"}, tasks.deliver, prediction_id, round_, number)
                if wait is not None:
                    self.enqueue_delivery(prediction_id, round_, number + 1, wait)

    @contextmanager
    def _noted(self, workflow_id: str) -> Iterator[None]:
        self._running.add(workflow_id)
        try:
            yield
        finally:
            self._running.discard(workflow_id)

    def pick_up_lost(self) -> list[str]:
        """Queue again what this executor holds but does not run: DBOS could not record its end, on a full disk."""
        held = DBOS.list_workflows(status="PENDING", executor_id=self._executor_id, load_input=False, load_output=False)
        missing = {workflow.workflow_id: workflow.queue_name for workflow in held}
        missing = {key: queue for key, queue in missing.items() if key not in self._running}
        lost = [key for key in missing if key in self._missing]  # seen twice: not just about to begin or to end
        self._missing = set(missing)
        for workflow_id in lost:
            DBOS.resume_workflow(workflow_id, queue_name=missing[workflow_id])
        return lost

    def enqueue_predictions(self, entries: Iterable[tuple[str, int, str]]) -> None:
        """Queue jobs, given as (id, order, partition), in one transaction.

        A job comes behind those of a smaller order in its partition. For one that is queued already nothing happens.
        """
        with self._engine.begin() as connection:
            for prediction_id, order, partition in entries:
                options: EnqueueOptions = {
                    "workflow_name": "predict",
                    "queue_name": PREDICTIONS,
                    "workflow_id": prediction_id,
                    "app_version": VERSION,
                    "priority": 1 + order % (2**31 - 1),
                    "queue_partition_key": partition,
                }
                self._client.enqueue_in_transaction(connection, options, prediction_id)

    def enqueue_delivery(self, prediction_id: str, round_: int, number: int = 1, wait_s: float = 0.0) -> None:
        """Queue an attempt at a webhook, to begin in `wait_s` seconds. Queued already, nothing happens."""
        options: EnqueueOptions = {
            "workflow_name": "deliver",
            "queue_name": WEBHOOKS,
            "workflow_id": delivery_id(prediction_id, round_, number),
            "app_version": VERSION,
        }
        if wait_s:
            options["delay_seconds"] = wait_s
        DBOS.enqueue_workflow_with_options(options, prediction_id, round_, number)

    def known(self, workflow_ids: Sequence[str]) -> dict[str, bool]:
        """Those of the workflows that the engine has ever heard of, and whether it will still work on them."""
        found = DBOS.list_workflows(workflow_ids=list(workflow_ids), load_input=False, load_output=False)
        return {workflow.workflow_id: workflow.status in _LIVE for workflow in found}

    def take_over(self, executor_ids: Iterable[str]) -> list[str]:
        """Give the work of executors that are no more back to its queues; returns the workflows."""
        ids = list(executor_ids)
        if not ids:
            return []
        left = DBOS.list_workflows(status="PENDING", executor_id=ids, load_input=False, load_output=False)
        for workflow in left:
            DBOS.resume_workflow(workflow.workflow_id, queue_name=workflow.queue_name)
        return [workflow.workflow_id for workflow in left]

    def drop(self, prediction_id: str) -> None:
        """A job that has ended while it waited need not be taken on."""
        DBOS.cancel_workflow(prediction_id)

    def forget(self, workflow_ids: Sequence[str]) -> None:
        """Remove what is kept of workflows."""
        DBOS.delete_workflows(list(workflow_ids))

    def close(self) -> None:
        """Stop working. Unfinished workflows go on when this executor comes back."""
        DBOS.destroy()


def delivery_id(prediction_id: str, round_: int, number: int) -> str:
    """Workflow id of an attempt at a webhook."""
    return f"wh-{prediction_id}-{round_}-{number}"


def _engine(database: Path) -> sa.Engine:
    """As DBOS makes it, but without a sync of the disk for every commit, like our own database.

    What a power cut takes back, the healing sweep queues again and steps may run twice.
    """
    engine = sa.create_engine(f"sqlite:///{database}", connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("busy_timeout=30000", "foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(database: Path) -> None:
    """A write-ahead log, set before anybody opens the file: readers and the writer no longer wait for each other."""
    connection = sqlite3.connect(database, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
