"""Which engines there are, and which one `auto` means."""

from motioncast.engines.engine import Engine
from motioncast.errors import InputError


def choose_engine(name: str) -> Engine:
    """The engine called `name`, one of `request.ENGINES`; `auto` is the best one this installation can run.

    Raises `InputError` for an engine that is not installed.
    """
    if name == "wan":
        raise InputError("The wan engine is not part of this installation: use --engine puppet.")
    from motioncast.engines.puppet.engine import PuppetEngine

    return PuppetEngine()


def engine_name(name: str) -> str:
    """What `choose_engine(name)` would run, without loading it. Raises `InputError` as it does."""
    if name == "wan":
        choose_engine(name)
    return "puppet"
