"""Which engines there are, and which one `auto` means."""

from motioncast.engines.engine import Engine
from motioncast.errors import InputError

ENGINES = ("auto", "puppet", "wan")


def choose_engine(name: str) -> Engine:
    """The engine called `name`; `auto` is the best one this installation can run.

    Raises `InputError` for a name that is unknown or not installed.
    """
    if name in {"auto", "puppet"}:
        from motioncast.engines.puppet.engine import PuppetEngine

        return PuppetEngine()
    if name == "wan":
        raise InputError("The wan engine is not part of this installation: use --engine puppet.")
    raise InputError(f"engine must be {', '.join(ENGINES[:-1])} or {ENGINES[-1]}, not {name!r}.")
