"""What a server stands on, made before its HTTP side is loaded: workers load their libraries meanwhile."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from motioncast.engines.registry import engine_name, ensure_engine
from motioncast.errors import InputError
from motioncast.service.data_dir import alone, open_data
from motioncast.service.database import Database
from motioncast.service.settings import ServiceSettings
from motioncast.service.supervisor import Supervisor
from motioncast.service.warming import warming

NODE = "local"  #: names executors; the same after a restart, so that their work goes on at once


@dataclass(frozen=True, slots=True)
class Ground:
    """A data directory that is this server's alone, a port, and workers on their way."""

    settings: ServiceSettings
    database: Database
    listener: socket.socket
    supervisor: Supervisor


@contextmanager
def prepared(settings: ServiceSettings) -> Iterator[Ground]:
    """Take everything hold of. Raises `MotioncastError` where the server cannot run."""
    os.umask(0o077)  # databases hold secrets, files belong to callers
    ensure_engine(settings.engine)
    database = open_data(settings)
    with _listen(settings.host, settings.port) as listener, alone(settings.data_dir):
        shutil.rmtree(settings.scratch_dir, ignore_errors=True)
        supervisor = Supervisor(settings, NODE)
        supervisor.start()
        with ExitStack() as stack:
            stack.callback(database.close)
            stack.callback(supervisor.stop)
            if settings.workers and engine_name(settings.engine) == "puppet":
                stack.enter_context(warming())
            yield Ground(settings, database, listener, supervisor)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=1024)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio leaves sockets of protocol 0 alone
        return listener
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The server cannot listen on {host}:{port}: {reason}.") from None
