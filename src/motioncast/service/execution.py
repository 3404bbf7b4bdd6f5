"""What the job engine has a process do: its `Tasks`."""

import logging
import random
import shutil
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from motioncast.service import conclusion, predictions, webhooks
from motioncast.service.conclusion import Ending
from motioncast.service.database import Database
from motioncast.service.endings import ending_of
from motioncast.service.logs import context
from motioncast.service.persistence import persist
from motioncast.service.running import Pulse
from motioncast.service.settings import ServiceSettings
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import inputs_prefix, work_prefix

if TYPE_CHECKING:
    from motioncast.service.stages import Stage, Stages

MAX_CRASHES = 3
_JITTER = 0.1  #: of the waits between attempts at a webhook
_log = logging.getLogger(__name__)


class Execution:
    """See `jobs.Tasks` for the methods that the engine calls."""

    def __init__(self, settings: ServiceSettings, database: Database, storage: Storage, scratch: Path) -> None:
        self.settings, self.database, self.storage, self.scratch = settings, database, storage, scratch
        self.pulse = Pulse()

    @cached_property
    def _stages(self) -> "Stages":
        from motioncast.service.stages import Stages  # loads vision and media: the server itself never runs a job

        return Stages(self.settings, self.database, self.storage, self.scratch, self.pulse)

    @property
    def stages(self) -> Sequence[tuple[str, Callable[[str], bool]]]:
        """See `Tasks.stages`."""
        return [(name, partial(self._run, name, stage, code)) for name, stage, code in self._stages.in_order()]

    def begin(self, prediction_id: str) -> None:
        """See `Tasks.begin`."""

        def begin(connection: Connection) -> None:
            row = predictions.find_even_deleted(connection, prediction_id)
            if row is not None and row.attempts >= MAX_CRASHES:
                message = f"The worker died {MAX_CRASHES} times while it ran this job: the input may be too demanding."
                conclusion.fail(connection, prediction_id, Ending("failed", conclusion.INTERNAL, message))
            else:
                predictions.begin_attempt(connection, prediction_id)

        self.pulse.move()
        persist(self.database, begin, self.pulse.move)
        self.pulse.begin(prediction_id)

    def end(self, prediction_id: str) -> None:
        """See `Tasks.end`."""
        shutil.rmtree(self.scratch / prediction_id, ignore_errors=True)
        self.pulse.end(prediction_id)

    def webhook_due(self, prediction_id: str) -> int:
        """See `Tasks.webhook_due`."""
        self.storage.delete_all(work_prefix(prediction_id))
        self.storage.delete_all(inputs_prefix(prediction_id))
        with self.database.read() as connection:
            row, _ = webhooks.log(connection, prediction_id)
        return int(row.round) if row is not None and row.state == "pending" else 0

    def deliver(self, prediction_id: str, round_: int, number: int) -> float | None:
        """See `Tasks.deliver`."""
        result = webhooks.attempt(self.database, self.settings.allow_hosts, prediction_id)
        waits = self.settings.webhook_retries_s
        over = result.delivered or webhooks.is_final(result, number) or number > len(waits)

        def note(connection: Connection) -> None:
            webhooks.note(connection, prediction_id, round_, number, result)
            if over:
                webhooks.conclude(connection, prediction_id, round_, delivered=result.delivered)

        persist(self.database, note, self.pulse.move)
        return None if over else waits[number - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)

    def _run(self, name: str, stage: "Stage", input_code: int, prediction_id: str) -> bool:
        """One stage with every way it may end; True if the next one may begin."""
        self.pulse.move()
        token = context.set({"prediction_id": prediction_id})
        try:
            row = self._open_row(prediction_id)
            if row is None:
                return False
            self._stages.reporter(row).check()
            stage(row)
        except Exception as error:
            ending = ending_of(error, input_code)
            _log.info("the stage %s ended the job: %s", name, ending.error)
            if ending.code == conclusion.INTERNAL:
                _log.exception("the stage %s failed", name)
            persist(self.database, partial(_fail, prediction_id, ending), self.pulse.move)
            return False
        finally:
            context.reset(token)
        return True

    def _open_row(self, prediction_id: str) -> predictions.Prediction | None:
        with self.database.read() as connection:
            row = predictions.find_even_deleted(connection, prediction_id)
        return row if row is not None and row.status in predictions.OPEN else None


def _fail(prediction_id: str, ending: Ending, connection: Connection) -> bool:
    return conclusion.fail(connection, prediction_id, ending)
