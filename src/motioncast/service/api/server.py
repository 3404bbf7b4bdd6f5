"""`motioncast serve`: the parts put together, started in order, stopped in order."""

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import uvicorn
from anyio import CapacityLimiter

from motioncast.engines.registry import engine_name
from motioncast.service import predictions
from motioncast.service.accounts import Accounts
from motioncast.service.api.app import create_app
from motioncast.service.api.metrics import Metrics
from motioncast.service.api.queue_view import QueueView
from motioncast.service.api.services import Services
from motioncast.service.api.watch import Watcher
from motioncast.service.execution import Execution
from motioncast.service.fetching import Fetcher
from motioncast.service.heartbeat import Heart
from motioncast.service.inspector import Inspector
from motioncast.service.jobs import WEBHOOKS, JobEngine
from motioncast.service.links import link_secret
from motioncast.service.rehearsal import Rehearsal
from motioncast.service.retention import Retention
from motioncast.service.sources import SourceFinder
from motioncast.service.stamping import signer_of
from motioncast.service.startup import NODE, Ground
from motioncast.service.storage import Storage
from motioncast.service.submitting import Submitter
from motioncast.service.upkeep import Upkeep
from motioncast.service.uploads import UploadDesk
from motioncast.settings import available_cpus

_GRACE_S = 10
_HEAVY = 4  #: uploads and inline files worked on at once
_FETCHES = 8  #: files fetched from the web at once
_LOOKS = 2  #: dry runs and inspections begun at once; one process does the looking
_INSPECTION_MIB = 3072  #: the matting solver of a dry run reserves 3.7 GiB, of which it touches little
_log = logging.getLogger(__name__)


def serve(ground: Ground) -> None:
    """Run until SIGTERM or SIGINT. Raises `MotioncastError` when the server cannot start."""
    with _running(ground) as services:
        _announce(services, ground.listener)
        config = uvicorn.Config(
            create_app(services),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
            server_header=False,
            lifespan="off",
        )
        server = uvicorn.Server(config)
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn stops on both, and then raises them once more for whoever listened before
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        server.run(sockets=[ground.listener])


@contextmanager
def _running(ground: Ground) -> Iterator[Services]:
    """The parts of the server, started; they end in the opposite order."""
    settings, database = ground.settings, ground.database
    signer_of(settings)  # a certificate that cannot sign is to be known now, not after the first job
    storage = Storage(settings.media_dir)
    with database.write() as connection:
        predictions.forget_waiting(connection)
        secret = link_secret(connection)
    with ExitStack() as stack:
        upkeep = _start_upkeep(ground, storage, stack)
        inspector, dry_runs = Inspector(_INSPECTION_MIB), Inspector(_INSPECTION_MIB)  # uploads wait for no dry run
        stack.callback(inspector.close)
        stack.callback(dry_runs.close)
        desk = UploadDesk(database, storage, inspector)
        finder = SourceFinder(database, desk, secret, settings.allow_hosts)
        yield Services(
            settings=settings,
            database=database,
            storage=storage,
            accounts=Accounts(database, settings.opening_balance),
            desk=desk,
            finder=finder,
            fetcher=Fetcher(settings, desk),
            submitter=Submitter(settings, database, finder),
            rehearsal=Rehearsal(settings, storage, dry_runs),
            upkeep=upkeep,
            supervisor=ground.supervisor,
            watcher=Watcher(database),
            queue=QueueView(database),
            metrics=Metrics(),
            link_secret=secret,
            heavy_work=CapacityLimiter(_HEAVY),
            fetches=CapacityLimiter(_FETCHES),
            looks=CapacityLimiter(_LOOKS),
        )
        _log.info("stopping: running jobs are handed back, they go on with the next start")


def _start_upkeep(ground: Ground, storage: Storage, stack: ExitStack) -> Upkeep:
    settings, database = ground.settings, ground.database
    executor_id = f"{NODE}-server"
    engine = JobEngine(settings.jobs_path, executor_id, Execution(settings, database, storage, settings.scratch_dir))
    heart = Heart(database, executor_id, engine.pick_up_lost)
    heart.enlist()
    engine.launch([WEBHOOKS], settings.concurrency)
    stack.callback(engine.close)
    heart.start()
    stack.callback(heart.stop)
    upkeep = Upkeep(database, engine, Retention(database, storage, settings.retention_us), executor_id)
    upkeep.start()
    stack.callback(upkeep.stop)
    return upkeep


def _announce(services: Services, listener: socket.socket) -> None:
    """Say where the server is, and on first start the one key that gets in."""
    settings = services.settings
    host, port = listener.getsockname()[:2]
    base = settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"Motioncast serves {base}")
    if not services.accounts.has_keys():
        key = services.accounts.create_key("first")
        print(f"API key (shown only now): {key}")
        print(f"Playground, signed in: {base}/#key={key}")
    else:
        print(f"Playground: {base}/")
    workers = f"{settings.workers} worker process{'' if settings.workers == 1 else 'es'}"
    cores = f"{available_cpus()} CPU core{'' if available_cpus() == 1 else 's'}"
    print(f"Jobs run on {cores} with the {engine_name(settings.engine)} engine, {workers}; data in {settings.data_dir}")
    print("Stop with Ctrl+C; accepted jobs go on with the next start.", flush=True)
