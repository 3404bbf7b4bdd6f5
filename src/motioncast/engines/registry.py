"""Which engines there are, and which one `auto` means."""

from pathlib import Path

from motioncast.engines.engine import Engine
from motioncast.engines.wan.installed import is_installed, require_extra
from motioncast.settings import given

_GPU_NODE = Path("/dev/nvidia0")


def choose_engine(name: str) -> Engine:
    """The engine called `name`, one of `request.ENGINES`; `auto` is the best one this installation can run.

    Raises `InputError` for an engine that is not installed.
    """
    if engine_name(name) == "wan":
        from motioncast.engines.wan.engine import WanEngine

        return WanEngine()
    from motioncast.engines.puppet.engine import PuppetEngine

    return PuppetEngine()


def engine_name(name: str) -> str:
    """What `choose_engine(name)` would run, without loading it. Raises `InputError` as it does.

    `auto` is wan where it is installed, there is a GPU, and the operator has said which weights to use: nobody gets
    82 GB fetched by surprise.
    """
    if name == "wan":
        require_extra()
        return "wan"
    if name == "auto" and given("wan_model") and _GPU_NODE.exists() and is_installed():
        return "wan"
    return "puppet"


def offered_engines(name: str) -> tuple[str, ...]:
    """The engines that callers of a service may choose from where the operator runs `name`; its own comes first."""
    own = engine_name(name)
    return (own,) if own == "puppet" else (own, "puppet")


def engine_identity(name: str) -> str:
    """What would render a job: engine and weights. Raises as `ensure_engine` does."""
    if engine_name(name) != "wan":
        return "puppet"
    from motioncast.engines.wan.engine import equip

    return equip().identity()


def ensure_engine(name: str) -> None:
    """See to it that the engine `name` can run: of wan, settings and checkpoint, which is fetched if need be.

    Raises `InputError` or `ProcessingError` where it cannot.
    """
    if engine_name(name) == "wan":
        from motioncast.engines.wan.engine import equip

        equip()
