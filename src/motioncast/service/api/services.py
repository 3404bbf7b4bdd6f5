"""Everything that the routes work with, made once and handed around."""

from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from motioncast.service.accounts import Accounts
from motioncast.service.api.metrics import Metrics
from motioncast.service.api.queue_view import QueueView
from motioncast.service.api.watch import Watcher
from motioncast.service.database import Database
from motioncast.service.fetching import Fetcher
from motioncast.service.rehearsal import Rehearsal
from motioncast.service.settings import ServiceSettings
from motioncast.service.sources import SourceFinder
from motioncast.service.storage import Storage
from motioncast.service.submitting import Submitter
from motioncast.service.supervisor import Supervisor
from motioncast.service.upkeep import Upkeep
from motioncast.service.uploads import UploadDesk


@dataclass
class Services:
    """The parts of a running server."""

    settings: ServiceSettings
    database: Database
    storage: Storage
    accounts: Accounts
    desk: UploadDesk
    finder: SourceFinder
    fetcher: Fetcher
    submitter: Submitter
    rehearsal: Rehearsal
    upkeep: Upkeep
    supervisor: Supervisor
    watcher: Watcher
    queue: QueueView
    metrics: Metrics
    link_secret: bytes
    #: threads for what takes seconds: polls keep theirs, and neither fetching nor looking keeps uploads waiting
    heavy_work: CapacityLimiter
    fetches: CapacityLimiter
    looks: CapacityLimiter
    limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    @property
    def submit_rate(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self.settings.rate_limit)


async def services_of(request: Request) -> Services:
    """The services of the application that handles `request`. Async, or FastAPI would run it on a thread."""
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(services_of)]
